"""`python -m sms_notify.simulator`: the simulated gateway as a program."""

import sys

from sms_notify.simulator.program import main

sys.exit(main())

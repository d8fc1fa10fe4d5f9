"""The command line: one file a command, each importing what it uses only when it runs."""

from __future__ import annotations

import sys


def main() -> None:
    """The program `sms-notify`. Ends with exit code 0 done, 1 refused or failed, 2 usage."""
    from sms_notify.cli.program import run

    sys.exit(run(sys.argv[1:]))

"""`sms-notify` as it is, but for one thing: each input is committed alone.

python -m benchmarks._inline serve --config FILE
"""

from __future__ import annotations

from sms_notify.cli import main
from sms_notify.intake import writer

writer.BATCH_ALERTS = 0

if __name__ == "__main__":
    main()

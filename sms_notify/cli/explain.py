"""`sms-notify explain`."""

from __future__ import annotations

import click

from sms_notify.errors import UsageError


@click.command("explain")
def command() -> int:
    """Not built yet."""
    raise UsageError("not built yet: explain")

"""`sms-notify demo`."""

from __future__ import annotations

import click

from sms_notify.errors import UsageError


@click.command("demo")
def command() -> int:
    """Not built yet."""
    raise UsageError("not built yet: demo")

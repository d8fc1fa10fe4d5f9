"""`sms-notify simulate`: the SMS gateway as a rehearsal; nothing leaves this machine."""

from __future__ import annotations

import click


@click.command(
    "simulate",
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def command(arguments: tuple[str, ...]) -> int:
    """Run a simulated SMS gateway that shows each SMS as its phone would."""
    from sms_notify.simulator.program import main

    try:
        return main(list(arguments))
    except SystemExit as ended:  # argparse ends the program itself: --help, wrong arguments
        return ended.code if isinstance(ended.code, int) else 1

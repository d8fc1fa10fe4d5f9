"""The group of commands: finds the one that is asked for, and turns its errors into exit codes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import click

from sms_notify import __version__
from sms_notify.cli.output import complain, open_streams
from sms_notify.errors import ConfigError, EmptyInput, SmsNotifyError, StoreOutdated

COMMANDS = {
    "serve": "serve",
    "send": "send",
    "zabbix": "zabbix",
    "check": "check",
    "explain": "explain",
    "messages": "messages",
    "incidents": "incidents",
    "oncall": "oncall",
    "ack": "acting:ack",
    "escalate": "acting:escalate",
    "mute": "acting:mute",
    "override": "override",
    "balance": "balance",
    "words": "words",
    "test-sms": "trial",
    "later": "later",
    "text": "text",
    "replay": "replay",
    "simulate": "simulate",
    "demo": "demo",
    "db": "db",
}
"""Each command and its file, `:` its name there; imported when the command is asked for."""

DONE, FAILED, USAGE = 0, 1, 2


class Commands(click.Group):
    """Commands that are imported on demand: `send` must not pay for `serve`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        found = import_module(f"sms_notify.cli.{module}")
        command: click.Command = getattr(found, name or "command")
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="sms-notify %(version)s")
def program() -> None:
    """Alerts from Alertmanager, Zabbix or a shell pipe to one SMS on the phone on call.

    Start with `sms-notify demo`: it needs no configuration, no gateway and no root.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its exit code. Never raises, never shows a traceback for our errors."""
    open_streams()
    try:
        code = program.main(list(arguments), prog_name="sms-notify", standalone_mode=False)
    except click.ClickException as wrong:
        wrong.show()
        return wrong.exit_code
    except SmsNotifyError as wrong:
        complain(str(wrong))
        return exit_code(wrong)
    except (KeyboardInterrupt, click.Abort):
        complain("interrupted")
        return FAILED
    except Exception as fault:
        from sms_notify.logs import Redactor, what, where

        # a traceback may show a URL with a password; the place is enough to report it
        complain(Redactor().clean(f"fault of sms-notify: {what(fault)} ({where(fault)})"))
        return FAILED
    return code if isinstance(code, int) else DONE


def exit_code(error: SmsNotifyError) -> int:
    """2 where the command line or the configuration must change, 1 for everything else."""
    return USAGE if isinstance(error, ConfigError | StoreOutdated | EmptyInput) else FAILED

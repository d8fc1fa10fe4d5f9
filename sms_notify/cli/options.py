"""The options that commands share, and where the configuration is looked for."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sms_notify.errors import ConfigError

if TYPE_CHECKING:
    from sms_notify.config import Config

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

VARIABLE = "SMS_NOTIFY_CONFIG"
LARGEST_NUMBER = 2**53
"""Of a code or an id: not every reader of JSON keeps a larger number exact."""
PLACES = (Path("config.yaml"), Path("/etc/sms-notify/config.yaml"))

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help=f"Configuration; else ${VARIABLE}, ./config.yaml, /etc/sms-notify/config.yaml.",
)


def span(_context: object, _parameter: object, text: str | None) -> int | None:
    """A callback that reads a time as the configuration writes it; in microseconds."""
    from sms_notify.config.durations import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong)) from None


def seconds(most: int) -> Callable[[object, object, str], int]:
    """A callback that reads a time as the configuration writes it, or a bare number of seconds."""

    def read(context: object, parameter: object, text: str) -> int:
        from sms_notify.config.durations import format_duration
        from sms_notify.model import SECOND

        found = span(context, parameter, f"{text}s" if text.isdecimal() else text) or 0
        if found > most * SECOND:
            longest = format_duration(most * SECOND)
            raise click.BadParameter(f'"{text}" is too long: {longest} at most')
        return found // SECOND

    return read


def labels_of(pairs: Iterable[str]) -> dict[str, str]:
    """What `--label name=value` gave. Raises BadParameter for what is no label."""
    labels: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise click.BadParameter(f"{pair!r} is not a label; write --label name=value")
        labels[name.strip()] = value
    return labels


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def server_options(command: Decorated) -> Decorated:
    """`--server` and `--token-file`, for calls that a running server takes."""
    command = click.option(
        "--token-file",
        metavar="FILE",
        envvar="SMS_NOTIFY_TOKEN_FILE",
        type=click.Path(path_type=Path),
        help="File with the server's token; else $SMS_NOTIFY_TOKEN_FILE.",
    )(command)
    return click.option(
        "--server",
        metavar="URL",
        envvar="SMS_NOTIFY_SERVER",
        help="Running server, e.g. http://127.0.0.1:9097; else $SMS_NOTIFY_SERVER.",
    )(command)


def find_config(given: Path | None) -> Path:
    """The configuration file to use. Raises ConfigError that lists the places."""
    named = given or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is not None:
        return named
    for place in PLACES:
        if place.exists():
            return place
    looked = ", ".join(str(place) for place in PLACES)
    raise ConfigError(
        [
            f"no configuration: looked for {looked}; write one (config.example.yaml shows how), "
            f"or name it with --config FILE or ${VARIABLE}. `sms-notify demo` needs none"
        ]
    )


def load_config(given: Path | None, *, secrets: bool = True) -> Config:
    """Find, read and check the configuration. Raises ConfigError with every problem."""
    from sms_notify.config import load

    return load(find_config(given), secrets=secrets)

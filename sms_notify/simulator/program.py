"""The simulated gateway as a program: it listens, and prints each SMS as it reaches a phone."""

from __future__ import annotations

import argparse
import codecs
import random
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from sms_notify.simulator.gateway import Gateway
from sms_notify.simulator.model import Account, Options, Sms
from sms_notify.simulator.phones import bubble
from sms_notify.simulator.server import Simulator, serve

DOCUMENT_PASSWORD = "123456"  # noqa: S105 - the vendor's own example, not a secret
MOST = 1_000_000_000
Printer = Callable[[str], None]
N = TypeVar("N", int, float)


def main(argv: Sequence[str] | None = None, stop: threading.Event | None = None) -> int:
    """Run until SIGINT, SIGTERM or `stop`; argv without the program's name.

    Returns 0 when told to stop, 1 when the port is taken or the password cannot be read;
    wrong arguments raise SystemExit(2), as argparse does.
    """
    arguments = _parser().parse_args(argv)
    try:
        gateway = _gateway(arguments)
        simulator = serve(gateway, arguments.port, arguments.host)
    except (OSError, UnicodeDecodeError) as error:
        print(f"sms gateway simulator: {error}", file=sys.stderr)
        return 1
    gateway.on_arrival = _announce(_print, arguments.quiet)
    with simulator:
        _greet(simulator, arguments)
        _wait(stop or threading.Event())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sms_notify.simulator",
        description="The SMS gateway 企业短信通 as a rehearsal: nothing leaves this machine.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    add(
        "--port", type=_within(65_535, int), default=8088, help="0 takes a free one (default: 8088)"
    )
    add("--account", default="mysms", help="account name (default: mysms)")
    add("--password-file", type=Path, help="file with the password (default: 123456)")
    add(
        "--balance",
        type=_within(MOST, int),
        default=1000,
        help="SMS the account can send (default: 1000)",
    )
    add("--charset", type=_charset, default="gbk", help="gbk, gb18030 or utf-8 (default: gbk)")
    add("--signature", default="", help="what the gateway puts before each text in 【】")
    add(
        "--report-delay",
        type=_within(MOST, float),
        default=3.0,
        help="seconds to the report (default: 3)",
    )
    add("--one-id", action="store_true", help="one SMSID for all numbers of a request")
    add("--comma-replies", action="store_true", help="id,phone;text as in the example")
    add("--forbid", action="append", default=[], metavar="WORD", help="a forbidden word")
    add("--seed", type=int, default=0, help="for faults with a probability (default: 0)")
    add("--quiet", action="store_true", help="do not print the SMS")
    return parser


def _within(most: int, number: Callable[[str], N]) -> Callable[[str], N]:
    def parsed(text: str) -> N:
        value = number(text)
        if not 0 <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between 0 and {most}")
        return value

    return parsed


def _charset(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise argparse.ArgumentTypeError(f"unknown charset {name}") from None


def _gateway(arguments: argparse.Namespace) -> Gateway:
    options = Options(
        charset=arguments.charset,
        one_id=arguments.one_id,
        comma_replies=arguments.comma_replies,
        signature=arguments.signature,
        report_delay=int(arguments.report_delay * 1_000_000),
    )
    password = DOCUMENT_PASSWORD
    if arguments.password_file is not None:
        password = arguments.password_file.read_text("utf-8").strip()
    account = Account(arguments.account, password, arguments.balance)
    gateway = Gateway([account], options, random.Random(arguments.seed))
    gateway.forbidden.update(arguments.forbid)
    return gateway


def _announce(printer: Printer, quiet: bool) -> Callable[[Sms], None] | None:
    return None if quiet else lambda sms: printer(bubble(sms))


def _print(text: str) -> None:
    """Print what the terminal can show; a closed pipe must not stop the gateway."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "replace").decode(encoding), flush=True)
    except (BrokenPipeError, ValueError):
        return


def _greet(simulator: Simulator, arguments: argparse.Namespace) -> None:
    _print(
        f"sms gateway simulator on {simulator.url}, account {arguments.account}, "
        f"balance {arguments.balance}, charset {arguments.charset}\n"
        f"control: {simulator.url}/_sim/phones"
    )
    if not arguments.host.startswith("127.") and arguments.host not in ("localhost", "::1"):
        _print("note: anyone who can reach this address can read the phones and set faults")


def _wait(stop: threading.Event) -> None:
    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: stop.set())
    stop.wait()

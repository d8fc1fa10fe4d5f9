"""`sms-notify send`: what arrives on standard input becomes an alert."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sms_notify.cli.options import config_option, labels_of, server_options
from sms_notify.cli.output import complain, say
from sms_notify.cli.summary import root_told, summary_of_answer
from sms_notify.errors import EmptyInput, SmsNotifyError

if TYPE_CHECKING:
    from sms_notify.cli.own_store import OwnStore


@dataclass(frozen=True, slots=True)
class Said:
    """What the options say of every alert of this run."""

    level: str | None = None
    key: str | None = None
    resolved: bool = False
    to: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    allow_empty: bool = False
    at: str | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """One alert to be: its bytes, how many more there were, and the id that its retry keeps."""

    data: bytes
    dropped: int
    call_id: str
    called_at: int


@click.command("send")
@click.option("--lines", is_flag=True, help="One alert a line, each as soon as it is read.")
@click.option("--level", metavar="WORD", help="critical, warning, info, or a word of `levels`.")
@click.option("--key", metavar="KEY", help="Same key, same alert; it lasts until --resolved.")
@click.option("--resolved", is_flag=True, help="The alert with this --key is over.")
@click.option("--to", metavar="NAME", help="Receiver, schedule, team or person; else the route.")
@click.option("--label", "labels", metavar="K=V", multiple=True, help="A label; may be repeated.")
@click.option("--at", metavar="TIME", help="Later: 2026-12-01 09:00, with an offset, or +2h.")
@click.option("--allow-empty", is_flag=True, help="Nothing on standard input is an alert too.")
@server_options
@config_option
def command(
    lines: bool,
    level: str | None,
    key: str | None,
    resolved: bool,
    to: str | None,
    labels: tuple[str, ...],
    at: str | None,
    allow_empty: bool,
    server: str | None,
    token_file: Path | None,
    config_path: Path | None,
) -> int:
    """Send what arrives on standard input: `some-command | sms-notify send`.

    With --at it is kept until then, and judged by who is on call then: `sms-notify later`.
    With a server, the server takes it; without, the store does, and SMS leave before this ends.
    Exit codes: 0 accepted, 1 not accepted, 2 usage or configuration.
    """
    if resolved and not key:
        raise click.UsageError("--resolved needs --key: without a key an alert has no end")
    if at and lines:
        raise click.UsageError("--at is for one text; --lines tells each line as it comes")
    named = {"host": socket.gethostname()} | labels_of(labels)
    said = Said(level, key, resolved, to, named, allow_empty or resolved, at)
    with Taker(server, token_file, config_path, stream=lines) as taker:
        return _send_lines(taker, said) if lines else _send_all(taker, said)


def _send_all(taker: Taker, said: Said) -> int:
    from sms_notify.sources.pipe import read_bounded

    if sys.stdin.isatty() and not said.resolved:
        complain("reading standard input; Ctrl-D ends it")
    data, dropped = (b"", 0) if _nothing_to_read(said) else read_bounded(sys.stdin.buffer)
    if not data.strip(b" \t\r\n\f\v\0") and not said.allow_empty:
        raise EmptyInput(
            "nothing arrived on standard input; if that is worth an SMS, say --allow-empty"
        )
    say(taker.take(_piece(data, dropped), said))
    return 0


def _nothing_to_read(said: Said) -> bool:
    """At a terminal nobody types a text for an end."""
    return said.resolved and sys.stdin.isatty()


def _send_lines(taker: Taker, said: Said) -> int:
    """Each line for itself: one that is refused does not keep the next from being told."""
    from sms_notify.sources.pipe import lines

    count, refused = 0, 0
    for data in _until_interrupted(lines(sys.stdin.buffer)):
        count += 1
        try:
            say(taker.take(_piece(data, 0), said))
        except SmsNotifyError as error:
            refused += 1
            complain(f"line {count}: {error}")
    if not count and not said.allow_empty:
        raise EmptyInput("no line arrived on standard input; --allow-empty makes that no error")
    return 1 if refused else 0


def _until_interrupted(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Ctrl-C ends a pipe that never ends; what was taken stays taken."""
    try:
        yield from pieces
    except KeyboardInterrupt:
        return


def _piece(data: bytes, dropped: int) -> Piece:
    return Piece(data, dropped, os.urandom(16).hex(), time.time_ns() // 1000)


class Taker:
    """Who takes an alert: the server if there is one, else the store, under the same call id."""

    def __init__(
        self, server: str | None, token_file: Path | None, config: Path | None, *, stream: bool
    ) -> None:
        from sms_notify.cli import asking

        self._server = asking.server(server, token_file) if server else None
        self._config = config
        self._stream = stream
        self._store: OwnStore | None = None

    def __enter__(self) -> Taker:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._store is not None:
            said = self._store.close()
            if said:
                say(said)

    def take(self, piece: Piece, said: Said) -> str:
        """One line on what became of it. Raises SmsNotifyError when nobody could take it."""
        if self._server is None:
            return self._own().take_line(piece, said)
        from sms_notify.cli.asking import Away, json_body

        try:
            body = json_body(document(piece, said))
            answer = self._server.post("/line", body, "application/json")
        except Away as away:
            complain(f"{away}; using the store")
            return self._own(str(away)).take_line(piece, said)
        if answer.get("unknown_receiver") is True:
            complain(root_told(said.to))
        return summary_of_answer(answer)

    def _own(self, why: str = "") -> OwnStore:
        if self._store is None:
            from sms_notify.cli.own_store import open_own_store

            self._store = open_own_store(self._config, why, stream=self._stream)
        return self._store


def document(piece: Piece, said: Said) -> dict[str, Any]:
    """What a server is told. When it was called is its own moment: this machine's may be off."""
    from sms_notify.sources.encoding import decoded

    return {
        "text": decoded(piece.data),
        "level": said.level,
        "key": said.key,
        "resolved": said.resolved,
        "to": said.to,
        "labels": dict(said.labels),
        "call_id": piece.call_id,
        "dropped": piece.dropped,
        "allow_empty": said.allow_empty,
        "at": said.at,
    }

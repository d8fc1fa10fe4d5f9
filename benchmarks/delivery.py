"""From the webhook to the gateway: how soon the first byte is there, and how many a second.

The gateway is a stub that answers after 0, 10 or 50 ms; each message is stored before it is
accepted, and claimed before it leaves. Beside it Kannel, which stores nothing with fsync, with 64
requests pending at the same stub. A second counts from the first post to the last number taken.
"""

from __future__ import annotations

import itertools
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks import _kannel
from benchmarks._alerts import webhooks
from benchmarks._load import Blast, blast, get
from benchmarks._running import EVERYTHING, Stub, config, phone, serving, stub, team
from benchmarks._table import Row, Size, in_turns, main, median, median_ratio, percentile
from tests.programs.process import folder_for

WORKERS = 64
DELAYS = (0.0, 0.01, 0.05)
NUMBERS = {1: 2_000, 10: 5_000, 100: 10_000}
"""By the recipients of each text, how many numbers a run is: seconds of it, since what the first
second brings (the first claims find little) is no throughput."""
PEOPLE = 1000
"""So many that nobody gets more than some tens of texts a minute, as in life."""
SACHET = 0.512
"""Seconds that sachet (Go, stores nothing) keeps a webhook of ten recipients waiting where the
gateway takes 50 ms: it answers when all are sent (measured in an earlier run)."""

Send = Callable[[int, int], Blast]
"""(posts, recipients of each) → what the answers came to."""


def rows(size: Size) -> Iterator[Row]:
    with ExitStack() as ends:
        folder = Path(ends.enter_context(folder_for("bench")))
        gateway = ends.enter_context(stub())
        made = config(gateway.url, PEOPLE, throttle=EVERYTHING, delivery={"workers": WORKERS})
        ours = ends.enter_context(serving(folder / "serve", made))
        yield from _first_byte(size, ours.port, gateway)
        yield from _answers(size, ours.port, gateway)
        sends: list[Send] = [_ours(ours.port)]
        if _kannel.installed():
            sends.append(_theirs(ends.enter_context(_kannel.kannel(folder / "k", gateway.url))))
        _greet(ours.port, gateway)
        fastest = 0.0
        for recipients, delay in itertools.product(NUMBERS, DELAYS):
            row, most = _throughput(size, gateway, sends, recipients, delay)
            fastest = max(fastest, most)
            yield row
        yield _stub_itself(size, gateway, fastest)


def _first_byte(size: Size, port: int, gateway: Stub) -> Iterator[Row]:
    """One webhook at a time, into a process that had nothing to do."""
    took = []
    for request in itertools.islice(webhooks(), size.of(200, 5)):
        gateway.forget()
        began = _post(port, request)
        took.append((gateway.wait_for(1)["first"] - began) / 1e6)
        time.sleep(0.01)
    for share, goal in ((0.5, 15), (0.99, 60)):
        case = f"idle, webhook to first byte at the gateway, p{share * 100:.0f}"
        ms = percentile(took, share)
        yield Row(case, f"{ms:.1f} ms", "", ms, goal, at_most=True, unit="ms")


def _post(port: int, request: bytes) -> int:
    """When its first byte left."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        began = time.monotonic_ns()
        connection.sendall(request)
        connection.recv(4096)
    return began


def _answers(size: Size, port: int, gateway: Stub) -> Iterator[Row]:
    """The caller's wait does not depend on the gateway."""
    found = []
    for delay in (0.0, 0.05):
        gateway.forget(delay)
        asked = itertools.islice(to_teams(10), size.of(200, 5))
        answers = blast(port, asked, connections=1)
        gateway.wait_for(10 * answers.good)
        found.append(statistics.median(answers.latencies))
    fast, slow = (each * 1000 for each in found)
    yield Row(
        "webhook with 10 recipients, gateway at 50 ms: the answer", f"{slow:.1f} ms",
        f"sachet {SACHET * 1000:.0f} ms (not in this run)", SACHET * 1000 / slow, 50,
    )  # fmt: skip
    flat = f"at 0 ms {fast:.1f} ms"
    yield Row("the same, gateway at 0 ms", f"{slow:.1f} ms", flat, slow / fast, 1.5, at_most=True)


def to_teams(size: int) -> Iterator[bytes]:
    """Webhooks, each to the next team of so many."""
    paths = [f"/alertmanager/{team(size, number)}" for number in range(PEOPLE // size)]
    teams = itertools.cycle([webhooks(path=path) for path in paths])
    return (next(each) for each in teams)


def _greet(port: int, gateway: Stub) -> None:
    """Each phone once alone: only then may it share a request with others."""
    gateway.forget()
    blast(port, itertools.islice(to_teams(100), PEOPLE // 100))
    gateway.wait_for(PEOPLE)
    time.sleep(0.5)


def _ours(port: int) -> Send:
    asked = {recipients: to_teams(recipients) for recipients in NUMBERS}

    def send(posts: int, recipients: int) -> Blast:
        return blast(port, itertools.islice(asked[recipients], posts))

    return send


def _theirs(port: int) -> Send:
    numbers = itertools.count()

    def send(posts: int, recipients: int) -> Blast:
        def asked() -> Iterator[bytes]:
            for _ in range(posts):
                number = next(numbers)
                text = f"warning HostOutOfMemory db-{number:08d} 93.5%>90% 09:16"
                yield _kannel.sendsms([phone((number + n) % 100) for n in range(recipients)], text)

        return blast(port, asked())

    return send


def _throughput(
    size: Size, gateway: Stub, sends: list[Send], recipients: int, delay: float
) -> tuple[Row, float]:
    """A row, and the most calls a second that the stub saw."""
    posts = size.of(NUMBERS[recipients] // recipients, 2)
    most = 0.0

    def rate(send: Send) -> float:
        nonlocal most
        gateway.forget(delay)
        began = time.monotonic_ns()
        if (answers := send(posts, recipients)).good != posts:
            raise RuntimeError(f"not all were accepted: {answers.answers}")
        counts = gateway.wait_for(posts * recipients)
        seconds = (counts["last"] - began) / 1e9
        most = max(most, counts["calls"] / seconds)
        return counts["numbers"] / seconds

    pairs = in_turns(size.turns(3), *(lambda send=send: rate(send) for send in sends))
    case = f"{'distinct texts' if recipients == 1 else f'one text to {recipients}'}"
    case += f", gateway {delay * 1000:.0f} ms"
    figure = f"{median(pairs, 0):,.0f} numbers/s"
    if len(sends) < 2:
        return Row(case, figure, "no Kannel here"), most
    goal = 0.3 if not delay else 3 if recipients == 100 else 1
    beside = f"Kannel {median(pairs, 1):,.0f}/s"
    return Row(case, figure, beside, median_ratio(pairs), goal), most


def _stub_itself(size: Size, gateway: Stub, fastest: float) -> Row:
    """The same stub asked by the same load generator, with nothing between them."""
    gateway.forget()
    asked = itertools.repeat(get("/sendsms_txt.asp?send_phone=13800000001&send_content=x"))
    alone = blast(gateway.port, asked, seconds=size.seconds(3.0)).rate
    case = "the stub by itself, against the most it was asked here"
    return Row(case, f"{alone:,.0f} calls/s", f"{fastest:,.0f} calls/s", alone / fastest, 2)


if __name__ == "__main__":
    main(rows)

"""Many webhooks at once, and one that is huge: everybody is answered in time."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from urllib.parse import urlsplit

from sms_notify.simulator import Simulator
from tests.programs.product import Serve, config
from tests.sources.given import many

from .site import START, Answer, post, rows, slowness, stamp, store_of, webhook

AT_ONCE = 400
HUGE = 18_000


async def one_post(netloc: str, body: bytes) -> tuple[int, float]:
    """(status, seconds from the connection to the answer)"""
    host, _colon, port = netloc.partition(":")
    began = time.monotonic()
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /alertmanager HTTP/1.1\r\nHost: {netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    line = await reader.readline()
    took = time.monotonic() - began
    writer.close()
    return int(line.split()[1]), took


async def post_all(url: str, bodies: list[bytes]) -> list[tuple[int, float]]:
    netloc = urlsplit(url).netloc
    return await asyncio.gather(*[one_post(netloc, body) for body in bodies])


def test_four_hundred_webhooks_at_once_are_answered_within_a_second(
    sim: Simulator, serve: START
) -> None:
    running = serve(config(sim.url))
    bodies = [webhook(f"告警{n:03}", ["db-01"], began=time.time()) for n in range(AT_ONCE)]
    answers = asyncio.run(post_all(running.url, bodies))
    slowest = max(seconds for _status, seconds in answers)
    print(f"{AT_ONCE} at once: slowest {slowest:.2f} s, all { ({s for s, _t in answers}) }")
    assert {status for status, _seconds in answers} == {202}
    assert rows(store_of(running), "SELECT count(*) FROM incident") == [(AT_ONCE,)]
    assert slowest < 1 * slowness()


def rss(serve: Serve) -> int:
    """The most memory that the service ever had, in MiB."""
    with open(f"/proc/{serve.pid}/status", encoding="ascii") as status:
        [line] = [line for line in status if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def post_beside(url: str, body: bytes) -> tuple[Answer, list[Answer]]:
    """Post a huge webhook, and small ones until it is answered."""
    huge: list[Answer] = []
    thread = threading.Thread(target=lambda: huge.append(post(url, body)))
    thread.start()
    small = []
    while thread.is_alive():
        name = f"HostDown{time.monotonic_ns()}"
        small.append(post(url, webhook(name, ["db-01"], began=time.time())))
        time.sleep(0.05)
    thread.join()
    return huge[0], small


def ended(body: bytes) -> bytes:
    """The same alerts, all over now."""
    document = json.loads(body)
    for alert in document["alerts"]:
        alert |= {"status": "resolved", "endsAt": stamp(time.time())}
        del alert["generatorURL"]  # or the body would pass 10 MiB
    return json.dumps(document, ensure_ascii=False).encode()


def test_a_huge_webhook_is_answered_in_time_and_holds_up_no_other(
    sim: Simulator, serve: START
) -> None:
    running = serve(config(sim.url))
    before, fires = rss(running), many(HUGE)
    smalls = 0
    for what, body in {"fire": fires, "repeat": fires, "end": ended(fires)}.items():
        assert 8_000_000 < len(body) <= 10 * 1024 * 1024
        huge, small = post_beside(running.url, body)
        slowest = max(answer.seconds for answer in small)
        print(
            f"{HUGE} alerts {what} in {len(body) / 1e6:.1f} MB: {huge.status} after "
            f"{huge.seconds:.1f} s; {len(small)} others meanwhile, slowest {slowest:.2f} s; "
            f"at most {rss(running)} MiB ({before} before)"
        )
        assert {huge.status, *(answer.status for answer in small)} == {202}
        assert huge.seconds < 10 * slowness()
        assert slowest < 2 * slowness()
        smalls += len(small)
    assert rss(running) < 600
    counted = rows(store_of(running), "SELECT ended_at IS NULL, count(*) FROM alert GROUP BY 1")
    assert counted == [(0, HUGE), (1, smalls)]

"""Alert texts that want to be a template, a format, markup or a command: they arrive as text."""

from __future__ import annotations

import json
import time
from functools import partial

import pytest

from sms_notify.simulator import Simulator
from tests.programs.process import wait_until
from tests.programs.product import Serve, config

from .site import START, WIDE, post, rows, stamp, store_of

SIGNATURE = {"signature": "星云运维"}
HOSTILE = {
    "quotes": "a'b\"c`d",
    "jinja": "{{ 7*7 }}{% for x in y %}",
    "jinja that reads": "{{ config.gateways[0].password }}",
    "format": "%s %(name)s {0} {name!r} %n",
    "markup": "<b>x</b><script>alert(1)</script>",
    "shell": "$(reboot) `id` ; rm -rf / | cat && true",
    "sql": "'; DROP TABLE message; --",
    "url": "a&us_pwd=x?b=1#c%26d+e",
    "newline": "one\ntwo\r\nthree\tfour",
    "nul": "before\x00after",
    "controls": "\x1b[31mred\x07\x08",
    "right to left": "abc\u202edcba\u2066x\u2069",
    "family": "👨‍👩‍👧‍👦 家 👍🏽 🇨🇳",
    "combining": "e\u0301" * 30 + "Z̷̢͓͝a̴l̵g̶o̷",
    "long name": "N" * 10_000,
    "long Han": "磁盘" * 5_000,
    "only blanks": " \u3000\u200b\ufeff ",
    "halfwidth": "ｶﾞﾊﾟ①㈱℃",
    "a number like a phone": "call 13900000009 now",
}
SURROGATES = {"high": r"disk \ud83d full", "low": r"disk \udc00 full", "swapped": r"\udc00\ud83d x"}


def body(number: int, text: str) -> str:
    alert = {
        "status": "firing",
        "labels": {
            "alertname": text,
            "instance": f"db-{number:02}",
            "severity": "critical",
            text: text,
        },
        "annotations": {"summary": text, "description": text, "runbook_url": text},
        "startsAt": stamp(time.time()),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": text,
        "fingerprint": f"{number:016x}",
    }
    whole = {"version": "4", "receiver": text, "status": "firing", "alerts": [alert]}
    return json.dumps(whole | {"groupLabels": {"alertname": text, "n": str(number)}})


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def arrived(sim: Simulator, number: int) -> bool:
    return len(sim.gateway.phones.all()) >= number


def check(sim: Simulator, running: Serve, number: int) -> str:
    """What reached the phone by the end: one SMS, at most 70 units, as the gateway took it."""
    shown = sim.gateway.phones.all()
    assert len(shown) == number
    text = shown[-1].text
    assert not shown[-1].garbled
    assert (units(text) <= 70, shown[-1].segments) == (True, 1)
    assert text.startswith("【星云运维】")
    bare = text.replace("\u200d", "")  # joins the parts of one emoji
    assert all(letter.isprintable() for letter in bare), ascii(text)
    return text


@pytest.mark.parametrize("charset", ["gbk", "utf-8"])
def test_hostile_texts_arrive_as_text_once_and_within_seventy(
    sim: Simulator, serve: START, charset: str
) -> None:
    settings = config(sim.url) | {"throttle": WIDE, "global": SIGNATURE}
    settings["gateways"][0]["charset"] = charset
    sim.gateway.options = type(sim.gateway.options)(charset=charset)
    running = serve(settings)
    bodies = {what: body(n, text) for n, (what, text) in enumerate(HOSTILE.items())}
    for number, (what, escaped) in enumerate(SURROGATES.items(), len(bodies)):
        bodies[what] = body(number, "ESCAPED").replace("ESCAPED", escaped)
    came = {}
    for number, (what, posted) in enumerate(bodies.items(), 1):
        answer = post(running.url, posted.encode())
        assert answer.status == 202, (what, answer.text)
        wait_until(what, partial(arrived, sim, number))
        came[what] = check(sim, running, number)
        assert post(running.url, posted.encode()).status == 202  # a repeat
    for what, text in came.items():
        print(f"{what}: {text}")
    assert len(sim.gateway.phones.all()) == len(bodies)
    assert "{{ 7*7 }}" in came["jinja"]
    assert "49" not in came["jinja"].replace("7*7", "")
    assert "%s %(name)s {0}" in came["format"]
    assert "<b>x</b>" in came["markup"]
    assert "$(reboot)" in came["shell"]
    assert "DROP TABLE" in came["sql"]
    assert "us_pwd=x?b=1#c%26d+e" in came["url"]
    assert "N" * 20 in came["long name"]
    assert rows(store_of(running), "SELECT count(*) FROM message") == [(len(bodies),)]
    assert "Traceback" not in running.output()

"""Requests as a client would write them, for the tests of the simulator."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sms_notify.simulator import Account, Call, Gateway, Options, Outcome

NOW = 1_800_000_000_000_000
SECOND = 1_000_000
PHONE = "13798361236"
PASSWORD = "geheim-4711"
PATHS = {
    Call.SEND: "/sendsms_txt.asp",
    Call.REPORTS: "/get_report_txt.asp",
    Call.REPLIES: "/get_receive_message_txt.asp",
    Call.BALANCE: "/Get_Account_Balance.asp",
}


def gateway(balance: int = 1000, **options: Any) -> Gateway:
    """A gateway with the account `mysms`."""
    return Gateway([Account("mysms", PASSWORD, balance)], Options(**options))


def target(call: Call, charset: str = "gbk", **given: str) -> str:
    """`/path?query`; name and password are right unless given."""
    fields = {"us_name": "mysms", "us_pwd": PASSWORD, **given}
    query = "&".join(
        f"{name}={quote(value.encode(charset), safe=',')}" for name, value in fields.items()
    )
    return f"{PATHS[call]}?{query}"


def ask(sim: Gateway, call: Call, now: int = NOW, charset: str = "gbk", **given: str) -> Outcome:
    """One request in virtual time."""
    return sim.answer(target(call, charset, **given).encode(), now)


def told(sim: Gateway, call: Call, now: int = NOW, charset: str = "gbk", **given: str) -> str:
    """The line of one answer in virtual time."""
    return ask(sim, call, now, charset, **given).body.decode(sim.options.charset)


def send(
    sim: Gateway, phones: str = PHONE, text: str = "磁盘满", now: int = NOW, **more: str
) -> str:
    """Send and return the line of the answer."""
    return told(sim, Call.SEND, now, send_phone=phones, send_content=text, **more)


def many(number: int) -> str:
    """So many different mobile numbers, comma-separated."""
    return ",".join(str(13_800_000_000 + each) for each in range(number))

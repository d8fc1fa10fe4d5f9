"""The control API under `/_sim/`: look at phones and log, set faults, answer as a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from urllib.parse import parse_qs

import orjson

from sms_notify.simulator import given as read
from sms_notify.simulator.faults import Fault, Kind
from sms_notify.simulator.gateway import Gateway
from sms_notify.simulator.given import Given, Wrong
from sms_notify.simulator.model import Account, Fate, Outcome, Sms
from sms_notify.simulator.phones import bubble

PREFIX = b"/_sim/"
Query = dict[str, list[str]]
Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Controlled:
    """The answer to a control request, and how long the listener shall go away (seconds)."""

    outcome: Outcome
    refuse_seconds: float = 0.0


def control(gateway: Gateway, method: str, target: bytes, body: bytes, now: int) -> Controlled:
    """Answer one control request; the body of a POST is a JSON object.

    404 for another name or method, 400 when the request is not as it must be; both with
    {"error": …}. A `refuse` fault with for_seconds takes the listener away for that time.
    """
    path, _, query = target.decode("latin-1").partition("?")
    name = path[len(PREFIX) :].strip("/")
    try:
        with gateway.lock:
            if method == "GET" and name in LOOKS:
                return Controlled(_json(200, LOOKS[name](gateway, parse_qs(query))))
            if method == "POST" and name in CHANGES:
                return _changed(gateway, name, read.json_object(body), now)
    except ValueError as wrong:
        return Controlled(_json(400, {"error": str(wrong)}))
    known = {"GET": list(LOOKS), "POST": list(CHANGES)}
    return Controlled(_json(404, {"error": "there is no such thing here", **known}))


def _json(status: int, value: object) -> Outcome:
    body = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS)
    return Outcome(status, (("Content-Type", "application/json"),), body, len(body))


def _changed(gateway: Gateway, name: str, given: Given, now: int) -> Controlled:
    answer = _json(200, CHANGES[name](gateway, given, now))
    if name == "faults" and given.get("kind") == Kind.REFUSE:
        return Controlled(answer, read.number(given, "for_seconds") or 0.0)
    return Controlled(answer)


def phones(gateway: Gateway, query: Query) -> Json:
    """{number: [{id, at, text, units, segments, …, screen}]}; `?phone=` for one number."""
    wanted = query.get("phone") or gateway.phones.numbers()
    return {phone: [_shown(sms) for sms in gateway.inbox(phone)] for phone in wanted}


def _shown(sms: Sms) -> Json:
    return {**asdict(sms), "screen": bubble(sms)}


def log(gateway: Gateway, query: Query) -> Json:
    """{requests: [{at, call, phones, text, answer, ended, fault, …}]}; `?last=N` for the last N."""
    entries = gateway.requests()
    last = query.get("last", [""])[0]
    if last:
        entries = entries[-int(last) :] if int(last) > 0 else []
    return {"requests": [asdict(entry) for entry in entries]}


def truth(gateway: Gateway, query: Query) -> Json:
    """{accepted, billed, by_phone, by_text, duplicates: [{phone, text, extra}]}."""
    told = gateway.truth
    extra = [
        {"phone": phone, "text": text, "extra": times}
        for (phone, text), times in told.duplicates().items()
    ]
    return {
        "accepted": told.accepted(),
        "billed": told.billed(),
        "by_phone": told.by_phone(),
        "by_text": told.by_text(),
        "duplicates": extra,
    }


def accounts(gateway: Gateway, query: Query) -> Json:
    """{accounts: [{name, balance, locked}]}; never a password."""
    return {"accounts": [_told(account) for account in gateway.accounts()]}


def _told(account: Account) -> Json:
    return {"name": account.name, "balance": account.balance, "locked": account.locked}


def faults(gateway: Gateway, query: Query) -> Json:
    """{faults: [{kind, calls, probability, count, …}]} as they are set now."""
    return {"faults": [_set(fault) for fault in gateway.faults.current()]}


def _set(fault: Fault) -> Json:
    return {**asdict(fault), "calls": sorted(fault.calls)}


def set_fault(gateway: Gateway, given: Given, now: int) -> Json:
    """{kind, …} sets a fault; {"clear": true} or {"clear": kind} takes faults away."""
    if "clear" in given:
        read.known_keys(given, "clear")
        every = given["clear"] is True
        gateway.faults.clear(None if every else read.kind(read.text(given, "clear")))
    else:
        fault = read.fault(given, now)
        if fault.kind is not Kind.REFUSE:
            gateway.faults.add(fault)
        elif not read.number(given, "for_seconds"):
            raise Wrong("refuse needs for_seconds: nobody could end it from outside")
    return faults(gateway, {})


def put_reply(gateway: Gateway, given: Given, now: int) -> Json:
    """{phone, text, account?}: a person answers; → {id}."""
    read.known_keys(given, "phone", "text", "account")
    name = read.text(given, "account", "")
    if name and name not in {account.name for account in gateway.accounts()}:
        raise Wrong(f"no account {name}")
    return {"id": gateway.reply(read.text(given, "phone"), read.text(given, "text"), name)}


def put_account(gateway: Gateway, given: Given, now: int) -> Json:
    """{name?, password?, balance?, locked?}: change an account (the first) or add one."""
    account = read.account(given, {each.name: each for each in gateway.accounts()})
    gateway.put_account(account)
    return _told(account)


def put_words(gateway: Gateway, given: Given, now: int) -> Json:
    """{words: […]}: the forbidden words from now on."""
    read.known_keys(given, "words")
    gateway.forbidden = set(read.texts(given, "words"))
    return {"words": sorted(gateway.forbidden)}


def put_fate(gateway: Gateway, given: Given, now: int) -> Json:
    """{phone, fate?, report_delay?, refused?}: what becomes of SMS to a phone (delay in s)."""
    read.known_keys(given, "phone", "fate", "report_delay", "refused")
    phone, fate = read.text(given, "phone"), read.text(given, "fate", "delivered")
    if fate not in set(Fate):
        raise Wrong(f"fate must be one of: {', '.join(Fate)}")
    delay, refused = read.number(given, "report_delay"), read.flag(given, "refused")
    gateway.fates[phone] = Fate(fate)
    if delay is not None:
        gateway.report_delays[phone] = int(delay * 1_000_000)
    if refused is not None:
        (gateway.refused.add if refused else gateway.refused.discard)(phone)
    return {"phone": phone, "fate": fate}


def reset(gateway: Gateway, given: Given, now: int) -> Json:
    """Back to the start: accounts, phones, log, faults, words, fates."""
    gateway.reset()
    return {"reset": True}


LOOKS: dict[str, Callable[[Gateway, Query], Json]] = {
    "phones": phones,
    "log": log,
    "truth": truth,
    "accounts": accounts,
    "faults": faults,
}
CHANGES: dict[str, Callable[[Gateway, Given, int], Json]] = {
    "faults": set_fault,
    "replies": put_reply,
    "accounts": put_account,
    "accounts/balance": put_account,
    "balance": put_account,
    "words": put_words,
    "fates": put_fate,
    "reset": reset,
}

"""Reading the JSON of a control request: each value is of its type, or the request is wrong."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from sms_notify.simulator.faults import Fault, Kind
from sms_notify.simulator.model import Account, Call

Given = Mapping[str, object]
MOST = 1_000_000_000


class Wrong(ValueError):
    """A control request that cannot be done; its text says why."""


def json_object(body: bytes) -> dict[str, object]:
    """The JSON object of a body, {} for an empty one. Raises Wrong."""
    try:
        value = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError as error:
        raise Wrong(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Wrong("the body must be a JSON object")
    return value


def known_keys(given: Given, *keys: str) -> None:
    """Raise Wrong for a key that is not one of `keys`, so that a slip is not passed over."""
    if unknown := sorted(set(given) - set(keys)):
        raise Wrong(f"unknown {', '.join(unknown)}; known: {', '.join(keys)}")


def text(given: Given, key: str, default: str | None = None) -> str:
    """A text; needed when there is no default."""
    value = given.get(key, default)
    if not isinstance(value, str):
        raise Wrong(f"{key} must be a text")
    return value


def texts(given: Given, key: str) -> list[str]:
    """A list of texts; needed."""
    value = given.get(key)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return [str(each) for each in value]
    raise Wrong(f"{key} must be a list of texts")


def number(given: Given, key: str) -> float | None:
    """A number from 0 to 1e9, or None when absent."""
    value = given.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Wrong(f"{key} must be a number")
    if not 0 <= value <= MOST:
        raise Wrong(f"{key} must be between 0 and {MOST}")
    return float(value)


def whole(given: Given, key: str) -> int | None:
    """A whole number, or None when absent."""
    value = given.get(key)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise Wrong(f"{key} must be a whole number")


def flag(given: Given, key: str) -> bool | None:
    """true or false, or None when absent."""
    value = given.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise Wrong(f"{key} must be true or false")


def fault(given: Given, now: int) -> Fault:
    """{kind, calls?, probability?, count?, for_seconds?, host?, taken?, seconds?, …} → Fault.

    calls: "all", one call or a list of them · for_seconds: the fault ends so long after now.
    Raises Wrong, or ValueError as Fault does.
    """
    known_keys(
        given,
        *("kind", "calls", "probability", "count", "for_seconds", "host", "taken"),
        *("seconds", "location", "text", "keep"),
    )
    span = number(given, "for_seconds")
    probability = number(given, "probability")
    return Fault(
        kind=kind(text(given, "kind")),
        calls=_calls(given),
        probability=1.0 if probability is None else probability,
        count=whole(given, "count"),
        until=None if span is None else now + int(span * 1_000_000),
        host=text(given, "host", ""),
        taken=flag(given, "taken"),
        seconds=number(given, "seconds") or 0.0,
        location=text(given, "location", ""),
        text=text(given, "text", ""),
        keep=whole(given, "keep"),
    )


def kind(value: str) -> Kind:
    """The kind of fault by its name. Raises Wrong."""
    if value not in set(Kind):
        raise Wrong(f"kind must be one of: {', '.join(Kind)}")
    return Kind(value)


def _calls(given: Given) -> frozenset[Call]:
    value = given.get("calls", "all")
    if value == "all":
        return frozenset(Call)
    named = [value] if isinstance(value, str) else texts(given, "calls")
    if not named or not set(named) <= set(Call):
        raise Wrong(f"calls must be all or some of: {', '.join(Call)}")
    return frozenset(Call(each) for each in named)


def account(given: Given, accounts: Mapping[str, Account]) -> Account:
    """{name, password?, balance?, locked?}: a known account changed, or a new one. Raises Wrong.

    A new account needs a password; what is not given stays as it is.
    """
    known_keys(given, "name", "password", "balance", "locked")
    name = text(given, "name", next(iter(accounts), None))
    old = accounts.get(name)
    balance, locked = whole(given, "balance"), flag(given, "locked")
    if balance is not None and balance < 0:
        raise Wrong("balance must not be negative")
    fresh = old or Account(name, text(given, "password"))
    return Account(
        name=name,
        password=text(given, "password", fresh.password),
        balance=fresh.balance if balance is None else balance,
        locked=fresh.locked if locked is None else locked,
    )

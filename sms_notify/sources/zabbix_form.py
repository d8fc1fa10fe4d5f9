"""Unwraps what the Zabbix alert script or webhook posts: sendto, subject, message, called_at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from sms_notify.errors import EmptyInput, Malformed
from sms_notify.model import MINUTE, SECOND, Micros
from sms_notify.sources import bounds
from sms_notify.sources.json_body import a_kind, read_object

NAMES = ("sendto", "subject", "message", "called_at")
MOST_FIELDS = 100


@dataclass(frozen=True, slots=True)
class Form:
    """The four values, as text that every store takes; `called_at` is when Zabbix called."""

    sendto: str
    subject: str
    message: str
    called_at: Micros


def unwrap(body: bytes, *, content_type: str, called_at: Micros) -> Form:
    """The values of a form or a JSON object, as the Content-Type says (none: a form).

    The body's own `called_at` counts unless it lies in the future: what waited in the spool keeps
    its time. Raises TooLarge, Malformed, and EmptyInput when subject and message say nothing.
    """
    bounds.refuse_large(body)
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json":
        return form(_from_json(body), called_at=called_at)
    if kind in ("application/x-www-form-urlencoded", ""):
        return form(_from_form(body), called_at=called_at)
    raise Malformed("Content-Type: expected application/x-www-form-urlencoded or application/json")


def form(values: Mapping[str, str], *, called_at: Micros) -> Form:
    """The form of values that are text already. Raises EmptyInput."""
    text = {name: bounds.storable(values.get(name, "")[: bounds.MESSAGE]) for name in NAMES}
    if not (text["subject"].strip() or text["message"].strip()):
        raise EmptyInput("subject and message are both empty")
    when = moment(text["called_at"], latest=called_at + MINUTE)
    return Form(text["sendto"].strip(), text["subject"], text["message"], when or called_at)


def moment(digits: str, *, latest: Micros) -> Micros | None:
    """Seconds, milliseconds or microseconds since 1970, told by their size; None if unusable."""
    digits = digits.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 16):
        return None
    number = int(digits)
    scale = SECOND if number < 10**11 else 1_000 if number < 10**14 else 1
    return number * scale if 0 < number * scale <= latest else None


def _from_form(body: bytes) -> dict[str, str]:
    pairs = body.split(b"&")
    if len(pairs) > MOST_FIELDS:
        raise Malformed(f"the form has more than {MOST_FIELDS} fields")
    split = (pair.replace(b"+", b" ").partition(b"=") for pair in pairs)
    return {_unquoted(name): _unquoted(value) for name, _, value in split}


def _unquoted(raw: bytes) -> str:
    return _decoded(unquote_to_bytes(raw))


def _from_json(body: bytes) -> dict[str, str]:
    text = bounds.storable(_decoded(body)) if not body.isascii() else ""
    values = read_object(text.encode() or body)
    return {name: _as_text(name, values[name]) for name in NAMES if name in values}


def _as_text(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case int() if not isinstance(value, bool):
            return str(value)
        case _:
            raise Malformed(f"{name}: {a_kind(value)}, expected a text")


def _decoded(raw: bytes) -> str:
    """UTF-8; Zabbix' JavaScript writes an emoji as two surrogates of three bytes each (CESU-8)."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")

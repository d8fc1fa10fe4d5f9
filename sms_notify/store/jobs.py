"""The SQL of jobs: what is to be told to the source of an alert, or asked of it.

waiting → running (under a lease) → done | failed | dropped, or waiting again. A job whose lease is
over is claimed again: whoever does it must bear doing it twice.
"""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import func, insert, null, select, update
from sqlalchemy.dialects.postgresql import insert as upsert  # SQLite takes the same words

from sms_notify.model import Micros
from sms_notify.store import tables as t
from sms_notify.store.outbox import given, given_text
from sms_notify.store.sql import Statement, Transaction, among, json_set
from sms_notify.store.tables import word

_j, _a, _i = t.job, t.alert, t.incident

ACKNOWLEDGE, SILENCE, ALIVE, WATCH = "acknowledge", "silence", "alive", "watch"

NEW = Statement(
    upsert(_j)
    .values(
        once_key=given_text("once_key"), kind=given_text("kind"), incident=given("incident"),
        payload=given_text("payload"), state=word("waiting"), tries=0, next_at=given("now"),
        made_at=given("now"),
    )
    .on_conflict_do_nothing(index_elements=["once_key"])
)  # fmt: skip
_open = _j.c.ended_at.is_(None)
DUE = Statement(
    select(_j.c.id, _j.c.kind, _j.c.incident, _j.c.payload, _j.c.tries, _j.c.made_at)
    .where(_open, _j.c.next_at <= given("now"), among(_j.c.kind, "kinds"))
    .order_by(_j.c.next_at, _j.c.id)
    .limit(given("most"))
    .with_for_update(skip_locked=True)
)
CLAIM = Statement(
    update(_j)
    .where(among(_j.c.id, "ids"))
    .values(
        state=word("running"), owner=given_text("owner"), lease_until=given("until"),
        next_at=given("until"), tries=_j.c.tries + 1,
    )
)  # fmt: skip
SETTLE = Statement(
    update(_j)
    .where(
        _j.c.id == given("of_id"), _j.c.owner == given_text("owner"), _j.c.tries == given("of_try"),
        _open,
    )
    .values(
        state=given_text("to_state"), next_at=given("to_next"), answer=given_text("to_answer"),
        ended_at=given("to_ended"), owner=null(), lease_until=null(),
    )
)  # fmt: skip
"""Only who holds the lease still, on the try that it was given for."""
NEXT = Statement(
    select(_j.c.kind, func.min(_j.c.next_at)).where(_open).group_by(_j.c.kind).order_by(_j.c.kind)
)
INCIDENTS = Statement(
    select(
        _i.c.id, _i.c.source, _i.c.state, _i.c.acked_by, _i.c.acked_at, _i.c.stepped_at,
        _i.c.opened_at,
    ).where(among(_i.c.id, "ids"), _i.c.ended_at.is_(None))
)  # fmt: skip
MEMBERS = Statement(
    select(t.member.c.incident, _a.c.id, _a.c.fingerprint, _a.c.labels, _a.c.last_seen)
    .select_from(t.member.join(_a, _a.c.id == t.member.c.alert))
    .where(among(t.member.c.incident, "ids"), _a.c.ended_at.is_(None))
    .order_by(t.member.c.incident, _a.c.id)
)
WATCHES = Statement(
    select(_j.c.incident, _j.c.payload).where(among(_j.c.incident, "ids"), _j.c.kind == word(WATCH))
)
WAKE = Statement(
    update(t.timer)
    .where(
        t.timer.c.key == given_text("of_key"), among(t.timer.c.kind, "kinds"),
        t.timer.c.due_at > given("now"),
    )
    .values(due_at=given("now"))
)  # fmt: skip
"""What waited for an answer goes on."""

TOLD = Statement(
    insert(t.event).values(
        at=given("now"), about=word("incident"), about_id=given("incident"),
        what=word("source_told"), detail=given_text("detail"),
    )
)  # fmt: skip
"""Into the history of the incident."""

_LATEST = Statement(
    select(_j.c.incident, _j.c.made_at, _j.c.ended_at, _j.c.state, _j.c.answer)
    .where(among(_j.c.incident, "ids"), _j.c.kind == word(ALIVE))
    .order_by(_j.c.incident, _j.c.made_at, _j.c.id)
)
_SAID = Statement(
    select(_a.c.fingerprint, _j.c.incident, _j.c.payload)
    .select_from(
        _a.join(t.member, t.member.c.alert == _a.c.id).join(
            _j, _j.c.incident == t.member.c.incident
        )
    )
    .where(
        among(_a.c.fingerprint, "events"),
        _a.c.source == word("zabbix"),
        _j.c.kind == word(ACKNOWLEDGE),
    )
    .order_by(_j.c.id)
)

Asked = tuple[Micros, Micros | None, str, str]


def latest(tx: Transaction, wanted: set[Any]) -> dict[int, Asked]:
    """A Question of judging: of each incident the last look at its source, (made_at, ended_at,
    state, answer)."""
    found: dict[int, Asked] = {}
    for incident, made_at, ended_at, state, answer in tx.all(_LATEST, ids=json_set(sorted(wanted))):
        found[incident] = (made_at, ended_at, state, answer or "")
    return found


def said(tx: Transaction, wanted: set[Any]) -> dict[str, list[tuple[int, str, str]]]:
    """A Question of judging: what Zabbix was, or is to be, told of these events: of each (incident,
    who, how)."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    for event, incident, payload in tx.all(_SAID, events=json_set(sorted(wanted))):
        told = orjson.loads(payload)
        found.setdefault(event, []).append((incident, told["who"], told["how"]))
    return found

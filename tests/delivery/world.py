"""An outbox, a simulated gateway and a clock that a test turns: delivery without threads."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, text, update

from sms_notify import delivery
from sms_notify.config import Delivery
from sms_notify.delivery import Flight, Settled, Terms
from sms_notify.gateways import Gateway, Outcome, open_gateways
from sms_notify.model import HOUR, MINUTE, SECOND, Level, Micros
from sms_notify.simulator import Account, Call, Fault, Kind
from sms_notify.simulator import Gateway as Other
from sms_notify.store import Store, tables
from tests.gateways.accounts import ACCOUNT, HOSTS, PASSWORD, configured
from tests.gateways.virtual import VirtualHttp

NOW = 1_800_000_000 * SECOND
SETTINGS = Delivery(
    workers=8,
    batch=100,
    expires=2 * HOUR,
    resolved_expires=30 * MINUTE,
    uncertain_after=90 * SECOND,
    resend_uncertain=Level.warning,
)
Row = dict[str, Any]


def phone_of(number: int) -> str:
    return f"+86138{number:08}"


class World:
    """`now` is moved by hand; `put` writes messages as the left half would."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.now = NOW
        self.rng = Random(7)
        self.other = Other([Account(ACCOUNT, PASSWORD, balance=1_000_000)])
        self.http = VirtualHttp(self.other, lambda: self.now)
        gateways = open_gateways([configured()], self.http)
        self.terms = Terms(gateways, SETTINGS, "test", ZoneInfo("Asia/Shanghai"))
        self._ids = iter(range(1, 1_000_000))
        self._open = 0

    # What is written

    def incident(self, state: str = "open", receiver: str = "数据库") -> int:
        number = next(self._ids)
        self._insert(
            tables.incident,
            id=number, group_key=f"g{number}", receiver=receiver, source="line", state=state,
            level=2, name="磁盘满", steps="[]", opened_at=self.now, last_seen=self.now,
            ended_at=self.now if state == "ended" else None,
        )  # fmt: skip
        return number

    def put(self, **columns: Any) -> int:
        """A critical page of an open incident, queued now, to a phone of its own."""
        number = next(self._ids)
        if "incident" not in columns:
            self._open = self._open or self.incident()
            columns["incident"] = self._open
        row = {
            "id": number, "person": f"p{number}", "phone": phone_of(number), "kind": "first",
            "level": 2, "lane": "person", "text": f"【星云】磁盘满 {number}", "units": 12,
            "segments": 1, "state": "queued", "decided_at": self.now, "queued_at": self.now,
            "not_before": self.now, "expires_at": self.now + 2 * HOUR,
        }  # fmt: skip
        self._insert(tables.message, **(row | columns))
        return number

    def put_many(self, count: int, text: str) -> list[int]:
        """Pages to `count` known phones, in one transaction; `text` is formatted with a number."""
        numbers = [next(self._ids) for _ in range(count)]
        model = self.row(self.put(state="folded"))
        rows: list[Row] = []
        for place, number in enumerate(numbers):
            own = {"id": number, "phone": phone_of(number), "person": f"p{number}"}
            rows.append(model | own | {"state": "queued", "text": text.format(place)})
            known = {"id": next(self._ids), "state": "delivered", "request": number}
            earlier = {"text": "earlier", "gateway": "主通道", "sent_at": NOW - HOUR}
            rows.append(model | own | known | earlier)
        with self.store.engine.begin() as connection:
            connection.execute(insert(tables.message), rows)
        return numbers

    def put_known(self, **columns: Any) -> int:
        """The same, to a phone that this account has accepted before."""
        number = self.put(**columns)
        self.know(self.row(number)["phone"])
        return number

    def know(self, phone: str) -> None:
        request = next(self._ids)
        self.put(
            phone=phone, state="delivered", request=request, gateway="主通道", sent_at=NOW - HOUR,
            decided_at=NOW - HOUR, text="earlier",
        )  # fmt: skip

    def tell(self, incident: int, person: str, news: str, message: int | None = None) -> None:
        self._insert(
            tables.telling, incident=incident, person=person, news=news, verdict="told",
            reason="first", at=self.now, message=message,
        )  # fmt: skip

    def tell_step(self, incident: int, due_at: Micros) -> None:
        self._insert(tables.timer, kind="step", key=str(incident), due_at=due_at)

    def timers(self) -> list[tuple[str, str, Micros]]:
        return [(row["kind"], row["key"], row["due_at"]) for row in self.rows(tables.timer)]

    def change_account(self, **columns: Any) -> None:
        with self.store.engine.begin() as connection:
            connection.execute(update(tables.gateway).values(**columns))

    def change(self, number: int, **columns: Any) -> None:
        with self.store.engine.begin() as connection:
            found = tables.message.c.id == number
            connection.execute(update(tables.message).where(found).values(**columns))

    def change_incident(self, number: int, state: str) -> None:
        with self.store.engine.begin() as connection:
            found = tables.incident.c.id == number
            connection.execute(update(tables.incident).where(found).values(state=state))

    def _insert(self, table: Any, **row: Any) -> None:
        with self.store.engine.begin() as connection:
            connection.execute(insert(table), row)

    # What is read

    def rows(self, table: Any) -> list[Row]:
        with self.store.engine.connect() as connection:
            key = list(table.primary_key.columns)
            return [dict(row._mapping) for row in connection.execute(select(table).order_by(*key))]

    def row(self, number: int) -> Row:
        return next(row for row in self.rows(tables.message) if row["id"] == number)

    def state(self, number: int) -> str:
        state: str = self.row(number)["state"]
        return state

    def states(self, numbers: Iterable[int]) -> list[str]:
        known = {row["id"]: row["state"] for row in self.rows(tables.message)}
        return [known[number] for number in numbers]

    def events(self, number: int) -> list[str]:
        """`what: detail` of one message, oldest first."""
        return [
            f"{row['what']}: {row['detail']}"
            for row in self.rows(tables.event)
            if row["about"] == "message" and row["about_id"] == number
        ]

    def account(self) -> Row:
        """The row of the account; empty before its first send."""
        return next(iter(self.rows(tables.gateway)), {})

    def everything(self) -> str:
        """All that is stored, as one text."""
        return "\n".join(str(self.rows(table)) for table in tables.metadata.sorted_tables)

    def received(self, number: int) -> int:
        """How often the text of this message was accepted for its phone."""
        row = self.row(number)
        return self.other.truth.accepted(row["phone"].removeprefix("+86"), row["text"])

    def heard(self, numbers: Iterable[int]) -> list[int]:
        """`received` of each."""
        rows = {row["id"]: row for row in self.rows(tables.message)}
        truth = self.other.truth
        return [
            truth.accepted(rows[each]["phone"].removeprefix("+86"), rows[each]["text"])
            for each in numbers
        ]

    # The steps

    def strike(self, kind: Kind, **more: Any) -> None:
        self.other.faults.add(Fault(kind, frozenset({Call.SEND}), **more))

    def settings(self, **changes: Any) -> None:
        self.terms = replace(self.terms, settings=replace(self.terms.settings, **changes))

    def gateways(self, *names: str) -> None:
        """Several accounts at the same gateway, in this order."""
        found = [
            replace(
                configured(), name=name, account=f"{ACCOUNT}-{name}", urls=(f"http://{name}.test",)
            )
            for name in names
        ]
        for each in found:
            self.other.put_account(Account(each.account, PASSWORD, balance=1_000_000))
        gateways: tuple[Gateway, ...] = open_gateways(found, self.http)
        self.terms = replace(self.terms, gateways=gateways)

    def claim(self, most: int = 8) -> list[Flight]:
        return delivery.claim(self.store, self.terms, self.now, most)

    def fly(self, flight: Flight) -> Outcome:
        return delivery.fly(self.terms, flight)

    def settle(self, flight: Flight, outcome: Outcome) -> Settled:
        return delivery.settle(self.store, self.terms, flight, outcome, self.now, self.rng)

    def send(self, most: int = 8) -> list[Settled]:
        """Claim, send and settle at once, as long as nothing takes time."""
        return [self.settle(flight, self.fly(flight)) for flight in self.claim(most)]

    def next_due(self, alive: Collection[int] = frozenset()) -> Micros | None:
        """Delivery's own next moment, or the past as `now`."""
        due = delivery.next_due(self.store, self.terms, self.now, alive)
        return None if due is None else max(due, self.now)

    def pass_time(self, span: Micros) -> None:
        self.now += span

    def judge(self, people: Collection[str] | None = None) -> None:
        """The left half, as far as delivery sees it: decided anew, back in the queue."""
        with self.store.engine.begin() as connection:
            mine = tables.message.c.person.in_(people or self.people())
            held = mine & (tables.message.c.state == "held")
            connection.execute(
                update(tables.message)
                .where(held)
                .values(state="queued", reason=None, queued_at=self.now, not_before=self.now)
            )
            queued = mine & (tables.message.c.state == "queued")
            connection.execute(update(tables.message).where(queued).values(decided_at=self.now))

    def people(self) -> set[str]:
        return {row["person"] for row in self.rows(tables.message)}

    def go_on(self, until: Callable[[], bool], limit: Micros = HOUR) -> Micros:
        """Run all loops of delivery in virtual time until it is so; returns how long that took."""
        began = self.now
        while not until():
            assert self.now - began < limit, f"not within {limit / SECOND} s"
            self.once()
            if until():
                break
            self.wait()
        return self.now - began

    def wait(self) -> None:
        """On to the next moment at which delivery has something to do, at most a minute."""
        due = delivery.next_due(self.store, self.terms, self.now)
        latest = self.now + MINUTE
        self.now = max(self.now + 1000, latest if due is None else min(due, latest))

    def once(self) -> None:
        """One round of every loop."""
        store, terms = self.store, self.terms
        delivery.recover(store, terms, self.now, set())
        delivery.uncertain_due(store, terms, self.now)
        again = [
            *delivery.expire(store, self.now),
            *delivery.aged(store, self.now),
            *delivery.returned(store, terms, self.now),
        ]
        if again:
            self.judge(again)
        landings = []
        for flight in self.claim():
            outcome = self.fly(flight)
            landings.append((self.now + int(outcome.seconds * SECOND), flight, outcome))
        for at, flight, outcome in sorted(landings, key=lambda landing: landing[0]):
            self.now = max(self.now, at)
            self.settle(flight, outcome)


def empty(store: Store) -> None:
    """No rows in any table."""
    with store.engine.begin() as connection:
        for table in tables.metadata.sorted_tables:
            connection.execute(text(f'DELETE FROM "{table.name}"'))


__all__ = ["ACCOUNT", "HOSTS", "NOW", "PASSWORD", "SETTINGS", "World", "empty", "phone_of"]

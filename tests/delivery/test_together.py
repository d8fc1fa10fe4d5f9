"""What lands together is settled in one go, and comes to the same as one after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from sqlalchemy import update

from sms_notify import delivery
from sms_notify.delivery import Flight, Terms
from sms_notify.gateways import Came, Outcome
from sms_notify.model import MINUTE
from sms_notify.store import Store, tables
from sms_notify.store.sql import Transaction
from tests.delivery.world import World, empty

OUTCOMES = (
    Outcome(Came.accepted, accepted=1, provider_ids=("7001",), host="a"),
    Outcome(Came.accepted, refused=1, host="a"),
    Outcome(Came.rejected, "too_long", host="b"),
    Outcome(Came.busy, "busy", host="a"),
    Outcome(Came.unknown, "odd", detail="<html>", host="a"),
    Outcome(Came.unreached, "refused"),
    Outcome(Came.uncertain, "timeout", host="b"),
    Outcome(Came.forbidden_word, "forbidden_word", word="磁盘", host="a"),
    Outcome(Came.account_down, "balance", left=0, host="a"),
)


def prepared(store: Store, seed: int) -> tuple[World, list[tuple[Flight, Outcome]]]:
    """Flights, some of the same message: its first sender was thought dead, and it flies again."""
    empty(store)
    world, rng = World(store), Random(seed)
    for _ in range(12):
        world.put(incident=world.incident(), person=f"p{rng.randrange(3)}")
    flights = world.claim(rng.randrange(2, 12))
    world.pass_time(5 * MINUTE)
    delivery.recover(store, world.terms, world.now, {each.request for each in flights[1::2]})
    world.pass_time(5 * MINUTE)
    delivery.uncertain_due(store, world.terms, world.now)
    world.judge()
    flights += world.claim(20)
    rng.shuffle(flights)
    return world, [(each, rng.choice(OUTCOMES)) for each in flights]


def settle(world: World, terms: Terms, landings: Sequence[tuple[Flight, Outcome]]) -> None:
    delivery.settle_all(world.store, terms, landings, world.now, world.rng)


def stored(world: World) -> dict[str, list[str]]:
    """All that delivery writes, without the numbers of requests, which no store gives twice.

    Nor until when they back off: one that proves that its account works again lets go of all,
    of those too that land together with it.
    """
    with world.store.engine.begin() as connection:
        connection.execute(update(tables.message).values(not_before=0))
    places = {row["id"]: n for n, row in enumerate(world.rows(tables.request))}
    names = ("request", "message", "attempt", "event", "usage", "gateway", "timer", "word")
    return {
        name: sorted(_told(row, name, places) for row in world.rows(tables.metadata.tables[name]))
        for name in names
    }


def _told(row: dict[str, Any], table: str, places: dict[int, int]) -> str:
    request = {"request": "id"}.get(table, "request")
    if row.get(request) in places:
        row[request] = places[row[request]]
    if table == "event":
        del row["id"]
        row["detail"] = re.sub(r"request \d+", "request", row["detail"])
    return str(row)


@pytest.mark.parametrize("seed", range(30))
def test_together_as_one_after_the_other(store: Store, seed: int) -> None:
    world, landings = prepared(store, seed)
    settle(world, world.terms, landings)
    together = stored(world)
    world, landings = prepared(store, seed)
    for each in sorted(landings, key=lambda landing: landing[0].request):
        settle(world, world.terms, [each])
    assert stored(world) == together


def test_a_claim_and_a_settle_cost_as_many_statements_however_many_fly(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[int] = []
    run, many = Transaction.run, Transaction.many

    def counted_run(self: Transaction, *args: Any, **values: Any) -> int:
        ran.append(1)
        return run(self, *args, **values)

    def counted_many(self: Transaction, *args: Any) -> None:
        ran.append(1)
        many(self, *args)

    monkeypatch.setattr(Transaction, "run", counted_run)
    monkeypatch.setattr(Transaction, "many", counted_many)
    costs = []
    for number in (1, 1, 64):
        for _ in range(number):
            world.put()
        ran.clear()
        flights = world.claim(64)
        claimed = len(ran)
        settle(world, world.terms, [(flight, world.fly(flight)) for flight in flights])
        costs.append((len(flights), claimed, len(ran) - claimed))
    (_first, one, together) = costs  # the first one also writes the row of the account
    assert (one[0], together[0]) == (1, 64)
    assert together[1] == one[1]
    lock = 0 if world.store.is_sqlite else 1  # several requests at once are locked in their order
    assert together[2] == one[2] + lock

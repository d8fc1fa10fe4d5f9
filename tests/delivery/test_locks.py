"""The order in which transactions of delivery take rows that others take too: no deadlock."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import insert

from sms_notify import delivery
from sms_notify.config.channels import Purse
from sms_notify.delivery import Flight
from sms_notify.gateways import Came, Outcome, open_gateways
from sms_notify.model import HOUR, MINUTE
from sms_notify.store import Store, tables
from sms_notify.store.saving import Changes, save
from tests.delivery.world import World, empty
from tests.gateways.accounts import ACCOUNT, configured
from tests.traced import traced

WRITTEN = re.compile(r'(?:INSERT INTO|UPDATE) "?(timer|gateway)"?')
TIMER = re.compile(r"(?:INSERT INTO|DELETE FROM) timer\b.*?'([^']*)'.*?'([^']*)'", re.DOTALL)


@pytest.fixture
def world(sqlite_store: Store) -> World:
    """Its balance is read."""
    empty(sqlite_store)
    world = World(sqlite_store)
    prepaid = replace(configured(), balance=Purse(every=HOUR, warn_below=0))
    world.terms = replace(world.terms, gateways=open_gateways([prepaid], world.http))
    return world


def claimed(world: World) -> list[Flight]:
    """Three pages, to phones of which a report came that found no message."""
    numbers = [world.put(incident=world.incident()) for _ in range(3)]
    with world.store.engine.begin() as connection:
        for number in numbers:
            row = {"account": ACCOUNT, "provider_id": str(number), "status": 10, "request": 1}
            phone = world.row(number)["phone"]
            connection.execute(insert(tables.report), row | {"phone": phone, "at": world.now})
    return world.claim()


def written(statements: list[str]) -> list[str]:
    return [found[1] for each in statements if (found := WRITTEN.match(each))]


def timers_first(order: list[str]) -> bool:
    return set(order) == {"timer", "gateway"} and order == sorted(order, reverse=True)


def test_settling_takes_timers_before_accounts(world: World) -> None:
    landings = [(each, Outcome(Came.uncertain, "timeout")) for each in claimed(world)]
    with traced(world.store) as statements:
        delivery.settle_all(world.store, world.terms, landings, world.now, world.rng)
    assert timers_first(written(statements)), written(statements)


def test_settling_what_has_to_be_settled_one_after_the_other_takes_timers_before_accounts(
    world: World,
) -> None:
    refused = Outcome(Came.forbidden_word, "-3", word="磁盘", host="10.0.0.1:80")
    came = (Outcome(Came.uncertain, "timeout"), refused, Outcome(Came.uncertain, "timeout"))
    landings = list(zip(claimed(world), came, strict=True))
    with traced(world.store) as statements:
        delivery.settle_all(world.store, world.terms, landings, world.now, world.rng)
    assert timers_first(written(statements)), written(statements)


def test_judging_takes_timers_in_the_order_of_settling_whether_they_are_set_or_go(
    world: World,
) -> None:
    due = {("step", "3"): None, ("digest", "张伟"): 5, ("stale", "1"): None, ("stale", "2"): 5}
    with traced(world.store) as statements, world.store.judging() as tx:
        save(tx, Changes(timers=due), world.now)
    taken = [found.groups() for each in statements if (found := TIMER.search(each))]
    assert taken == sorted(due)


def test_giving_up_requests_takes_timers_before_accounts(world: World) -> None:
    claimed(world)
    world.pass_time(10 * MINUTE)
    with traced(world.store) as statements:
        assert len(delivery.recover(world.store, world.terms, world.now, set())) > 1
    assert timers_first(written(statements)), written(statements)

"""How the incidents stand whose timers are due: asked under the lock, before all else is loaded.

Only what is going to be told has its alerts loaded; a step that is merely looked at costs its row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sms_notify.escalation.waiting import Held, Look, Present, Terms, look, on_its_way
from sms_notify.intake.rules import thaw_steps
from sms_notify.model import Micros
from sms_notify.store import chains
from sms_notify.store.chains import Carrier, Chain
from sms_notify.store.facts import Asking, Keys
from sms_notify.store.sql import Transaction, json_set


@dataclass(slots=True)
class Standing(Asking):
    """`looks`: what a look at the present step says. `restless`: events of which something is on
    its way, or whose chain goes on. `held_on`: some news of it may not be told before. `reminded`:
    (how often, whom) by incident."""

    looks: dict[int, Look] = field(default_factory=dict)
    restless: set[int] = field(default_factory=set)
    held_on: dict[int, Micros] = field(default_factory=dict)
    reminded: dict[int, tuple[int, frozenset[str]]] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)


@dataclass(slots=True)
class _Known:
    """What the statements brought, by incident."""

    chains: dict[int, Chain]
    carriers: dict[int, list[Carrier]]
    untold: dict[int, list[tuple[Micros, Micros, bool]]]
    """Held until when at least and at most (0: for room), and of the present step?"""


def standing(tx: Transaction, wanted: set[Any]) -> Standing:
    """The Question. Batches ask with one moment; a later one in the set would only look twice."""
    found = Standing()
    steps = {number: terms for kind, number, terms in wanted if kind == "step"}
    stale = {number: terms for kind, number, terms in wanted if kind == "stale"}
    known = _known(tx, steps.keys() | stale.keys())
    for number, terms in steps.items():
        if number in known.chains:
            found.looks[number] = look(_present(known, number, terms), terms)
    found.restless = {n for n, terms in stale.items() if _restless(known, n, terms)}
    for number, terms in stale.items():
        until = max((most for _least, most, _step in known.untold.get(number, ())), default=0)
        if until > terms.now:
            found.held_on[number] = until
    asked = {number for kind, number, _terms in wanted if kind == "ack_timeout"}
    if asked:
        _reminded(tx, found, asked)
    told = {number for number, seen in found.looks.items() if seen.why}
    told |= {number for kind, number, _terms in wanted if kind in ("repeat", "ack_timeout")}
    found.keys.incidents = told
    found.keys.bare = {number for _kind, number, _terms in wanted} - told
    return found


def _known(tx: Transaction, numbers: set[int]) -> _Known:
    known = _Known({}, {}, {})
    if not numbers:
        return known
    ids = json_set(sorted(numbers))
    for row in tx.all(chains.CHAINS, ids=ids):
        known.chains[row[0]] = Chain(*row)
    moving = [one.id for one in known.chains.values() if one.ended_at is None]
    ids = json_set(moving)
    for row in tx.all(chains.CARRIERS, ids=ids):
        known.carriers.setdefault(row[0], []).append(Carrier(*row))
    for number, _person, least, most, of_step in tx.all(chains.UNTOLD, ids=ids):
        known.untold.setdefault(number, []).append((least, most, bool(of_step)))
    return known


def _present(known: _Known, number: int, terms: Terms) -> Present:
    chain = known.chains[number]
    held = [until for until, _most, of_step in known.untold.get(number, ()) if of_step]
    return Present(
        began=chain.stepped_at if chain.stepped_at is not None else chain.opened_at,
        wait=_wait(chain),
        waits_from=chain.waits_from,
        muted_until=chain.muted_until,
        carriers=[one for one in known.carriers.get(number, ()) if one.of_step],
        rests_until=chain.rests_until,
        held=Held(len(held), tuple(until for until in held if until > terms.now)),
    )


def _wait(chain: Chain) -> int | None:
    steps = thaw_steps(chain.steps)
    over = chain.round >= chain.rounds or chain.step >= len(steps)
    return None if over else steps[chain.step].wait


def _restless(known: _Known, number: int, terms: Terms) -> bool:
    chain = known.chains.get(number)
    if chain is None or not chain.event or chain.state != "open":
        return False
    carriers = known.carriers.get(number, ())
    waits = _wait(chain) is not None
    return waits or number in known.untold or any(on_its_way(c, terms.resends) for c in carriers)


def _reminded(tx: Transaction, found: Standing, numbers: set[int]) -> None:
    for number, news, person in tx.all(chains.REMINDED, ids=json_set(sorted(numbers))):
        times = int(news.rpartition(":")[2])
        most, whom = found.reminded.get(number, (0, frozenset()))
        whom = whom | {person} if times == most else frozenset({person})
        if times >= most:
            found.reminded[number] = (times, whom)

"""Two who act on one incident at once, in two processes on one store: one winner each time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from sms_notify.actions import Acknowledge, Actor, Came
from sms_notify.escalation import inputs
from sms_notify.intake import Input, TellCall
from sms_notify.model import HOUR, Alert, Call
from sms_notify.runner import Runner
from sms_notify.store import Store, prepare
from tests.no_disk import hasten

from .site import Site

RACES = 1_000
AGAINST = ("an answer", "the end", "a step")
"""What races with an answer, in turn: another one, the resolve, the step timer."""
WANG, LI = Actor("王磊", "by SMS"), Actor("李娜", "by SMS")


class Race:
    """The site, and another process on its store, each with its writer's thread."""

    def __init__(self, site: Site) -> None:
        self.site = site
        store = Store(site.config.store, clock=site.clock)
        hasten(store)
        prepare(store)
        self.other = Runner(site.config, store=store, http=site.http, rng=Random(2))
        self.calls: dict[int, Call] = {}
        self.codes: dict[int, int] = {}

    def fire(self) -> None:
        """A thousand incidents, each told to somebody by an SMS that is queued."""
        posts = [self._call(number) for number in range(RACES)]
        handed = [self.site.runner.writer.hand_in(TellCall(self._rules, call)) for call in posts]
        for call, future in zip(posts, handed, strict=True):
            [incident] = future.result().incidents
            self.calls[incident] = call
        self.codes = {row[0]: row[1] for row in self.site.sql("SELECT incident, code FROM code")}

    def answer(self, incident: int, by: Actor) -> Acknowledge:
        return Acknowledge(self._rules, self.codes[incident], by)

    @property
    def _rules(self) -> Any:
        return self.site.runner.rules

    def _call(self, number: int) -> Call:
        labels = {"alertname": f"告警{number}", "team": "dba", "severity": "critical"}
        site = self.site
        level, word, _known = site.config.site.levels.of(labels)
        alert = Alert("alertmanager", f"{number}", site.now, None, level, word,
                      f"告警{number}", "", labels)  # fmt: skip
        return Call("alertmanager", site.now, (alert,), {"alertname": f"告警{number}"})

    def rival(self, incident: int) -> Input:
        against = AGAINST[incident % len(AGAINST)]
        if against == "an answer":
            return self.answer(incident, LI)
        if against == "the end":
            call = self.calls[incident]
            over = tuple(replace(each, ended_at=self.site.now) for each in call.alerts)
            return TellCall(self._rules, replace(call, alerts=over))
        [found] = inputs(self._rules, [("step", str(incident), self.site.now)])
        return found


@pytest.fixture
def race(tmp_path: Path) -> Iterator[Race]:
    site = Site(tmp_path, limit=100_000)
    with closing(site), closing(site.runner.store):
        made = Race(site)
        site.runner.writer.start()
        made.other.writer.start()
        yield made
        made.other.writer.stop()
        site.runner.writer.stop()
        made.other.store.close()


def test_of_a_thousand_races_of_two_processes_each_has_one_winner(race: Race) -> None:
    race.fire()
    race.site.clock.now += HOUR  # every step is due, as if every SMS had left long ago
    with race.site.runner.store.engine.begin() as connection:
        connection.execute(text("UPDATE timer SET due_at = :now WHERE kind = 'step'"),
                           {"now": race.site.now})  # fmt: skip
        connection.execute(text("UPDATE incident SET waits_from = opened_at"))
    rng = Random(13)
    acks: dict[int, Future[Any]] = {}
    rivals: dict[int, Future[Any]] = {}
    writers = [race.site.runner.writer, race.other.writer]
    for incident in race.calls:
        rng.shuffle(writers)
        both: list[tuple[dict[int, Future[Any]], Input]] = [
            (acks, race.answer(incident, WANG)),
            (rivals, race.rival(incident)),
        ]
        rng.shuffle(both)
        for (kept, item), writer in zip(both, writers, strict=True):
            kept[incident] = writer.hand_in(item)
    won = {against: [0, 0] for against in AGAINST}
    for incident, future in acks.items():
        mine = _came(future)
        first = _judged(incident, mine, rivals[incident].result())
        won[AGAINST[incident % len(AGAINST)]][first] += 1
    for against in ("an answer", "the end"):
        assert min(won[against]) > 0, f"nobody raced: {won}"
    _the_store_agrees(race)


def _came(future: Future[Any]) -> Came:
    [did] = future.result().dids
    return Came(did.came)


def _judged(incident: int, mine: Came, theirs: Any) -> int:
    """Who was first: 0 the answer, 1 its rival; the second hears what the first did."""
    against = AGAINST[incident % len(AGAINST)]
    if against == "an answer":
        [did] = theirs.dids
        assert sorted([mine, did.came]) == [Came.done, Came.taken], incident
        assert did.incident.acked_by == ("李娜" if did.came is Came.done else "王磊")
    elif against == "the end":
        assert mine in (Came.done, Came.over), incident
    else:
        assert mine is Came.done, incident
    return 0 if mine is Came.done else 1


def _the_store_agrees(race: Race) -> None:
    """One acknowledgement each, none after the end, no step after an answer."""
    rows = race.site.sql(
        "SELECT about_id, what FROM event WHERE about = 'incident' AND what IN"
        " ('acknowledged', 'ended', 'next_step') ORDER BY about_id, id"
    )
    happened: dict[int, list[str]] = {}
    for incident, what in rows:
        happened.setdefault(incident, []).append(what)
    for incident in race.calls:
        whats = happened[incident]
        assert whats.count("acknowledged") <= 1, (incident, whats)
        assert "acknowledged" in whats or whats == ["ended"], (incident, whats)
        allowed = (["acknowledged"], ["acknowledged", "ended"], ["next_step", "acknowledged"])
        assert whats in (*allowed, ["ended"]), (incident, whats)

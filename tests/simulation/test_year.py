"""A year in the life of a site, from a seed: no incident without an answer or a loud end.

Handoffs, leave, holidays, quiet hours, stand-ins, chains with rounds, answers that hold for an
hour, people who never answer, or late, or mistype; a gateway that fails, and crashes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from sms_notify.model import DAY, HOUR, MINUTE, Micros
from tests.simulation.year import DAYS, START, Year, plan, said
from tests.spread import thorough

LOUD = frozenset({"acknowledged", "unanswered"})
LONGEST: Micros = 11 * HOUR
"""No chain takes longer: its waits, what a digest may be late at each step, a night of rest."""
MUTE: Micros = 4 * HOUR


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("seed", range(thorough(1, 4)), ids=lambda seed: f"seed-{seed}")
def test_a_year_without_an_incident_that_nobody_answered_and_nobody_noticed(
    tmp_path: Path, seed: int
) -> None:
    days = DAYS
    with closing(Year(tmp_path, seed, crash_chance=0.001)) as world:
        plan(world, days).live(START + (days + 14) * DAY)
        everything_happened(world)
        every_incident_has_an_answer_or_a_loud_end(world)
        nothing_stays_for_ever(world)
        nobody_hears_a_thing_twice(world)
        nobody_gets_too_many(world)
        every_reply_came_to_something(world)


def everything_happened(world: Year) -> None:
    """Else the year proves nothing."""
    whats = Counter(dict(world.sql("SELECT what, count(*) FROM event GROUP BY what")))
    kinds = Counter(dict(world.sql("SELECT kind, count(*) FROM message GROUP BY kind")))
    results = Counter(dict(world.sql("SELECT result, count(*) FROM reply GROUP BY result")))
    print(f"\n{world.crashes} crashes\n{dict(whats)}\n{dict(kinds)}\n{dict(results)}")
    print(dict(world.states()), dict(world.people.did), world.sql("SELECT count(*) FROM incident"))
    for what in (
        "acknowledged", "reopened", "unanswered", "muted", "next_step", "skipped", "next_phone",
        "down", "up",
    ):  # fmt: skip
        assert whats[what] > 0, what
    for kind in ("first", "escalated", "reminder", "handoff", "digest", "resolved", "answer"):
        assert kinds[kind] > 0, kind
    for result in ("done", "late", "wrong_code"):
        assert results[result] > 0, result
    assert world.crashes > 20


def every_incident_has_an_answer_or_a_loud_end(world: Year) -> None:
    """While it is open and nobody has it: in time somebody answers, it ends, or that is said."""
    rows = world.sql(
        "SELECT about_id, at, what FROM event WHERE about = 'incident'"
        " AND what IN ('acknowledged', 'reopened', 'unanswered', 'muted') ORDER BY id"
    )
    happened: dict[int, list[tuple[Micros, str]]] = {}
    for number, at, what in rows:
        happened.setdefault(number, []).append((at, what))
    worst = (0, 0)
    for number, opened, ended, state in world.sql(
        "SELECT id, opened_at, ended_at, state FROM incident ORDER BY id"
    ):
        assert state == "ended", f"incident {number} is {state} for ever"
        quiet, mutes = _longest_silence(opened, ended, happened.get(number, []))
        worst = max(worst, (quiet - mutes * MUTE, number))
        assert quiet <= LONGEST + mutes * MUTE, (
            f"incident {number} of {said(opened, world.zone)} was nobody's for"
            f" {quiet / HOUR:.1f} h: {happened.get(number)}"
        )
    print(f"longest without an answer: {worst[0] / HOUR:.1f} h, incident {worst[1]}")


def _longest_silence(
    opened: Micros, ended: Micros, happened: list[tuple[Micros, str]]
) -> tuple[Micros, int]:
    """The longest time in which it was open and nothing was heard of it; how often it was muted.

    After its loud end it is somebody's problem who was told so; a reopened one is nobody's again.
    """
    longest, since, mutes = 0, opened, 0
    waits = True
    for at, what in [*happened, (ended, "ended")]:
        mutes += what == "muted"
        if waits and what in (*LOUD, "ended"):
            longest, waits = max(longest, at - since), False
        elif what == "reopened":
            since, waits = at, True
    return longest, mutes


def nothing_stays_for_ever(world: Year) -> None:
    states = world.states()
    assert not states.keys() & {"held", "queued", "sending", "expired"}, states
    held = "SELECT incident, person, news FROM telling WHERE verdict = 'held' AND message IS NULL"
    assert world.sql(held) == []
    now = world.clock.now
    late = "SELECT kind, key FROM timer WHERE due_at < :now OR kind IN (:a, :b, :c, :d, :e)"
    of_incidents = dict(zip("abcde", ("step", "ack_timeout", "repeat", "stale", "digest"),
                            strict=True))  # fmt: skip
    assert world.sql(late, now=now, **of_incidents) == []
    assert world.sql("SELECT id FROM request WHERE ended_at IS NULL") == []
    assert world.sql("SELECT id FROM job WHERE state = 'queued'") == []


def nobody_hears_a_thing_twice(world: Year) -> None:
    """Each message is on its phone once, but for one that was uncertain; an end is one SMS."""
    query = "SELECT phone, text, count(*), sum(resent + orphaned) FROM message GROUP BY 1, 2"
    for phone, text, messages, again in world.sql(query):
        times = world.gateway.truth.accepted(phone.removeprefix("+86"), text)
        assert times <= messages + again, f"{times} times: {text}"
    twice = world.sql(
        "SELECT incident, person, count(*) FROM message WHERE kind IN ('first', 'resolved')"
        " AND follows IS NULL AND incident IS NOT NULL AND state <> 'folded'"
        " GROUP BY incident, person, kind HAVING count(*) > 1"
    )
    assert twice == []


def nobody_gets_too_many(world: Year) -> None:
    """At most 15 in any 15 minutes, answers to one's own replies aside."""
    rows = world.sql(
        "SELECT person, coalesce(sent_at, queued_at) FROM message WHERE state NOT IN"
        " ('folded', 'failed') AND kind <> 'answer' AND follows IS NULL ORDER BY 1, 2"
    )
    moments: dict[str, list[Micros]] = {}
    for person, at in rows:
        moments.setdefault(person, []).append(at)
    for person, times in moments.items():
        for number, at in enumerate(times):
            most = bisect_left(times, at + 15 * MINUTE) - number
            assert most <= 15, f"{person} got {most} from {said(at, world.zone)}"


def every_reply_came_to_something(world: Year) -> None:
    """What was handed out and outlived the process has a result; answered it was, too."""
    waiting = world.sql("SELECT count(*) FROM reply WHERE result = ''")
    assert waiting == [(0,)]
    taken = world.sql("SELECT count(DISTINCT about_id) FROM event WHERE what = 'acknowledged'")
    assert taken[0][0] > 100

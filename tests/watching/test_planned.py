"""Texts for later: kept once, told once when they are due, taken back or told and never both."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from sms_notify.errors import Malformed
from sms_notify.intake import Input
from sms_notify.model import DAY, HOUR, MINUTE, Micros
from sms_notify.sources import later
from sms_notify.store import planned
from sms_notify.watching import Came, Cancel
from sms_notify.watching.planned import tell_planned

from .conftest import SUNDAY, Watched

QUIET = "checks: {look_ahead: 0}"


@pytest.fixture
def site(tmp_path: Path) -> Watched:
    return Watched(tmp_path, QUIET)


def states(site: Watched) -> list[str]:
    return [row[0] for row in site.sql("SELECT state FROM planned ORDER BY id")]


def cancel(site: Watched, number: int) -> str | None:
    before = site.runner.writer.judge_now(Cancel(number))
    return before.state if before else None


def test_a_text_is_told_when_it_is_due_and_not_before(site: Watched) -> None:
    assert site.plan("机房断电演练", "2026-11-30 09:00") is Came.kept
    site.run(9 * HOUR - MINUTE)
    assert site.sms() == []
    site.run(MINUTE)
    assert site.sms() == ["警告 机房断电演练 09:00"]
    assert states(site) == ["done"]
    site.run(DAY)
    assert len(site.sms()) == 1


def test_who_is_on_call_then_is_told_and_not_who_is_now(site: Watched) -> None:
    site.plan("换班后再说", "2026-11-30 09:00", to="值班")
    site.run(10 * HOUR)
    on_call_now, on_call_then = "13800000001", "13800000002"
    assert [len(site.sms(phone)) for phone in (on_call_now, on_call_then)] == [0, 1]


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2026-11-30 09:00", SUNDAY + 9 * HOUR),
        ("2026-11-30T01:00:00Z", SUNDAY + 9 * HOUR),
        ("2026-11-30T09:00+08:00", SUNDAY + 9 * HOUR),
        (" +2h ", SUNDAY + 2 * HOUR),
        ("+1d12h", SUNDAY + 36 * HOUR),
    ],
)
def test_a_time_is_written_as_on_the_wall_with_an_offset_or_as_a_span(
    site: Watched, at: str, due: Micros
) -> None:
    site.plan("x", at)
    assert site.sql("SELECT due_at FROM planned") == [(due,)]


@pytest.mark.parametrize(
    ("zone", "at", "utc"),
    [
        ("America/Chicago", "2027-03-14 02:30", "2027-03-14T08:00:00+00:00"),  # is skipped
        ("America/Chicago", "2026-11-01 01:30", "2026-11-01T06:30:00+00:00"),  # the first of two
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:30:00+00:00"),
    ],
)
def test_a_time_that_the_clock_skips_or_shows_twice_is_read_as_a_handoff_is(
    site: Watched, zone: str, at: str, utc: str
) -> None:
    body = b'{"text": "x", "at": "%s"}' % at.encode()
    early = SUNDAY - 90 * DAY
    wanted = later.read(body, levels=site.config.site.levels, called_at=early, timezone=zone)
    same = later.read(
        b'{"text": "x", "at": "%s"}' % utc.encode(), levels=site.config.site.levels,
        called_at=early, timezone=zone,
    )  # fmt: skip
    assert wanted is not None
    assert same is not None
    assert wanted.due_at == same.due_at


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("tomorrow", 'at: "tomorrow" is not a moment; write it as 2026-02-16 10:00, or +2h'),
        ("+2", 'at: "2" has no unit; write 2s, 2m or 2h, or +2h'),
        ("2026-13-01 09:00", "is not a moment"),
        ("2028-12-01 09:00", "at: 2028-12-01 09:00 is more than 366 days away"),
        ("x" * 5000, "at: not a time; write it like 2026-12-01 09:00, or +2h"),
    ],
)
def test_a_time_that_is_none_is_refused_with_what_to_write(
    site: Watched, at: str, told: str
) -> None:
    with pytest.raises(Malformed) as raised:
        site.plan("x", at)
    assert told in str(raised.value)


def test_a_time_that_is_over_is_not_kept(site: Watched) -> None:
    assert site.plan("x", "2026-11-29 09:00") is Came.past
    assert site.plan("x", "2026-11-30 00:00") is Came.past
    assert states(site) == []


def test_a_span_is_never_over_however_long_the_call_took(site: Watched) -> None:
    site.plan("x", "+2s", called=site.now - MINUTE)
    site.run(0)
    assert len(site.sms()) == 1


def test_the_same_call_again_is_the_same_plan_also_after_it_was_told(site: Watched) -> None:
    assert site.plan("x", "+1h", "one") is Came.kept
    assert site.plan("x", "+1h", "one") is Came.known
    site.run(2 * HOUR)
    assert site.plan("x", "2026-11-30 01:00", "one") is Came.known
    site.run(2 * HOUR)
    assert len(site.sms()) == 1


def test_one_that_was_taken_back_is_not_told(site: Watched) -> None:
    site.plan("x", "+1h")
    assert cancel(site, 1) == "waiting"
    assert cancel(site, 1) == "cancelled"
    assert cancel(site, 2) is None
    site.run(2 * HOUR)
    assert site.sms() == []
    assert states(site) == ["cancelled"]


def test_taking_back_and_telling_have_one_winner_whoever_comes_first(site: Watched) -> None:
    for number, first in enumerate(("tell", "cancel"), 1):
        site.plan(f"x{number}", "+1h", first)
        site.now += HOUR
        with site.runner.store.reading() as tx:
            [plan] = planned.due(tx, site.now)
        told = tell_planned(site.runner.rules, plan)
        writer = site.runner.writer
        inputs: list[Input] = [told, Cancel(number)]
        if first == "cancel":
            inputs.reverse()
        futures = [writer.hand_in(each) for each in inputs]
        assert writer.step()  # both in one batch
        assert all(future.done() for future in futures)
        assert cancel(site, number) == ("done" if first == "tell" else "cancelled")
        writer.judge_now(told)  # a second process that found it due
    site.run(0)
    assert len(site.sms()) == 1


def test_what_was_due_while_nobody_ran_is_told_at_the_start_with_its_time(site: Watched) -> None:
    site.plan("x", "+1h")
    site.now += 5 * HOUR
    site.crash()
    site.run(0)
    assert site.sms() == ["警告 x 01:00"]


def test_a_clock_that_is_set_tells_none_twice(site: Watched) -> None:
    site.plan("x", "+1h")
    site.run(HOUR)
    site.now -= 3 * HOUR
    site.run(6 * HOUR)
    assert len(site.sms()) == 1


@pytest.mark.parametrize("seed", range(2))
def test_crashes_at_any_step_tell_each_exactly_once(site: Watched, seed: int) -> None:
    rng = Random(seed)
    for number in range(10):
        site.plan(f"说明{number}", f"+{10 + number}m", f"c{number}")
    crashes = site.run_crashing(30 * MINUTE, rng, 0.2)
    site.run(2 * HOUR)
    assert crashes > 2
    assert states(site) == ["done"] * 10
    told = site.sql(
        "SELECT count(*), count(DISTINCT incident) FROM telling WHERE news LIKE 'fire%'"
    )
    assert told == [(10, 10)]


def test_a_call_that_can_no_longer_be_read_is_told_as_that_and_holds_nothing_up(
    site: Watched,
) -> None:
    site.plan("x", "+1h", "bad")
    site.plan("y", "+1h", "good")
    site.sql("UPDATE planned SET call = '[]' WHERE key = 'bad'")
    site.run(2 * HOUR)
    assert states(site) == ["done", "done"]
    assert len(site.sms()) == 2
    assert any("unreadable" in sms for sms in site.sms())


def test_no_more_than_the_most_wait(site: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sms_notify.watching.planned.MOST_WAITING", 2)
    came = [site.plan("x", "+1h", f"c{number}") for number in range(3)]
    assert came == [Came.kept, Came.kept, Came.full]


def test_a_text_with_a_key_is_an_incident_and_its_end_may_be_planned_too(site: Watched) -> None:
    site.plan("维护开始", "+1h", "a", key="维护")
    site.plan("", "+3h", "b", key="维护", resolved=True, allow_empty=True)
    site.run(2 * HOUR)
    assert site.incidents() == [("line", "open", None)]
    site.run(2 * HOUR)
    assert site.incidents() == [("line", "ended", "resolved")]

"""A webhook that says what is known already moves when its incident was seen, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sms_notify.intake import TellCall
from sms_notify.model import HOUR, MINUTE, Call, Level
from sms_notify.store.facts import Incident

from .conftest import Bench

MOVED = ("last_seen", "version")


def rows(bench: Bench) -> dict[str, Any]:
    names = [name for name in Incident._fields if name != "code"]
    [row] = bench.sql(f"SELECT {', '.join(names)} FROM incident")
    return dict(zip(names, row, strict=True))


def test_a_repeat_moves_when_the_incident_was_seen_and_nothing_else(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert)
    before = rows(bench)
    bench.now += MINUTE
    bench.post(alert)
    after = rows(bench)
    assert after["last_seen"] == before["last_seen"] + MINUTE
    assert after["version"] == before["version"] + 1
    assert {n: v for n, v in after.items() if n not in MOVED} == {
        n: v for n, v in before.items() if n not in MOVED
    }


def test_repeats_keep_an_incident_from_being_lost_sight_of(bench: Bench) -> None:
    alert = bench.alert()
    bench.post(alert)
    for _ in range(8):
        bench.later(6 * HOUR)
        bench.post(alert)
    assert bench.incidents() == [("open", 1, 1)]
    bench.later(25 * HOUR)
    assert bench.incidents() == [("ended", 0, 1)]


def test_a_repeat_in_a_batch_with_something_new_of_its_incident_loses_none_of_it(
    bench: Bench,
) -> None:
    first, second = bench.alert(instance="db-01"), bench.alert(instance="db-02")
    bench.post(first)
    for order in ((first, second), (second, first)):
        bench.now += MINUTE
        calls = [
            Call("alertmanager", bench.now, (alert,), {"alertname": alert.name}) for alert in order
        ]
        futures = [bench.writer.hand_in(TellCall(bench.rules, call)) for call in calls]
        bench.writer.step()
        assert all(future.result(0) for future in futures)
        row = rows(bench)
        assert (row["firing"], row["members"], row["last_seen"]) == (2, 2, bench.now)


def test_a_repeat_of_more_than_was_told_or_of_a_higher_level_is_no_mere_repeat(
    bench: Bench,
) -> None:
    alert = bench.alert()
    bench.post(alert)
    bench.post(alert, truncated=5)
    assert rows(bench)["max_told"] == 6
    bench.post(replace(alert, level=Level.critical))
    assert (rows(bench)["level"], rows(bench)["members"]) == (2, 1)

"""Overrides of the store: they count in every decision from their own transaction on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sms_notify.actions import AddOverride, CancelOverride
from sms_notify.config.model import Checks
from sms_notify.intake import Notice, TellCall, rules
from sms_notify.model import DAY, HOUR, MINUTE
from sms_notify.store.overrides import overrides

from .site import BY, Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def told(site: Site) -> list[str]:
    return [row[0] for row in site.sql("SELECT DISTINCT person FROM message ORDER BY person")]


def test_an_override_counts_at_once_and_no_longer_when_it_is_taken_back(site: Site) -> None:
    made = site.judge(AddOverride(site.runner.rules, site.override("王磊"), BY))
    site.alert()
    assert told(site) == ["王磊"]
    site.judge(CancelOverride(site.runner.rules, made.number, BY))
    site.alert("磁盘满")
    assert told(site) == ["张伟", "王磊"]
    assert site.sql("SELECT made_by, gone_at FROM override") == [("admin", site.now)]


def test_whom_it_gives_the_phone_back_to_hears_of_what_nobody_acknowledged(site: Site) -> None:
    made = site.judge(AddOverride(site.runner.rules, site.override("王磊"), BY))
    site.alert()
    site.run(2 * MINUTE)
    site.judge(CancelOverride(site.runner.rules, made.number, BY))
    site.run(2 * MINUTE)
    assert site.sql("SELECT person, kind FROM message ORDER BY id") == [
        ("王磊", "first"), ("张伟", "handoff"),
    ]  # fmt: skip


def test_one_that_was_yet_to_begin_changes_nothing_when_it_is_taken_back(site: Site) -> None:
    ahead = replace(site.override("王磊"), start=site.now + HOUR, end=site.now + 2 * HOUR)
    made = site.judge(AddOverride(site.runner.rules, ahead, BY))
    site.alert()
    site.judge(CancelOverride(site.runner.rules, made.number, BY))
    site.run(3 * HOUR)
    assert site.sql("SELECT count(*) FROM message WHERE kind = 'handoff'") == [(0,)]


def test_it_counts_for_what_is_judged_in_the_same_batch(site: Site) -> None:
    rules, writer = site.runner.rules, site.runner.writer
    writer.hand_in(AddOverride(rules, site.override("李娜"), BY))
    call = site.alert("占位", team="")
    writer.hand_in(TellCall(rules, call))
    assert writer.step()
    site.alert()
    assert told(site) == ["李娜", "赵敏"]


def test_it_is_over_at_its_end_and_not_before(site: Site) -> None:
    site.judge(AddOverride(site.runner.rules, site.override("王磊", HOUR), BY))
    site.run_to(site.now + HOUR - 1)
    site.alert()
    site.run_to(site.now + 1)
    site.alert("磁盘满")
    assert told(site) == ["张伟", "王磊"]


def test_the_throttle_of_who_stands_in_is_read(tmp_path: Path) -> None:
    """Without it the newcomer would be told beyond every limit."""
    site = Site(tmp_path, limit=2)
    site.judge(AddOverride(site.runner.rules, site.override("王磊"), BY))
    for number in range(5):
        site.alert(f"告警{number}", level="warning")
    assert site.sql("SELECT count(*) FROM message") == [(2,)]
    assert site.sql("SELECT count(*) FROM telling WHERE verdict = 'held'") == [(3,)]


def test_the_operator_is_whoever_stands_in(tmp_path: Path) -> None:
    site = Site(tmp_path)
    judged = rules(replace(site.config, checks=Checks("值班表")))
    site.judge(AddOverride(judged, site.override("王磊"), BY))
    for _ in range(2):
        site.judge(Notice(judged, "x", "磁盘满"))
    assert site.sql("SELECT person FROM message") == [("王磊",)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schedule": "别处"}, "no schedule"),
        ({"who": ("某人",)}, "no person"),
        ({"instead_of": "某人"}, "no person"),
        ({"end": 1}, "before it begins"),
        ({"start": 1, "end": 2}, "over already"),
        ({"end": 4_000_000_000_000_000}, "more than a year"),
        ({"who": ("张伟",) * 21}, "at most 20"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(
    site: Site, change: dict[str, object], said: str
) -> None:
    values: dict[str, Any] = dict(change)
    wrong = replace(site.override("王磊"), **values)
    made = site.judge(AddOverride(site.runner.rules, wrong, BY))
    assert made.number is None
    assert said in made.problem
    assert overrides(site.runner.store, 0) == ()


def test_of_two_that_overlap_the_first_counts_also_after_a_restart(site: Site) -> None:
    for who in ("王磊", "李娜"):
        site.judge(AddOverride(site.runner.rules, site.override(who), BY))
    site.crash()
    site.alert()
    assert told(site) == ["王磊"]
    assert [each.who for each in overrides(site.runner.store, site.now - DAY)] == [
        ("王磊",),
        ("李娜",),
    ]


def test_one_that_is_over_or_unknown_cannot_be_taken_back(site: Site) -> None:
    made = site.judge(AddOverride(site.runner.rules, site.override("王磊"), BY))
    site.run(2 * HOUR)
    for number in (made.number, 77):
        gone = site.judge(CancelOverride(site.runner.rules, number, BY))
        assert gone.number is None
        assert "no override" in gone.problem

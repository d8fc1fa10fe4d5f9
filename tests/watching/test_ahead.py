"""The rota ahead, told once a week while something is wrong in it; phones that take no SMS."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sms_notify import metrics
from sms_notify.model import DAY, HOUR, MINUTE
from sms_notify.oncall.ahead import Kind
from sms_notify.simulator import Fate
from sms_notify.watching.ahead import _said, found_ahead
from sms_notify.watching.words import words

from .conftest import SUNDAY, Watched

OPERATOR, ON_CALL = "13800000004", "13800000001"
GAP = """checks: {look_ahead: 30d, tell: 赵敏}
schedules:
  值班: {rotate: [张伟, 李娜], every: 1d, handoff: "08:00", since: 2026-11-01}
  网络值班:
    shifts: [{when: 工作时间, rotate: [李娜], every: 1d, handoff: "08:00", since: 2026-01-05}]
time_intervals: {工作时间: "1-7,00:00-18:00"}
"""
Make = Callable[..., Watched]


@pytest.fixture
def gap(watch: Make, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """A schedule that covers the office hours alone: a gap every night."""
    import tests.watching.conftest as given

    one = given.TEXT[given.TEXT.index("schedules:") : given.TEXT.index("receivers:")]
    monkeypatch.setattr(given, "TEXT", given.TEXT.replace(one, ""))
    return watch(GAP)


def test_a_gap_is_told_once_a_week_with_the_nearest(gap: Watched) -> None:
    gap.run(10 * HOUR - MINUTE)
    assert gap.sms(OPERATOR) == []
    gap.run(MINUTE)
    assert gap.sms(OPERATOR) == [
        "30天内值班有3处问题,网络值班11-30 18:00起无人值班,运行sms-notify check查看"
    ]
    gap.run(6 * DAY)
    gap.crash()
    gap.run(HOUR)
    assert len(gap.sms(OPERATOR)) == 1
    gap.run(DAY)
    assert len(gap.sms(OPERATOR)) == 2


def test_a_rota_without_a_hole_is_not_spoken_of(watch: Make) -> None:
    whole = watch("checks: {look_ahead: 30d}")
    whole.run(8 * DAY)
    assert whole.sms(OPERATOR) == []


def test_nothing_is_looked_at_where_it_is_switched_off(gap: Watched) -> None:
    gap.reload(GAP.replace("30d", "0"))
    gap.run(8 * DAY)
    assert gap.sms(OPERATOR) == []
    assert found_ahead(gap.config, SUNDAY) == ()


def test_every_kind_has_its_words_in_both_languages_and_its_metric(gap: Watched) -> None:
    assert {kind.value for kind in Kind} == set(metrics.AHEAD)
    assert {kind.value for kind in Kind} <= words(gap.config).keys()
    for found in found_ahead(gap.config, SUNDAY):
        assert "{" not in _said(gap.config, found)


def failing(site: Watched, times: int, fate: Fate = Fate.FAILED) -> None:
    site.gateway.fates[ON_CALL] = fate
    for _ in range(times):
        site.post(f"告警{site.now}", severity="critical", team="dba")
        site.run(20 * MINUTE)


@pytest.fixture
def site(watch: Make) -> Watched:
    """Alerts of team dba go to who is on call: until 08:00 that is 张伟."""
    return watch("checks: {look_ahead: 0, tell: 赵敏}", reports="30s")


def told(site: Watched) -> list[str]:
    return [sms for sms in site.sms(OPERATOR) if "连续" in sms]


def test_three_failed_reports_in_a_row_are_told_once_until_one_arrives(site: Watched) -> None:
    failing(site, 2)
    assert told(site) == []
    failing(site, 1)
    assert told(site) == ["张伟的手机138****0001连续3条短信未送达,请核对手机号"]
    failing(site, 3)
    assert len(told(site)) == 1
    failing(site, 1, Fate.DELIVERED)
    failing(site, 2)
    assert len(told(site)) == 1
    failing(site, 1)
    assert len(told(site)) == 2


def test_failures_with_an_arrival_between_them_are_not_in_a_row(site: Watched) -> None:
    for _ in range(3):
        failing(site, 2)
        failing(site, 1, Fate.DELIVERED)
    assert told(site) == []

"""What the names in a step mean: people, teams, schedules, and names that are gone."""

from __future__ import annotations

import pytest

from sms_notify import config
from sms_notify.model import DAY
from sms_notify.oncall import whom

from .given import at

CONFIG = config.parse(
    """
store: sqlite:///x.db
global: {timezone: Asia/Shanghai}
gateways: [{name: g, type: wavecom, account: a, password: a-word, urls: ["http://127.0.0.1:9"]}]
people:
  张伟: {phone: "+8613800000001"}
  李娜: {phone: "+8613800000002"}
  王磊: {phone: "+8613800000003"}
  赵敏: {phone: "+8613800000004"}
teams: {数据库组: [张伟, 李娜]}
schedules:
  值班: {rotate: [张伟, [王磊, 赵敏], none], every: 1d, handoff: "10:00", since: 2026-01-05}
receivers: [{name: 兜底, to: 赵敏}]
route: {receiver: 兜底}
"""
)
FIRST, SECOND, THIRD = (at(f"2026-01-0{day}T12:00+08:00") for day in (5, 6, 7))


@pytest.mark.parametrize(
    ("names", "when", "people"),
    [
        (["李娜"], FIRST, ["李娜"]),
        (["数据库组"], FIRST, ["张伟", "李娜"]),
        (["值班"], FIRST, ["张伟"]),
        (["值班"], SECOND, ["王磊", "赵敏"]),
        (["值班"], THIRD, []),
        (["值班"], FIRST - DAY, []),
        (["赵敏", "数据库组", "值班"], FIRST, ["赵敏", "张伟", "李娜"]),
        (["数据库组", "值班", "赵敏"], SECOND, ["张伟", "李娜", "王磊", "赵敏"]),
        (["走了的人", "李娜"], FIRST, ["李娜"]),
        ([], FIRST, []),
    ],
)
def test_names_become_people_each_once_in_the_order_they_are_named(
    names: list[str], when: int, people: list[str]
) -> None:
    assert whom(CONFIG, names, when) == tuple(people)

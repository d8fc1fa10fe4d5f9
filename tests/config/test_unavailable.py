"""What the documentation knows and this version does not do is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from sms_notify.config import reading
from sms_notify.config.unavailable import Unavailable
from sms_notify.errors import ConfigError

from .given import SOUND, changed

TABLE = (
    Unavailable("retention"),
    Unavailable("checks.tell"),
    Unavailable("people.*.leave"),
    Unavailable("receivers[].rounds"),
    Unavailable("gateways[].charset", value="utf-8"),
    Unavailable("route.group_by"),
)


def refused(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        reading.config_of(text, Path("config.yaml"), {}, True, TABLE)
    return [problem.split(": ", 1)[1] for problem in raised.value.problems]


def test_what_is_in_no_table_is_taken() -> None:
    reading.config_of(SOUND, Path("config.yaml"), {}, True, TABLE)


@pytest.mark.parametrize(
    ("old", "new", "path", "called"),
    [
        ("store:", "retention: 3d\nstore:", "retention", "retention"),
        ("store:", "checks: {tell: 李那}\nstore:", "checks.tell", "checks.tell"),
        ('02"}', '02", leave: x}', "people.李娜.leave", "people.李娜.leave"),
        ("to: 值班}", "to: 值班, rounds: 2}", "receivers[0].rounds", "receivers[].rounds"),
        ("type: wavecom", "type: wavecom\n    charset: utf-8", "gateways[0].charset",
         "gateways[].charset"),
        ("receiver: 数据库}", "receiver: 数据库, group_by: []}", "route.routes[0].group_by",
         "route.routes[].group_by"),
    ],
)  # fmt: skip
def test_a_part_that_is_not_built_is_one_problem_and_hides_what_follows_from_it(
    old: str, new: str, path: str, called: str
) -> None:
    told = refused(changed((old, new)))
    assert told == [f"{path}: not available yet: {called}; take it out"]

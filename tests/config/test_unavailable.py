"""What the documentation knows and this version does not do is refused by name."""

from __future__ import annotations

import pytest

from .given import SOUND, changed, problems

BLOCKS = """\
server: {users: []}
throttle: {total: [60/1h], budget: {month: 3000}, flapping: {changes: 4}}
replies: {allow: [ack]}
upstream: {}
heartbeats: []
checks: {look_ahead: 30d, proof_of_life: {}}
"""


@pytest.mark.parametrize(
    "name",
    [
        "server.users",
        "throttle.total",
        "throttle.budget",
        "throttle.flapping",
        "replies",
        "upstream",
        "heartbeats",
        "checks.look_ahead",
        "checks.proof_of_life",
    ],
)
def test_a_block_that_is_not_built_is_refused_by_its_name(name: str) -> None:
    rest = SOUND[SOUND.index("store:") :]
    told = problems(BLOCKS + rest)
    assert f"{name}: not available yet: {name}; take it out" in "".join(told)
    assert all("not available yet" in problem for problem in told)


@pytest.mark.parametrize(
    ("old", "new", "path", "called"),
    [
        ("    account: mysms", "    poll: {replies: 5s}\n    account: mysms",
         "gateways[0].poll.replies", None),
        ('02"}', '02", quiet: {when: 夜间}}', "people.李娜.quiet", "people.李娜.quiet"),
        ("to: 值班", "steps: [{to: 值班, wait: 5m}]", "receivers[0].steps", None),
        ("to: 值班}", "to: 值班, rounds: 2}", "receivers[0].rounds", "receivers[].rounds"),
        ("to: 值班}", "to: 值班, ack_timeout: x}", "receivers[0].ack_timeout", None),
        ("receiver: 数据库}", "receiver: 数据库, mute_time_intervals: [夜间]}",
         "route.routes[0].mute_time_intervals", "route.routes[].mute_time_intervals"),
        ("receiver: 数据库}", "receiver: 数据库, routes: [{active_time_intervals: [x]}]}",
         "route.routes[0].routes[0].active_time_intervals", None),
        ("receiver: 兜底\n", "receiver: 兜底\n  mute_time_intervals: []\n",
         "route.mute_time_intervals", "route.mute_time_intervals"),
    ],
)  # fmt: skip
def test_a_part_that_is_not_built_is_one_problem_and_hides_what_follows_from_it(
    old: str, new: str, path: str, called: str | None
) -> None:
    told = problems(changed((old, new)))
    assert len(told) == 1, told
    spelled = called or path.replace("[0]", "[]")
    assert told[0].split(": ", 1)[1] == f"{path}: not available yet: {spelled}; take it out"

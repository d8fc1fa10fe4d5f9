"""What is said of duty, quiet hours and replies, as it is read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sms_notify.config import Config, Quiet, Receiver, Replies, Step, json_schema, reading
from sms_notify.errors import ConfigError
from sms_notify.model import HOUR, MINUTE

from .given import SOUND, changed

WHOLE = changed(
    ('02"}', "02\", quiet: {when: 夜间, except: 'level=\"critical\"', on_call: yes}}"),
    (
        "{name: 数据库, to: 值班}",
        "{name: 数据库, steps: [{to: 值班, wait: 5m}, {to: [值班+1, 数据库组], wait: 10m}],"
        " rounds: 3, ack_timeout: 1h}",
    ),
    ("receiver: 数据库}", "receiver: 数据库, mute_time_intervals: [夜间],"
     " active_time_intervals: 夜间, routes: [{}]}"),
    ("route:", 'time_intervals: {夜间: "1-7,22:00-08:00"}\nreplies: {allow: ack}\nroute:'),
)  # fmt: skip


def parsed(text: str) -> Config:
    return reading.config_of(text, Path("config.yaml"), os.environ, True)


def refused(old: str, new: str) -> str:
    assert old in WHOLE
    with pytest.raises(ConfigError) as raised:
        parsed(WHOLE.replace(old, new, 1))
    [told] = raised.value.problems
    return told.removeprefix("config.yaml:").split(": ", 1)[1]


def test_an_editor_offers_what_is_taken() -> None:
    blocks = json_schema()["$defs"]
    assert set(blocks["ReceiverBlock"]["properties"]) >= {"name", "to", "steps", "rounds"}
    assert {"StepBlock", "RepliesBlock"} <= set(blocks)


def test_a_receiver_is_a_chain_of_steps() -> None:
    receiver = parsed(WHOLE).receivers["数据库"]
    steps = (Step(("值班",), 5 * MINUTE), Step(("值班+1", "数据库组"), 10 * MINUTE))
    assert receiver == Receiver("数据库", steps, 3, HOUR)
    assert parsed(SOUND).receivers["数据库"] == Receiver(
        "数据库", (Step(("值班",), None),), 1, None
    )


def test_quiet_hours_mute_times_and_replies_are_read() -> None:
    made = parsed(WHOLE)
    night = made.time_intervals["夜间"]
    quiet = made.people["李娜"].quiet
    assert isinstance(quiet, Quiet)
    lines = [[str(matcher) for matcher in line] for line in quiet.except_]
    assert (quiet.when, lines, quiet.on_call) == (night, [['level="critical"']], True)
    route = made.route.routes[0]
    assert (route.mute, route.active) == ((night,), (night,))
    assert (route.routes[0].mute, made.route.mute) == ((), ())  # as in Alertmanager: its own only
    assert made.replies == Replies(frozenset({"ack"}), 4 * HOUR)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("when: 夜间", "when: 夜里", 'people.李娜.quiet.when: unknown time interval "夜里"'),
        ("except: 'level", "except: 'le vel", "people.李娜.quiet.except"),
        ("on_call: yes", "on_cal: yes", 'did you mean "on_call"?'),
        ("wait: 5m", "wait: 5s", "receivers[0].steps[0].wait"),
        ("to: 值班, wait", "to: 值斑, wait", 'receivers[0].steps[0].to: unknown person or team or'),
        ("值班+1", "值班+0", "receivers[0].steps[1].to[0]"),
        (", wait: 10m", "", "receivers[0].steps: wait is missing in step 2"),
        ("rounds: 3", "rounds: 0", "from 1 to 100"),
        ("ack_timeout: 1h", "ack_timeout: 1s", "write 1m to 7d"),
        ("数据库, steps:", "数据库, to: 张伟, steps:", "receivers[0].to: stands beside steps"),
        ("name: 兜底, to: 李娜", "name: 兜底", "receivers[1].to: is missing"),
        ("name: 兜底, to: 李娜", "name: 兜底, to: 李娜, rounds: 2", "rounds: is for steps"),
        ("intervals: [夜间]", "intervals: [夜里]",
         'route.routes[0].mute_time_intervals[0]: unknown time interval "夜里"; did you mean'),
        ("allow: ack", "allow: [acc]", 'did you mean "ack"?'),
    ],
)  # fmt: skip
def test_what_waits_is_checked_like_the_rest(old: str, new: str, told: str) -> None:
    assert told in refused(old, new)


def test_the_last_step_needs_no_wait_if_nothing_comes_after_it() -> None:
    once = WHOLE.replace(", wait: 10m", "").replace(" rounds: 3,", "")
    assert parsed(once).receivers["数据库"].steps[1].wait is None

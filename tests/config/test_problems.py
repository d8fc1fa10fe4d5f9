"""Every problem is told at once, with its line, its path and what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify import config
from sms_notify.errors import ConfigError

from .given import SOUND, changed, problem, problems


def test_the_sound_configuration_has_no_problem() -> None:
    assert problems(SOUND) == []


def test_a_dangling_receiver_is_told_with_line_path_and_the_name_that_was_meant() -> None:
    found = problem(("receiver: 数据库}", "receiver: 数据裤}"))
    assert found == (
        '25: route.routes[0].receiver: unknown receiver "数据裤"; did you mean "数据库"?'
    )


def test_problems_of_all_blocks_come_together_in_the_order_of_the_lines() -> None:
    found = problems(
        changed(
            ("Asia/Shanghai", "Asia/Shangai"),
            ("token: token-word-1", "token: token-word-1, sort: x"),
            ("type: wavecom", "type: wavecom\n    charset: gkb"),
            ("[张伟, 李娜]\nschedules", "[张伟, 李那]\nschedules"),
            ("since: 2026-01-05", "since: 2026-01-06"),
            ("to: 值班}", "to: 值斑}"),
            ("'team=\"dba\"'", "'team'"),
        )
    )
    assert [entry.split(": ")[1] for entry in found] == [
        "global.timezone",
        "server.tokens[0].sort",
        "gateways[0].charset",
        "teams.数据库组[1]",
        "schedules.值班.since",
        "receivers[0].to",
        "route.routes[0].matchers[0]",
    ]
    lines = [int(entry.split(":")[0]) for entry in found]
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("timezone:", "timezon:", 'unknown key "timezon"; did you mean "timezone"?'),
        ("account: mysms", "acount: mysms", 'did you mean "account"?'),
        ("Asia/Shanghai", "Mars/Base", 'unknown time zone "Mars/Base"'),
        ("Asia/Shanghai", "Asia/Beijing", 'did you mean "Asia/Shanghai"?'),
        ("Asia/Shanghai", "../../etc/passwd", "unknown time zone"),
        ("timezone: Asia/Shanghai", "language: cn", '"cn" is not one of zh, en'),
        ("timezone: Asia/Shanghai", "signature: 【星云】", "without its brackets"),
        ("timezone: Asia/Shanghai", f"signature: {'云' * 29}", "keep it to 28 characters"),
        ("timezone: Asia/Shanghai", "levels: {critical: [x], info: [X]}", "keep it under one"),
        ("server:", "server:\n  listen: 9097", "write 127.0.0.1:9097"),
        ("server:", "server:\n  listen: 127.0.0.1:70000", "write 127.0.0.1:9097"),
        ("server:", "server:\n  open: [metric]", 'did you mean "metrics"?'),
        ("sqlite:///sms.db", "mysql://u:p@h/db", "write sqlite:///FILE or postgresql://"),
        ("sqlite:///sms.db", "'sqlite:///:memory:'", "forgets what was accepted"),
        ("sqlite:///sms.db", "sqlite://sms.db", "three slashes"),
        ("sqlite:///sms.db", "postgres://h/db", "write it as postgresql://"),
        ("sqlite:///sms.db", "postgresql://h", "the database is missing"),
        ("type: wavecom", "type: wavcom", "must be apprise or wavecom"),
        ("http://127.0.0.1:9098", "127.0.0.1:9098", "http://HOST:PORT"),
        ("http://127.0.0.1:9098", "http://h/send.asp", "the path is added"),
        ("http://127.0.0.1:9098", "http://h:99999", "http://HOST:PORT"),
        ("account: mysms", f"account: {'x' * 1700}", "no room for 70 characters"),
        ("password: gateway-word-1", "connect_timeout: 5", "has no unit"),
        ('"+8613800000001"', '"+86138"', "not a possible phone number"),
        ('"+8613800000001"', '"1380000"', "not a possible phone number"),
        ('{phone: "+8613800000001"}', "{phone: []}", "write at least one"),
        ("every: 1w", "every: 1x", "e.g. 1w"),
        ("every: 1w", "every: 1d", "a weekday does not fit turns of 1d"),
        ("Mon 10:00", "Monn 10:00", 'did you mean "Mon"?'),
        ("Mon 10:00", "Mon 25:00", "write Mon 10:00"),
        ("2026-01-05", "2026-13-05", "write it as 2026-01-05"),
        ("since: 2026-01-05", "since: 2026-01-07", "write 2026-01-05 or 2026-01-12"),
        ("receiver: 兜底\n", "receiver: 兜底\n  continue: maybe\n", "write one of them"),
        ("receiver: 兜底\n", "receiver: 兜底\n  repeat_interval: 1s\n", "write 1m to 52w"),
        ("receiver: 兜底\n", "receiver: 兜底\n  group_by: [..., a]\n", "write it alone"),
        ("receiver: 兜底\n", "receiver: 兜底\n  group_wait: 5m\n", "grouping in time is Alert"),
        ("receiver: 兜底\n", "receiver: 兜底\n  matchers: [a=b]\n", "the root takes every alert"),
        ("store:", "throttle: {per_person: [5]}\nstore:", "e.g. 5/15m"),
        ("store:", "throttle: {per_person: [5/15m, 1/1m]}\nstore:", "from short to long"),
        ("store:", "throttle: {critical: [5/15m, 1/1h]}\nstore:", "lets out less"),
        ("store:", "throttle: {per_person: []}\nstore:", "write at least one"),
        ("store:", "delivery: {batch: 101}\nstore:", "from 1 to 100"),
        ("store:", "delivery: {workers: 0}\nstore:", "from 1 to 64"),
        ("store:", "delivery: {resend_uncertain: info}\nstore:", "critical, warning, never"),
        ("store:", "incidents: {send_resolved: first}\nstore:", "last, all, none"),
        ("store:", "retention: 5h\nstore:", "write 1d to 520w"),
    ],
)
def test_a_wrong_value_is_told_with_what_to_write(old: str, new: str, told: str) -> None:
    found = problems(changed((old, new)))
    assert any(told in entry for entry in found), found


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("张伟: {", "兜底: {", "unknown"),
        ("name: 数据库,", "name: 兜底,", '"兜底" is already a receiver'),
        ("数据库组:", "值班:", '"值班" is already a team, at teams.值班'),
        ("name: 数据库,", "name: 张伟,", '"张伟" is already a person, at people.张伟'),
        ("张伟: {", '"12345": {', "a name of digits looks like a phone number"),
        ("李娜: {", "值班+1: {", "reads as the next in line"),
        ("李娜: {", "none: {", '"none" means nobody'),
        ("李娜: {", '" 李娜": {', "write a plain name"),
        ("to: 李娜", "to: 兜底", '"兜底" is a receiver; write the name of a person or team or'),
        (
            "[张伟, 李娜]\nsch",
            "[张伟, 值班]\nsch",
            '"值班" is a schedule; write the name of a person',
        ),
        ("rotate: [张伟, 李娜]", "rotate: [张伟, [李娜, 李那]]", 'did you mean "李娜"?'),
        ("receiver: 数据库}", "receiver: 值班}", '"值班" is a schedule; write the name of a rec'),
    ],
)
def test_names_are_one_namespace_and_must_not_dangle(old: str, new: str, told: str) -> None:
    found = problems(changed((old, new)))
    assert any(told in entry for entry in found), found


def test_two_people_with_one_phone_are_told_whatever_its_spelling() -> None:
    found = problem(('"+8613800000002"', "138 0000 0001"))
    assert "138****0001 is the phone of 张伟 too; make them one person" in found


def test_names_of_gateways_and_tokens_are_told_when_they_repeat() -> None:
    gateway = (
        "  - {name: 主通道, type: wavecom, account: a, password: b-1, urls: ['http://h']}\npeople:"
    )
    assert '"主通道" is already the name of gateway 1' in problem(("people:", gateway))
    two = "[{name: am, token: token-word-2}, {name: am,"
    assert '"am" is already the name of token 1' in problem(("[{name: am,", two))


@pytest.mark.parametrize(
    "key",
    ["store", "gateways", "people", "receivers", "route"],
)
def test_what_must_be_written_is_told_when_it_is_missing(key: str) -> None:
    found = problems(re.sub(rf"^{key}:.*\n(  .*\n)*", "", SOUND, flags=re.MULTILINE))
    assert f"1: {key}: is missing; it must be written" in found


def test_a_key_without_a_value_counts_as_not_written() -> None:
    text = changed(("server:\n  tokens: [{name: am, token: token-word-1}]", "server:\n  tokens:"))
    assert config.parse(text).server.tokens == ()
    assert "route.receiver: is missing" in problem(("receiver: 兜底\n", "receiver:\n"))


def test_a_route_behind_one_that_takes_everything_is_a_warning() -> None:
    catch_all = "    - {receiver: 兜底}\n    - {matchers: ['team"
    warned = config.parse(changed(("    - {matchers: ['team", catch_all))).warnings
    assert warned == (
        "config.yaml:26: route.routes[1]: is never reached: route.routes[0] takes everything; "
        "put it above, or add matchers",
    )


def test_a_problem_is_one_printable_line_of_bounded_length() -> None:
    name = '"\\u001b[31m\\n' + "x" * 5000 + '"'
    for found in problems(changed(("receiver: 兜底\n", f"receiver: {name}\n"))):
        assert found.isprintable()
        assert len(found) < 700


@given(st.text(max_size=60))
def test_any_text_is_either_a_configuration_or_told_as_problems(text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        config.parse(text)
    assert raised.value.problems


LINES = SOUND.splitlines(keepends=True)
LEAVES = st.sampled_from(["x", "[]", "{}", "[[x]]", "{a: b}", "", '""', "-1", "*a", "&a b", "[1,"])


@given(st.integers(0, len(LINES) - 1), LEAVES)
def test_any_broken_line_is_told_and_never_a_traceback(number: int, leaf: str) -> None:
    key, colon, _ = LINES[number].partition(": ")
    broken = [*LINES[:number], f"{key}{colon}{leaf}\n", *LINES[number + 1 :]]
    problems("".join(broken))


def test_a_hash_that_is_none_is_a_problem_and_the_documentations_own_is_for_check_only() -> None:
    users = "server: {users: [{name: 赵敏, password_hash: HASH}]}\nstore:"
    rest = SOUND.replace("server:\n  tokens: [{name: am, token: token-word-1}]\n", "")
    [told] = problems(rest.replace("store:", users.replace("HASH", "secret1"), 1))
    assert "server.users[0].password_hash: is no bcrypt hash" in told
    assert "secret1" not in told
    said = rest.replace("store:", users.replace("HASH", '"$2b$12$…"'), 1)
    [told] = problems(said)
    assert "this is a placeholder, not a hash" in told
    made = config.parse(said, path=Path("c.yaml"), secrets=False)
    assert any("placeholder" in warning for warning in made.warnings)

"""What the rest of the program reads: complete, inherited, normalised and frozen."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from sms_notify import config
from sms_notify.config import Every, Handoff, Step, Window
from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Level

from .given import changed, problem, with_change

SAMPLE = config.parse(config.sample_yaml(), path=Path("/etc/sms-notify/config.yaml"), environ={})


def test_the_smallest_configuration_has_the_documented_defaults() -> None:
    assert SAMPLE.site.timezone == "Asia/Shanghai"
    assert SAMPLE.site.language == "zh"
    assert SAMPLE.site.default_level is Level.warning
    assert (SAMPLE.server.host, SAMPLE.server.port) == ("127.0.0.1", 9097)
    gateway = SAMPLE.sms[0]
    assert (gateway.charset, gateway.signature_by, gateway.proxy) == ("gbk", "us", None)
    assert (gateway.connect_timeout, gateway.read_timeout) == (5 * SECOND, 10 * SECOND)
    assert (gateway.poll.reports, gateway.poll.replies) == (10 * SECOND, 5 * SECOND)
    assert [str(window) for window in SAMPLE.throttle.per_person] == [
        "1/1m",
        "5/15m",
        "11/1h",
        "21/3h",
    ]
    assert [str(window) for window in SAMPLE.throttle.critical] == ["3/1m", "8/15m", "20/1h"]
    assert SAMPLE.throttle.digest_every == 15 * MINUTE
    assert dataclasses.astuple(SAMPLE.delivery) == (
        8, 100, 2 * HOUR, 30 * MINUTE, 90 * SECOND, Level.warning, 5 * MINUTE, "split",
    )  # fmt: skip
    assert dataclasses.astuple(SAMPLE.incidents) == (DAY, "last")
    assert (SAMPLE.retention, SAMPLE.templates) == (90 * DAY, {})
    assert SAMPLE.route.repeat_interval == 4 * HOUR
    assert (SAMPLE.warnings, SAMPLE.start_problems()) == ((), ())


@pytest.mark.parametrize(("written", "means"), [("0", 0), ("2s", 2 * SECOND), ("1h", HOUR)])
def test_reports_are_fetched_every_so_often_or_never(written: str, means: int) -> None:
    made = with_change("account: mysms", f"account: mysms\n    poll: {{reports: {written}}}")
    assert made.sms[0].poll.reports == means


@pytest.mark.parametrize("written", ["1s", "2h", "never", "-1s"])
def test_a_pace_that_would_harm_the_account_or_help_nobody_is_refused(written: str) -> None:
    change = ("account: mysms", f"account: mysms\n    poll: {{reports: {written}}}")
    assert "gateways[0].poll.reports" in problem(change)


def test_nothing_of_a_configuration_can_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SAMPLE.site.__setattr__("language", "en")
    for mapping in (SAMPLE.people, SAMPLE.receivers, SAMPLE.site.levels.words):
        assert not hasattr(mapping, "__setitem__")


def test_a_relative_store_stands_beside_the_configuration() -> None:
    assert SAMPLE.store == "sqlite:////etc/sms-notify/sms-notify.db"
    above = "store: sqlite:///../data/a b.db"
    made = config.parse(changed(("store: sqlite:///sms.db", above)), path=Path("/etc/x/c.yaml"))
    assert made.store == "sqlite:////etc/data/a b.db"
    absolute = changed(("sqlite:///sms.db", "sqlite:////var/lib/sms.db"))
    assert config.parse(absolute).store == "sqlite:////var/lib/sms.db"


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ('"+8613800000009"', "+8613800000009"),
        ("+8613800000009", "+8613800000009"),
        ("13800000009", "+8613800000009"),
        ("8613800000009", "+8613800000009"),
        ("0086 138-0000-0009", "+8613800000009"),
        ("075580808080", "+8675580808080"),
        ("+852 6123 4567", "+85261234567"),
        ("001 202 555 0123", "+12025550123"),
    ],
)
def test_a_phone_is_normalised_however_it_is_written(written: str, phone: str) -> None:
    made = with_change('"+8613800000001"', written)
    assert made.people["张伟"].phones == (phone,)


def test_several_phones_keep_their_order_and_stand_once() -> None:
    made = with_change('"+8613800000001"', '["13800000009", "13800000001", "+8613800000009"]')
    assert made.people["张伟"].phones == ("+8613800000009", "+8613800000001")
    assert "138" not in repr(made.people["张伟"])


def test_a_receiver_is_one_step_to_one_or_several() -> None:
    made = with_change("to: 李娜", "to: [李娜, 数据库组, 值班, 李娜]")
    assert made.receivers["兜底"].steps == (Step(("李娜", "数据库组", "值班"), None),)
    assert made.receivers["数据库"].steps == (Step(("值班",), None),)
    assert made.teams == {"数据库组": ("张伟", "李娜")}


def test_a_rotation_takes_several_at_once_and_gaps() -> None:
    made = with_change("rotate: [张伟, 李娜]", "rotate: [[张伟, 李娜], none, 李娜]")
    [schedule] = made.schedules["值班"].layers
    assert schedule.rotate == (("张伟", "李娜"), (), ("李娜",))
    assert (schedule.every, schedule.since) == (Every(1, "w"), date(2026, 1, 5))
    assert schedule.handoff == Handoff(0, None, 10, 0)


@pytest.mark.parametrize(
    ("every", "handoff", "since", "expected"),
    [
        ("1w", "10:00", "2026-01-07", Handoff(2, None, 10, 0)),
        ("1w", "周一 9:30", "2026-01-05", Handoff(0, None, 9, 30)),
        ("1w", "monday 09:30", "2026-01-05", Handoff(0, None, 9, 30)),
        ("7d", "Mon 10:00", "2026-01-05", Handoff(0, None, 10, 0)),
        ("3d", "00:00", "2026-01-06", Handoff(None, None, 0, 0)),
        ("12h", "08:00", "2026-01-06", Handoff(None, None, 8, 0)),
        ("1mo", "10:00", "2026-01-06", Handoff(None, 6, 10, 0)),
        ("1mo", "31 10:00", "2026-02-28", Handoff(None, 31, 10, 0)),
        ("1mo", "1 10:00", "2026-02-01", Handoff(None, 1, 10, 0)),
    ],
)
def test_a_handoff_has_the_day_that_it_or_since_says(
    every: str, handoff: str, since: str, expected: Handoff
) -> None:
    text = f'every: {every}, handoff: "{handoff}", since: {since}'
    made = with_change("every: 1w, handoff: Mon 10:00, since: 2026-01-05", text)
    assert made.schedules["值班"].layers[0].handoff == expected


@pytest.mark.parametrize(
    ("every", "handoff", "since", "told"),
    [
        ("2d", "Mon 10:00", "2026-01-05", "handoff: a weekday does not fit turns of 2d"),
        ("1mo", "Mon 10:00", "2026-01-05", "handoff: a weekday does not fit turns of 1mo"),
        ("1w", "5 10:00", "2026-01-05", "handoff: a day of the month does not fit turns of 1w"),
        ("1mo", "31 10:00", "2026-02-27", "is not day 31 of its month; write 2026-02-28"),
        ("1w", "Sun 10:00", "2026-01-05", "write 2026-01-04 or 2026-01-11"),
    ],
)  # fmt: skip
def test_a_rotation_that_does_not_fit_together_is_told(
    every: str, handoff: str, since: str, told: str
) -> None:
    text = f"every: {every}, handoff: {handoff}, since: {since}"
    assert told in problem(("every: 1w, handoff: Mon 10:00, since: 2026-01-05", text))


def test_a_route_has_from_above_what_it_does_not_write() -> None:
    tree = """route:
  receiver: 兜底
  group_by: [alertname]
  routes:
    - matchers: 'a="1",b="2"'
      repeat_interval: 1h
      continue: yes
      routes:
        - {matchers: [c=3], receiver: 数据库, group_by: []}
    - {matchers: [d=4], group_by: [...]}
"""
    made = config.parse(changed()[: changed().index("route:")] + tree)
    first, second = made.route.routes
    inner = first.routes[0]
    assert [route.path for route in (made.route, first, inner, second)] == [
        "route", "route.routes[0]", "route.routes[0].routes[0]", "route.routes[1]",
    ]  # fmt: skip
    assert [str(matcher) for matcher in first.matchers] == ['a="1"', 'b="2"']
    assert [route.receiver for route in (first, inner, second)] == ["兜底", "数据库", "兜底"]
    assert [route.repeat_interval for route in (first, inner, second)] == [HOUR, HOUR, 4 * HOUR]
    assert [route.group_by for route in (first, inner, second)] == [("alertname",), (), ("...",)]
    assert [route.continue_ for route in (first, inner)] == [True, False]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"severity": "critical"}, (Level.critical, "critical", True)),
        ({"severity": " P1 "}, (Level.critical, " P1 ", True)),
        ({"level": "紧急"}, (Level.critical, "紧急", True)),
        ({"level": "info", "severity": "critical"}, (Level.info, "info", True)),
        ({"level": "", "priority": "none"}, (Level.info, "none", True)),
        ({"level": "weird", "severity": "critical"}, (Level.warning, "weird", False)),
        ({"severity": "Warning"}, (Level.warning, "Warning", True)),
        ({}, (Level.warning, "", False)),
    ],
)
def test_the_first_level_label_that_is_present_counts(
    labels: dict[str, str], expected: tuple[Level, str, bool]
) -> None:
    assert SAMPLE.site.levels.of(labels) == expected


def test_written_level_words_replace_those_of_their_level_and_win_over_defaults() -> None:
    text = "timezone: UTC\n  default_level: info\n  levels: {critical: [Straße, none]}"
    levels = with_change("timezone: Asia/Shanghai", text).site.levels
    asked = ["STRASSE", "none", "critical", "page", "提示", "warning"]
    assert [levels.of({"level": word})[0].name for word in asked] == [
        "critical", "critical", "critical", "info", "info", "warning",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("listen", "expected"),
    [
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        (":9097", ("0.0.0.0", 9097)),
        ("[::1]:9097", ("::1", 9097)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_an_address_to_listen_on_is_read(listen: str, expected: tuple[str, int]) -> None:
    made = with_change("server:", f'server:\n  listen: "{listen}"')
    assert (made.server.host, made.server.port) == expected


@pytest.mark.parametrize(
    ("charset", "text"),
    [("gbk", "星"), ("gb18030", "\u0e01"), ("utf-8", "星")],
)
@pytest.mark.parametrize("numbers", [1, 30, 100])
def test_the_room_of_a_request_is_what_fits_into_two_thousand_bytes(
    charset: str, text: str, numbers: int
) -> None:
    gateway = with_change("account: mysms", f"account: 我@sms\n    charset: {charset}").sms[0]

    def url(units: int) -> str:
        return (
            f"{gateway.urls[0]}/sendsms_txt.asp?us_name={quote(gateway.account, '', charset)}"
            f"&us_pwd={quote(gateway.password.reveal(), '', charset)}"
            f"&send_phone={','.join(['075580808080'] * numbers)}"
            f"&send_content={quote(text * units, '', charset)}"
        )

    room = gateway.room(numbers=numbers)
    assert len(url(room)) <= 2000
    # gb18030 is counted with every byte percent-encoded, though digits in it need not be
    assert room == 335 or charset == "gb18030" or len(url(room + 1)) > 2000


def test_the_room_of_the_documented_account_is_as_documented() -> None:
    gateway = with_change('"http://127.0.0.1:9098"', '"http://www.112088.net:8088"').sms[0]
    assert [gateway.room("gbk"), gateway.room("utf-8")] == [314, 209]
    assert gateway.room("gbk", 100) >= 70
    assert gateway.room("gb18030", 150) == 0


def test_a_window_prints_as_it_is_written() -> None:
    assert str(Window(5, 15 * MINUTE)) == "5/15m"


def test_importing_the_room_does_not_bring_what_only_a_file_needs() -> None:
    code = "import sms_notify.config, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"pydantic", "yaml", "phonenumbers", "holidays", "zoneinfo", "sqlalchemy"}
    assert heavy.isdisjoint(done.stdout.split())


def test_reading_an_ordinary_file_does_not_bring_the_library_of_phone_numbers() -> None:
    code = (
        "from sms_notify import config; import sys;"
        "config.parse(config.sample_yaml()); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"phonenumbers", "holidays", "sqlalchemy"}.isdisjoint(done.stdout.split())

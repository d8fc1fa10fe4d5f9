"""A text from a shell pipe: any bytes, one alert, its last line known."""

from __future__ import annotations

import io
import json
import os
import threading
import tracemalloc
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.errors import EmptyInput, Malformed
from sms_notify.model import Alert, Call, Level
from sms_notify.sources import bounds
from sms_notify.sources.encoding import decoded
from sms_notify.sources.line import TEXT, lines, parse, parse_http, read_bounded

from .given import CALLED_AT, LEVELS


def say(data: bytes, **said: Any) -> Call:
    usual: Mapping[str, Any] = {
        "level": None,
        "key": None,
        "resolved": False,
        "to": None,
        "labels": {},
        "call_id": "c1",
    }
    return parse(data, levels=LEVELS, called_at=CALLED_AT, **{**usual, **said})


def alert(data: bytes, **said: Any) -> Alert:
    (only,) = say(data, **said).alerts
    return only


def post(**said: Any) -> Call:
    return parse_http(json.dumps(said).encode(), levels=LEVELS, called_at=CALLED_AT)


# what is said of the text


def test_a_text_is_an_event_that_ends_itself_and_is_new_with_every_call() -> None:
    first, retry, tomorrow = say(b"failed"), say(b"failed"), say(b"failed", call_id="c2")
    assert (first.ends_itself, first.repeats, first.key) == (True, False, "c1")
    assert first.group == {"call": "c1"}
    assert first == retry
    assert first.alerts[0].fingerprint != tomorrow.alerts[0].fingerprint


def test_with_a_key_it_lasts_until_it_is_resolved() -> None:
    begun = say(b"failed", key="backup")
    ended = say(b"ok", key="backup", resolved=True, call_id="c2")
    assert begun.group == ended.group == {"key": "backup"}
    assert (begun.ends_itself, begun.repeats) == (False, True)
    assert begun.alerts[0].fingerprint == ended.alerts[0].fingerprint
    assert (begun.alerts[0].ended_at, ended.alerts[0].ended_at) == (None, CALLED_AT)
    assert begun.key != ended.key


@pytest.mark.parametrize("key", [None, "", " "])
def test_what_has_no_key_cannot_be_resolved(key: str | None) -> None:
    with pytest.raises(Malformed, match="needs a key"):
        say(b"ok", key=key, resolved=True)


def test_long_keys_that_differ_at_the_end_stay_different() -> None:
    one, two = say(b"x", key="k" * 999 + "1"), say(b"x", key="k" * 999 + "2")
    assert one.group != two.group
    assert one.alerts[0].fingerprint != two.alerts[0].fingerprint
    assert len(one.group["key"]) <= 200


def test_level_labels_and_receiver_are_the_callers() -> None:
    call = say(b"x", level="critical", to=" 数据库 ", labels={"host": "db-01", "level": "info"})
    (only,) = call.alerts
    assert call.receiver == "数据库"
    assert (only.level, only.source_level) == (Level.critical, "critical")
    assert only.labels == {"host": "db-01", "level": "critical"}
    assert alert(b"x", labels={"severity": "info"}).level is Level.info
    assert alert(b"x").level is Level.warning


def test_labels_from_a_command_line_in_another_encoding_can_be_stored() -> None:
    only = alert(b"x", labels={"h\udcff": "a\udce9\x00"}, level="\udcff", key="\udcff", to="\udcff")
    assert only.labels == {"h�": "a��", "level": "�"}


# the text itself


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"\n \nbackup failed\nbye\n", "backup failed"),
        ("磁盘空间不足".encode(), "磁盘空间不足"),
        (b"2026-11-22T13:00:01+08:00 db-01 sshd: no", "db-01 sshd: no"),
        (b"[2026-11-22 13:00:01,123] ERROR no", "ERROR no"),
        (b"Nov  2 13:00:01 db-01 sshd: no", "db-01 sshd: no"),
        (b"2026-11-22 13:00:01", "2026-11-22 13:00:01"),
        (
            b"rsync error: some files could not be transferred",
            "rsync error: some files could not be…",
        ),
        (b"x" * 99, "x" * 39 + "…"),
    ],
)
def test_the_name_is_the_beginning_of_the_first_line(text: bytes, name: str) -> None:
    assert alert(text).name == name
    assert alert(text, labels={"alertname": "Backup"}).name == "Backup"


def test_the_summary_is_the_text_on_one_line() -> None:
    only = alert(b"  a\tb  c\r\n\r\nd\n")
    assert only.summary == "a b c; d"
    assert only.annotations == {"text": "a\tb  c\nd", "last_line": "d"}


def test_of_a_long_text_the_summary_has_the_beginning_and_the_last_line() -> None:
    text = b"start\n" + b"copied a file\n" * 4_000 + b"ERROR: disk full\n"
    only = alert(text)
    assert only.summary.startswith("start; copied a file;")
    assert only.summary.endswith("… ERROR: disk full")
    assert len(only.summary) <= bounds.SUMMARY
    assert only.annotations["last_line"] == "ERROR: disk full"


def test_progress_bars_and_colours_leave_only_their_words() -> None:
    only = alert(b"10%\r50%\r100%\x1b[K\n\x1b[31mFAILED\x1b[0m \x07disk\x00full")
    assert only.annotations["text"] == "10%\n50%\n100%\nFAILED disk\nfull"


@pytest.mark.parametrize("text", [b"", b" \n\t\r\n", b"\x00\x00", "　\n".encode(), b"\x1b[0m\n"])
def test_nothing_at_all_is_refused_unless_it_is_meant(text: bytes) -> None:
    with pytest.raises(EmptyInput, match="--allow-empty"):
        say(text)
    only = alert(text, allow_empty=True)
    assert (only.name, only.summary) == ("empty input", "nothing arrived on standard input")


def test_what_was_not_kept_is_counted() -> None:
    only = alert(b"a" * 100_000, dropped=7)
    assert int(only.annotations["dropped_bytes"]) > 100_000 - TEXT
    assert len(only.annotations["text"]) <= TEXT
    assert "dropped_bytes" not in alert(b"a" * TEXT).annotations


# encodings


CHINESE = "磁盘空间不足：/data 使用率 95%，请立即处理！"
WESTERN = "größe überschritten, café à la crème, señor"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (CHINESE.encode(), CHINESE),
        (CHINESE.encode("utf-8-sig"), CHINESE),
        (CHINESE.encode("gb18030"), CHINESE),
        ("備份失敗：資料庫".encode("gbk"), "備份失敗：資料庫"),
        (CHINESE.encode("utf-16"), CHINESE),
        (WESTERN.encode(), WESTERN),
        (WESTERN.encode("latin-1"), WESTERN),
        (CHINESE.encode() * 3 + CHINESE.encode()[:2], CHINESE * 3 + "�"),
        (CHINESE.encode() * 3 + b"\xff ok", CHINESE * 3 + "� ok"),
        (b"plain", "plain"),
        (b"", ""),
    ],
)
def test_the_usual_encodings_are_told_apart(data: bytes, text: str) -> None:
    assert decoded(data) == text


@given(st.binary(max_size=200))
def test_any_bytes_become_text(data: bytes) -> None:
    assert isinstance(decoded(data), str)


# standard input


def test_a_short_input_is_kept_whole() -> None:
    for size in (0, 1, TEXT - 1, TEXT):
        assert read_bounded(io.BytesIO(b"x" * size)) == (b"x" * size, 0)


@given(st.integers(TEXT + 1, 4 * TEXT))
def test_of_a_longer_input_beginning_and_end_are_kept_and_the_rest_is_counted(size: int) -> None:
    data = (b"%07d\n" * (size // 8 + 1) % tuple(range(size // 8 + 1)))[:size]
    kept, dropped = read_bounded(io.BytesIO(data))
    head, tail = kept.split(b"\n[...]\n")
    assert data.startswith(head)
    assert data.endswith(tail)
    assert len(head) + len(tail) + dropped == size
    assert TEXT - 2_048 < len(kept) <= TEXT


def test_a_cut_tears_no_character_of_ordinary_text() -> None:
    for width in range(12):
        kept, _ = read_bounded(io.BytesIO(b"-" * width + "磁盘空间不足 ".encode() * 20_000))
        assert "�" not in kept.decode("utf-8", "replace")


class Endless(io.RawIOBase):
    """100 MB that exist nowhere."""

    def __init__(self) -> None:
        self.left = 100_000_000

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size = min(len(buffer), self.left)
        buffer[:size] = b"x" * size
        self.left -= size
        return size


def test_a_hundred_megabytes_need_no_memory() -> None:
    tracemalloc.start()
    try:
        kept, dropped = read_bounded(io.BufferedReader(Endless()))
        (line,) = lines(io.BufferedReader(Endless()))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(kept) - len(b"\n[...]\n") + dropped == 100_000_000
    assert len(line) == TEXT
    assert peak < 2_000_000


def test_lines_come_without_their_ends_and_blank_ones_do_not_come() -> None:
    data = b"\n a \r\n\t\n" + b"b" * (TEXT + 5) + b"\nc"
    assert list(lines(io.BytesIO(data))) == [b" a ", b"b" * TEXT, b"c"]
    assert list(lines(io.BytesIO(b""))) == []


def test_each_line_comes_before_the_next_one_is_written() -> None:
    reader, writer = os.pipe()
    with open(reader, "rb") as stream, open(writer, "wb", buffering=0) as pipe:
        read = lines(stream)
        for text in (b"one", b"two", b"x" * TEXT):
            threading.Thread(target=pipe.write, args=(text + b"\n",)).start()
            assert next(read) == text


def test_an_end_needs_no_word_and_says_that_it_had_none() -> None:
    assert alert(b"", key="backup", resolved=True).wordless
    assert post(text="", key="backup", resolved=True).alerts[0].wordless
    assert not alert(b"done", key="backup", resolved=True).wordless
    assert not alert(b"", key="backup", allow_empty=True).wordless


# over HTTP


def test_a_posted_line_is_the_same_alert() -> None:
    said: dict[str, Any] = {
        "level": "critical",
        "key": "backup",
        "resolved": True,
        "to": "数据库",
        "labels": {"host": "db-01"},
        "call_id": "c9",
        "dropped": 3,
    }
    posted, piped = post(text="a\nb", **said), say(b"a\nb", **said)
    assert posted.alerts == piped.alerts
    assert (posted.key, posted.group, posted.receiver) == (piped.key, piped.group, piped.receiver)


def test_its_own_time_counts_unless_it_lies_in_the_future() -> None:
    earlier = CALLED_AT - 3_600_000_000
    assert post(text="x", called_at=earlier).called_at == earlier
    assert post(text="x", called_at="2026-11-22T12:00:00Z").alerts[0].starts_at == earlier
    for wrong in (0, -5, CALLED_AT * 10, 2**62, None):
        assert post(text="x", called_at=wrong).called_at == CALLED_AT


def test_without_an_id_a_later_call_is_another_one() -> None:
    body = b'{"text": "x"}'
    first = parse_http(body, levels=LEVELS, called_at=CALLED_AT)
    later = parse_http(body, levels=LEVELS, called_at=CALLED_AT + 1)
    assert first.key != later.key
    assert first.alerts[0].fingerprint != later.alerts[0].fingerprint


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ({}, "text: missing"),
        ({"text": 5}, "text: a number, expected a text"),
        ({"text": "x", "level": ["critical"]}, "level: a list, expected a text"),
        ({"text": "x", "resolved": 1}, "resolved: a number, expected true or false"),
        ({"text": "x", "resolved": True}, "resolved: needs a key"),
        ({"text": "x", "labels": "host"}, "labels: a text, expected an object"),
        ({"text": "x", "labels": {"host": 1}}, "labels.host: a number, expected a text"),
        ({"text": "x", "called_at": 1.5}, "called_at: a number, expected microseconds"),
        ({"text": "x", "called_at": "now"}, "called_at: expected a time like"),
        ({"text": "x", "dropped": -1}, "dropped: a number, expected a count of bytes"),
    ],
)
def test_what_cannot_be_read_is_named(said: dict[str, Any], says: str) -> None:
    with pytest.raises(Malformed) as caught:
        post(**said)
    assert says in str(caught.value)


def test_a_posted_text_is_bounded_and_may_not_be_empty() -> None:
    assert "dropped_bytes" in post(text="长" * 99_999).alerts[0].annotations
    with pytest.raises(EmptyInput):
        post(text=" ")
    assert post(text="", allow_empty=True).alerts[0].name == "empty input"

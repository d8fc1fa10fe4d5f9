"""Spans of time as operators write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.config import format_duration, parse_duration
from sms_notify.model import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("12s", 12 * SECOND),
        ("5m", 5 * MINUTE),
        ("2h", 2 * HOUR),
        ("1d", DAY),
        ("1w", 7 * DAY),
        ("1h30m", 90 * MINUTE),
        ("90s", 90 * SECOND),
        ("0s", 0),
    ],
)
def test_a_time_is_read(text: str, span: int) -> None:
    assert parse_duration(text) == span


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "a time is missing"),
        ("90", "has no unit; write 90s, 90m or 90h"),
        ("500ms", "below a second"),
        ("1.5h", "has a fraction"),
        ("30m1h", "larger units first"),
        ("5m5m", "is not a time"),
        ("5min", "is not a time"),
        ("-5m", "is not a time"),
        ("５m", "is not a time"),
        ("1000000h", "longer than ten years"),
    ],
)
def test_what_is_no_time_is_told_with_what_to_write(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_duration(text)


@pytest.mark.parametrize(
    ("span", "text"),
    [(0, "0s"), (90 * SECOND, "1m30s"), (14 * DAY, "2w"), (90 * DAY, "90d"), (36 * HOUR, "1d12h")],
)
def test_a_span_is_printed_as_it_would_be_written(span: int, text: str) -> None:
    assert format_duration(span) == text


def test_a_negative_span_keeps_its_sign_and_parts_of_a_second_are_left_out() -> None:
    assert format_duration(-90 * MINUTE) == "-1h30m"
    assert format_duration(1_999_999) == "1s"


@given(st.integers(0, 3660 * 86400))
def test_every_whole_second_up_to_ten_years_is_read_back(seconds: int) -> None:
    assert parse_duration(format_duration(seconds * SECOND)) == seconds * SECOND

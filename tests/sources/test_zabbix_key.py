"""The same run of the alert script is one call, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_notify.model import DAY, HOUR, MINUTE

from .zabbix_calls import NOW, PROBLEM, UPDATE, call, message

KEYED = [
    {"event_id": "18"},
    {"event_value": "0"},
    {"recovery_id": "99"},
    {"update_date": "2026.11.23"},
    {"update_time": "13:26:26"},
    {"update_action": "commented"},
    {"update_message": "别的"},
]


@pytest.mark.parametrize("change", KEYED, ids=lambda change: next(iter(change)))
def test_whatever_tells_two_messages_of_an_event_apart_changes_the_key(
    change: dict[str, str],
) -> None:
    assert call(message(UPDATE)).key != call(message(UPDATE | change)).key


def test_another_recipient_is_another_call() -> None:
    assert call(message(UPDATE)).key != call(message(UPDATE), sendto="net").key


def test_the_same_run_again_later_is_the_same_call() -> None:
    again = message(PROBLEM | {"item_value": "97", "opdata": "当前值 97"}, "another age")
    assert call(message(PROBLEM)).key == call(again, now=NOW + 3 * DAY).key
    assert call(message(PROBLEM)).near_keys == ()


def test_two_updates_of_a_template_that_does_not_date_them_are_two_calls() -> None:
    undated = {k: v for k, v in UPDATE.items() if k not in ("update_date", "update_time")}
    assert call(message(undated, "1")).key != call(message(undated, "2")).key


@given(start=st.integers(0, HOUR), minutes=st.integers(0, 200))
def test_without_an_event_id_the_same_text_is_the_same_call_for_an_hour(
    start: int, minutes: int
) -> None:
    first = call("disk full", now=NOW + start)
    again = call("disk full", now=NOW + start + minutes * MINUTE)
    known = first.key in (again.key, *again.near_keys)
    assert known == (again.key in (first.key, *first.near_keys))
    if minutes < 50 or minutes >= 60:  # between, it depends on the clock
        assert known is (minutes < 50)


def test_without_an_event_id_another_text_is_another_call() -> None:
    first = call("disk full")
    assert call("disk full!").key not in (first.key, *first.near_keys)

"""What moved together is one line of the log."""

from __future__ import annotations

import pytest

from sms_notify.runner.site import numbers


@pytest.mark.parametrize(
    ("ids", "written"),
    [([7], "7"), ([9, 7, 8], "7-9"), ([7, 9], "7,9"), ([1, 2, 4, 5, 6, 9], "1-2,4-6,9"), ([], "")],
)
def test_numbers_are_written_as_spans(ids: list[int], written: str) -> None:
    assert numbers(ids) == written

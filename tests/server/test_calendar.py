"""`/oncall.ics`: the rota for a phone, behind the same door as everything else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from .serving import TOKEN, Served, basic, served, with_tokens

SCHEDULES = """\
schedules:
  值班: {rotate: [张伟], every: 1d, handoff: "10:00", since: 2026-01-05}
  备班: {rotate: [张伟], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path, SCHEDULES + with_tokens()) as running:
        running.headers["Authorization"] = basic("calendar", TOKEN)
        yield running


def test_a_calendar_with_the_token_as_basic_password_gets_the_shifts(server: Served) -> None:
    answer = server.get("/oncall.ics")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
    assert 95 <= answer.text.count("SUMMARY:值班: 张伟") <= 99
    assert 13 <= answer.text.count("SUMMARY:备班: 张伟") <= 16


def test_a_calendar_may_be_of_one_schedule_and_one_person(server: Served) -> None:
    answer = server.get(f"/oncall.ics?schedule={quote('备班')}&person={quote('张伟')}")
    assert "备班" in answer.text
    assert "值班: " not in answer.text


@pytest.mark.parametrize("query", ["schedule=x", "person=x", f"schedule={quote('备班')}&person="])
def test_a_name_that_is_not_there_is_not_found(server: Served, query: str) -> None:
    answer = server.get(f"/oncall.ics?{query}")
    assert answer.status == 404
    assert answer.text.startswith("there is no ")


def test_without_the_token_nobody_sees_the_rota(server: Served) -> None:
    server.headers.clear()
    for query in ("", f"?token={TOKEN}"):
        answer = server.get(f"/oncall.ics{query}")
        assert answer.status == 401
        assert "Basic" in answer.headers["www-authenticate"]

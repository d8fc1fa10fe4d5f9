"""docs/reference.md names every word of the program's output and of its doors, and no other."""

from __future__ import annotations

from dataclasses import fields
from enum import StrEnum
from pathlib import Path

import pytest

from sms_notify.cli import program
from sms_notify.errors import leaves
from sms_notify.intake import Accepted
from sms_notify.metrics import UNEXPECTED
from sms_notify.model import EndReason, IncidentState, Kind, Level, MessageState, Verdict
from tests.docs import known
from tests.docs.markdown import document
from tests.house import nothing

PAGE = document("docs/reference.md")


@pytest.mark.parametrize(
    ("heading", "nouns"),
    [
        ("Verdicts", Verdict),
        ("Message states", MessageState),
        ("Message kinds", Kind),
        ("Incidents", IncidentState),
        ("Why an incident ended", EndReason),
    ],
)
def test_every_value_of_a_noun_has_its_row(heading: str, nouns: type[StrEnum]) -> None:
    rows = PAGE.words(heading)
    nothing(f"{noun} is not documented" for noun in nouns if noun.value not in rows)


def test_no_row_stands_for_a_word_that_is_gone() -> None:
    for heading, nouns in (("Verdicts", Verdict), ("Message kinds", Kind)):
        assert PAGE.words(heading) <= {noun.value for noun in nouns}
    assert PAGE.words("Message states") <= {state.value for state in MessageState}
    assert PAGE.words("Levels") == {level.name for level in Level}


def test_every_reason_of_a_verdict_is_documented() -> None:
    reasons = known.verdict_reasons()
    assert len(reasons) > 8
    missing = reasons - PAGE.words("Reasons of verdicts", column=1)
    nothing(f"{reason!r} is not documented" for reason in missing)


def test_every_reason_of_a_state_is_documented() -> None:
    reasons = known.state_reasons()
    assert {"refused", "timeout", "owner_died"} <= reasons
    nothing(f"{each!r} is not documented" for each in reasons - PAGE.words("Reasons of states", 1))


def test_every_command_has_its_row_with_all_its_options() -> None:
    rows = {
        row[0].strip("`"): set(row[1].replace("`", "").split()) for row in PAGE.rows("Commands")
    }
    assert rows == known.commands()


def test_every_exit_code_is_documented() -> None:
    codes = {program.DONE, program.FAILED, program.USAGE}
    assert PAGE.words("Exit codes") == {str(code) for code in codes}


def test_every_error_reason_is_documented_with_its_exit_code() -> None:
    rows = {row[0].strip("`"): row[3] for row in PAGE.rows("Error reasons")}
    assert PAGE.words("Error reasons") == {leaf.reason for leaf in leaves()} | {UNEXPECTED}
    for leaf in leaves():
        made = leaf.__new__(leaf)
        assert rows[leaf.reason] == str(program.exit_code(made)), leaf.reason


def test_every_endpoint_is_documented(tmp_path: Path) -> None:
    every = known.endpoints(tmp_path)
    rows = {
        word for word in PAGE.words("HTTP") if word.startswith(("GET ", "POST ", "PUT ", "DELETE "))
    }
    assert rows == every


def test_every_field_of_an_accepted_call_is_documented() -> None:
    rows = {word for word in PAGE.words("HTTP") if " " not in word}
    assert rows == {field.name for field in fields(Accepted)}


def test_every_metric_is_documented() -> None:
    assert PAGE.words("Metrics") == known.metrics()


def test_every_event_of_the_log_is_documented() -> None:
    assert PAGE.words("Log events") == known.events()

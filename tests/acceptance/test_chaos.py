"""Chaos for some seconds: nothing is lost, and nothing comes twice but what was in the air.

`python benchmarks/chaos.py --seconds 300` is the same for as long as you like.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs.process import need
from tests.programs.prometheus import ALERTMANAGER

from .chaos import Outcome, Plan, run


def holds(outcome: Outcome) -> None:
    print(outcome)
    assert outcome.lost == []
    assert outcome.untold == 0
    assert outcome.innocent == {}
    assert outcome.entangled == []
    assert outcome.kills >= 3


@pytest.mark.slow
@pytest.mark.real
def test_kills_of_either_instance_under_load_lose_nothing(postgres_programs: Path) -> None:
    need(ALERTMANAGER, ALERTMANAGER)
    outcome = run(Plan(seconds=15), postgres_programs)
    holds(outcome)
    assert outcome.in_the_air, "no kill met an SMS in the air: this shows nothing"


@pytest.mark.slow
@pytest.mark.real
def test_kills_and_a_failover_of_the_database_lose_nothing(postgres_programs: Path) -> None:
    need(ALERTMANAGER, ALERTMANAGER)
    outcome = run(Plan(seconds=20, failover=True), postgres_programs)
    holds(outcome)
    assert outcome.failover_seconds < 30

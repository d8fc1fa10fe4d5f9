"""The rule behind a generatorURL: what it compares with, read in time whatever it holds."""

from __future__ import annotations

import time

import pytest

from sms_notify.text.expression import read


@pytest.mark.parametrize(
    ("expression", "op", "threshold"),
    [
        ("node_load1 >   80", ">", 80.0),
        ("a / b * 100\n  <=\n 1.5e2", "<=", 150.0),
        ("count(up == 0) / count(up) > 0.1", ">", 0.1),
        ("x > (2 * 3600)", ">", 7200.0),
        ("x > bool 5", ">", 5.0),
        ("x > y", "", 0.0),
    ],
)
def test_what_a_rule_compares_with_is_found(expression: str, op: str, threshold: float) -> None:
    rule = read(expression)
    assert rule.op == op
    assert rule.threshold == pytest.approx(threshold)


@pytest.mark.parametrize("filling", ["1", " ", "(", "1*1*", "a_", '"\\', "> 1.", "by("])
@pytest.mark.parametrize("end", ["", "x", "("])
def test_a_hostile_rule_is_read_in_time(filling: str, end: str) -> None:
    """It is read while everybody waits for the judge."""
    began = time.process_time()
    read("> " + filling * 3_990 + end)
    read(("> " + filling * 3_990)[:3_990] + end)
    assert time.process_time() - began < 0.5

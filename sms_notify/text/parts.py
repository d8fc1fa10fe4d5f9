"""The parts of a text and the order in which they give way: the ladder's rungs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import NamedTuple

from sms_notify.text.measure import units


class Step(IntEnum):
    """What is given up, in this order, until the text fits. Measured, not proportional."""

    whole = 0
    extra = 1
    message = 2
    abbreviated = 3
    weak = 4
    chinese = 5
    threshold = 6
    hash = 7
    words = 8
    value = 9
    remark = 10
    members = 11
    subject = 12
    cut = 13


TOLD = {
    Step.extra: "extra label", Step.message: "end of the remark",
    Step.abbreviated: "name abbreviated", Step.weak: "weak words",
    Step.chinese: "name in Chinese", Step.threshold: "threshold", Step.hash: "pod hash",
    Step.words: "words of the name", Step.value: "value", Step.remark: "remark",
    Step.members: "some members", Step.subject: "subject cut", Step.cut: "name cut",
}  # fmt: skip
"""How `sms-notify text` names what was shed."""


class Form(NamedTuple):
    """One way to write a part; `step` is the rung from which on it may be used."""

    text: str
    units: int
    step: Step = Step.whole


class Part(NamedTuple):
    """A part of the text: its forms, longest first; whether it may be cut where none fits.

    `spare` gives the clause that may follow it where so many units are left, "" for none.
    """

    forms: tuple[Form, ...]
    may_cut: bool = False
    spare: Callable[[int], str] | None = None

    @property
    def full(self) -> str:
        return self.forms[0].text if self.forms else ""


def descending(written: Sequence[tuple[str, Step]]) -> tuple[Form, ...]:
    """Forms of the texts that are each shorter than the one before."""
    forms: list[Form] = []
    shortest: Form | None = None
    for text, step in written:
        if shortest is not None and text == shortest.text:
            continue  # most parts have one form: it need not be measured again
        length = units(text)
        if shortest is None or length < shortest.units:
            shortest = Form(text, length, step)
            forms.append(shortest)
    return tuple(forms)

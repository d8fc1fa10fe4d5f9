"""Several open incidents in one text, each with the code that acknowledges it."""

from __future__ import annotations

from sms_notify.text.parts import Form, Part, Step, descending
from sms_notify.text.several import form_at, name_forms
from sms_notify.text.speech import Speech
from sms_notify.text.story import Handover

MOST = 12
"""No more of them fit into one SMS, however short they are."""


def lines(handover: Handover, speech: Speech) -> Part:
    """`12磁盘满 13主机失联 其他7`: every rung shortens all names, then shows fewer of them."""
    shown = [(code, name_forms(name, speech)) for code, name in handover.incidents[:MOST]]
    count = len(handover.incidents)
    written = [
        (_listed(shown, count, step, speech), step)
        for step in (Step.whole, Step.abbreviated, Step.weak, Step.chinese, Step.words)
    ]
    for fewer in range(len(shown) - 1, 0, -1):
        written.append((_listed(shown[:fewer], count, Step.words, speech), Step.words))
    return Part(descending(written), may_cut=True)


def _listed(
    shown: list[tuple[int | None, tuple[Form, ...]]], count: int, step: Step, speech: Speech
) -> str:
    said = [_one(code, form_at(forms, step), speech) for code, forms in shown]
    left = count - len(shown)
    return " ".join([*said, speech.language.others.format(left)] if left else said)


def _one(code: int | None, name: str, speech: Speech) -> str:
    if code is None:
        return name
    if speech.chinese and not (name[:1].isascii() or name[:1].isdigit()):
        return f"{code}{name}"
    return f"{code} {name}"  # `105xx错误` has no code that could be answered

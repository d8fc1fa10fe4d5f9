"""Several alert names in one text, each with its count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sms_notify.text import prose
from sms_notify.text.defaults import Language
from sms_notify.text.parts import Form, Step, descending
from sms_notify.text.speech import Speech

_NAME = 200


def several_names(counts: Sequence[tuple[str, int]], speech: Speech) -> tuple[Form, ...]:
    """`磁盘满x21 主机失联x9 其他7`: every rung shortens all names, then shows fewer of them."""
    words = speech.language
    listed = [(name_forms(name, speech), number) for name, number in counts[:6]]
    rest = sum(number for _, number in counts[6:])
    written: list[tuple[str, Step]] = []
    for step in (Step.whole, Step.abbreviated, Step.weak, Step.chinese, Step.words):
        written.append((_listed(listed, rest, step, words), step))
    for shown in range(len(listed) - 1, 0, -1):
        left = rest + sum(number for _, number in listed[shown:])
        written.append((_listed(listed[:shown], left, Step.words, words), Step.words))
    return descending(written)


def name_forms(name: str, speech: Speech) -> tuple[Form, ...]:
    said = speech.say(name[:_NAME])
    if prose.is_prose(said):
        return prose.forms(said, speech.names, speech.chinese)
    return speech.names.forms(said)


def _listed(
    listed: Sequence[tuple[tuple[Form, ...], int]], rest: int, step: Step, words: Language
) -> str:
    counts: Counter[str] = Counter()
    for forms, number in listed:
        counts[form_at(forms, step)] += number  # two names may be the same when they are short
    said = [f"{name}x{number}" for name, number in counts.items()]
    return " ".join([*said, words.others.format(rest)] if rest else said)


def form_at(forms: Sequence[Form], step: Step) -> str:
    """The shortest form allowed on a rung."""
    return next((form.text for form in reversed(forms) if form.step <= step), "")

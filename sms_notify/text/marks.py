"""Marks: private characters that stand for the parts and before the code in a rendered text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from sms_notify.text.ladder import Layout
from sms_notify.text.measure import units
from sms_notify.text.parts import Part

CODE_MARK = "\ue0ff"
"""Stands before the code in a rendered template: what is cut is cut before it."""

FIRST_MARK = 0xE000
_MARK = re.compile("([\ue000-\ue0fe])")
_MOST_PARTS = 64
MARKS = "".join(chr(FIRST_MARK + part) for part in range(_MOST_PARTS))
_LONGEST_HINT = 24
"""Characters from the code on that still are a reply hint, kept when the rest is cut."""


class Code(int):
    """The reply code; printed, it marks where the hint begins."""

    def __str__(self) -> str:
        return f"{CODE_MARK}{int(self)}"


def marked(given: Sequence[Part], parts: list[Part]) -> str:
    """The marks of the parts `given`, which are added to the `parts` of the text."""
    first = len(parts)
    parts += given[: max(0, _MOST_PARTS - first)]
    return MARKS[first : len(parts)]


def without_marks(source: str) -> str:
    return re.sub("[\ue000-\uf8ff]", "", source)


def layout(rendered: str) -> tuple[Layout, str]:
    """The rendered text taken apart, and the tail that holds the code."""
    before, mark, code = rendered.rpartition(CODE_MARK)
    if not mark:
        return _remembered(rendered), ""
    if len(code) >= _LONGEST_HINT or _MARK.search(code):
        return _taken_apart(before.replace(CODE_MARK, "") + code), ""  # that is no reply hint
    head, hint = _before_code(before)
    return head, hint + code


@lru_cache(maxsize=512)
def _before_code(before: str) -> tuple[Layout, str]:
    """The layout of what stands before the code, and the beginning of the reply hint.

    Remembered: what fires in one minute differs in its parts and in its code alone.
    """
    before = before.replace(CODE_MARK, "")
    hint = _hint(before)
    return _taken_apart(before[:hint]), before[hint:]


def _hint(before: str) -> int:
    """Where the reply hint begins in the text before the code: at its last blank or part."""
    *parts, last = _MARK.split(before)
    start = last.rfind(" ")
    if start < 0 and not parts:
        return len(before)
    return len(before) - len(last) + max(0, start)


def _taken_apart(head: str) -> Layout:
    """Literal text and parts."""
    head = head.strip()
    pieces = _MARK.split(f" {head} ")  # a part at either end stands beside a blank
    parts = [ord(mark) - FIRST_MARK for mark in pieces[1::2]]
    gaps = {
        part: int(pieces[at - 1][-1:] == " " == pieces[at + 1][:1])
        for part, at in zip(parts, range(1, len(pieces), 2), strict=True)
    }
    return Layout(tuple(pieces), tuple(parts), gaps, units(head) - len(parts))


_remembered = lru_cache(maxsize=512)(_taken_apart)
"""Remembered as well: not every text has a code."""

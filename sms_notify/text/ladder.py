"""The ladder: parts give way in a fixed order until the text fits, then take back what they can."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sms_notify.text.measure import cut, units
from sms_notify.text.parts import TOLD, Form, Part, Step

_BLANKS = re.compile(r"  +")

Layout = Sequence["str | int"]
"""Literal text and indexes into the parts, in the order of the template."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """The text, and the steps that it took."""

    text: str
    shed: tuple[str, ...]


def fit(layout: Layout, parts: Sequence[Part], room: int) -> Fitted:
    """The longest forms of `parts` that together with the literal text take `room` units."""
    ladder = _Ladder(layout, parts, room)
    ladder.descend()
    ladder.take_back()
    ladder.fill_spare()
    return Fitted(ladder.text(), ladder.told())


class _Ladder:
    """The state of one fitting: which form each part has now."""

    def __init__(self, layout: Layout, parts: Sequence[Part], room: int) -> None:
        self._layout = layout
        self._parts = parts
        self._room = room
        self._at = [0] * len(parts)
        self._shed: list[int] = []
        self._cuts: dict[int, str] = {}
        self._spares: dict[int, str] = {}

    def text(self) -> str:
        said = "".join(
            token if isinstance(token, str) else self._said(token) for token in self._layout
        )
        return _BLANKS.sub(" ", said).strip()

    def _said(self, part: int) -> str:
        if part in self._cuts:
            return self._cuts[part]
        forms = self._parts[part].forms
        form = forms[self._at[part]].text if forms else ""
        return form + self._spares.get(part, "")

    def _fits(self) -> bool:
        return units(self.text()) <= self._room

    def descend(self) -> None:
        """Step by step, one form at a time, until it fits."""
        if self._fits():
            return
        for step in Step:
            if step in (Step.whole, Step.cut):
                continue
            for part in range(len(self._parts)):
                while self._next_step(part) == step:
                    self._at[part] += 1
                    self._shed.append(part)
                    if self._fits():
                        return
        self._cut()

    def _next_step(self, part: int) -> Step | None:
        forms, at = self._parts[part].forms, self._at[part] + 1
        return forms[at].step if at < len(forms) else None

    def _cut(self) -> None:
        """Last resort: the parts that may be cut end at a word border."""
        for part in range(len(self._parts)):
            said = self._said(part)
            if not said or not self._parts[part].may_cut:
                continue
            over = units(self.text()) - self._room
            self._cuts[part] = cut(said, max(1, units(said) - over))
            if self._fits():
                return

    def take_back(self) -> None:
        """What was shed before the last step may fit again, the most valuable first."""
        for part in reversed(self._shed[:-1]):
            if part in self._cuts:
                continue
            self._at[part] -= 1
            if not self._fits():
                self._at[part] += 1

    def fill_spare(self) -> None:
        """Spare room takes one whole clause, or nothing."""
        if self._cuts:
            return
        for index, part in enumerate(self._parts):
            for clause in part.spare:
                self._spares[index] = f" {clause}" if self._said(index) else clause
                if self._fits():
                    return
                del self._spares[index]

    def told(self) -> tuple[str, ...]:
        steps = {
            form.step
            for part, at in zip(self._parts, self._at, strict=True)
            for form in part.forms[1 : at + 1]
        }
        if self._cuts:
            steps.add(Step.cut)
        return tuple(TOLD[step] for step in sorted(steps))


def form(text: str, step: Step = Step.whole) -> Form:
    return Form(text, units(text), step)

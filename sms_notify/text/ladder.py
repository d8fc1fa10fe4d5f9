"""The ladder: parts give way in a fixed order until the text fits, then take back what they can."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sms_notify.text.measure import cut, units
from sms_notify.text.parts import TOLD, Part, Step

_BLANKS = re.compile(r"  +")
_RUNGS = [step for step in Step if step not in (Step.whole, Step.cut)]
_SHORTEST_CLAUSE = 5
_NOTHING: Mapping[int, str] = {}


class Layout(NamedTuple):
    """Literal text and indexes into the parts, in the order of the template.

    `gaps` has 1 for a part between two blanks: empty, it leaves only one of them. `units` are
    those of the literal text.
    """

    tokens: Sequence[str | int]
    gaps: Mapping[int, int]
    units: int


class Fitted(NamedTuple):
    """The text, and what was shed for it, in the order of the ladder."""

    text: str
    shed: tuple[str, ...]


def fit(layout: Layout, parts: Sequence[Part], room: int) -> Fitted:
    """The longest forms of `parts` that together with the literal text take `room` units.

    What cannot shrink may still be longer: the caller cuts it.
    """
    ladder = _Ladder(layout, parts, room)
    if not ladder.fits():
        ladder.descend()
        ladder.take_back()
    return Fitted(ladder.with_spare(), ladder.told())


class _Ladder:
    """One fitting: which form each part has now, and how long the text is with them."""

    def __init__(self, layout: Layout, parts: Sequence[Part], room: int) -> None:
        self._layout = layout
        self._parts = parts
        self._room = room
        self._at = [0] * len(parts)
        self._shed: list[int] = []
        self._cuts: dict[int, str] = {}
        self._length = layout.units
        for index, part in enumerate(parts):
            taken = part.forms[0].units if part.forms else 0
            self._length += taken or -layout.gaps.get(index, 0)

    def fits(self) -> bool:
        return self._length <= self._room

    def _taken(self, part: int) -> int:
        """Units of a part; an empty one gives back a blank."""
        forms = self._parts[part].forms
        taken = forms[self._at[part]].units if forms else 0
        return taken or -self._layout.gaps.get(part, 0)

    def _move(self, part: int, rungs: int) -> None:
        before = self._taken(part)
        self._at[part] += rungs
        self._length += self._taken(part) - before

    def descend(self) -> None:
        """Rung by rung, one form at a time, until it fits."""
        for step in _RUNGS:
            for part in range(len(self._parts)):
                while self._next_step(part) == step:
                    self._move(part, 1)
                    self._shed.append(part)
                    if self.fits():
                        return
        self._cut()

    def _next_step(self, part: int) -> Step | None:
        forms, at = self._parts[part].forms, self._at[part] + 1
        return forms[at].step if at < len(forms) else None

    def _cut(self) -> None:
        """Last resort: the parts that may be cut end at a word border."""
        over = self._length - self._room
        for index, part in enumerate(self._parts):
            said = self._said(index)
            if over > 0 and said and part.may_cut:
                self._cuts[index] = cut(said, max(1, units(said) - over))
                over -= units(said) - units(self._cuts[index])

    def take_back(self) -> None:
        """What was shed before the last step may fit again, the most valuable first."""
        if self._cuts:
            return
        for part in reversed(self._shed[:-1]):
            self._move(part, -1)
            if not self.fits():
                self._move(part, 1)

    def with_spare(self) -> str:
        """The text; spare room takes one whole clause, or nothing."""
        spare = self._room - self._length - 1
        if spare < _SHORTEST_CLAUSE or self._shed:
            return self._text()
        for index, part in enumerate(self._parts):
            for clause in part.spare() if part.spare else ():
                if units(clause) <= spare:
                    return self._text({index: f"{self._said(index)} {clause}".strip()})
        return self._text()

    def _text(self, instead: Mapping[int, str] = _NOTHING) -> str:
        """The text as it stands, with other words for the parts of `instead`."""
        said = [self._said(part) for part in range(len(self._parts))]
        for part, words in instead.items():
            said[part] = words
        tokens = self._layout.tokens
        text = "".join([token if isinstance(token, str) else said[token] for token in tokens])
        return (_BLANKS.sub(" ", text) if "  " in text else text).strip()

    def _said(self, part: int) -> str:
        if part in self._cuts:
            return self._cuts[part]
        forms = self._parts[part].forms
        return forms[self._at[part]].text if forms else ""

    def told(self) -> tuple[str, ...]:
        if not self._shed and not self._cuts:
            return ()
        steps = {
            form.step
            for part, at in zip(self._parts, self._at, strict=True)
            for form in part.forms[1 : at + 1]
        }
        if self._cuts:
            steps.add(Step.cut)
        return tuple(TOLD[step] for step in sorted(steps))

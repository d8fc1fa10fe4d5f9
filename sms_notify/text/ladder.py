"""The ladder: parts give way in a fixed order until the text fits, then take back what they can."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sms_notify.text.measure import cut, units
from sms_notify.text.parts import TOLD, Form, Part, Step

_BLANKS = re.compile(r"  +")
_SHORTEST_CLAUSE = 5
_SILENT = Form("", 0)


class Layout(NamedTuple):
    """Literal text and indexes into the parts, in the order of the template.

    `pieces` has a literal at each even place and room for a part at each odd one; `parts` says
    which parts stand there. `gaps` has 1 for a part between two blanks: empty, it leaves only one
    of them. `units` are those of the literal text.
    """

    pieces: Sequence[str]
    parts: Sequence[int]
    gaps: Mapping[int, int]
    units: int


def fit(layout: Layout, parts: Sequence[Part], room: int) -> tuple[str, tuple[str, ...]]:
    """The text with the longest forms of `parts` that together with the literal text take `room`
    units, and what was shed for it, in the order of the ladder.

    What cannot shrink may still be longer: the caller cuts it.
    """
    ladder = _Ladder(layout, parts, room)
    if not ladder.fits():
        ladder.descend()
        ladder.take_back()
    ladder.take_spare()
    return ladder.text(), ladder.told()


class _Ladder:
    """One fitting: which form each part has now, and how long the text is with them."""

    def __init__(self, layout: Layout, parts: Sequence[Part], room: int) -> None:
        self._layout = layout
        self._parts = parts
        self._room = room
        self._at = [0] * len(parts)
        self._shed: list[int] = []
        self._is_cut = False
        self._said: list[str] = []
        self._length = layout.units
        for index, part in enumerate(parts):
            text, taken, _ = part.forms[0] if part.forms else _SILENT
            self._said.append(text)
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
        self._said[part] = self._parts[part].forms[self._at[part]].text
        self._length += self._taken(part) - before

    def descend(self) -> None:
        """Rung by rung, one form at a time, until it fits."""
        steps = {form.step for part in self._parts for form in part.forms}
        for step in sorted(steps):
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
            said = self._said[index]
            if over > 0 and said and part.may_cut:
                self._said[index] = cut(said, max(1, units(said) - over))
                over -= units(said) - units(self._said[index])
                self._is_cut = True

    def take_back(self) -> None:
        """What was shed before the last step may fit again, the most valuable first."""
        if self._is_cut:
            return
        for part in reversed(self._shed[:-1]):
            self._move(part, -1)
            if not self.fits():
                self._move(part, 1)

    def take_spare(self) -> None:
        """Spare room takes one whole clause, or nothing."""
        room = self._room - self._length - 1
        if room < _SHORTEST_CLAUSE or self._shed:
            return
        for index, part in enumerate(self._parts):
            clause = part.spare(room) if part.spare else ""
            if clause:
                self._said[index] = f"{self._said[index]} {clause}".strip()
                return

    def text(self) -> str:
        """The text as it stands."""
        pieces = list(self._layout.pieces)
        pieces[1::2] = map(self._said.__getitem__, self._layout.parts)
        text = "".join(pieces)
        return (_BLANKS.sub(" ", text) if "  " in text else text).strip()

    def told(self) -> tuple[str, ...]:
        if not self._shed and not self._is_cut:
            return ()
        steps = {
            form.step
            for part, at in zip(self._parts, self._at, strict=True)
            for form in part.forms[1 : at + 1]
        }
        if self._is_cut:
            steps.add(Step.cut)
        return tuple(TOLD[step] for step in sorted(steps))

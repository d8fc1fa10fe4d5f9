"""Phones as a small language: `phone("张伟").gets("MySQL").replies("12").gets("已确认")`.

Every SMS must be read: `quiet()` fails while any phone holds one that no test has looked at.
"""

from __future__ import annotations

import re

from sms_notify.model import MINUTE, SECOND, Micros
from sms_notify.simulator import Sms

from .world import World

PATIENCE: Micros = 90 * SECOND
"""So long a phone waits for an SMS: a poll, its judgement, a send."""


class Phone:
    """The `nth` phone of a person; what it got and nobody has read yet."""

    def __init__(self, world: World, person: str, nth: int = 0) -> None:
        self.world = world
        self.person = person
        self.number = world.config.people[person].phones[nth].removeprefix("+86")
        self._read = 0
        self.last = ""

    def unread(self) -> list[Sms]:
        return self.world.gateway.inbox(self.number)[self._read :]

    def gets(self, *parts: str, within: Micros = PATIENCE) -> Phone:
        """The next SMS comes in time and holds all `parts`; it is read with that."""
        end = self.world.clock.now + within
        while not self.unread() and self.world.clock.now < end:
            due = self.world.next_due() or end
            self.world.run_to(min(end, max(due, self.world.clock.now + SECOND)))
        assert self.unread(), f"{self.person} gets no SMS with {parts}"
        self.last = self.unread()[0].text
        self._read += 1
        for part in parts:
            assert part in self.last, f"{self.person} got {self.last!r}, not {part!r}"
        return self

    def gets_nothing(self, within: Micros = MINUTE) -> Phone:
        """Nothing comes for so long."""
        self.world.run_to(self.world.clock.now + within)
        assert [sms.text for sms in self.unread()] == []
        return self

    @property
    def code(self) -> str:
        """The code that the last SMS asks for."""
        found = re.search(r"(?:回|reply )(\d{2,5})(?:确认|$)", self.last)
        assert found, f"no code in {self.last!r}"
        return found[1]

    def replies(self, text: str) -> Phone:
        """The person sends this; `{code}` is the code of the last SMS."""
        said = text.replace("{code}", self.code) if "{code}" in text else text
        self.world.gateway.reply(self.number, said, at=self.world.clock.now)
        return self


class PhoneBook:
    """All phones of a world, each made once."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._phones: dict[tuple[str, int], Phone] = {}

    def __call__(self, person: str, nth: int = 0) -> Phone:
        key = (person, nth)
        if key not in self._phones:
            self._phones[key] = Phone(self._world, person, nth)
        return self._phones[key]

    def quiet(self) -> None:
        """No phone holds an SMS that was not read."""
        for person, one in self._world.config.people.items():
            for nth in range(len(one.phones)):
                left = [sms.text for sms in self(person, nth).unread()]
                assert left == [], f"{person} has unread SMS: {left}"

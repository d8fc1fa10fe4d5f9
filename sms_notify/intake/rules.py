"""One frozen set of rules to judge by: the configuration and the texts; a reload swaps it whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import orjson

from sms_notify import oncall
from sms_notify.config import Config, Step
from sms_notify.config.model import Receiver
from sms_notify.config.model import Template as Written
from sms_notify.config.schedules import Override
from sms_notify.model import Micros
from sms_notify.store.facts import Facts
from sms_notify.text import Template, Texts, Wording


@dataclass(frozen=True, slots=True)
class Chain:
    """A receiver as asked for: its name, its steps, how often they are gone through, what an
    answer is good for (None: for ever), and whether the configuration knows it."""

    name: str
    steps: tuple[Step, ...]
    rounds: int = 1
    ack_timeout: Micros | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """What judging needs besides the facts."""

    config: Config
    texts: Texts
    overrides: tuple[Override, ...] = ()
    """Those of the store, as of the transaction that judges; see `as_of`."""

    def as_of(self, facts: Facts) -> Rules:
        """The same rules, with the overrides that the store holds now."""
        if not (facts.overrides or self.overrides):
            return self
        found = tuple(override for _number, override in sorted(facts.overrides.items()))
        return self if found == self.overrides else replace(self, overrides=found)

    def chain(self, name: str | None) -> Chain:
        """The receiver of that name; also a schedule, team, person or phone number of ours.

        Anything else is the root receiver, `known` False.
        """
        config = self.config
        wanted = name if name is not None else config.route.receiver
        receiver = config.receivers.get(wanted)
        if receiver:
            return _chain_of(receiver)
        if oncall.knows(config, wanted):
            return Chain(wanted, (Step((wanted,), None),))
        owner = self._owner(wanted)
        if owner:
            return Chain(owner, (Step((owner,), None),))
        root = config.receivers[config.route.receiver]
        return replace(_chain_of(root), known=False)

    def _owner(self, phone: str) -> str | None:
        digits = "".join(c for c in phone if c.isdigit())
        if len(digits) < 7:
            return None
        for person in self.config.people.values():
            if any(
                number.lstrip("+").removeprefix("86") == digits.removeprefix("86")
                for number in person.phones
            ):
                return person.name
        return None

    def people(self, steps: Sequence[Step], step: int, now: Micros) -> tuple[str, ...]:
        """Whom to tell now: the first step from `step` on that resolves to somebody,
        else the root receiver's people; () if nobody is there at all."""
        for each in steps[step:]:
            found = self.whom(each.to, now)
            if found:
                return found
        return self.root_people(now)

    def whom(self, names: Sequence[str], at: Micros) -> tuple[str, ...]:
        """The people whom names mean at a moment, each once."""
        return oncall.whom(self.config, names, at, self.overrides)

    def next_present(self, steps: Sequence[Step], step: int, now: Micros) -> int | None:
        """The first step from `step` on that resolves to somebody now, None if none does."""
        return next((n for n in range(step, len(steps)) if self.whom(steps[n].to, now)), None)

    def root_people(self, now: Micros) -> tuple[str, ...]:
        """The last resort: the first step of the root receiver that resolves to somebody."""
        for each in self.config.receivers[self.config.route.receiver].steps:
            found = oncall.whom(self.config, each.to, now, self.overrides)
            if found:
                return found
        return ()

    def operators(self, now: Micros) -> tuple[str, ...]:
        """Who hears of the troubles of this program itself."""
        tell = self.config.checks.tell
        found = oncall.whom(self.config, (tell,), now, self.overrides) if tell else ()
        return found or self.root_people(now)

    def all_down(self, facts: Facts) -> bool:
        """No gateway can take a message now: delivery has opened the circuit of every account.

        Nothing else counts: what is held for a gateway that delivery takes to work would be
        judged again at once, for ever.
        """
        accounts = {gateway.account for gateway in self.config.gateways}
        return bool(accounts) and accounts <= facts.open_circuits

    def hint(self, code: int | None) -> int | None:
        """The code to show in a text: where replies can be received."""
        return code if self.hints else None

    @property
    def hints(self) -> bool:
        """Can anybody answer by SMS?"""
        return any(gateway.poll.replies > 0 for gateway in self.config.sms)


def _chain_of(receiver: Receiver) -> Chain:
    return Chain(receiver.name, receiver.steps, receiver.rounds, receiver.ack_timeout)


def rules(config: Config) -> Rules:
    """The rules of a configuration; templates are compiled here, once."""
    first = next(iter(config.sms), None)
    wording = Wording(
        timezone=config.site.timezone,
        language=config.site.language,
        signature=config.site.signature,
        signature_by=first.signature_by if first else "us",
        charset=first.charset if first else "gbk",
        templates=_templates(config.templates),
        receiver_templates={
            name: _templates(receiver.templates)
            for name, receiver in config.receivers.items()
            if receiver.templates
        },
        glossary=config.text.glossary,
        keep=config.text.keep,
        subject=config.text.subject,
    )
    return Rules(config, Texts(wording))


def _templates(written: Mapping[str, Written]) -> dict[str, Template | str]:
    return {key: Template(each.text, each.max_units) for key, each in written.items()}


def freeze_steps(steps: Sequence[Step]) -> str:
    """The steps as they stay with an incident: JSON [[[names], wait µs or null], …]."""
    return orjson.dumps([[list(step.to), step.wait] for step in steps]).decode()


@lru_cache(maxsize=256)
def thaw_steps(text: str) -> tuple[Step, ...]:
    """The steps of an incident as it was opened."""
    return tuple(Step(tuple(to), wait) for to, wait in orjson.loads(text))

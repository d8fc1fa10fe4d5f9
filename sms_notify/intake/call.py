"""The Input of a source: a parsed call, routed, and whoever is concerned told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sms_notify.intake import outlay
from sms_notify.intake.ending import settle_ends
from sms_notify.intake.grouping import grouped
from sms_notify.intake.judging import Judging
from sms_notify.intake.ledger import Ledger
from sms_notify.intake.nobody import nobody
from sms_notify.intake.notice import Notice
from sms_notify.intake.rules import Rules
from sms_notify.intake.signs import taken_in
from sms_notify.intake.tally import Tally
from sms_notify.intake.telling import Teller
from sms_notify.intake.telling_source import NO_ECHO, Echo, echo_of, may_echo
from sms_notify.intake.unknown import unknown
from sms_notify.model import Bad, Call, Micros, Verdict
from sms_notify.store import jobs
from sms_notify.store.facts import Keys


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a call: tellings by verdict, duplicates, and the rows it made."""

    told: int = 0
    held: int = 0
    again: int = 0
    bad: int = 0
    incidents: tuple[int, ...] = ()
    messages: tuple[int, ...] = ()
    verdicts: Mapping[str, int] = field(default_factory=dict)
    repeated_call: bool = False
    unknown_receiver: bool = False
    fallbacks: int = 0
    heartbeats: tuple[str, ...] = ()


class TellCall:
    """The Input of a source: routes a parsed call and tells whoever is concerned."""

    def __init__(self, rules: Rules, call: Call) -> None:
        self.rules = rules
        self.call = call
        routed, self._alive = taken_in(rules, call)
        self._groups = grouped(rules, routed)
        self._may_echo = may_echo(call.alerts)
        self._nobody: Notice | None = None
        self._unknown: Notice | None = None

    @property
    def alerts(self) -> int:
        return len(self.call.alerts) + len(self.call.bad)

    def wants(self, now: Micros) -> Keys:
        keys = Keys()
        for group in self._groups:
            keys.groups.add(group.key)
            if any(alert.ended_at is not None for alert in group.alerts):
                keys.ending.add(group.key)
            keys.alerts.update((alert.source, alert.fingerprint) for alert in group.alerts)
            people = self.rules.people(group.chain.steps, 0, now)
            keys.people.update(people)
            if not people:
                self._nobody = nobody(self.rules, group, now)
            if not group.chain.known:
                self._unknown = unknown(self.rules, group, self.call.receiver or "", people, now)
        keys.standby = self.rules.config.people  # names may mean others by an override
        if self.call.key is not None:
            known_by = (self.call.key, *self.call.near_keys)
            keys.calls.update((self.call.source, key) for key in known_by)
        for notice in (self._nobody, self._unknown):
            if notice is not None:
                keys.unite(notice.wants(now))
        if self._may_echo:
            keys.asked[jobs.said] = set(self._may_echo)
        return outlay.ask(keys, self.rules.config, now)

    def parts(self) -> list[TellCall]:
        """The same call alert by alert, for when judging it whole raises."""
        if self.alerts <= 1:
            return []
        one = replace(self.call, key=None, alerts=(), bad=())
        alone = [TellCall(self.rules, replace(one, alerts=(each,))) for each in self.call.alerts]
        return alone + [TellCall(self.rules, replace(one, bad=(each,))) for each in self.call.bad]

    def as_bad(self, problem: str) -> TellCall:
        """The same call, its alerts as bad ones: told to the root receiver by name and level."""
        bad = tuple(Bad("judging", problem, a.name, a.level) for a in self.call.alerts)
        return TellCall(self.rules, replace(self.call, alerts=(), bad=bad + self.call.bad))

    def judge(self, ledger: Ledger, now: Micros) -> Accepted:
        """Decide everything about this call; raises nothing that leaves the Ledger changed."""
        call = self.call
        known_by = () if call.key is None else (call.key, *call.near_keys)
        if any(ledger.knows_call(call.source, key) for key in known_by):
            return Accepted(repeated_call=True)
        problem = "; ".join(f"{bad.where}: {bad.problem}" for bad in call.bad[:20])
        if call.key is not None or call.bad:
            ledger.note_call(call.source, call.key, call.called_at, problem, call.body)
        for name in self._alive:  # what waited in a spool was a sign then, not now
            ledger.alive(name, min(call.called_at, now))
        tally = Tally()
        teller = Teller(ledger, self.rules, tally, late=call.late)
        echo = self._echo(ledger)
        ended = Judging(rules=teller.rules, call=call, teller=teller, echo=echo).run(self._groups)
        settle_ends(teller, ended, whole=not call.truncated)
        verdicts = tally.verdicts
        if verdicts.get(Verdict.nobody) and self._nobody is not None:
            tally.messages += self._nobody.judge(ledger, now).messages
        if verdicts and self._unknown is not None:
            tally.messages += self._unknown.judge(ledger, now).messages
        return Accepted(
            told=verdicts.get(Verdict.told, 0),
            held=verdicts.get(Verdict.held, 0),
            again=tally.again,
            bad=len(call.bad),
            incidents=tuple(tally.incidents),
            messages=tuple(tally.messages),
            fallbacks=tally.fallbacks,
            verdicts=verdicts,
            heartbeats=self._alive,
            unknown_receiver=any(not group.chain.known for group in self._groups),
        )

    def _echo(self, ledger: Ledger) -> Echo:
        """Does the call bring back what we told Zabbix?"""
        if not self._may_echo:
            return NO_ECHO
        told = ledger.facts.answers[jobs.said]
        return echo_of(self.call.alerts, told, self.rules.config.site.language)

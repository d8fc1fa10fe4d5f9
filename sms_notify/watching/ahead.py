"""What is going to be wrong in the rota, told once a week to those who can mend it."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sms_notify.config import Config, Override
from sms_notify.intake import Ledger, Notice, Rules
from sms_notify.intake.tally import Tally
from sms_notify.model import DAY, Level, Micros
from sms_notify.oncall.ahead import Ahead, Kind
from sms_notify.oncall.look_ahead import look_ahead
from sms_notify.store import timers
from sms_notify.store.facts import Keys
from sms_notify.watching.expecting import AHEAD, LOOKED_AT, NEXT
from sms_notify.watching.occasions import next_occasion
from sms_notify.watching.words import day_and_time, local, words


def found_ahead(
    config: Config, now: Micros, overrides: Sequence[Override] = ()
) -> tuple[Ahead, ...]:
    """Everything within `checks.look_ahead`, () where that is 0; `overrides` are the store's."""
    days = config.checks.look_ahead // DAY
    return look_ahead(config, now, days, overrides) if days else ()


class TellAhead:
    """The Input for the look at `due`; what was found is decided before, since it takes a while."""

    alerts = 1

    def __init__(self, rules: Rules, due: Micros, found: Sequence[Ahead]) -> None:
        self.rules = rules
        self.due = due
        self._notice = self._worded(found) if found else None

    def wants(self, now: Micros) -> Keys:
        keys = self._notice.wants(now) if self._notice else Keys()
        keys.asked[timers.as_set] = {(AHEAD, NEXT)}
        return keys

    def judge(self, ledger: Ledger, now: Micros) -> Tally:
        if ledger.facts.answers[timers.as_set].get((AHEAD, NEXT)) != self.due:
            return Tally()  # another process was faster
        zone = ZoneInfo(self.rules.config.site.timezone)
        ledger.set_timer(AHEAD, NEXT, next_occasion(LOOKED_AT, zone, now))
        return self._notice.judge(ledger, now) if self._notice else Tally()

    def _worded(self, found: Sequence[Ahead]) -> Notice:
        config = self.rules.config
        first = min(found, key=lambda each: each.start)
        said = words(config)["ahead"].format(
            days=config.checks.look_ahead // DAY, count=len(found), first=_said(config, first)
        )
        year, week, _day = local(config, self.due).isocalendar()
        return Notice(self.rules, f"look_ahead:{year}-{week}", said, Level.warning)


def _said(config: Config, one: Ahead) -> str:
    said = words(config)
    name = one.where.partition(".")[2]
    receiver, _, step = name.rpartition(" step ")
    if one.kind is Kind.empty_step and receiver:
        name = said["step"].format(receiver=receiver, step=step)
    return said[one.kind.value].format(
        name=name, at=day_and_time(config, one.start), year=local(config, one.end).year
    )

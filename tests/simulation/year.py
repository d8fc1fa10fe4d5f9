"""A site that lives a year: a rota with everything in it, alerts, outages, and people who answer.

The year is thin, an incident every other day and a few storms, so that it takes a minute; what
happens to each of them is everything that happens to a site.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from sms_notify.actions import Actor, AddOverride
from sms_notify.config.schedules import Override
from sms_notify.model import DAY, HOUR, MINUTE, SECOND, Alert, Call, Micros, occurrence_fingerprint
from sms_notify.simulator import Account, Fault, Kind, Options
from sms_notify.simulator import Call as Asked
from tests.simulation.people import People
from tests.simulation.test_month import Dice
from tests.simulation.world import Day, World

ZONES = ("Europe/Berlin", "Asia/Shanghai", "Australia/Lord_Howe", "America/Chicago")
CONFIG = """
store: sqlite:///world.db
retention: 60w
global: {signature: 星云运维, timezone: ZONE, holidays: {country: CN}}
gateways:
  - {name: 主通道, type: wavecom, account: mysms, password: wordless9,
     urls: ["http://10.0.0.1:8088", "http://10.0.0.2:8088"],
     poll: {reports: 1m, replies: 30s}, balance: {every: 0}}
  - {name: 副通道, type: wavecom, account: other, password: wordless8,
     urls: ["http://10.0.0.9:8088"], poll: {reports: 5m, replies: 2m}, balance: {every: 0}}
people:
  张伟: {phone: ["+8613800000001", "+8613900000001"]}
  李娜: {phone: "+8613800000002", quiet: {when: 夜间, on_call: true}}
  王磊: {phone: ["+8613800000003", "+8613900000003"], leave: [2026-02-14 to 2026-02-24]}
  赵敏: {phone: "+8613800000004", leave: [2026-07-20 to 2026-08-02, 2026-10-01 to 2026-10-08]}
  陈静: {phone: "+8613800000005", quiet: {when: 夜间}}
  刘洋: {phone: "+8613800000006"}
teams: {组长: [赵敏, 刘洋]}
time_intervals:
  夜间: "1-7,22:00-07:00"
  工作时间: "workday,09:00-18:00"
  窗口: "3,02:00-05:00"
schedules:
  数据库值班: {rotate: [张伟, 李娜, 王磊], every: 1w, handoff: Mon 10:00, since: 2026-01-05}
  网络值班:
    shifts:
      - {when: 工作时间, rotate: [赵敏, 陈静], every: 1workday, handoff: "09:00", since: 2026-01-05}
      - {rotate: [[王磊, 刘洋], 陈静, 李娜, none], every: 1d, handoff: "18:00", since: 2026-01-05}
    overrides:
      - {from: 2026-02-16 10:00, until: 2026-02-18 10:00, who: 张伟, instead_of: 王磊}
receivers:
  - name: 数据库
    steps: [{to: 数据库值班, wait: 5m}, {to: 数据库值班+1, wait: 10m}, {to: 组长, wait: 15m}]
    rounds: 2
    ack_timeout: 3h
  - name: 网络
    steps: [{to: 网络值班, wait: 5m}, {to: [数据库值班, 刘洋], wait: 15m}]
    rounds: 3
  - {name: 兜底, steps: [{to: 网络值班, wait: 10m}, {to: 组长, wait: 20m}], rounds: 2}
route:
  receiver: 兜底
  routes:
    - {matchers: ['team="dba"'], receiver: 数据库}
    - {matchers: ['team="net"'], receiver: 网络, mute_time_intervals: [窗口]}
checks: {tell: 刘洋}
"""
START: Micros = 1_767_578_400 * SECOND
"""2026-01-05 02:00 UTC."""
DAYS = 364
LASTS = (2 * MINUTE, 40 * MINUTE, 3 * HOUR, 3 * HOUR, 9 * HOUR, 0)
"""How long an alert fires; 0: nobody ever says that it ended."""
OUTAGES = (Kind.DROP_AFTER, Kind.BUSY, Kind.HTTP500, Kind.REFUSE, Kind.TRUNCATED)


class Year(World):
    """Time goes from one thing to the next: no poll is made that would bring nothing."""

    def __init__(self, folder: Path, seed: int, crash_chance: float) -> None:
        zone = ZONES[seed % len(ZONES)]
        self.zone = ZoneInfo(zone)
        text = CONFIG.replace("ZONE", zone)
        super().__init__(folder, text, seed, crash_chance, start=START)
        self.gateway.put_account(Account("other", "wordless8", balance=1_000_000))
        self.gateway.options = Options(report_delay=8 * SECOND)
        self.gateway.fates = Dice(seed)
        self.people = People(self, Random(seed + 2))
        self.gateway.on_arrival = self.people.reads

    def next_due(self) -> Micros | None:
        fetch = self.gateway.next_fetch()
        waits = fetch is not None and fetch <= self.clock.now
        due = self.runner.next_due(self.clock.now, asks=waits)
        dues = [each for each in (due, None if waits else fetch) if each is not None]
        return min(dues, default=None)

    def stand_in(self, rng: Random) -> None:
        """Somebody takes another's shift for a while, by command."""
        schedule = rng.choice(sorted(self.config.schedules))
        start = self.clock.now + rng.randrange(-2, 20) * HOUR
        who = (rng.choice(sorted(self.config.people)),)
        override = Override(schedule, start, start + rng.choice((5, 24, 60)) * HOUR, who)
        rules = self.runner.rules
        made = self.runner.writer.judge_now(AddOverride(rules, override, Actor("admin", "by hand")))
        assert made.number is not None, made.problem


class Alerts:
    """What the monitoring of this site says in a year."""

    def __init__(self, world: Year, rng: Random) -> None:
        self.world = world
        self.rng = rng
        self.number = 0

    def plan(self, day: Day, start: Micros) -> None:
        """At most one incident at any time of a day; on some days a storm."""
        for _ in range(self.rng.choice((0, 1))):
            self._one(day, start + self.rng.randrange(24 * 60) * MINUTE)
        if self.rng.random() < 1 / 90:
            at = start + self.rng.randrange(24 * 60) * MINUTE
            for number in range(16):
                self._one(day, at + number * SECOND, lasts=self.rng.choice((20, 90)) * MINUTE)

    def _one(self, day: Day, fires: Micros, lasts: Micros | None = None) -> None:
        self.number += 1
        lasts = self.rng.choice(LASTS) if lasts is None else lasts
        name, team = f"告警{self.number:04}", self.rng.choice(("dba", "dba", "net", "web"))
        level = self.rng.choice(("critical", "critical", "warning", "info"))
        alerts = tuple(
            self._alert(name, level, team, host, fires)
            for host in range(self.rng.choice((1, 1, 4)))
        )
        if lasts == 0 and self.rng.random() < 0.5:
            self._post(day, fires, name, alerts[:1], ends_itself=True)
            return
        for moment in self._repeats(fires, lasts):
            self._post(day, moment, name, alerts)
        if lasts:
            over = tuple(replace(each, ended_at=fires + lasts) for each in alerts)
            self._post(day, fires + lasts, name, over)

    def _repeats(self, fires: Micros, lasts: Micros) -> Iterator[Micros]:
        yield fires
        yield fires + self.rng.randrange(30) * SECOND  # its twin
        yield from range(fires + 4 * HOUR, fires + lasts, 4 * HOUR)

    def _alert(self, name: str, level: str, team: str, host: int, fires: Micros) -> Alert:
        labels = {
            "alertname": name, "instance": f"db-{host:02}", "severity": level, "team": team,
        }  # fmt: skip
        found, word, _known = self.world.config.site.levels.of(labels)
        key = occurrence_fingerprint(labels)
        return Alert("alertmanager", key, fires, None, found, word, name, "", labels)

    def _post(
        self, day: Day, at: Micros, name: str, alerts: tuple[Alert, ...], *,
        ends_itself: bool = False,
    ) -> None:  # fmt: skip
        call = Call("alertmanager", at, alerts, {"alertname": name}, ends_itself=ends_itself)
        day.at(at, lambda: self.world.post(call))


def plan(world: Year, days: int) -> Day:
    """A year of it, and a fortnight in which it comes to rest."""
    rng = Random(world.rng.getrandbits(32))
    day, alerts = Day(world), Alerts(world, rng)
    for number in range(days):
        start = START + number * DAY
        alerts.plan(day, start)
        if number % 12 == 5:
            day.at(start + rng.randrange(20) * HOUR, lambda: world.stand_in(rng))
        if number % 3 == 1:
            world.gateway.faults.add(_fault(rng, start))
        if number % 50 == 30:
            _locked(world, day, start + rng.randrange(12) * HOUR)
    return day


def _fault(rng: Random, start: Micros) -> Fault:
    since = start + rng.randrange(24 * 60) * MINUTE
    return Fault(
        rng.choice(OUTAGES),
        frozenset(rng.choice(((Asked.SEND,), (Asked.REPORTS, Asked.REPLIES), tuple(Asked)))),
        probability=rng.choice((0.3, 1.0)),
        since=since,
        until=since + rng.choice((1, 10, 30)) * MINUTE,
    )


def _locked(world: Year, day: Day, at: Micros) -> None:
    """The first account is locked for a day."""

    def lock(locked: bool) -> None:
        account = world.gateway.account("mysms")
        world.gateway.put_account(replace(account, locked=locked))

    day.at(at, lambda: lock(True))
    day.at(at + DAY, lambda: lock(False))


def said(at: Micros, zone: ZoneInfo) -> str:
    """A moment for a failing test's reader."""
    return datetime.fromtimestamp(at / SECOND, zone).strftime("%m-%d %H:%M:%S")

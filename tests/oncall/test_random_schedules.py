"""A thousand random schedules: a slow walker that only watches a clock, against the builder.

The walker knows two things of the clock on the wall at each minute: the latest time that it has
shown, and the earliest that it will still show. It shares no arithmetic with what it checks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest

from sms_notify.config import Every, Handoff, Holidays, Layer, Override, Schedule, TimeInterval
from sms_notify.config.intervals import Period
from sms_notify.config.moments import away
from sms_notify.model import MINUTE, Micros
from sms_notify.oncall import contains, on_call, shifts

from .given import at
from .test_walker import JUMPS

PLACES = [(zone, day) for zone, days in JUMPS.items() for day in days]
PEOPLE = "ABCDE"
HOURS_BEFORE, HOURS_AFTER = 15, 15
WARM_UP = 4 * 1440
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Clock:
    """Every minute around a day: the moment, and what the clock of the zone shows."""

    moments: list[Micros]
    shown: list[datetime]
    reached: list[datetime]
    ahead: list[datetime]
    """The earliest time that is shown after that minute."""


@lru_cache(maxsize=64)
def clock(zone: str, day: str) -> Clock:
    middle = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=UTC)
    first = middle - timedelta(hours=HOURS_BEFORE, minutes=WARM_UP)
    count = WARM_UP + (HOURS_BEFORE + HOURS_AFTER) * 60
    times = [first + timedelta(minutes=minute) for minute in range(count + WARM_UP)]
    local = ZoneInfo(zone)
    shown = [time.astimezone(local).replace(tzinfo=None) for time in times]
    ahead = list(accumulate(reversed(shown), min))[::-1]
    return Clock(
        [at(time.isoformat()) for time in times[:count]],
        shown[:count],
        list(accumulate(shown, max))[:count],
        ahead[1 : count + 1],
    )


@dataclass
class Given:
    """A random schedule, with its leave as days."""

    zone: str
    day: str
    schedule: Schedule
    leave: dict[str, tuple[date, date]]


class Made:
    """Makes up schedules whose changes lie around a day on which the clock may jump."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.zone, self.day = self.random.choice(PLACES)
        self.middle = date.fromisoformat(self.day)
        near = [self.middle + timedelta(days=n) for n in range(-2, 3)]
        self.holidays = Holidays(
            None,
            frozenset(self.random.sample(near, self.random.randint(0, 2))),
        )
        rest = [day for day in near if day not in self.holidays.rest]
        self.holidays = Holidays(
            None, self.holidays.rest, frozenset(self.random.sample(rest, self.random.randint(0, 2)))
        )

    def given(self) -> Given:
        layers = tuple(self.layer(index) for index in range(self.random.randint(1, 3)))
        leave = {who: self.days() for who in PEOPLE if self.random.random() < 0.25}
        baked = {who: (away(*days, ZoneInfo(self.zone)),) for who, days in leave.items()}
        overrides = tuple(self.override() for _ in range(self.random.choice((0, 0, 1, 2, 3))))
        return Given(self.zone, self.day, Schedule("S", layers, overrides, baked), leave)

    def days(self) -> tuple[date, date]:
        first = self.middle + timedelta(days=self.random.randint(-3, 1))
        return first, first + timedelta(days=self.random.randint(0, 3))

    def time(self) -> tuple[int, int]:
        return self.random.choice((0, 0, 1, 2, 2, 3, 9, 22, 23)), self.random.choice((0, 15, 30))

    def layer(self, index: int) -> Layer:
        unit, most = self.random.choice(
            (("h", 25), ("d", 3), ("w", 2), ("mo", 2), ("workday", 2), ("d", 1))
        )
        since = self.middle - timedelta(days=self.random.randint(-1, 40))
        hour, minute = self.time()
        turns = [
            tuple(self.random.sample(PEOPLE, self.random.choice((0, 1, 1, 1, 2))))
            for _ in range(self.random.randint(1, 4))
        ]
        when = self.interval() if index == 0 or self.random.random() < 0.5 else None
        return Layer(
            rotate=tuple(turns),
            every=Every(self.random.randint(1, most), unit),
            handoff=Handoff(None, since.day if unit == "mo" else None, hour, minute),
            since=since,
            when=when if self.random.random() < 0.8 else None,
            holidays=self.holidays,
        )

    def interval(self) -> TimeInterval:
        return TimeInterval(
            "t", tuple(self.period() for _ in range(self.random.randint(1, 2))), self.holidays
        )

    def period(self) -> Period:
        times = []
        for _ in range(self.random.choice((0, 1, 1, 2))):
            start, end = (60 * hour + minute for hour, minute in (self.time(), self.time()))
            times.append((start, end if end != start else 24 * 60))
        days = frozenset(self.random.sample(range(7), self.random.choice((0, 0, 3, 5))))
        return Period(
            zone=self.zone,
            times=tuple(times),
            weekdays=days,
            workdays=self.random.random() < 0.2,
            restdays=self.random.random() < 0.2,
            monthdays=((1, 15),) if self.random.random() < 0.1 else (),
        )

    def override(self) -> Override:
        start = at(f"{self.day}T00:00Z") + self.random.randint(-1200, 1000) * MINUTE
        who = self.random.sample(PEOPLE, self.random.choice((0, 1, 1, 1, 2)))
        instead = self.random.choice((None, None, "none", *PEOPLE))
        end = start + self.random.randint(1, 1500) * MINUTE
        return Override("S", start, end, tuple(who), instead)


class Walker:
    """Minute by minute, with the rules of the documentation read once more."""

    def __init__(self, given: Given, clock: Clock) -> None:
        self.given = given
        self.clock = clock
        self.known: dict[tuple[int, date], bool] = {}
        self.turns = [-1 for _ in given.schedule.layers]
        self.nexts = [
            datetime.combine(layer.since, datetime.min.time()).replace(
                hour=layer.handoff.hour, minute=layer.handoff.minute
            )
            for layer in given.schedule.layers
        ]

    def at(self, minute: int) -> tuple[str, ...]:
        for index, layer in enumerate(self.given.schedule.layers):
            while self.nexts[index] <= self.clock.reached[minute]:
                self.turns[index] += 1
                self.nexts[index] = self.following(layer, self.nexts[index])
        for index, layer in enumerate(self.given.schedule.layers):
            open_ = layer.when is None or self.holds(layer.when, minute)
            if self.turns[index] >= 0 and open_:
                turn = self.turns[index] % len(layer.rotate)
                line = layer.rotate[turn:] + layer.rotate[:turn]
                return self.replaced(minute, self.present(line, minute), not line[0])
        return self.replaced(minute, [], meant=False)

    def present(self, line: tuple[tuple[str, ...], ...], minute: int) -> list[str]:
        if not line[0]:
            return []
        for entry in line:
            here = [who for who in entry if not self.away(who, minute)]
            if here:
                return here
        return []

    def away(self, who: str, minute: int) -> bool:
        first, last = self.given.leave.get(who, (date.max, date.min))
        return first <= self.clock.shown[minute].date() <= last

    def replaced(self, minute: int, people: list[str], meant: bool) -> tuple[str, ...]:
        now = self.clock.moments[minute]
        active = [o for o in self.given.schedule.overrides if o.start <= now < o.end]
        whole = [o for o in active if o.instead_of is None][:1]
        before = active[: active.index(whole[0])] if whole else active

        def taken(who: str) -> list[str] | None:
            hits = [list(o.who) for o in before if o.instead_of == who]
            return hits[0] if hits else None

        after: list[str] = []
        for who in people or ["none" if meant else "a hole"]:
            found = taken(who)
            if found is None and whole and not meant:
                for other in whole[0].who or ("none",):
                    after += taken(other) or ([other] if taken(other) is None else [])
            else:
                after += [who] if found is None else found
        after = [who for who in after if who != "a hole"]
        return tuple(dict.fromkeys(who for who in after if who != "none"))

    def holds(self, when: TimeInterval, minute: int) -> bool:
        reached, shown = self.clock.reached[minute], self.clock.shown[minute]
        ahead = self.clock.ahead[minute]
        for period in when.periods:
            for back in (0, 1, 2):
                day = reached.date() - back * DAY
                if not self.counted(period, day):
                    continue
                midnight = datetime.combine(day, datetime.min.time())
                for start, end in period.times or ((0, 1440),):
                    opens = midnight + timedelta(minutes=start)
                    closes = midnight + timedelta(minutes=end if end > start else end + 1440)
                    passed = reached >= closes if end == 1440 else shown >= closes < ahead
                    if reached >= opens and not passed:
                        return True
        return False

    def counted(self, period: Period, day: date) -> bool:
        key = id(period), day
        if key not in self.known:
            self.known[key] = self.counts(period, day)
        return self.known[key]

    def counts(self, period: Period, day: date) -> bool:
        kinds = [
            day.weekday() in period.weekdays,
            period.workdays and self.worked(day),
            period.restdays and not self.worked(day),
        ]
        free = not (period.weekdays or period.workdays or period.restdays)
        return (free or any(kinds)) and (not period.monthdays or day.day <= 15)

    def worked(self, day: date) -> bool:
        holidays = self.given.schedule.layers[0].holidays
        return day in holidays.work or (day not in holidays.rest and day.weekday() < 5)

    def following(self, layer: Layer, last: datetime) -> datetime:
        count, unit = layer.every.count, layer.every.unit
        if unit == "workday":
            for _ in range(count):
                last += DAY
                while not self.worked(last.date()):
                    last += DAY
            return last
        if unit == "mo":
            month = last.replace(day=1)
            for _ in range(count):
                month = (month + 32 * DAY).replace(day=1)
            after = (month + 32 * DAY).replace(day=1)
            wanted = layer.handoff.monthday or layer.since.day
            return min(month + (wanted - 1) * DAY, after - DAY)
        return last + timedelta(**{{"h": "hours", "d": "days", "w": "weeks"}[unit]: count})


def compare(seed: int) -> None:
    given = Made(seed).given()
    of, zone = given.schedule, ZoneInfo(given.zone)
    ticks = clock(given.zone, given.day)
    walker = Walker(given, ticks)
    asked = range(WARM_UP, len(ticks.moments))
    built = list(shifts(of, ticks.moments[asked[0]], ticks.moments[-1] + MINUTE, zone))
    assert all(one.end == two.start for one, two in pairwise(built)), seed
    assert all(one.start < one.end for one in built), seed
    current = 0
    for minute in asked:
        now, expected = ticks.moments[minute], walker.at(minute)
        while built[current].end <= now:
            current += 1
        assert built[current].people == expected, (seed, ticks.shown[minute], given)
        if minute % 47 == 0:
            assert on_call(of, now, zone) == expected, (seed, ticks.shown[minute], given)
    for shift in built:
        assert on_call(of, shift.start, zone) == on_call(of, shift.end - 1, zone) == shift.people


@pytest.mark.parametrize("part", range(10))
def test_the_walker_and_the_builder_agree_on_a_thousand_random_schedules(part: int) -> None:
    for seed in range(part * 100, part * 100 + 100):
        compare(seed)


def test_an_interval_holds_by_itself_as_in_its_spans() -> None:
    for seed in range(200):
        made = Made(seed)
        when, ticks = made.interval(), clock(made.zone, made.day)
        walker = Walker(Given(made.zone, made.day, Schedule("S", (made.layer(0),)), {}), ticks)
        for minute in range(WARM_UP, len(ticks.moments), 13):
            assert contains(when, ticks.moments[minute]) == walker.holds(when, minute), seed

"""How long a text takes: it decides what an alert that becomes one costs.

Ratios to a plain Jinja rendering of the same template, measured in the same run, so that the
figures mean the same on every machine. Beyond one alert: long inputs (flat), many alerts (linear).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence

from jinja2 import Environment

from benchmarks._table import Row, Size, main
from sms_notify.model import MINUTE, Alert, Kind, Level
from sms_notify.text import Story, Texts, Wording
from sms_notify.text.defaults import ZH
from tests.text.samples import AT, everything

ROUNDS = 7


def seconds(work: Callable[[Story], object], stories: Sequence[Story]) -> float:
    """The best of several rounds, for one story, in CPU seconds."""
    return min(one_round(work, stories) for _ in range(ROUNDS))


def one_round(work: Callable[[Story], object], stories: Sequence[Story]) -> float:
    begin = time.process_time()
    for story in stories:
        work(story)
    return (time.process_time() - begin) / len(stories)


def plain() -> Callable[[Story], object]:
    """What a bridge does today: a Jinja template over the alert's fields, cut at 70."""
    environment = Environment(autoescape=False)
    environment.filters["fit"] = str
    template = environment.from_string(ZH.templates["page"])

    def render(story: Story) -> str:
        alert = story.alerts[0]
        return template.render(
            level="严重", name=alert.name, subject=alert.labels.get("instance", ""),
            value=alert.summary, time="09:16", code=12,
        )[:70]  # fmt: skip

    return render


def numbered(count: int) -> Story:
    alerts = tuple(
        Alert(
            "alertmanager", str(n), AT, None, Level.critical, "critical", "HostOutOfMemory",
            f"memory of db-{n:04d} is {n % 90 + 10}.5% full",
            {"instance": f"db-{n:04d}.prod.example.com:9100"}, {},
        )
        for n in range(count)
    )  # fmt: skip
    return Story(Kind.first, Level.critical, alerts, at=AT, code=12)


def mixed(count: int) -> Story:
    draw = random.Random(1)
    hosts = [f"{draw.choice('abcdef')}{n}-{draw.choice('xyz')}{n * 7}" for n in range(count)]
    one = numbered(1).alerts[0]
    alerts = tuple(
        Alert("a", host, AT, None, one.level, "", one.name, "", {"instance": host}, {})
        for host in hosts
    )
    return Story(Kind.first, Level.critical, alerts, at=AT, code=12)


def elsewhere(story: Story, turn: int) -> Story:
    """The same rule on another host with another value: every digit is turned."""
    alert = story.alerts[0]
    digits = str.maketrans("0123456789", "0123456789"[turn:] + "0123456789"[:turn])
    labels = {name: value.translate(digits) for name, value in alert.labels.items()}
    told = {
        name: text if name == "generatorURL" else text.translate(digits)
        for name, text in alert.annotations.items()
    }
    there = Alert(
        alert.source, "f", AT, None, alert.level, "", alert.name,
        alert.summary.translate(digits), labels, told,
    )  # fmt: skip
    return Story(story.kind, story.level, (there,), at=AT + turn * MINUTE, code=12 + turn)


def lengthened(story: Story, times: int) -> Story:
    alert = story.alerts[0]
    told = {name: text * times for name, text in alert.annotations.items()}
    longer = Alert(
        alert.source, "f", AT, None, alert.level, "", alert.name, alert.summary * times,
        alert.labels, told,
    )  # fmt: skip
    return Story(story.kind, story.level, (longer,), at=AT, code=12)


def rows(size: Size) -> Iterator[Row]:
    samples = everything()
    texts = Texts(Wording(signature="星云运维"))
    texts.learn(sample.alert.name for sample in samples)
    stories = [
        Story(Kind.first, sample.alert.level, (sample.alert,), at=AT, code=12) for sample in samples
    ][: size.of(len(samples), 5)]
    base, one = seconds(plain(), stories), seconds(texts.story, stories)
    beside = f"plain Jinja {base * 1e6:.0f} µs"
    case = f"a text, {len(stories)} kinds of alerts"
    yield Row(case, f"{one * 1e6:.0f} µs", beside, one * 1000, 0.1, at_most=True, unit="ms")
    turned = ([elsewhere(story, turn) for story in stories] for turn in range(1, ROUNDS + 1))
    fresh = min(one_round(texts.story, each) for each in turned)
    case = "a text, each time another host and value"
    yield Row(case, f"{fresh * 1e6:.0f} µs", f"{one * 1e6:.0f} µs", fresh / one)
    for times in (10, 100):
        long = seconds(texts.story, [lengthened(story, times) for story in stories])
        case = f"a text, {times} x as long inputs"
        yield Row(case, f"{long * 1e6:.0f} µs", f"{one * 1e6:.0f} µs", long / one)
    for count in size.of((20, 200, 2000), (20,)):
        for name, story in (("numbered", numbered(count)), ("mixed", mixed(count))):
            each = seconds(texts.story, [story])
            case = f"a text of {count} alerts, {name} hosts"
            yield Row(case, f"{each * 1e3:.2f} ms", f"{each / count * 1e6:.1f} µs an alert")


if __name__ == "__main__":
    main(rows)

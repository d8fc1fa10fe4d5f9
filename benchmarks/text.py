"""How long a text takes: python benchmarks/text.py

Ratios to a plain Jinja rendering of the same template, measured in the same run, so that the
figures mean the same on every machine. Beyond one alert: long inputs (flat), many alerts (linear).
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from jinja2 import Environment

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sms_notify.model import Alert, Kind, Level
from sms_notify.text import Story, Texts, Wording
from sms_notify.text.defaults import ZH
from tests.text.samples import AT, everything

ROUNDS = 7


def seconds(work: Callable[[Story], object], stories: Sequence[Story]) -> float:
    """The best of several rounds, for one story, in CPU seconds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begin = time.process_time()
        for story in stories:
            work(story)
        best = min(best, time.process_time() - begin)
    return best / len(stories)


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


def lengthened(story: Story, times: int) -> Story:
    alert = story.alerts[0]
    told = {name: text * times for name, text in alert.annotations.items()}
    longer = Alert(
        alert.source, "f", AT, None, alert.level, "", alert.name, alert.summary * times,
        alert.labels, told,
    )  # fmt: skip
    return Story(story.kind, story.level, (longer,), at=AT, code=12)


def main() -> None:
    samples = everything()
    texts = Texts(Wording(signature="星云运维"))
    texts.learn(sample.alert.name for sample in samples)
    stories = [
        Story(Kind.first, sample.alert.level, (sample.alert,), at=AT, code=12) for sample in samples
    ]
    base = seconds(plain(), stories)
    one = seconds(texts.story, stories)
    print(f"plain Jinja, cut at 70       {base * 1e6:8.1f} µs")
    print(f"one alert, {len(stories)} kinds       {one * 1e6:8.1f} µs   {one / base:6.1f} x plain")
    for times in (10, 100):
        long = seconds(texts.story, [lengthened(story, times) for story in stories])
        print(f"the same, {times:3d} x as long      {long * 1e6:8.1f} µs   {long / one:6.2f} x")
    for count in (20, 200, 2000):
        for name, story in (("numbered", numbered(count)), ("mixed", mixed(count))):
            each = seconds(texts.story, [story])
            print(
                f"{count:5d} alerts, {name:8s}     {each * 1e3:8.2f} ms"
                f"   {each / count * 1e6:6.1f} µs each"
            )


if __name__ == "__main__":
    main()

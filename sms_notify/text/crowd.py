"""Who is affected when several alerts are told in one text: all members where they fit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sms_notify.text.fold import Group, fold, listed, natural
from sms_notify.text.measure import units
from sms_notify.text.parts import Form, Step
from sms_notify.text.speech import Speech
from sms_notify.text.story import Story
from sms_notify.text.subject import Subject, clipped, told_apart, without_port

_LONGEST = 45
"""Units that members may take at most: some name, level, time and code need the rest."""

_SHOWN = 2
"""Groups named where not all of them fit: `A B等12台`."""

_LONGEST_KEPT = 24


def forms(story: Story, subjects: Sequence[Subject], speech: Speech) -> tuple[Form, ...]:
    """All members; shorter lists of all; a few with the count; the count alone. Never empty."""
    named = [subject for subject in subjects if subject.label]
    more = f"+{story.more}" if story.more else ""
    count = _count(story, named, speech) + more
    found: list[Form] = []
    for text, step in _written(story, subjects, named, count, speech):
        length = units(text)
        if length <= _LONGEST and (not found or length < found[-1].units):
            found.append(Form(text, length, step if found else Step.whole))
    if not found or units(count) < found[-1].units:
        found.append(Form(count, units(count), Step.members if found else Step.whole))
    return tuple(found)


def _count(story: Story, named: Sequence[Subject], speech: Speech) -> str:
    """`12台` where every alert has a host of its own, `12个` for other things, else `12条`."""
    words, alerts = speech.language, len(story.alerts)
    distinct = len(set(_raw(story, named)))
    if not named or distinct != alerts:
        return words.alerts.format(alerts)
    hosts = len({without_port(raw) for raw in _raw(story, named)}) == alerts
    hosts = hosts and all(subject.is_host for subject in named)
    return (words.hosts if hosts else words.things).format(alerts)


def _raw(story: Story, named: Sequence[Subject]) -> list[str]:
    """The label values behind the subjects: two hosts may have the same short name."""
    if len(named) < len(story.alerts):
        return [subject.text for subject in named]
    pairs = zip(story.alerts, named, strict=True)
    return [alert.labels.get(subject.label, "") for alert, subject in pairs]


def _written(
    story: Story,
    subjects: Sequence[Subject],
    named: Sequence[Subject],
    count: str,
    speech: Speech,
) -> Iterator[tuple[str, Step]]:
    groups = _members(story, named, speech)
    if not groups:
        return
    whole = f"{count} " + " ".join(group.text for group in groups)
    kept = _kept(story, groups, speech)
    if kept:
        yield f"{whole} {kept}", Step.whole
    yield whole, Step.extra if kept else Step.whole
    if any(subject.workload for subject in named):
        groups = _workloads(named, speech)
        yield f"{count} " + " ".join(group.text for group in groups), Step.hash
    words, hosts = speech.language, all(subject.is_host for subject in named)
    several = words.some_hosts if hosts and len(named) == len(subjects) else words.some_things
    more = f"+{story.more}" if story.more else ""
    for shown in range(min(len(groups) - 1, _SHOWN), 0, -1):
        some = " ".join(group.text for group in groups[:shown])
        yield several.format(some, len(story.alerts)) + more, Step.members
    for some in _few(_texts(story, named, speech)):
        yield several.format(some, len(story.alerts)) + more, Step.members


def _few(texts: Sequence[str]) -> Iterator[str]:
    """Two of many, then one, each as short as a subject may be: somebody is always named."""
    ordered = sorted(dict.fromkeys(texts), key=natural)
    for shown in range(min(len(ordered) - 1, _SHOWN), 0, -1):
        yield " ".join(clipped(text) for text in ordered[:shown])


def _members(story: Story, named: Sequence[Subject], speech: Speech) -> tuple[Group, ...]:
    if any(subject.workload and subject.short != subject.text for subject in named):
        return _pods(named, speech)
    return fold(_texts(story, named, speech))


def _texts(story: Story, named: Sequence[Subject], speech: Speech) -> list[str]:
    """Every subject as it is written alone; hosts so that they stay different."""
    if named and len(named) == len(story.alerts) and all(one.is_host for one in named):
        return [speech.say(text) for text in told_apart(_raw(story, named))]
    return [speech.say(subject.text) for subject in named]


def _pods(named: Sequence[Subject], speech: Speech) -> tuple[Group, ...]:
    """`checkout-[6hfvg,7hfvg] payment-api-9xk2l`: pods by what they belong to."""
    endings: dict[str, dict[str, None]] = {}
    for subject in named:
        work = subject.workload or subject.text
        ending = subject.text.removeprefix(work).removeprefix("-")
        endings.setdefault(work, {})[ending] = None
    return tuple(
        listed(speech.say(work), [speech.say(ending) for ending in found])
        for work, found in endings.items()
    )


def _workloads(named: Sequence[Subject], speech: Speech) -> tuple[Group, ...]:
    """`checkout(3) payment-api`: how many pods of each, the most first."""
    pods = {subject.text: subject.workload or subject.text for subject in named}
    return tuple(
        Group(f"{speech.say(work)}({number})" if number > 1 else speech.say(work), number)
        for work, number in Counter(pods.values()).most_common()
    )


def _kept(story: Story, groups: Sequence[Group], speech: Speech) -> str:
    """On one host: the mount points or devices in which its alerts differ."""
    if len(groups) != 1 or groups[0].members != 1:
        return ""
    for label in speech.keep:
        values = dict.fromkeys(alert.labels.get(label, "") for alert in story.alerts)
        if len(values) > 1 and all(values):
            said = ",".join(speech.say(value) for value in values)
            return said if units(said) <= _LONGEST_KEPT else ""
    return ""

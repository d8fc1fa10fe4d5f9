"""Where the file names people, schedules, receivers and intervals, and whether they are there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sms_notify.config.problems import Problem
from sms_notify.config.schedules import GAP
from sms_notify.config.values import did_you_mean
from sms_notify.config.walking import listed, mapping, named, routes, texts
from sms_notify.config.yaml import Plain, Where

TOLD = ("person", "team", "schedule")
NEXT_IN_LINE = re.compile(r"(.+)\+([0-9]+)")


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in the file, where, and which kinds it may be; `gap`: `none` is a word here."""

    where: Where
    name: str
    wanted: tuple[str, ...]
    gap: bool = False


def dangling(data: dict[str, Plain], kinds: Mapping[str, str]) -> Iterator[Problem]:
    """Every name that is not there or is something else; `kinds` says what each name is."""
    for reference in references(data):
        if reference.gap and reference.name == GAP:
            continue
        known = _intervals(data) if reference.wanted == ("time interval",) else kinds
        text = _wrong(reference, known)
        if text:
            yield Problem(reference.where, text)


def _intervals(data: dict[str, Plain]) -> Mapping[str, str]:
    return dict.fromkeys(mapping(data.get("time_intervals")), "time interval")


def _wrong(reference: Reference, kinds: Mapping[str, str]) -> str | None:
    name, wanted = reference.name, reference.wanted
    line = NEXT_IN_LINE.fullmatch(name) if wanted == TOLD else None
    if line:
        if int(line[2]) == 0:
            return f'"{name}" is whoever is on call; write {line[1]}'
        name, wanted = line[1], ("schedule",)
    kind = kinds.get(name)
    if kind in wanted:
        return None
    takes = " or ".join(wanted)
    if kind is not None:
        return f'"{name}" is a {kind}; write the name of a {takes}'
    known = [known for known, its_kind in kinds.items() if its_kind in wanted]
    hint = did_you_mean(name, known) or f"; write the name of a {takes}"
    return f'unknown {takes} "{name}"{hint}'


def references(data: dict[str, Plain]) -> Iterator[Reference]:
    """Every name that the file uses."""
    for team, members in mapping(data.get("teams")).items():
        yield from _each(members, ("teams", team), ("person",))
    for where, person in named(data.get("people"), ("people",)):
        quiet = mapping(person.get("quiet"))
        yield from _each(quiet.get("when"), (*where, "quiet", "when"), ("time interval",))
    for where, schedule in named(data.get("schedules"), ("schedules",)):
        yield from _of_schedule(schedule, where)
    for where, receiver in listed(data.get("receivers"), ("receivers",)):
        yield from _each(receiver.get("to"), (*where, "to"), TOLD)
        for at, step in listed(receiver.get("steps"), (*where, "steps")):
            yield from _each(step.get("to"), (*at, "to"), TOLD)
    checks = mapping(data.get("checks"))
    yield from _each(checks.get("tell"), ("checks", "tell"), TOLD)
    proof = mapping(checks.get("proof_of_life"))
    yield from _each(proof.get("to"), ("checks", "proof_of_life", "to"), TOLD)
    for where, heartbeat in listed(data.get("heartbeats"), ("heartbeats",)):
        yield from _each(heartbeat.get("receiver"), (*where, "receiver"), ("receiver",))
    for where, route in routes(data.get("route"), ("route",)):
        for key in ("mute_time_intervals", "active_time_intervals"):
            yield from _each(route.get(key), (*where, key), ("time interval",))
        receiver_name = route.get("receiver")
        if isinstance(receiver_name, str):
            yield Reference((*where, "receiver"), receiver_name, ("receiver",))


def _of_schedule(schedule: dict[str, Plain], where: Where) -> Iterator[Reference]:
    yield from _each(schedule.get("rotate"), (*where, "rotate"), ("person",), gap=True)
    for at, layer in listed(schedule.get("shifts"), (*where, "shifts")):
        yield from _each(layer.get("rotate"), (*at, "rotate"), ("person",), gap=True)
        yield from _each(layer.get("when"), (*at, "when"), ("time interval",))
    for at, override in listed(schedule.get("overrides"), (*where, "overrides")):
        for key in ("who", "instead_of"):
            yield from _each(override.get(key), (*at, key), ("person",), gap=True)


def _each(
    value: Plain, where: Where, wanted: tuple[str, ...], *, gap: bool = False
) -> Iterator[Reference]:
    return (Reference(at, name, wanted, gap) for at, name in texts(value, where))

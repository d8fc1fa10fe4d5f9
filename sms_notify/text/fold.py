"""Many hosts in few characters: `db-[01-03,07]`, never a host that was not there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_ADDRESS = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
_RUNS = re.compile(r"(\d+)")
_LONGEST_LIST = 41
_SCAN = 4000
_MANY = 24
"""More groups than these fit into no SMS: then only the first hosts are looked at, to name some."""


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts that differ in one number, written as one: `db-[01-03,07]` of 4 members."""

    text: str
    members: int


def fold(hosts: Iterable[str]) -> tuple[Group, ...]:
    """Groups that together name every host exactly once, in natural order of the hosts; of
    thousands that are too many groups to be told, those of the first."""
    left = sorted(dict.fromkeys(hosts), key=natural)
    by_number = _by_number(left[:_SCAN])
    if len(left) > _SCAN and len(by_number) <= _MANY:
        by_number = _by_number(left)
    if len(by_number) > 1 and all(_ADDRESS.fullmatch(host) for host in left):
        together = _addresses(left)
        if len(together.text) <= _LONGEST_LIST:
            return (together,)
    return by_number


def _addresses(left: list[str]) -> Group:
    """`10.0.[1.2,7.5]`: addresses of several nets by the octets they share."""
    octets = [host.split(".") for host in left]
    shared = 0
    while shared < 3 and len({parts[shared] for parts in octets}) == 1:
        shared += 1
    if not shared:
        return Group(" ".join(left), len(left))
    inside = ",".join(".".join(parts[shared:]) for parts in octets)
    return Group(f"{'.'.join(octets[0][:shared])}.[{inside}]", len(left))


def listed(work: str, endings: Sequence[str]) -> Group:
    """`checkout-[6hfvg,7hfvg]`: what is the same but for an ending that is no number."""
    if len(endings) == 1:
        return Group(f"{work}-{endings[0]}", 1)
    return Group(f"{work}-[{','.join(endings)}]", len(endings))


def _by_number(left: list[str]) -> tuple[Group, ...]:
    groups: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for host in left:
        runs = tuple(_RUNS.split(host))
        groups.setdefault(_skeleton(runs), []).append(runs)
    return tuple(group for alike in groups.values() for group in _fold_alike(alike))


def natural(host: str) -> tuple[tuple[int, int | str], ...]:
    """A sorting key in which `db-9` comes before `db-10`."""
    return tuple((0, int(run)) if run.isdecimal() else (1, run) for run in _RUNS.split(host) if run)


def _skeleton(runs: Sequence[str]) -> tuple[str, ...]:
    return tuple(runs[0::2])


def _fold_alike(alike: list[tuple[str, ...]]) -> list[Group]:
    """Hosts of one skeleton: fold over the number that leaves the fewest groups."""
    if len(alike) == 1:
        return [Group("".join(alike[0]), 1)]
    positions = [at for at in range(1, len(alike[0]), 2) if len({runs[at] for runs in alike}) > 1]
    best = min((_buckets(alike, at) for at in reversed(positions)), key=len)
    return [_written(bucket) for bucket in best]


_Bucket = tuple[tuple[str, ...], int, list[str]]


def _buckets(alike: list[tuple[str, ...]], at: int) -> list[_Bucket]:
    """Groups (runs of one member, position, numbers) of hosts equal but for the number `at`."""
    rest: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for runs in alike:
        rest.setdefault((*runs[:at], "", *runs[at + 1 :]), []).append(runs)
    return [
        (members[0], at, numbers)
        for members in rest.values()
        for numbers in _by_width([runs[at] for runs in members])
    ]


def _by_width(numbers: list[str]) -> list[list[str]]:
    """`01 02 10` belong together, `1 2 10` too, `01 1` do not: widths must stay readable."""
    padded = {len(number) for number in numbers if number[0] == "0" and len(number) > 1}
    sets: dict[int, list[str]] = {}
    for number in numbers:
        sets.setdefault(len(number) if len(number) in padded else 0, []).append(number)
    return list(sets.values())


def _written(bucket: _Bucket) -> Group:
    runs, at, numbers = bucket
    if len(numbers) == 1:
        return Group("".join((*runs[:at], numbers[0], *runs[at + 1 :])), 1)
    inside = ",".join(_ranges(numbers))
    return Group(f"{''.join(runs[:at])}[{inside}]{''.join(runs[at + 1 :])}", len(numbers))


def _ranges(numbers: list[str]) -> list[str]:
    """`01 02 03 07` → `01-03`, `07`; two in a row stay two."""
    ordered = sorted(numbers, key=int)
    ranges: list[str] = []
    start = 0
    for end in range(1, len(ordered) + 1):
        if end < len(ordered) and int(ordered[end]) == int(ordered[end - 1]) + 1:
            continue
        run = ordered[start:end]
        ranges.extend(run if len(run) < 3 else [f"{run[0]}-{run[-1]}"])
        start = end
    return ranges

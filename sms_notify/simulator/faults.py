"""Faults on demand: which requests they strike, and what they leave of the answer."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from sms_notify.simulator.model import Call, Ending, Outcome
from sms_notify.simulator.pages import page, plain

HUGE = 10_000_000


class Kind(StrEnum):
    """What goes wrong. slow may come on top of any other kind; of the others the first strikes.

    After these the gateway has taken the request (accepted, billed, handed out): drop_after,
    truncated, bom, wrong_charset, slow. After the others it has not, unless `taken` says so.
    """

    BUSY = "busy"
    SLOW = "slow"
    REFUSE = "refuse"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    TRUNCATED = "truncated"
    HTML = "html"
    HTTP500 = "http500"
    REDIRECT = "redirect"
    GARBAGE = "garbage"
    EMPTY = "empty"
    BOM = "bom"
    HUGE = "huge"
    WRONG_CHARSET = "wrong_charset"
    ANSWER = "answer"


TAKEN = frozenset({Kind.SLOW, Kind.DROP_AFTER, Kind.TRUNCATED, Kind.BOM, Kind.WRONG_CHARSET})
NEVER_TAKEN = frozenset({Kind.REFUSE, Kind.DROP_BEFORE})


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault and the requests it strikes.

    calls: which calls; with all of them also requests to unknown paths.
    probability: of striking a request that it could strike.
    count: strikes left, None for no limit · since, until: UTC microseconds, until excluded.
    host: only requests to this host (as handed to Gateway.answer), "" for every host.
    taken: has the gateway taken the request? None: what is usual for the kind.
    seconds: for slow · location: for redirect · text: for answer (`-10`, `-9`, …).
    keep: for truncated, bytes of the body that are sent; None for half of them.
    """

    kind: Kind
    calls: frozenset[Call] = frozenset(Call)
    probability: float = 1.0
    count: int | None = None
    since: int | None = None
    until: int | None = None
    host: str = ""
    taken: bool | None = None
    seconds: float = 0.0
    location: str = ""
    text: str = ""
    keep: int | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a fault that could never be meant."""
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError("probability must be between 0 and 1")
        if self.seconds < 0 or (self.count is not None and self.count < 0):
            raise ValueError("seconds and count must not be negative")
        if self.kind in NEVER_TAKEN and self.taken:
            raise ValueError(f"{self.kind} never takes the request; use drop_after")
        if self.kind is Kind.REDIRECT and not self.location:
            raise ValueError("redirect needs a location")
        if not self.location.isprintable():
            raise ValueError("a location is one line")

    @property
    def takes(self) -> bool:
        """True when the gateway has taken the request that this fault strikes."""
        return self.kind in TAKEN if self.taken is None else self.taken

    def could_strike(self, call: Call | None, now: int, host: str) -> bool:
        """True when call, time and host are those of the fault."""
        return (
            (call in self.calls if call else len(self.calls) == len(Call))
            and (self.since is None or now >= self.since)
            and (self.until is None or now < self.until)
            and self.host in ("", host)
        )


@dataclass(frozen=True, slots=True)
class Strike:
    """What strikes one request: seconds of slowness and at most one other fault."""

    seconds: float = 0.0
    fault: Fault | None = None


class Faults:
    """The faults that are set, in the order in which they were set; `lock` is the gateway's."""

    __slots__ = ("_lock", "_rng", "_set")

    def __init__(self, rng: random.Random, lock: threading.RLock) -> None:
        self._lock = lock
        self._rng = rng
        self._set: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Set a fault; it strikes from the next request on."""
        with self._lock:
            self._set.append(fault)

    def clear(self, kind: Kind | None = None) -> None:
        """Take away all faults, or those of one kind."""
        with self._lock:
            self._set = [fault for fault in self._set if kind not in (None, fault.kind)]

    def current(self) -> list[Fault]:
        """The faults that are set, with the strikes that are left in count."""
        with self._lock:
            return list(self._set)

    def strike(self, call: Call | None, now: int, host: str = "") -> Strike:
        """What strikes this request; uses up counts."""
        with self._lock:
            struck = self._strike(call, now, host)
            self._set = [fault for fault in self._set if fault.count != 0]
            return struck

    def _strike(self, call: Call | None, now: int, host: str) -> Strike:
        seconds, struck = 0.0, None
        for place, fault in enumerate(self._set):
            if struck is not None and fault.kind is not Kind.SLOW:
                continue
            if not fault.could_strike(call, now, host) or not self._hits(fault):
                continue
            self._use(place)
            if fault.kind is Kind.SLOW:
                seconds += fault.seconds
            else:
                struck = fault
        return Strike(seconds, struck)

    def _hits(self, fault: Fault) -> bool:
        return fault.probability >= 1.0 or self._rng.random() < fault.probability

    def _use(self, place: int) -> None:
        fault = self._set[place]
        if fault.count is not None:
            self._set[place] = replace(fault, count=fault.count - 1)


def spoil(
    good: Outcome, fault: Fault, call: Call | None, charset: str, rng: random.Random
) -> Outcome:
    """What is left of a good answer when `fault` strikes."""
    if fault.kind is Kind.BUSY:
        return plain(_busy(call))
    if fault.kind is Kind.GARBAGE:
        return plain(rng.randbytes(200))
    if fault.kind is Kind.ANSWER:
        return plain(fault.text.encode(charset, "replace"))
    if fault.kind is Kind.WRONG_CHARSET:
        return plain(_in_wrong_charset(good.body, charset))
    return _SPOILED[fault.kind](good, fault)


def _busy(call: Call | None) -> bytes:
    # -3 is of 1.1.2 and 1.1.3, -99 of 1.1.1; 1.1.4 names no busy code
    return b"-3" if call in (Call.REPORTS, Call.REPLIES) else b"-99"


def _in_wrong_charset(body: bytes, charset: str) -> bytes:
    wrong = "gbk" if charset.lower().replace("_", "-") in ("utf-8", "utf8") else "utf-8"
    return body.decode(charset, "replace").encode(wrong, "replace")


def _truncated(good: Outcome, fault: Fault) -> Outcome:
    keep = len(good.body) // 2 if fault.keep is None else fault.keep
    keep = max(0, min(keep, len(good.body) - 1))
    return replace(
        good, body=good.body[:keep], length=max(1, len(good.body)), ended=Ending.TRUNCATED
    )


def _redirect(good: Outcome, fault: Fault) -> Outcome:
    moved = page(302, "Object moved")
    return replace(moved, headers=(*moved.headers, ("Location", fault.location)))


def _closed(ended: Ending) -> Callable[[Outcome, Fault], Outcome]:
    return lambda good, fault: Outcome(status=0, ended=ended)


_SPOILED: dict[Kind, Callable[[Outcome, Fault], Outcome]] = {
    Kind.SLOW: lambda good, fault: good,
    Kind.REFUSE: _closed(Ending.REFUSED),
    Kind.DROP_BEFORE: _closed(Ending.DROPPED_BEFORE),
    Kind.DROP_AFTER: _closed(Ending.DROPPED_AFTER),
    Kind.TRUNCATED: _truncated,
    Kind.HTML: lambda good, fault: page(200, "The page cannot be displayed"),
    Kind.HTTP500: lambda good, fault: page(500, "HTTP Error 500.100 - Internal Server Error"),
    Kind.REDIRECT: _redirect,
    Kind.EMPTY: lambda good, fault: plain(b""),
    Kind.BOM: lambda good, fault: plain(b"\xef\xbb\xbf\r\n" + good.body + b"\r\n"),
    Kind.HUGE: lambda good, fault: plain(b"9" * HUGE),
}

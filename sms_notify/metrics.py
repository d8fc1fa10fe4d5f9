"""What Prometheus may scrape: every name and known label value is there from the start, at 0."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Info,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sms_notify import __version__
from sms_notify.errors import leaves
from sms_notify.model import SECOND, MessageState, Micros, Verdict

SOURCES = ("alertmanager", "line", "zabbix")
STATUSES = ("202", "400", "413", "500", "503", "gone")
"""The answers that calls get; `gone`: the caller went away before its body was whole."""
WAITING = (
    MessageState.held,
    MessageState.queued,
    MessageState.sending,
    MessageState.uncertain,
)
POLLS = ("page", "nothing", "busy", "account_down", "unknown", "unreached", "lost")
"""What polls come to; `lost`: reports may have been handed out and not have arrived."""
REPORTS = ("matched", "unmatched", "again", "unreadable")
"""What entries of a page come to; `unmatched`: of no message that we know of, yet."""
ERRANDS = ("acknowledge", "silence", "watch", "alive")
ERRAND_STATES = ("done", "waiting", "failed", "dropped")
"""What calls to the sources of alerts come to; `waiting`: again later."""
REPLIES = (
    "done", "late", "answered", "which", "nothing_open", "wrong_code", "locked", "ignored",
    "refused", "unclear", "opt_out", "unknown_sender", "echo", "ambiguous", "again",
)  # fmt: skip
"""What an SMS from a phone comes to."""
AHEAD = (
    "gap", "empty_step", "empty_root", "holidays_end", "overlap", "idle_override", "unknown_name",
)  # fmt: skip
"""What a look ahead at the rota may find."""
UNEXPECTED = "unexpected"
"""The reason of an error that is none of ours: a fault of this program."""


# twice the page, and nobody asks when a counter was made; typed here, because there it is not
_without_created: Callable[[], None] = disable_created_metrics


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand in the store at one moment, for the gauges."""

    waiting: Mapping[MessageState, int] = field(default_factory=dict)
    oldest_queued_at: Micros | None = None
    gateways: Mapping[str, bool] = field(default_factory=dict)
    balances: Mapping[str, int] = field(default_factory=dict)
    open_incidents: int = 0
    billed: int = 0
    budget: int = 0
    lost_polls: Mapping[tuple[str, str], int] = field(default_factory=dict)  # account, kind
    unreadable_pages: Mapping[tuple[str, str], int] = field(default_factory=dict)
    silent: Mapping[str, bool] = field(default_factory=dict)
    heartbeats: Mapping[str, tuple[Micros | None, bool]] = field(default_factory=dict)
    """By name: when it was seen last, None for never; and whether it is missing."""


class Spooled(Protocol):
    """How much waits in the spool of the Zabbix alert script; `bad` was moved aside."""

    @property
    def entries(self) -> int: ...
    @property
    def bytes(self) -> int: ...
    @property
    def oldest_at(self) -> Micros | None: ...
    @property
    def bad(self) -> int: ...


class Metrics:
    """The counters of one process; labels hold only words of ours, never a text of an alert."""

    def __init__(self) -> None:
        _without_created()
        self.registry = CollectorRegistry()
        self._info()
        self.calls = self._counter("calls", "Calls answered.", "source", "status")
        self.alerts = self._counter("alerts", "Alerts stored.", "source")
        self.bad = self._counter("bad_alerts", "Alerts that could not be understood.", "source")
        self.levels = self._counter(
            "unknown_levels", "Alerts whose level word `levels` does not list.", "source"
        )
        self.receivers = self._counter(
            "unknown_receivers", "Calls for a receiver that is not configured.", "source"
        )
        self.verdicts = self._counter("verdicts", "Decisions about telling one person.", "verdict")
        self.messages = self._counter("messages", "Moves of messages into a state.", "state")
        self.polls = self._counter("polls", "Polls for reports and replies.", "kind", "outcome")
        self.reports = self._counter("reports", "Delivery reports applied.", "result")
        self.errands = self._counter("errands", "Calls to the sources.", "kind", "state")
        self.unanswered = self._counter(
            "unanswered_incidents", "Escalations that ended without an answer."
        )
        self.replies = self._counter("replies", "SMS that people sent back.", "result")
        self.errors = self._counter("errors", "Things that went wrong.", "reason")
        self.fallbacks = self._counter("template_fallbacks", "Texts made without their template.")
        self.unrecorded = self._counter("unrecorded", "Calls that `server.record` could not keep.")
        self.refused = self._counter("unauthorized", "Requests without a valid token.")
        self.reloaded = Gauge(
            "sms_notify_config_last_reload_successful",
            "1 if the last reload of the configuration was taken.",
            registry=self.registry,
        )
        self.reloaded.set(1)
        self._ahead = Gauge(
            "sms_notify_look_ahead_problems",
            "What will be wrong in the rota within checks.look_ahead.",
            ["kind"],
            registry=self.registry,
        )
        self.ahead({})
        self._begin_at_zero()
        # looked up once: this is counted at every call
        self._by_verdict = {str(each): self.verdicts.labels(str(each)) for each in Verdict}
        self._queued = self.messages.labels(str(MessageState.queued))

    def ahead(self, by_kind: Mapping[str, int]) -> None:
        """What a look ahead found."""
        for kind in AHEAD:
            self._ahead.labels(kind).set(by_kind.get(kind, 0))

    def judged(self, verdicts: Mapping[str, int], messages: int, fallbacks: int) -> None:
        """Count what one input came to: decisions, new messages, texts without their template."""
        for verdict, number in verdicts.items():
            self._by_verdict[verdict].inc(number)
        if messages:
            self._queued.inc(messages)
        if fallbacks:
            self.fallbacks.inc(fallbacks)

    def moved(self, states: Iterable[MessageState]) -> None:
        """Count the states that messages have come to."""
        for state, number in collections.Counter(states).items():
            self.messages.labels(state).inc(number)

    def reported(self, results: Iterable[str]) -> None:
        """Count what became of the entries of a page of reports."""
        for result in results:
            self.reports.labels(result).inc()

    def errand(self, kind: str, state: str) -> None:
        """Count what became of one job for the source of an alert."""
        self.errands.labels(kind, state).inc()

    def replied(self, results: Iterable[str]) -> None:
        """Count what became of the SMS of a page of replies."""
        for result in results:
            self.replies.labels(result).inc()

    def error(self, error: BaseException) -> None:
        """Count one error under its reason."""
        self.errors.labels(getattr(error, "reason", UNEXPECTED)).inc()

    def watch(self, look: Callable[[], Standing], now: Callable[[], Micros]) -> None:
        """Take the gauges from `look` at each scrape; what it raises shows as store_up 0."""
        self.registry.register(_Gauges(look, now))

    def watch_spool(self, look: Callable[[], Spooled], now: Callable[[], Micros]) -> None:
        """Take the spool's gauges from `look` at each scrape; an OSError shows as spool_up 0."""
        self.registry.register(_SpoolGauges(look, now))

    def page(self) -> bytes:
        """The text that `/metrics` answers."""
        return generate_latest(self.registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"sms_notify_{name}", what, labels, registry=self.registry)

    def _info(self) -> None:
        info = Info("sms_notify_build", "The program.", registry=self.registry)
        info.info({"version": __version__})

    def _begin_at_zero(self) -> None:
        for kind in ERRANDS:
            for state in ERRAND_STATES:
                self.errands.labels(kind, state)
        for source in SOURCES:
            for status in STATUSES:
                self.calls.labels(source, status)
            for counter in (self.alerts, self.bad, self.levels, self.receivers):
                counter.labels(source)
        for counter, words in (
            (self.verdicts, [str(verdict) for verdict in Verdict]),
            (self.messages, [str(state) for state in MessageState]),
            (self.reports, REPORTS),
            (self.replies, REPLIES),
            (self.errors, [*(leaf.reason for leaf in leaves()), UNEXPECTED]),
        ):
            for word in words:
                counter.labels(word)
        for kind in ("reports", "replies"):
            for outcome in POLLS:
                self.polls.labels(kind, outcome)


class _Gauges(Collector):
    """The gauges, read from the store when somebody asks."""

    def __init__(self, look: Callable[[], Standing], now: Callable[[], Micros]) -> None:
        self._look = look
        self._now = now

    def describe(self) -> Iterable[Metric]:
        return []  # so that registering does not read the store

    def collect(self) -> Iterable[Metric]:
        up = _gauge("store_up", "1 if the store could be read.")
        try:
            standing = self._look()
        except Exception:  # a scrape must show that the store is away, not fail with it
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *self._of(standing)]

    def _of(self, standing: Standing) -> Iterable[Metric]:
        queue = _gauge("waiting_messages", "Messages that have not left.", "state")
        for state in WAITING:
            queue.add_metric([str(state)], standing.waiting.get(state, 0))
        age = _gauge("oldest_queued_seconds", "Age of the message that has waited longest.")
        queued_at = standing.oldest_queued_at
        age.add_metric([], 0 if queued_at is None else (self._now() - queued_at) / SECOND)
        incidents = _gauge("open_incidents", "Incidents that have not ended.")
        incidents.add_metric([], standing.open_incidents)
        up = _gauge("gateway_up", "0 while an account is taken to be down.", "account")
        for account, works in standing.gateways.items():
            up.add_metric([account], int(works))
        balance = _gauge("gateway_balance", "SMS left, as far as known.", "account")
        for account, left in standing.balances.items():
            balance.add_metric([account], left)
        billed = _gauge("month_billed", "SMS billed or about to be since the month began.")
        billed.add_metric([], standing.billed)
        budget = _gauge("month_budget", "SMS that the month may cost, 0 if no limit is set.")
        budget.add_metric([], standing.budget)
        known = [queue, age, incidents, up, balance, billed, budget]
        return [*known, *self._of_reports(standing), *self._of_heartbeats(standing)]

    def _of_heartbeats(self, standing: Standing) -> Iterable[Metric]:
        seen = _gauge(
            "heartbeat_seen_timestamp_seconds", "When it was seen last, 0: never.", "name"
        )
        missing = _gauge("heartbeat_missing", "1 while it does not come.", "name")
        for name, (at, is_missing) in standing.heartbeats.items():
            seen.add_metric([name], (at or 0) / SECOND)
            missing.add_metric([name], int(is_missing))
        return [seen, missing]

    def _of_reports(self, standing: Standing) -> Iterable[Metric]:
        by = ("account", "kind")
        lost = _gauge("lost_polls", "Polls whose page may be lost, in the retention.", *by)
        unreadable = _gauge("unreadable_pages", "Pages of polls given up for now.", *by)
        silent = _gauge("reports_silent", "1 while an account gives no reports.", "account")
        for turn, number in standing.lost_polls.items():
            lost.add_metric(turn, number)
        for turn, number in standing.unreadable_pages.items():
            unreadable.add_metric(turn, number)
        for account, is_silent in standing.silent.items():
            silent.add_metric([account], int(is_silent))
        return [lost, unreadable, silent]


class _SpoolGauges(Collector):
    """The gauges of the spool, read from the folder when somebody asks."""

    def __init__(self, look: Callable[[], Spooled], now: Callable[[], Micros]) -> None:
        self._look = look
        self._now = now

    def describe(self) -> Iterable[Metric]:
        return []  # so that registering does not read the folder

    def collect(self) -> Iterable[Metric]:
        try:
            spooled = self._look()
        except OSError:
            return [_single("spool_up", "1 if the spool could be read.", 0)]
        oldest = spooled.oldest_at
        age = 0 if oldest is None else max(0, self._now() - oldest) / SECOND
        return [
            _single("spool_up", "1 if the spool could be read.", 1),
            _single("spool_entries", "Calls of the alert script that wait.", spooled.entries),
            _single("spool_bytes", "Size of what waits in the spool.", spooled.bytes),
            _single("spool_oldest_seconds", "Age of what has waited longest.", age),
            _single("spool_bad", "Files moved aside, for the operator.", spooled.bad),
        ]


def _single(name: str, what: str, value: float) -> GaugeMetricFamily:
    family = _gauge(name, what)
    family.add_metric([], value)
    return family


def _gauge(name: str, what: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"sms_notify_{name}", what, labels=labels)

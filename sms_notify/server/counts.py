"""The counters of one source's calls, looked up by their labels once instead of at each call."""

from __future__ import annotations

from sms_notify.metrics import STATUSES, Metrics


class Counts:
    """What `/metrics` shows of the calls of one source."""

    def __init__(self, metrics: Metrics, source: str) -> None:
        self.source = source
        self.answers = {status: metrics.calls.labels(source, status) for status in STATUSES}
        self._alerts = metrics.alerts.labels(source)
        self._bad = metrics.bad.labels(source)
        self._levels = metrics.levels.labels(source)

    def took(self, alerts: int, bad: int, unknown_levels: int) -> None:
        """A call was stored: its alerts, what could not be understood, level words not listed."""
        self._alerts.inc(alerts)
        if bad:
            self._bad.inc(bad)
        if unknown_levels:
            self._levels.inc(unknown_levels)

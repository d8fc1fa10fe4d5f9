"""What somebody did to a problem in Zabbix: is it acknowledged, and what a text says of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sms_notify.config.durations import format_duration
from sms_notify.config.model import Flapping
from sms_notify.model import Alert, Kind, Micros
from sms_notify.sources.zabbix import Update, update_of
from sms_notify.text import Did, Remark

_FLAPS = {
    "zh": "{within}内{changes}次,{mute}内不再发",
    "en": "{changes}x in {within}, quiet for {mute}",
}


def of_flapping(rule: Flapping, language: str) -> Remark:
    """What the one text says of something that comes and goes."""
    said = _FLAPS.get(language, _FLAPS["zh"]).format(
        within=format_duration(rule.within),
        changes=rule.changes,
        mute=format_duration(rule.mute),
    )
    return Remark(Did.flapping, said=said)


def acknowledged_by(alerts: Iterable[Alert]) -> str:
    """Who acknowledged one of these in Zabbix; "" if none of them tells that."""
    acks = [update for update in _updates(alerts) if update.acknowledged]
    return (acks[-1].user or "Zabbix") if acks else ""


def taken_back_by(alerts: Iterable[Alert]) -> str:
    """Who took the acknowledgement of one of these back in Zabbix, or ""."""
    unacks = [update for update in _updates(alerts) if update.unacknowledged]
    return (unacks[-1].user or "Zabbix") if unacks else ""


def remark_of(
    kind: Kind, alerts: Sequence[Alert], now: Micros
) -> tuple[Remark | None, Micros | None]:
    """What a text about these says of the update that they are, and when it was made.

    (None, None) if they are none, or more than one.
    """
    updates = _updates(alerts) if kind is Kind.update else []
    if len(updates) != 1:
        return None, None
    [update] = updates
    return Remark(_did(update), update.user, update.message), update.at or now


def _updates(alerts: Iterable[Alert]) -> list[Update]:
    return [
        update for alert in alerts if "update" in alert.annotations and (update := update_of(alert))
    ]


def _did(update: Update) -> Did:
    if update.acknowledged:
        return Did.acknowledged
    return Did.unacknowledged if update.unacknowledged else Did.changed

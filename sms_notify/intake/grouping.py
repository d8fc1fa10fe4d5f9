"""The alerts of a call, sorted into the incidents they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sms_notify import routing
from sms_notify.config.model import Route
from sms_notify.intake.holding import mutes_of
from sms_notify.intake.rules import Chain, Rules, freeze_steps
from sms_notify.model import (
    Alert,
    Bad,
    Call,
    IncidentState,
    Level,
    Micros,
    occurrence_fingerprint,
)
from sms_notify.store.facts import Incident


@dataclass(slots=True)
class Group:
    """The alerts of a call that belong to one incident."""

    key: str
    chain: Chain
    repeat_interval: Micros
    routes: tuple[Route, ...] = ()
    """The routes that lead here; () where the call asked for the receiver."""
    alerts: list[Alert] = field(default_factory=list)


UNREADABLE = "unreadable"
"""The source of alerts made of what could not be understood."""


def bad_alert(call: Call, bad: Bad, rules: Rules) -> Alert:
    """What could not be understood, as an alert of name and level only, for the root receiver."""
    level = bad.level if bad.level is not None else rules.config.site.default_level
    name = bad.name or f"unreadable alert from {call.source}"
    labels = {"alertname": name, "source": call.source, "where": bad.where}
    return Alert(
        source=UNREADABLE,
        fingerprint=occurrence_fingerprint({"name": name, "source": call.source}),
        starts_at=call.called_at,
        ended_at=None,
        level=level,
        source_level="",
        name=name,
        summary=name,
        labels=labels,
    )


def new_incident(group: Group, first: Alert, now: Micros, *, event: bool) -> Incident:
    """An incident that opens now, its steps frozen; counters still at zero."""
    return Incident(
        id=0,
        group_key=group.key,
        receiver=group.chain.name,
        source=first.source,
        state=IncidentState.open.value,
        level=Level(first.level),
        name=first.name,
        steps=freeze_steps(group.chain.steps),
        step=0,
        round=0,
        firing=0,
        members=0,
        max_told=0,
        opened_at=now,
        last_seen=now,
        acked_by=None,
        acked_at=None,
        muted_until=None,
        ended_at=None,
        end_reason=None,
        event=event,
        repeat_every=None,
        version=0,
        mutes=mutes_of(group.routes),
        rounds=group.chain.rounds,
        ack_timeout=group.chain.ack_timeout,
        stepped_at=now,
    )


def grouped(rules: Rules, call: Call) -> list[Group]:
    """Route every alert of the call; several routes (`continue`) put it into several groups."""
    groups: dict[str, Group] = {}
    if call.receiver is not None:
        _asked_for(rules, call, groups)
    else:
        _routed(rules, call, groups)
    for bad in call.bad:
        chain = rules.chain(None)
        key = routing.group_key(chain.name, {UNREADABLE: call.source, "name": bad.name})
        group = groups.setdefault(key, Group(key, chain, 0))
        group.alerts.append(bad_alert(call, bad, rules))
    return list(groups.values())


def _asked_for(rules: Rules, call: Call, groups: dict[str, Group]) -> None:
    """The call names its receiver: all of it is one group, and no route is asked."""
    if call.alerts:
        chain = rules.chain(call.receiver)
        key = routing.group_key(chain.name, call.group)
        interval = rules.config.route.repeat_interval
        groups[key] = Group(key, chain, interval, alerts=list(call.alerts))


def _routed(rules: Rules, call: Call, groups: dict[str, Group]) -> None:
    """What a route leaves in the source's own grouping has one key, worked out once a call."""
    root = rules.config.route
    own: dict[int, Group] = {}
    for alert in call.alerts:
        labels = routing.route_labels(alert)
        for route in routing.destinations(root, labels):
            group = own.get(id(route))
            if group is None:
                shared = routing.group_labels(route, labels, call.group)
                group = _group_of(rules, route, shared, groups)
                if shared is call.group and route.group_by is None:
                    own[id(route)] = group
            if not group.alerts or group.alerts[-1] is not alert:  # two routes, one receiver
                group.alerts.append(alert)


def _group_of(
    rules: Rules, route: Route, labels: Mapping[str, str], groups: dict[str, Group]
) -> Group:
    chain = rules.chain(route.receiver)
    key = routing.group_key(chain.name, labels)
    group = groups.get(key)
    if group is None:
        group = groups[key] = Group(key, chain, route.repeat_interval)
    if not any(route is known for known in group.routes):
        group.routes = (*group.routes, route)
    return group

"""Which routes an alert takes, and which alerts belong together: Alertmanager's dispatch, exactly.

Depth first; the first matching child wins unless it says `continue`; a route is taken itself when
no child of it is (dispatch/route.go, Route.Match). Matchers are ANDed, a missing label is "".
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import orjson

from sms_notify.config.model import Route
from sms_notify.model import Alert

ALL_LABELS = ("...",)
"""`group_by: ['...']`: every label, so that only equal label sets belong together."""

_LONGEST_KEY = 1_000  # bytes; PostgreSQL refuses an index entry above 2,700


def route_labels(alert: Alert) -> dict[str, str]:
    """What matchers see: the alert's labels, its mapped `level`, and its `source`.

    `level` and `source` are always ours, also where the alert has labels of these names; the
    source's own word for the level stays in `Alert.source_level`.
    """
    return {**alert.labels, "level": alert.level.name, "source": alert.source}


def destinations(root: Route, labels: Mapping[str, str]) -> tuple[Route, ...]:
    """The routes that an alert with these labels takes, in order; the root if no other.

    Several only through `continue`; two of them may name the same receiver.
    """
    return tuple(_below(root, labels) or (root,))


def _below(route: Route, labels: Mapping[str, str]) -> list[Route]:
    taken: list[Route] = []
    for child in route.routes:
        if _matches(child, labels):
            taken += _below(child, labels) or (child,)
            if not child.continue_:
                break
    return taken


def _matches(route: Route, labels: Mapping[str, str]) -> bool:
    # a plain loop: all(…) costs twice as much, and this runs for every alert and route
    for matcher in route.matchers:  # noqa: SIM110
        if not matcher.matches(labels):
            return False
    return True


def group_labels(
    route: Route, labels: Mapping[str, str], source_group: Mapping[str, str]
) -> Mapping[str, str]:
    """What an alert shares with the others of its incident.

    The source's own grouping unless the route sets `group_by`; labels that the alert lacks are
    left out, as in Alertmanager. `labels` are those of `route_labels`. An event of Zabbix or a
    line that has none of the `group_by` labels keeps its own grouping: otherwise all such events
    would be one incident, and one acknowledgement would silence the next of them.
    """
    if route.group_by is None:
        return source_group
    if route.group_by == ALL_LABELS:
        return labels
    found = {name: labels[name] for name in route.group_by if name in labels}
    if not found and labels.get("source") != "alertmanager":
        return source_group
    return found


def group_key(receiver: str, labels: Mapping[str, str]) -> str:
    """The incident's key: the same text for the same receiver and labels in any order, for ever.

    It is stored: open incidents are found by it after an update of this program.
    """
    key = orjson.dumps([receiver, dict(labels)], option=orjson.OPT_SORT_KEYS)
    if len(key) <= _LONGEST_KEY:
        return key.decode()
    return orjson.dumps([receiver, hashlib.sha256(key).hexdigest()]).decode()

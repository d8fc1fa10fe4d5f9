"""How the suite is spread over the cores: files stay whole, Zabbix is shared, the clock is watched
alone.

With pytest-xdist (`scripts/test -n auto --dist loadfile`) each file goes to one worker. What needs
Zabbix is marked `zabbix`: one server for all of it, mostly waited for, beside the rest. What
measures time, or fills the machine itself, is marked `alone` and runs afterwards, by itself.
"""

from __future__ import annotations

import os

import pytest

FIRST = ("zabbix", "simulation", "acceptance", "inbound", "real", "oncall")
"""Folders with the longest files: begun first, so that no worker is left over at the end."""

ALONE = frozenset(
    {
        "acceptance/test_chaos.py",
        "acceptance/test_demo.py",
        "acceptance/test_faults.py",
        "acceptance/test_load.py",
        "acceptance/test_outage.py",
        "acceptance/test_secrets.py",
        "acceptance/test_twins.py",
        "cli/test_startup.py",
        "real/test_connections.py",
        "server/test_webhooks.py",
        "text/test_goals.py",
    }
)


def thorough(short: int, whole: int) -> int:
    """How often something random is done: `whole` where SMS_NOTIFY_TEST_LONG is set."""
    return whole if os.environ.get("SMS_NOTIFY_TEST_LONG") else short


def spread(items: list[pytest.Item]) -> None:
    """Mark what must not run beside others, and put the longest files in front."""
    for item in items:
        if "zabbix" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.zabbix)
        if place(item) in ALONE:
            item.add_marker(pytest.mark.alone)
    items.sort(key=_rank)


def place(item: pytest.Item) -> str:
    """`acceptance/test_load.py`."""
    return "/".join(item.path.parts[-2:])


def _rank(item: pytest.Item) -> int:
    folder = item.path.parent.name
    return FIRST.index(folder) if folder in FIRST else len(FIRST)

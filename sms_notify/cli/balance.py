"""`sms-notify balance`: how many SMS are left with each account, and for how long."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from sms_notify.cli.options import config_option, json_option
from sms_notify.cli.output import say_json, say_table
from sms_notify.cli.reading import opened

if TYPE_CHECKING:
    from sms_notify.config import Config
    from sms_notify.store import Store

COLUMNS = ("gateway", "account", "state", "balance", "available", "read_at", "days_left", "shared")


@click.command("balance")
@json_option
@config_option
def command(as_json: bool, config_path: Path | None) -> None:
    """SMS left as last read, less what was sent since, and for how many days they last.

    The running service reads the balance; this command only looks at what it wrote.
    """
    with opened(config_path) as (store, config):
        rows = _rows(config, store)
    if as_json:
        say_json(rows)
    else:
        say_table(rows, COLUMNS)


def _rows(config: Config, store: Store) -> list[dict[str, Any]]:
    from sms_notify.delivery.purse import forecast
    from sms_notify.store import purse
    from sms_notify.store.reading import local_time
    from sms_notify.store.sql import json_set

    zone = ZoneInfo(config.site.timezone)
    names = json_set(sorted({each.account for each in config.sms}))
    with store.reading() as tx:
        found = {row[0]: row for row in tx.all(purse.PURSES, accounts=names)}
        now = store.now()
        days = {
            name: forecast(tx, zone, name, _available(row) or 0, now) for name, row in found.items()
        }
    rows = []
    for gateway in config.sms:
        row = found.get(gateway.account)
        known = row is not None and row[1] >= 0
        rows.append(
            {
                "gateway": gateway.name,
                "account": gateway.account,
                "state": f"down: {row[8]}" if row and row[7] == "open" else "works",
                "balance": row[1] if row and known else None,
                "spent_since": row[2] if row and known else None,
                "available": _available(row) if row else None,
                "read_at": local_time(row[4], zone) if row and row[4] else None,
                "days_left": days.get(gateway.account) if known else None,
                "shared": bool(row[5]) if row else False,
                "warn_below": gateway.balance.warn_below,
                "reserve_for_critical": gateway.balance.reserve_for_critical,
            }
        )
    return rows


def _available(row: tuple[Any, ...]) -> int | None:
    return max(0, row[1] - row[2]) if row[1] >= 0 else None

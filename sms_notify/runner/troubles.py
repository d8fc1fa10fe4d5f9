"""What is wrong with a part of a service that takes alerts all the same."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sms_notify import inbound
from sms_notify.draining import spool_trouble
from sms_notify.intake.outlay import month_of
from sms_notify.runner.site import Site
from sms_notify.store import outlay, standing


def troubles(site: Site) -> dict[str, str]:
    """By part, for `/-/ready` and whoever looks at it. Raises StoreError."""
    now = site.store.now()
    accounts = [gateway.account for gateway in site.terms.gateways]
    up = standing.standing(site.store, accounts).gateways
    return {
        **spool_trouble(site.rules.config.server.spool, now),
        **_budget(site),
        **{f"gateway {name}": "down" for name, works in up.items() if not works},
        **inbound.shown(site.store, now),
    }


def _budget(site: Site) -> dict[str, str]:
    """A month whose SMS are used up."""
    config = site.rules.config
    if config.throttle.month is None:
        return {}
    day, _ = month_of(site.store.now(), ZoneInfo(config.site.timezone))
    with site.store.reading() as tx:
        used = outlay.billed(tx, day)
    spent = used >= config.throttle.month
    return {"budget": f"used up: {used} SMS this month, only critical pages go"} if spent else {}

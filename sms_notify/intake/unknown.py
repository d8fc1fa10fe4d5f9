"""A call for a receiver that is not configured: the root receiver has it, the operator hears so."""

from __future__ import annotations

import re

from sms_notify.intake.grouping import Group
from sms_notify.intake.notice import Notice
from sms_notify.intake.rules import Rules
from sms_notify.model import HOUR, Micros, mask_phone

_ZH = "配置里没有接收人{asked}: 发给它的告警改发给了{receiver}"
_PHONE = re.compile(r"\+?\d{7,}")
_EN = "UNKNOWN RECEIVER {asked}: what was sent to it went to {receiver}"


def unknown(rules: Rules, group: Group, asked: str, told: tuple[str, ...], now: Micros) -> Notice:
    """What the operator hears of it, once an hour: the caller chooses the name, so no name may
    make a flood. `told` are the people who have the alert; they hear of no second SMS."""
    text = _EN if rules.config.site.language == "en" else _ZH
    masked = _PHONE.sub(lambda found: mask_phone(found[0]), asked)
    said = text.format(asked=masked, receiver=group.chain.name)
    return Notice(rules, f"unknown_receiver:{now // HOUR}", said, besides=told)

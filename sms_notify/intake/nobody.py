"""An alert that reaches nobody: said to the operator, who may be somebody all the same."""

from __future__ import annotations

from sms_notify.intake.grouping import Group
from sms_notify.intake.notice import Notice
from sms_notify.intake.rules import Rules
from sms_notify.model import HOUR, Micros

_ZH = "无人可通知: {receiver}和兜底现在都没有人值班 {name}"
_EN = "NOBODY TO TELL: nobody is on call for {receiver}, nor for the root receiver: {name}"


def nobody(rules: Rules, group: Group, now: Micros) -> Notice:
    """What the operator hears of it: once an hour for each receiver, however much fires."""
    worst = max(group.alerts, key=lambda alert: alert.level)
    text = _EN if rules.config.site.language == "en" else _ZH
    said = text.format(receiver=group.chain.name, name=worst.name)
    return Notice(rules, f"nobody:{group.chain.name}:{now // HOUR}", said, worst.level)

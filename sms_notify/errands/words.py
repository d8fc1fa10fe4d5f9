"""What a person reads when the source could not be told."""

from __future__ import annotations

from collections.abc import Mapping

from sms_notify.errands.job import Done
from sms_notify.intake import Rules
from sms_notify.store import jobs

_ZH: Mapping[str, str] = {
    jobs.ACKNOWLEDGE: "您的确认已记录,但未能写入Zabbix:{why}",
    jobs.SILENCE: "您的确认已记录,但Alertmanager未能静默:{why}",
    "token": "令牌无效",
    "no_permission": "无权限或事件不存在",
}
_EN: Mapping[str, str] = {
    jobs.ACKNOWLEDGE: "Your answer counts, but Zabbix could not be told: {why}",
    jobs.SILENCE: "Your answer counts, but Alertmanager did not silence it: {why}",
    "token": "the token is refused",
    "no_permission": "no permission, or no such event",
}


def failed_text(rules: Rules, done: Done) -> str:
    """`您的确认已记录,但未能写入Zabbix:令牌无效`: the answer itself stands."""
    known = _EN if rules.config.site.language == "en" else _ZH
    reason = done.answer.split(" ", 1)[0]
    why = known.get(reason, reason)
    return known[done.job.kind].format(why=why)

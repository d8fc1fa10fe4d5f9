"""What delivery has to say to the operator: an account in trouble, a balance that runs out."""

from __future__ import annotations

from collections.abc import Mapping

from sms_notify.delivery.ended import Settled
from sms_notify.delivery.flight import Terms
from sms_notify.delivery.purse import Weighed
from sms_notify.intake import Input, Notice, Rejudge, Rules
from sms_notify.model import DAY, Level, Micros

_ZH: Mapping[str, str] = {
    "login": "短信账号{account}登录失败,请核对账号和密码",
    "locked": "短信账号{account}已被锁定,请联系短信平台",
    "balance": "短信账号{account}余额不足,请充值",
    "down": "短信账号{account}发送不通",
    "low": "短信账号{account}余额{left}条{days},请充值",
    "days": ",约可用{days}天",
    "nearly": "本月短信已用{used}条,预算{limit}条",
    "spent": "本月短信预算{limit}条已用完,只发严重告警,其余等下月或调高预算",
    "shared": "短信账号{account}另有程序在用,余额不能再作为发送凭据",
}
_EN: Mapping[str, str] = {
    "login": "SMS account {account}: login refused, check account and password",
    "locked": "SMS account {account} is locked, ask its vendor",
    "balance": "SMS account {account}: balance used up, top it up",
    "down": "SMS account {account}: nothing gets through",
    "low": "SMS account {account}: {left} SMS left{days}, top it up",
    "days": ", about {days} days",
    "nearly": "{used} of the {limit} SMS budgeted for this month are used",
    "spent": "Budget of {limit} SMS used up: only critical until next month or a larger one",
    "shared": "SMS account {account} is used by other programs too: its balance proves nothing",
}


def of_settled(rules: Rules, terms: Terms, settled: Settled, now: Micros) -> list[Input]:
    """An account went down: told where another one can carry it."""
    accounts = {gateway.account for gateway in terms.gateways}
    if not settled.opened or len(accounts) < 2:
        return []
    words = _words(rules)
    text = words.get(settled.trouble, words["down"]).format(account=settled.account)
    key = f"account_down:{settled.account}:{settled.trouble}:{now // DAY}"
    return [Notice(rules, key, text, Level.critical)]


def of_weighed(rules: Rules, weighed: Weighed, kept: list[str], now: Micros) -> list[Input]:
    """A balance is low or shared; and what was kept back is judged again once there is more."""
    words, found = _words(rules), list[Input]()
    if weighed.low:
        days = "" if weighed.days_left is None else words["days"].format(days=weighed.days_left)
        text = words["low"].format(account=weighed.account, left=weighed.left, days=days)
        found.append(Notice(rules, f"low:{weighed.account}:{now}", text, Level.critical))
    if weighed.shared:
        text = words["shared"].format(account=weighed.account)
        found.append(Notice(rules, f"shared:{weighed.account}:{now}", text, Level.critical))
    if weighed.more and kept:
        found.append(Rejudge(rules, kept))
    return found


NEARLY = 80
"""Percent of a budget."""


def of_budget(rules: Rules, used: int, day: int) -> list[Notice]:
    """The budget of the month that began on `day` is nearly, or all, used up."""
    limit = rules.config.throttle.month
    if limit is None or used * 100 < limit * NEARLY:
        return []
    what = "spent" if used >= limit else "nearly"
    text = _words(rules)[what].format(used=used, limit=limit)
    return [Notice(rules, f"budget:{what}:{day}:{limit}", text, Level.critical)]


def _words(rules: Rules) -> Mapping[str, str]:
    return _EN if rules.config.site.language == "en" else _ZH

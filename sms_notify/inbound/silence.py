"""A report that does not come: proof that it did not arrive, or a gateway that does not report?"""

from __future__ import annotations

from dataclasses import replace

from sms_notify.inbound.effects import Effects
from sms_notify.intake import Ledger, Notice, Rules
from sms_notify.model import MINUTE, Micros
from sms_notify.store import polls
from sms_notify.store.evidence import Evidence, Reporter, Send

LATELY: Micros = 15 * MINUTE
"""A gateway that reported within this time is known to report."""

TEXTS = {
    "zh": "短信账号{account}收不到送达回执,已发短信无法确认是否送达,请联系短信平台",
    "en": "no delivery reports from SMS account {account}: ask its vendor",
}


class Silence:
    """What silence means within one input."""

    def __init__(self, ledger: Ledger, rules: Rules, known: Evidence) -> None:
        self.ledger = ledger
        self.rules = rules
        self.known = known

    def broken(self, account: str, reported_to: Micros) -> None:
        """A report came: the account is known to report, up to what was sent at `reported_to`."""
        was = self._of(account)
        reported_to = max(reported_to, was.reported_to or 0)
        now = self.ledger.now
        self.ledger.write(polls.REPORTED, of_account=account, now=now, to=reported_to)
        back = replace(was, last_report_at=now, reported_to=reported_to, silent_at=None)
        self.ledger.put(self.known.reporters, account, back)
        if was.silent_at is not None:
            self.ledger.event("gateway", 0, "reports_back", account)

    def one(self, effects: Effects, send: Send) -> None:
        """The report of this message is due: act as if it had failed, or say why not."""
        if not self._reports(send):
            self._say(send, "no report in time; the gateway gives none")
            self._tell_once(send.account)
        elif self._may_be_lost(send):
            self._say(send, "no report in time; a poll since then may have lost it")
        elif not effects.missing_counts(send):
            self._say(send, "no report in time")
        else:
            self._say(send, "no report in time, though the gateway gives them")
            effects.not_delivered(send, "no report of it came")

    def _reports(self, send: Send) -> bool:
        """A report of something sent later, or any within LATELY, was applied."""
        reporter = self._of(send.account)
        later = (reporter.reported_to or 0) > _sent_at(send)
        return later or (reporter.last_report_at or 0) >= self.ledger.now - LATELY

    def _may_be_lost(self, send: Send) -> bool:
        lost_at = self.known.lost_at.get(send.account)
        return lost_at is not None and lost_at >= _sent_at(send)

    def _of(self, account: str) -> Reporter:
        return self.known.reporters.get(account) or Reporter(account, None, None, None)

    def _say(self, send: Send, detail: str) -> None:
        self.ledger.event("message", send.message, "missing", detail)

    def _tell_once(self, account: str) -> None:
        """The operator hears of it once, until a report comes again."""
        was = self._of(account)
        if was.silent_at is not None:
            return
        now = self.ledger.now
        self.ledger.write(polls.SILENCED, of_account=account, now=now)
        self.ledger.put(self.known.reporters, account, replace(was, silent_at=now))
        self.ledger.event("gateway", 0, "reports_silent", f"{account}: no report comes")
        said = TEXTS.get(self.rules.config.site.language, TEXTS["zh"]).format(account=account)
        Notice(self.rules, f"reports_silent:{account}:{now}", said).judge(self.ledger, now)


def _sent_at(send: Send) -> Micros:
    return send.sent_at or send.started_at

"""The gateway itself: accounts, four calls, billing and reports, as a machine without a clock."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from sms_notify.simulator.asked import Asked, poll_refusal, read, send_refusal
from sms_notify.simulator.faults import Faults, Strike, spoil
from sms_notify.simulator.model import (
    Account,
    Call,
    Fate,
    Logged,
    Options,
    Outcome,
    Reply,
    Report,
    Sms,
)
from sms_notify.simulator.pages import not_found, plain, query_too_long
from sms_notify.simulator.phones import Phones
from sms_notify.simulator.text import is_number
from sms_notify.simulator.truth import Truth
from sms_notify.simulator.waiting import Waiting

MOST_REPORTS = 100
MOST_REPLIES = 50
LOG_LENGTH = 200_000
FIRST_SMSID = 6_408_676
FIRST_REPLY = 133


class Gateway:
    """企业短信通 in memory. Times are UTC microseconds and always arguments; safe among threads.

    forbidden: words that make -3 · refused: numbers that are never accepted
    fates: phone → what becomes of SMS to it (delivered when absent)
    report_delays: phone → microseconds, when not options.report_delay
    on_arrival: called with each SMS as it reaches its phone
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        options: Options | None = None,
        rng: random.Random | None = None,
    ) -> None:
        self.options = options or Options()
        self.rng = rng or random.Random(0)
        self.lock = threading.RLock()
        self.forbidden: set[str] = set()
        self.refused: set[str] = set()
        self.fates: dict[str, Fate] = {}
        self.report_delays: dict[str, int] = {}
        self.phones = Phones(self.lock)
        self.truth = Truth(self.lock)
        self.faults = Faults(self.rng, self.lock)
        self.log: deque[Logged] = deque(maxlen=LOG_LENGTH)
        self.on_arrival: Callable[[Sms], None] | None = None
        self._first_accounts = tuple(accounts)
        if not self._first_accounts:
            raise ValueError("a gateway needs at least one account")
        self._next_smsid = FIRST_SMSID
        self._next_reply = FIRST_REPLY
        self._open_accounts()

    def _open_accounts(self) -> None:
        self._accounts = {account.name: account for account in self._first_accounts}
        self._reports: dict[str, Waiting[Report]] = {name: Waiting() for name in self._accounts}
        self._replies: dict[str, Waiting[Reply]] = {name: Waiting() for name in self._accounts}
        self._on_the_way: Waiting[Sms] = Waiting()
        self._last_sender: dict[str, str] = {}

    # The one way in: sockets and virtual time both come through here.

    def answer(self, path_and_query: bytes, now: int, host: str = "") -> Outcome:
        """Answer one GET. path_and_query: the raw bytes of the request line, `/path?query`.

        host only selects faults that are set for one host. Never raises for any bytes.
        """
        with self.lock:
            self.advance(now)
            asked = read(path_and_query, self.options)
            strike = self.faults.strike(asked.call, now, host)
            outcome = self._outcome(asked, strike, now)
            self.log.append(self._logged(asked, strike, outcome, now))
            self.advance(now)
            return outcome

    def _outcome(self, asked: Asked, strike: Strike, now: int) -> Outcome:
        fault = strike.fault
        good = self._page(asked, now) if fault is None or fault.takes else plain(b"")
        if fault is not None:
            good = spoil(good, fault, asked.call, self.options.charset, self.rng)
        return replace(good, seconds=strike.seconds) if strike.seconds else good

    def _page(self, asked: Asked, now: int) -> Outcome:
        if asked.call is None:
            return not_found()
        if asked.query_length > self.options.query_limit:
            return query_too_long()
        line = self._line(asked.call, asked, now)
        return plain(line.encode(self.options.charset, "replace"))

    def _line(self, call: Call, asked: Asked, now: int) -> str:
        account = self._accounts.get(asked.name)
        if call is Call.SEND:
            refusal = send_refusal(asked, account, self.forbidden)
        else:
            refusal = poll_refusal(asked, account)
        if refusal or account is None:
            return refusal
        if call is Call.SEND:
            return self._send(asked, account, now)
        if call is Call.REPORTS:
            return _listed([r.entry() for r in self._take_reports(account.name, now)])
        if call is Call.REPLIES:
            comma = self.options.comma_replies
            return _listed([r.entry(comma) for r in self._take_replies(account.name, now)])
        return str(account.balance)

    # 1.1.1 send

    def _send(self, asked: Asked, account: Account, now: int) -> str:
        good = [phone for phone in asked.phones if self._accepts(phone)]
        ids = self._new_ids(len(good))
        for phone, smsid in zip(good, ids, strict=True):
            self._accept(asked, account.name, phone, smsid, now)
        spent = len(good) * asked.segments
        self._accounts[account.name] = replace(account, balance=account.balance - spent)
        shown = ids[:1] if self.options.one_id else ids
        return f"0|{len(good)}|{len(asked.phones) - len(good)}|{','.join(shown)}"

    def _accepts(self, phone: str) -> bool:
        return is_number(phone) and phone not in self.refused

    def _new_ids(self, wanted: int) -> list[str]:
        first = self._next_smsid
        if self.options.one_id:
            self._next_smsid += 1
            return [str(first)] * wanted
        self._next_smsid += wanted
        return [str(number) for number in range(first, first + wanted)]

    def _accept(self, asked: Asked, account: str, phone: str, smsid: str, now: int) -> None:
        at = max(now, asked.due or 0)
        sms = Sms(
            id=smsid,
            account=account,
            phone=phone,
            text=asked.text,
            units=asked.units,
            segments=asked.segments,
            accepted_at=now,
            at=at,
            garbled=asked.garbled,
        )
        self.truth.count(sms)
        self._last_sender[phone] = account
        self._on_the_way.put(at, sms)

    # Time

    def advance(self, now: int) -> None:
        """Let every SMS that is due by `now` reach its phone, and its report be written."""
        with self.lock:
            for sms in self._on_the_way.take(now, len(self._on_the_way)):
                self._arrive(sms)

    def next_due(self) -> int | None:
        """When the next SMS reaches a phone, in UTC microseconds, or None."""
        with self.lock:
            return self._on_the_way.next_due()

    def next_fetch(self) -> int | None:
        """When the next report or reply may be fetched, in UTC microseconds, or None."""
        with self.lock:
            dues = [self._on_the_way.next_due()]
            dues += [each.next_due() for each in self._reports.values()]
            dues += [each.next_due() for each in self._replies.values()]
            return min((due for due in dues if due is not None), default=None)

    def _arrive(self, sms: Sms) -> None:
        fate = self.fates.get(sms.phone, Fate.DELIVERED)
        if fate.reaches:
            self.phones.put(sms)
            if self.on_arrival is not None:
                self.on_arrival(sms)
        if fate.status is not None:
            delay = self.report_delays.get(sms.phone, self.options.report_delay)
            report = Report(sms.id, sms.phone, fate.status)
            self._reports[sms.account].put(sms.at + delay, report)

    # 1.1.2 reports, 1.1.3 replies: what is taken is gone, whether or not the answer arrives

    def _take_reports(self, account: str, now: int) -> list[Report]:
        return self._reports[account].take(now, MOST_REPORTS)

    def _take_replies(self, account: str, now: int) -> list[Reply]:
        return self._replies[account].take(now, MOST_REPLIES)

    def report(self, account: str, smsid: str, phone: str, status: int, at: int = 0) -> None:
        """Put any report, also a second one or one of somebody else's SMS; from `at` on.

        Raises KeyError for an unknown account.
        """
        with self.lock:
            self._reports[account].put(at, Report(smsid, phone, status))

    def reply(self, phone: str, text: str, account: str = "", at: int = 0) -> str:
        """A person answers: an inbound SMS that can be fetched from `at` on; returns its id.

        It goes to `account`, else to the one that last sent to the phone, else to the first.
        phone and text are taken as they are. Raises KeyError for an unknown account.
        """
        with self.lock:
            to = account or self._last_sender.get(phone) or next(iter(self._accounts))
            number = str(self._next_reply)
            self._replies[to].put(at, Reply(number, phone, text))
            self._next_reply += 1
            return number

    # What a test or the control API may look at and change

    def account(self, name: str) -> Account:
        """The account as it stands now. Raises KeyError when there is none."""
        with self.lock:
            return self._accounts[name]

    def accounts(self) -> list[Account]:
        """All accounts as they stand now."""
        with self.lock:
            return list(self._accounts.values())

    def put_account(self, account: Account) -> None:
        """Add an account, or change one: its password, balance or lock."""
        with self.lock:
            self._accounts[account.name] = account
            self._reports.setdefault(account.name, Waiting())
            self._replies.setdefault(account.name, Waiting())

    def inbox(self, phone: str) -> list[Sms]:
        """The SMS that reached `phone`, oldest first."""
        with self.lock:
            return self.phones.inbox(phone)

    def requests(self, call: Call | None = None) -> list[Logged]:
        """The log, all of it or one call's, oldest first."""
        with self.lock:
            return [entry for entry in self.log if call is None or entry.call == call]

    def reset(self) -> None:
        """Back to the accounts of the start: no SMS, faults, words or log. Ids go on counting."""
        with self.lock:
            self._open_accounts()
            for kept in (self.forbidden, self.refused, self.fates, self.report_delays):
                kept.clear()
            for book in (self.phones, self.truth, self.faults, self.log):
                book.clear()

    def _logged(self, asked: Asked, strike: Strike, outcome: Outcome, now: int) -> Logged:
        return Logged(
            at=now,
            call=asked.call or "unknown",
            account=asked.name if asked.name in self._accounts else "",
            phones=asked.phones,
            text=asked.text,
            garbled=asked.garbled,
            status=outcome.status,
            answer=outcome.body[:4000].decode(self.options.charset, "replace"),
            ended=outcome.ended,
            fault=strike.fault.kind if strike.fault else "",
            seconds=outcome.seconds,
        )


def _listed(entries: list[str]) -> str:
    """`0`, or `N|entry|entry…` (document 1.1.2 and 1.1.3)."""
    return "|".join((str(len(entries)), *entries))

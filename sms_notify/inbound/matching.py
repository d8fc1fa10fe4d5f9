"""Which send a report is about: by id and phone, else by the one uncertain send it can prove. Pure.

A batch may have one id for all its phones, a report may come before our own commit of the send,
twice, for a message sent by somebody else on the account, or never.
"""

from __future__ import annotations

from collections.abc import Iterator

from sms_notify.model import MessageState, Micros
from sms_notify.store.evidence import Evidence, ReportKey, Send
from sms_notify.store.outbox import LOST

S = MessageState

UNANSWERED = frozenset({LOST, "uncertain"})
"""How a request ended from which no id ever came: any that its messages have, reports taught."""


def match(known: Evidence, report: ReportKey, at: Micros) -> Send | None:
    """The send that `report`, which came at `at`, is about; None if there is none, for now."""
    account, provider_id, _phone, _status = report
    to_phone = list(_to_phone(known, report))
    batch = known.batches.get((account, provider_id), set())
    for found in (
        [send for send in to_phone if _id(known, send) == provider_id],
        [send for send in to_phone if send.request in batch],
    ):
        if found:
            return max(found, key=lambda send: send.request)
    reporter = known.reporters.get(account)
    shared = reporter is not None and reporter.shared_at is not None
    if shared or (account, provider_id) in known.batches:
        return None  # it may be of what somebody else sent
    return _proved(known, to_phone, at)


def _to_phone(known: Evidence, report: ReportKey) -> Iterator[Send]:
    account, _provider_id, phone, _status = report
    for sends in known.sends.values():
        for send in sends:
            if send.phone == phone and send.account == account:
                yield send


def _id(known: Evidence, send: Send) -> str | None:
    return known.taught.get((send.request, send.message), send.provider_id)


def _proved(known: Evidence, to_phone: list[Send], at: Micros) -> Send | None:
    """The oldest send without an answer to that phone before the report, unless it may be of
    another: of several whose owner died, some may never have left (a page was lost by it), and
    each is sent once more, when it is time, rather than taken for delivered by another's report."""
    if any(known.states[send.message] == S.sending for send in to_phone):
        return None
    uncertain = [send for send in to_phone if send.started_at <= at and _is_uncertain(known, send)]
    if len(uncertain) > 1 and any(send.outcome == LOST for send in uncertain):
        return None
    return min(uncertain, key=lambda send: send.request, default=None)


def _is_uncertain(known: Evidence, send: Send) -> bool:
    if send.latest != send.request:
        return False
    state = known.states[send.message]
    waits_again = state == S.queued and send.second_sends > 0
    if state == S.sent:  # the balance proved it: the report is still to come
        return _id(known, send) is None and send.outcome in UNANSWERED
    no_id = _id(known, send) is None or send.outcome in UNANSWERED
    return no_id and (state == S.uncertain or waits_again)

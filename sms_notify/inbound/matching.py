"""Which send a report is about: by id and phone, else by the one uncertain send it can prove. Pure.

A batch may have one id for all its phones, a report may come before our own commit of the send,
twice, for a message sent by somebody else on the account, or never.
"""

from __future__ import annotations

from collections.abc import Iterator

from sms_notify.gateways import Status
from sms_notify.model import MessageState, Micros
from sms_notify.store.evidence import COUNTS_FOR, UNANSWERED, Evidence, Orphan, ReportKey, Send
from sms_notify.store.outbox import LOST

S = MessageState


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
    return _proved(known, report, to_phone, at)


def waits(known: Evidence, report: ReportKey) -> bool:
    """Does some send to its phone wait for a report of which we do not know the id?"""
    return any(_is_uncertain(known, send) for send in _to_phone(known, report))


def _to_phone(known: Evidence, report: ReportKey) -> Iterator[Send]:
    account, _provider_id, phone, _status = report
    for sends in known.sends.values():
        for send in sends:
            if send.phone == phone and send.account == account:
                yield send


def _id(known: Evidence, send: Send) -> str | None:
    return known.taught.get((send.request, send.message), send.provider_id)


def _proved(known: Evidence, report: ReportKey, to_phone: list[Send], at: Micros) -> Send | None:
    """The oldest send without an answer to that phone before the report, unless it may be of
    another: of several whose owner died, some may never have left (a page was lost by it), and
    each is sent once more, when it is time, rather than taken for delivered by another's report."""
    if any(known.states[send.message] == S.sending for send in to_phone):
        return None
    waiting = [send for send in to_phone if send.started_at <= at and _is_uncertain(known, send)]
    waiting = [send for send in waiting if _counts(send, at)] or waiting
    orphans = [each for each in known.orphans if _may_be_of(each, report, at)]
    told = {(send.request, send.message) for send in waiting} | known.taught.keys()
    orphans = [each for each in orphans if (each.request, each.message) not in told]
    it_may_be_of: list[Send | Orphan] = [*waiting, *orphans]
    several = len({each.message for each in it_may_be_of}) > 1
    died = orphans or any(send.outcome == LOST for send in waiting)
    if several and died and not _each_has_one(known, report, at, it_may_be_of):
        return None
    return min(waiting, key=lambda send: send.request, default=None)


def _counts(send: Send | Orphan, at: Micros) -> bool:
    return send.started_at <= at <= send.started_at + COUNTS_FOR


def _may_be_of(one: Orphan, report: ReportKey, at: Micros) -> bool:
    """May the report be of this one? Not if it came after that of a later send of the same."""
    account, _provider_id, phone, _status = report
    ended = one.followed_at is not None and one.followed_at < at
    return (one.account, one.phone) == (account, phone) and _counts(one, at) and not ended


def _each_has_one(
    known: Evidence, report: ReportKey, at: Micros, sends: list[Send | Orphan]
) -> bool:
    """As many reports as sends, all of them delivered: then all left, whichever is of which."""
    account, _provider_id, phone, _status = report
    since = min(send.started_at for send in sends)
    unmatched = {report} | {
        key
        for key, stored in known.reports.items()
        if stored.message is None
        and (key[0], key[2]) == (account, phone)
        and since <= stored.at <= at
    }
    ids = {key[1] for key in unmatched}
    return len(ids) == len(sends) and {key[3] for key in unmatched} == {Status.delivered}


def _is_uncertain(known: Evidence, send: Send) -> bool:
    if send.latest != send.request:
        return False
    state = known.states[send.message]
    waits_again = state == S.queued and send.second_sends > 0
    if state == S.sent:  # the balance proved it: the report is still to come
        return _id(known, send) is None and send.outcome in UNANSWERED
    no_id = _id(known, send) is None or send.outcome in UNANSWERED
    return no_id and (state == S.uncertain or waits_again)

"""Claim (transaction C): what may leave now, in requests, committed before a byte goes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sms_notify.delivery import words
from sms_notify.delivery.circuit import Account, first_up, read_accounts, to_probe
from sms_notify.delivery.flight import FRESH, Flight, History, Terms, add_usage
from sms_notify.delivery.gathering import Group, Waiting, gather
from sms_notify.delivery.reserve import covered
from sms_notify.gateways import Gateway, OneRecipient
from sms_notify.model import Kind, Level, Micros
from sms_notify.store import Store, accounts, outbox
from sms_notify.store import words as store_words
from sms_notify.store.sql import Row, Transaction, json_set
from sms_notify.text.forbidden import Rule

LEASES = 3
"""A lease is so many times the longest that a send can take."""
ALONE_FROM = 3
"""A message that failed so often goes in a request of its own: the fault may be its own."""
WORN = 5
"""A page that failed so often lets another one be the probe."""


def claim(store: Store, terms: Terms, now: Micros, most: int) -> list[Flight]:
    """At most `most` flights, the worst and oldest messages first; raises StoreUnavailable.

    The first gateway whose account is not down takes them all. One that is down gets one message
    at its time, as a probe.
    """
    if not terms.gateways or most <= 0:
        return []
    history = History(now)
    with store.writing() as tx:
        known = read_accounts(tx, terms, now)
        flights = _probes(tx, terms, known, history, now, most)
        usable = first_up(terms, known)
        if usable and len(flights) < most:
            room = most - len(flights)
            groups = _groups(tx, terms, usable, history, now, room)
            flights += _board(tx, terms, usable, groups, history, now)
        history.write(tx)
    return flights


# Probes


def _probes(
    tx: Transaction,
    terms: Terms,
    known: dict[str, Account],
    history: History,
    now: Micros,
    most: int,
) -> list[Flight]:
    flights: list[Flight] = []
    for name, gateway in to_probe(terms, known).items():
        if (known[name].probe_at or 0) <= now and len(flights) < most:
            flights += _probe(tx, terms, gateway, history, now)
    return flights


def _probe(
    tx: Transaction, terms: Terms, gateway: Gateway, history: History, now: Micros
) -> list[Flight]:
    found = _worst(tx, now)
    if found is None:
        return []
    until = now + LEASES * gateway.patience
    if not tx.run(accounts.TAKE_PROBE, of_account=gateway.account, now=now, until=until):
        return []  # another process was faster
    if found.state == "held":
        expires = now + lasts(terms, found.kind)
        tx.run(outbox.TAKE_HELD, of_id=found.id, now=now, expires=expires)
        history.message(found.id, "queued", "to probe the gateway")
    [found] = _carried(tx, gateway, [found], history)
    if isinstance(gateway, OneRecipient):
        groups = gather(tx, gateway, [found], history, now, 1)
    else:
        groups = [Group((found,), found.text)]
    return _board(tx, terms, gateway, groups, history, now, probe=True)


def _worst(tx: Transaction, now: Micros) -> Waiting | None:
    """The worst, oldest page, queued or held for the gateway; another message if there is none."""
    rows = [
        tx.one(outbox.PROBE_QUEUED, now=now, fresh=now - FRESH, worn=WORN),
        tx.one(outbox.PROBE_HELD, worn=WORN),
    ]
    columns = len(Waiting.__slots__)
    found = [(_order(row, columns), Waiting(*row[:columns])) for row in rows if row]
    return min(found, key=lambda each: each[0])[1] if found else None


def _order(row: Row, columns: int) -> tuple[int, int, int, int]:
    rank, worn, since = row[columns:]
    return rank, worn, -row[5], since


def lasts(terms: Terms, kind: str) -> Micros:
    """How long a message of this kind may wait in the queue."""
    resolved = kind == Kind.resolved
    return terms.settings.resolved_expires if resolved else terms.settings.expires


# Groups


def _groups(
    tx: Transaction, terms: Terms, gateway: Gateway, history: History, now: Micros, most: int
) -> list[Group]:
    waiting = _claimable(tx, now, max(terms.settings.batch, 2 * most))
    waiting = _carried(tx, gateway, waiting, history)
    waiting = covered(tx, terms, gateway, waiting, history)
    if isinstance(gateway, OneRecipient):
        return gather(tx, gateway, waiting, history, now, most)
    known = _known_phones(tx, terms, gateway, waiting)
    made = group(waiting, known, gateway, terms, most)
    return [Group(tuple(each), each[0].text) for each in made]


def _claimable(tx: Transaction, now: Micros, most: int) -> list[Waiting]:
    found: list[Waiting] = []
    for level in sorted(Level, reverse=True):
        rows = tx.all(outbox.CLAIMABLE, of_level=int(level), now=now, fresh=now - FRESH, most=most)
        found += [Waiting(*row) for row in rows]
        most -= len(rows)
        if most <= 0:
            break
    return found


def _carried(
    tx: Transaction, gateway: Gateway, waiting: Sequence[Waiting], history: History
) -> list[Waiting]:
    """The same, without the words that this account was refused for."""
    refused = words.known(tx, gateway.account)
    if not refused:
        return list(waiting)
    return [_without(tx, each, refused, history) for each in waiting]


def _without(
    tx: Transaction, one: Waiting, refused: Mapping[str, Rule], history: History
) -> Waiting:
    written = words.Written(one.text, one.units, one.segments)
    made = written.without(refused)
    if made == written:
        return one
    tx.run(store_words.RETEXT, **made.values(one.id))
    history.message(one.id, "rewritten", "it held a word that the gateway refuses")
    return replace(one, text=made.text, units=made.units, segments=made.segments)


def _known_phones(
    tx: Transaction, terms: Terms, gateway: Gateway, waiting: Iterable[Waiting]
) -> set[str]:
    phones = sorted({each.phone for each in waiting})
    if not phones:
        return set()
    names = [each.name for each in terms.gateways if each.account == gateway.account]
    rows = tx.all(
        outbox.KNOWN_PHONES,
        phones=json_set([phone] for phone in phones),
        gateways=json_set(names),
    )
    return {row[0] for row in rows}


def group(
    waiting: Sequence[Waiting], known: set[str], gateway: Gateway, terms: Terms, most: int
) -> list[list[Waiting]]:
    """The first `most` requests that these messages make, in their order. Pure.

    Together go messages of one text to different phones, each known to be accepted by this
    account, within the limits of a request. What is sent again goes in a request of its own.
    """
    groups: list[_Request] = []
    open_groups: dict[str, _Request] = {}
    for each in waiting:
        alone = each.resent > 0 or each.tries >= ALONE_FROM or each.phone not in known
        joined = None if alone else open_groups.get(each.text)
        if joined is not None and joined.takes(each):
            continue
        if len(groups) == most:
            continue  # later ones may still join a group that is open
        groups.append(_Request(each, gateway, terms.settings.batch))
        if not alone:
            open_groups[each.text] = groups[-1]
    return [each.messages for each in groups]


class _Request:
    """One that is being filled, with the messages that have a place in it."""

    def __init__(self, first: Waiting, gateway: Gateway, batch: int) -> None:
        self.messages = [first]
        self._phones = {first.phone}
        self._gateway = gateway
        self._most = min(batch, gateway.most_pieces // max(1, first.segments))
        self._room = gateway.room(first.text) - gateway.width(first.phone)

    def takes(self, one: Waiting) -> bool:
        """Add it, if there is room for it; a number twice in a request may count once."""
        width = self._gateway.width(one.phone)
        if len(self.messages) >= self._most or width > self._room or one.phone in self._phones:
            return False
        self.messages.append(one)
        self._phones.add(one.phone)
        self._room -= width
        return True


def _board(
    tx: Transaction,
    terms: Terms,
    gateway: Gateway,
    groups: Sequence[Group],
    history: History,
    now: Micros,
    probe: bool = False,
) -> list[Flight]:
    """A request for each group: written, and from now on ours until the lease is over."""
    if not groups:
        return []
    lease = now + LEASES * gateway.patience
    made = tx.all(
        outbox.REQUESTS, requests=json_set([0] * len(groups)), gateway=gateway.name,
        account=gateway.account, owner=terms.owner, lease_until=lease, started_at=now,
    )  # fmt: skip
    boarded = list(zip(sorted(row[0] for row in made), groups, strict=True))
    _take(tx, gateway, boarded)
    sms = [one for each in groups if each.sms for one in each.messages]
    add_usage(tx, terms.day(now), [(one.receiver, one.person, one.segments) for one in sms])
    flights = []
    for request, each in boarded:
        members = each.messages
        how = "as a probe" if probe else "alone"
        if len(members) > 1 and not probe:
            how = f"with {len(members) - 1} others"
        for number in sorted(one.id for one in members):
            history.message(number, "claimed", f"{gateway.name}, request {request}, {how}")
        flight = Flight(
            request, gateway.name, gateway.account, each.text,
            tuple(one.id for one in members), tuple(one.phone for one in members), now, lease,
            probe, members[0].segments if each.sms else 0, each.said_with,
        )  # fmt: skip
        flights.append(flight)
    return flights


def _take(tx: Transaction, gateway: Gateway, boarded: Sequence[tuple[int, Group]]) -> None:
    """The messages are in their requests; by id, which is the order of locks."""
    pairs = sorted((one.id, request) for request, each in boarded for one in each.messages)
    tx.many(outbox.ATTEMPT, [{"message": one, "request": request} for one, request in pairs])
    claimed = {"of_gateway": gateway.name}
    tx.many(
        outbox.CLAIM, [{"of_id": one, "of_request": request, **claimed} for one, request in pairs]
    )

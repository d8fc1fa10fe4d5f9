"""From the file as written to the model: names filled in, routes inherited, everything frozen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from sms_notify.config.build_oncall import Duty
from sms_notify.config.channels import Apprise, Channel, Poll, Purse, Wavecom
from sms_notify.config.model import (
    AlertmanagerUpstream,
    Checks,
    Config,
    Delivery,
    Flapping,
    Heartbeat,
    Incidents,
    Levels,
    ProofOfLife,
    Receiver,
    Replies,
    Route,
    Server,
    Site,
    Step,
    Throttle,
    Token,
    Upstream,
    User,
    Words,
    ZabbixUpstream,
)
from sms_notify.config.secret import Secret
from sms_notify.config.written import (
    File,
    GlobalBlock,
    LevelsBlock,
    ReceiverBlock,
    RouteBlock,
    ServerBlock,
    ThrottleBlock,
)
from sms_notify.config.written_channels import AppriseBlock, WavecomBlock
from sms_notify.config.written_upstream import UpstreamBlock
from sms_notify.config.written_watching import ChecksBlock, HeartbeatBlock
from sms_notify.model import HOUR, Level, Micros

T = TypeVar("T")

REPEAT_INTERVAL = 4 * HOUR
"""Alertmanager's own default, for a root route that writes none."""


def config(file: File, path: Path, warnings: tuple[str, ...]) -> Config:
    """The whole configuration; the file has been checked, nothing can fail here."""
    duty = Duty(file)
    return Config(
        path=path,
        warnings=warnings,
        site=_site(file.site),
        server=_server(file.server, path),
        store=file.store,
        gateways=tuple(_gateway(block) for block in file.gateways),
        people=_frozen({name: duty.person(name, p) for name, p in file.people.items()}),
        teams=_frozen({name: _once(members) for name, members in file.teams.items()}),
        time_intervals=_frozen(dict(duty.intervals)),
        schedules=_frozen({name: duty.schedule(name, s) for name, s in file.schedules.items()}),
        receivers=_frozen({block.name: _receiver(block) for block in file.receivers}),
        route=_root(file.route, duty),
        throttle=_throttle(file.throttle),
        delivery=Delivery(**dict(file.delivery)),
        incidents=Incidents(**dict(file.incidents)),
        replies=Replies(frozenset(file.replies.allow), file.replies.max_mute),
        retention=file.retention,
        text=Words(_frozen(dict(file.text.glossary)), file.text.keep, file.text.subject),
        templates=_frozen(file.templates.written()),
        upstream=_upstream(file.upstream),
        checks=_checks(file.checks),
        heartbeats=_frozen({block.name: _heartbeat(block, file) for block in file.heartbeats}),
    )


def _frozen(mapping: dict[str, T]) -> Mapping[str, T]:
    return MappingProxyType(mapping)


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    """Each name once, in the order of the file."""
    return tuple(dict.fromkeys(names))


def _site(block: GlobalBlock) -> Site:
    return Site(
        timezone=block.timezone,
        language=block.language,
        signature=block.signature,
        default_level=block.default_level,
        levels=_levels(block.levels, block.default_level),
        holidays=block.holidays.holidays,
    )


def _levels(block: LevelsBlock, default: Level) -> Levels:
    """Written words win over default ones, and these over the levels' own names."""
    words: dict[str, Level] = {}
    written = [level for level in Level if level.name in block.model_fields_set]
    for level in (*written, *Level):
        for word in getattr(block, level.name):
            words.setdefault(word.strip().casefold(), level)
    for level in Level:
        words.setdefault(level.name, level)
    return Levels(MappingProxyType(words), default)


def _server(block: ServerBlock, path: Path) -> Server:
    host, port = block.listen
    tokens = tuple(Token(t.name, _secret(t.token, t.token_file)) for t in block.tokens)
    spool = path.parent / block.spool  # a relative one is relative to this file
    users = tuple(User(u.name, u.password_hash, u.role == "act") for u in block.users)
    return Server(host, port, tokens, frozenset(block.open), spool, block.record, users)


def _gateway(block: AppriseBlock | WavecomBlock) -> Channel:
    return _wavecom(block) if isinstance(block, WavecomBlock) else _apprise(block)


def _apprise(block: AppriseBlock) -> Apprise:
    urls = block.urls if block.urls is not None else block.urls_file or ()
    return Apprise(block.name, tuple(dict.fromkeys(urls)), block.template)


def _wavecom(block: WavecomBlock) -> Wavecom:
    return Wavecom(
        name=block.name,
        account=block.account,
        password=_secret(block.password, block.password_file),
        urls=_once(block.urls),
        charset=block.charset,
        connect_timeout=block.connect_timeout,
        read_timeout=block.read_timeout,
        signature_by=block.signature_by,
        proxy=block.proxy,
        poll=Poll(block.poll.reports, block.poll.replies),
        balance=Purse(**dict(block.balance)),
    )


def _throttle(block: ThrottleBlock) -> Throttle:
    return Throttle(
        per_person=block.per_person,
        critical=block.critical,
        digest_every=block.digest_every,
        total=block.total,
        month=block.budget.month if block.budget else None,
        flapping=Flapping(**dict(block.flapping)) if block.flapping else None,
    )


def _upstream(block: UpstreamBlock) -> Upstream:
    zabbix, other = block.zabbix, block.alertmanager
    return Upstream(
        ZabbixUpstream(
            zabbix.url, _secret(zabbix.token, zabbix.token_file), zabbix.on_ack == "acknowledge"
        )
        if zabbix
        else None,
        AlertmanagerUpstream(
            url=other.url,
            silence=other.on_ack.silence if other.on_ack else None,
            token=_secret(other.token, other.token_file),
            user=other.user or "",
            password=_secret(other.password, other.password_file),
        )
        if other
        else None,
    )


def _secret(text: Secret | None, file: Secret | None) -> Secret:
    return text if text is not None else file or Secret("")


def _receiver(block: ReceiverBlock) -> Receiver:
    if block.steps is None:
        steps: tuple[Step, ...] = (Step(_once(block.to or ()), None),)
    else:
        steps = tuple(Step(_once(step.to), step.wait) for step in block.steps)
    templates = _frozen(block.templates.written())
    return Receiver(block.name, steps, block.rounds, block.ack_timeout, templates)


def _checks(block: ChecksBlock) -> Checks:
    proof = block.proof_of_life
    made = ProofOfLife(proof.at, _once(proof.to)) if proof else None
    return Checks(block.tell, block.look_ahead, made)


def _heartbeat(block: HeartbeatBlock, file: File) -> Heartbeat:
    matchers = tuple(matcher for line in block.matchers for matcher in line)
    receiver = block.receiver or file.route.receiver or ""
    return Heartbeat(block.name, matchers, block.every, receiver, block.level)


def _root(block: RouteBlock, duty: Duty) -> Route:
    return _route(block, block.receiver or "", block.group_by, REPEAT_INTERVAL, "route", duty)


def _route(
    block: RouteBlock,
    receiver: str,
    group_by: tuple[str, ...] | None,
    repeat_interval: Micros,
    path: str,
    duty: Duty,
) -> Route:
    """One node and those below it; what it does not write it has from the node above."""
    receiver = block.receiver or receiver
    group_by = group_by if block.group_by is None else _once(block.group_by)
    repeat_interval = block.repeat_interval or repeat_interval
    below = tuple(
        _route(inner, receiver, group_by, repeat_interval, f"{path}.routes[{index}]", duty)
        for index, inner in enumerate(block.routes)
    )
    matchers = tuple(matcher for line in block.matchers for matcher in line)
    mute, active = (
        tuple(duty.intervals[name] for name in _once(names))
        for names in (block.mute_time_intervals, block.active_time_intervals)
    )
    return Route(
        matchers, receiver, group_by, repeat_interval, block.continue_, below, path, mute, active
    )

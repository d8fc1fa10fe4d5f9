"""Takes alerts without a server: opens the store, judges, and delivers before the command ends."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sms_notify.cli.asking import json_body
from sms_notify.cli.options import load_config
from sms_notify.cli.output import complain
from sms_notify.cli.ownership import become_owner
from sms_notify.cli.send import document
from sms_notify.cli.summary import heartbeats, planned, root_told, summary
from sms_notify.errors import ConfigError, SmsNotifyError, StoreError, UsageError
from sms_notify.intake import Input, Rules, TellCall
from sms_notify.model import Call, MessageState, Micros
from sms_notify.runner import Runner
from sms_notify.sources import later, line, zabbix
from sms_notify.store import Store, open_store
from sms_notify.store.clock import wall_clock
from sms_notify.store.reading import Reader
from sms_notify.watching import Keep, kept

if TYPE_CHECKING:
    from sms_notify.actions.asked import Answered
    from sms_notify.cli.send import Piece, Said

DELIVERS = 30.0
"""Seconds for SMS to leave before the command ends; a server delivers what is left."""

SETTLES = 5.0
"""Seconds more for a request that is in the air then."""

LOOK_EVERY = 0.2
UNDER_WAY = {MessageState.queued, MessageState.sending}
NOT_LEFT = (
    MessageState.held,
    MessageState.queued,
    MessageState.sending,
    MessageState.uncertain,
    MessageState.failed,
)


def open_own_store(config_path: Path | None, why: str = "", *, stream: bool = False) -> OwnStore:
    """The store of the configuration, as its owner. `why`: what the server did not do.

    `stream`: alerts come for a long time, so SMS leave meanwhile. Raises ConfigError, UsageError
    or StoreError that says what to do; with a server that was asked first, always UsageError.
    """
    try:
        config = load_config(config_path)
        become_owner(config.store)
        return OwnStore(Runner(config, store=open_store(config.store)), stream)
    except (ConfigError, UsageError, StoreError) as error:
        if not why:
            raise
        raise UsageError(
            f"not accepted: {why}, and the store cannot be used instead: {_first(error)}. "
            "Start sms-notify, or run this as the owner of its store"
        ) from None


def _first(error: SmsNotifyError) -> str:
    return error.problems[0] if isinstance(error, ConfigError) else str(error)


class OwnStore:
    """The whole program without its server."""

    def __init__(self, runner: Runner, stream: bool) -> None:
        self._runner = runner
        self._stream = stream
        self._messages: list[int] = []
        self._delivers = False
        """Whether anything was handed in; who only asks, or judges, sends no SMS of others."""
        if stream:
            runner.start()

    def __enter__(self) -> OwnStore:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.close()

    @property
    def rules(self) -> Rules:
        return self._runner.rules

    @property
    def store(self) -> Store:
        return self._runner.store

    def now(self) -> Micros:
        return self._runner.store.now()

    def judge(self, item: Input) -> Any:
        """Decide and store one thing; only what it tells somebody is delivered before this ends."""
        return self._runner.writer.judge_now(item)

    def act(self, item: Input) -> Answered:
        """An action on incidents; what it tells anybody is delivered before this ends."""
        answered: Answered = self.judge(item)
        self._messages.extend(answered.tally.messages)
        self._delivers = bool(self._messages)
        return answered

    def take_line(self, piece: Piece, said: Said) -> str:
        """Store one text of standard input; one line on what became of it."""
        if said.at:
            return self._keep(piece, said)
        rules = self._runner.rules
        call = line.parse(
            piece.data,
            levels=rules.config.site.levels,
            called_at=self._called_at(piece.called_at),
            level=said.level,
            key=said.key,
            resolved=said.resolved,
            to=said.to,
            labels=said.labels,
            call_id=piece.call_id,
            dropped=piece.dropped,
            allow_empty=said.allow_empty,
        )
        return self._take(call, said.to)

    def _keep(self, piece: Piece, said: Said) -> str:
        """Keep it for later; the service tells it, or whoever uses the store when it is due."""
        self._delivers = True
        site = self._runner.rules.config.site
        body = json_body(document(piece, said))
        called_at = self._called_at(piece.called_at)
        wanted = later.read(body, levels=site.levels, called_at=called_at, timezone=site.timezone)
        assert wanted is not None  # noqa: S101 — it has an `at`
        came = self._runner.writer.judge_now(Keep(wanted))
        plan = kept(self._runner.store, wanted, came, ZoneInfo(site.timezone))
        return planned(plan.planned, plan.due_at, plan.state)

    def take_zabbix(self, sendto: str, subject: str, message: str, called_at: int) -> str:
        """Store one call of Zabbix' alert script."""
        site = self._runner.rules.config.site
        call = zabbix.parse_args(
            sendto,
            subject,
            message,
            levels=site.levels,
            called_at=self._called_at(called_at),
            timezone=site.timezone,
        )
        return self._take(call, sendto)

    def _called_at(self, by_ours: Micros) -> Micros:
        """A moment of this machine's clock by the store's, which counts: ours may be off."""
        return self.now() - (wall_clock() - by_ours)

    def _take(self, call: Call, to: str | None) -> str:
        self._delivers = True
        writer = self._runner.writer
        wanted = TellCall(self._runner.rules, call)
        accepted = writer.hand_in(wanted).result() if self._stream else writer.judge_now(wanted)
        self._messages.extend(accepted.messages)
        if accepted.unknown_receiver:
            complain(root_told(to))
        if accepted.heartbeats and not accepted.messages:
            return heartbeats(accepted.heartbeats)
        return summary(
            verdicts=accepted.verdicts,
            again=accepted.again,
            incidents=accepted.incidents,
            repeated=accepted.repeated_call,
        )

    def close(self) -> str:
        """Deliver what is due, for at most 30 s. Says what has not left then, "" if nothing."""
        if self._stream:
            self._wait_for_loops()
        elif self._delivers:
            self._runner.deliver(DELIVERS)
        left = self._left()
        self._runner.stop(SETTLES)
        return left

    def _wait_for_loops(self) -> None:
        """The loops deliver already; give them time for what came last."""
        end = time.monotonic() + DELIVERS
        while UNDER_WAY & self._states().keys() and time.monotonic() < end:
            time.sleep(LOOK_EVERY)

    def _left(self) -> str:
        states = self._states()
        left = [f"{states[state]} {state}" for state in NOT_LEFT if states[state]]
        return f"not sent yet: {', '.join(left)}; see `sms-notify messages`" if left else ""

    def _states(self) -> Counter[str]:
        zone = ZoneInfo(self._runner.rules.config.site.timezone)
        messages = Reader(self._runner.store, zone).messages_by_id(self._messages)
        return Counter(message.state for message in messages)

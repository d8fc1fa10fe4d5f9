"""What may be written in the file, key by key: the border between YAML and the frozen model.

Field names are the keys of the file; defaults are those of the documentation. Scalars arrive as
text and are typed here. The JSON Schema for editors comes from these classes.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sms_notify.config import values
from sms_notify.config.model import Window
from sms_notify.config.phones import normalise
from sms_notify.config.scalars import (
    ONE_OR_MORE,
    SCALAR,
    TEXT,
    TEXT_OR_LIST,
    AtKeyError,
    Block,
    LevelWord,
    Matchers,
    SecretFile,
    SecretText,
    StoreUrl,
    Text,
    Texts,
    Windows,
    YesNo,
    exactly_one,
    read_by,
    read_nearby,
    unless,
)
from sms_notify.config.secret import Secret
from sms_notify.config.secrets import Surroundings
from sms_notify.config.written_channels import GatewayBlock
from sms_notify.config.written_oncall import Days, HolidaysBlock, Periods, ScheduleBlock
from sms_notify.config.written_text import TemplatesBlock, TextBlock
from sms_notify.config.written_upstream import UpstreamBlock
from sms_notify.config.written_watching import ChecksBlock, HeartbeatBlock
from sms_notify.model import Level, Micros


def _in_order(key: str, windows: tuple[Window, ...]) -> None:
    for shorter, longer in pairwise(windows):
        if longer.span <= shorter.span:
            raise AtKeyError(
                key, f"{longer} stands after {shorter}; order windows from short to long"
            )
        if longer.count < shorter.count:
            text = f"{longer} lets out less than {shorter} before it, which then never counts; "
            raise AtKeyError(key, text + "raise the count of the longer one")


class LevelsBlock(Block):
    """The words that mean each level; a level's own name always means it."""

    critical: Texts = (
        "critical", "page", "p0", "p1", "disaster", "emergency", "严重", "紧急",
    )  # fmt: skip
    warning: Texts = ("warning",)
    info: Texts = ("info", "none", "提示")

    @model_validator(mode="after")
    def _each_word_once(self) -> LevelsBlock:
        owners: dict[str, str] = {}
        for level in sorted(self.model_fields_set):
            for word in getattr(self, level):
                owner = owners.setdefault(word.strip().casefold(), level)
                if owner != level:
                    text = f'"{word}" stands under {owner} too; keep it under one level'
                    raise AtKeyError(level, text)
        return self


class GlobalBlock(Block):
    timezone: Annotated[str, read_by(values.timezone), TEXT] = unless("Asia/Shanghai")
    language: Annotated[str, read_by(values.choice("zh", "en")), TEXT] = unless("zh")
    signature: Annotated[str, read_by(values.signature), TEXT] = ""
    default_level: LevelWord = unless("warning")
    levels: LevelsBlock = unless({})
    holidays: HolidaysBlock = unless({})


class TokenBlock(Block):
    name: Text
    token: SecretText | None = None
    token_file: SecretFile | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> TokenBlock:
        exactly_one(self, "token", "token_file")
        return self


class UserBlock(Block):
    """Somebody who looks (`view`) or also acts (`act`) over HTTP, by name and password."""

    name: Text
    password_hash: Annotated[Secret, read_nearby(Surroundings.password_hash), TEXT]
    role: Annotated[str, read_by(values.choice("view", "act")), TEXT] = "view"


Endpoint = Annotated[
    str, read_by(values.choice("metrics", "api", "alertmanager", "zabbix", "line")), TEXT
]


class ServerBlock(Block):
    listen: Annotated[tuple[str, int], read_by(values.listen), TEXT] = unless("127.0.0.1:9097")
    tokens: tuple[TokenBlock, ...] = ()
    users: Annotated[tuple[UserBlock, ...], Field(max_length=100)] = ()
    open: Annotated[tuple[Endpoint, ...], ONE_OR_MORE, TEXT_OR_LIST] = ()
    spool: Text = unless("/var/spool/sms-notify")
    record: Annotated[Micros, read_by(values.span_or_never("1h", "52w")), TEXT] = unless("0")


class QuietBlock(Block):
    when: Text
    except_: Matchers = Field(default=(), alias="except")
    on_call: YesNo = unless("false")


class PersonBlock(Block):
    phone: Annotated[
        tuple[Annotated[str, read_by(normalise), SCALAR], ...],
        ONE_OR_MORE,
        Field(min_length=1, max_length=8),
        TEXT_OR_LIST,
    ]
    leave: Days = ()
    quiet: QuietBlock | None = None


class StepBlock(Block):
    to: Annotated[Texts, Field(min_length=1)]
    wait: Annotated[Micros, read_by(values.span("1m", "1d")), TEXT] | None = None


class ReceiverBlock(Block):
    """Either `to`, or `steps` of an escalation."""

    name: Text
    to: Annotated[Texts, Field(min_length=1)] | None = None
    steps: Annotated[tuple[StepBlock, ...], Field(min_length=1, max_length=20)] | None = None
    rounds: Annotated[int, read_by(values.number(1, 100)), WithJsonSchema({"type": "integer"})] = (
        unless("1")
    )
    ack_timeout: Annotated[Micros, read_by(values.span("1m", "7d")), TEXT] | None = None
    templates: TemplatesBlock = unless({})

    @model_validator(mode="after")
    def _to_or_steps(self) -> ReceiverBlock:
        if self.to is not None and self.steps is not None:
            raise AtKeyError("to", "stands beside steps; write it as a step, or take steps out")
        if self.to is None and self.steps is None:
            raise AtKeyError("to", "is missing; it must be written")
        if self.to is not None and self.rounds > 1:
            raise AtKeyError("rounds", "is for steps; write steps: [{to: …, wait: 5m}] instead")
        for index, step in enumerate(self.steps or ()):
            last = index + 1 == len(self.steps or ()) and self.rounds == 1
            if step.wait is None and not last:
                text = f"wait is missing in step {index + 1}; say how long to wait for an answer"
                raise AtKeyError("steps", f"{text} before the next one, e.g. wait: 5m")
        return self


class RouteBlock(Block):
    matchers: Matchers = ()
    receiver: Text | None = None
    group_by: Texts | None = None
    repeat_interval: Annotated[Micros, read_by(values.span("1m", "52w")), TEXT] | None = None
    continue_: YesNo = Field(default=unless("false"), alias="continue")
    mute_time_intervals: Texts = ()
    active_time_intervals: Texts = ()
    routes: tuple[RouteBlock, ...] = ()

    @model_validator(mode="after")
    def _labels_to_group_by(self) -> RouteBlock:
        names = self.group_by or ()
        if "..." in names and len(names) > 1:
            raise AtKeyError("group_by", '"..." means every label; write it alone or not at all')
        return self


class BudgetBlock(Block):
    """In billed SMS."""

    month: Annotated[
        int, read_by(values.number(1, 100_000_000)), WithJsonSchema({"type": "integer"})
    ]


class FlappingBlock(Block):
    changes: Annotated[int, read_by(values.number(2, 20)), WithJsonSchema({"type": "integer"})] = (
        unless("4")
    )
    within: Annotated[Micros, read_by(values.span("1m", "1d")), TEXT] = unless("1h")
    mute: Annotated[Micros, read_by(values.span("1m", "7d")), TEXT] = unless("2h")


def _off(value: object) -> object:
    """`off` where a block may stand switches off what the block is about."""
    return None if value in ("off", "0", "never", "no", "false") else value


class ThrottleBlock(Block):
    per_person: Annotated[Windows, Field(min_length=1, max_length=8)] = unless(
        ["1/1m", "5/15m", "11/1h", "21/3h"]
    )
    critical: Annotated[Windows, Field(min_length=1, max_length=8)] = unless(
        ["3/1m", "8/15m", "20/1h"]
    )
    digest_every: Annotated[Micros, read_by(values.span("1m", "1d")), TEXT] = unless("15m")
    total: Annotated[Windows, Field(max_length=8)] = ()
    budget: BudgetBlock | None = None
    flapping: Annotated[FlappingBlock | None, BeforeValidator(_off)] = unless({})

    @model_validator(mode="after")
    def _windows_in_order(self) -> ThrottleBlock:
        for key in ("per_person", "critical", "total"):
            _in_order(key, getattr(self, key))
        return self


class DeliveryBlock(Block):
    workers: Annotated[int, read_by(values.number(1, 64)), WithJsonSchema({"type": "integer"})] = (
        unless("8")
    )
    batch: Annotated[int, read_by(values.number(1, 100)), WithJsonSchema({"type": "integer"})] = (
        unless("100")
    )
    expires: Annotated[Micros, read_by(values.span("1m", "7d")), TEXT] = unless("2h")
    resolved_expires: Annotated[Micros, read_by(values.span("1m", "7d")), TEXT] = unless("30m")
    report_timeout: Annotated[Micros, read_by(values.span("30s", "1d")), TEXT] = unless("5m")
    uncertain_after: Annotated[Micros, read_by(values.span("1s", "1h")), TEXT] = unless("90s")
    resend_uncertain: Annotated[Level | None, read_by(values.level_or_never), TEXT] = unless(
        "warning"
    )
    forbidden: Annotated[str, read_by(values.choice("split", "stars")), TEXT] = "split"


class IncidentsBlock(Block):
    stale_after: Annotated[Micros, read_by(values.span("1m", "30d")), TEXT] = unless("1d")
    send_resolved: Annotated[str, read_by(values.choice("last", "all", "none")), TEXT] = "last"


Asked = Annotated[str, read_by(values.choice("ack", "escalate", "mute")), TEXT]


class RepliesBlock(Block):
    allow: Annotated[tuple[Asked, ...], ONE_OR_MORE, TEXT_OR_LIST] = ("ack", "escalate", "mute")
    max_mute: Annotated[Micros, read_by(values.span("1m", "7d")), TEXT] = unless("4h")


class File(Block):
    """The whole file."""

    site: GlobalBlock = Field(default=unless({}), alias="global")
    server: ServerBlock = unless({})
    store: StoreUrl
    gateways: Annotated[tuple[GatewayBlock, ...], Field(min_length=1)]
    people: Annotated[dict[str, PersonBlock], Field(min_length=1)]
    teams: dict[str, Annotated[Texts, Field(min_length=1)]] = unless({})
    time_intervals: dict[str, Periods] = unless({})
    schedules: dict[str, ScheduleBlock] = unless({})
    receivers: Annotated[tuple[ReceiverBlock, ...], Field(min_length=1)]
    route: RouteBlock
    throttle: ThrottleBlock = unless({})
    delivery: DeliveryBlock = unless({})
    incidents: IncidentsBlock = unless({})
    replies: RepliesBlock = unless({})
    upstream: UpstreamBlock = unless({})
    heartbeats: Annotated[tuple[HeartbeatBlock, ...], Field(max_length=1000)] = ()
    checks: ChecksBlock = unless({})
    retention: Annotated[Micros, read_by(values.span("1d", "520w")), TEXT] = unless("90d")
    text: TextBlock = unless({})
    templates: TemplatesBlock = unless({})

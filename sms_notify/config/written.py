"""What may be written in the file, key by key: the border between YAML and the frozen model.

Field names are the keys of the file; defaults are those of the documentation. Scalars arrive as
text and are typed here. The JSON Schema for editors comes from these classes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from sms_notify.config import values
from sms_notify.config.matchers import Matcher, parse_matchers
from sms_notify.config.model import Every, Handoff, Window
from sms_notify.config.phones import normalise
from sms_notify.config.rotation import check_rotation
from sms_notify.config.secret import Secret
from sms_notify.config.secrets import Surroundings
from sms_notify.config.urls import gateway_url, proxy_url, store_url
from sms_notify.model import Level, Micros

_TEXT = WithJsonSchema({"type": "string"})
_SCALAR = WithJsonSchema({"type": ["string", "number", "boolean"]})


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("must be one value, not a list or a mapping")
    return value


def _read(reader: Callable[[str], Any]) -> PlainValidator:
    return PlainValidator(lambda value: reader(_text(value)))


def _read_nearby(reader: Callable[[Surroundings, str], Any]) -> PlainValidator:
    """For values that refer to files or the environment: those come as the validation context."""

    def read(value: object, info: ValidationInfo) -> Any:
        assert isinstance(info.context, Surroundings)  # noqa: S101
        return reader(info.context, _text(value))

    return PlainValidator(read)


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _unless(written: object) -> Any:
    """The default, as one would write it in the file; it is read like the file."""
    return written


_ONE_OR_MORE = BeforeValidator(_several)
_TEXT_OR_LIST = WithJsonSchema(
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
)

Text = Annotated[str, _read(str), _TEXT]
Texts = Annotated[tuple[Text, ...], _ONE_OR_MORE, _TEXT_OR_LIST]
LevelWord = Annotated[Level, _read(values.level), _TEXT]
YesNo = Annotated[bool, _read(values.yes_or_no), WithJsonSchema({"type": "boolean"})]
Windows = Annotated[
    tuple[Annotated[Window, _read(values.window), _TEXT], ...], _ONE_OR_MORE, _TEXT_OR_LIST
]
SecretText = Annotated[Secret, _read_nearby(Surroundings.secret), _TEXT]
SecretFile = Annotated[Secret, _read_nearby(Surroundings.secret_file), _TEXT]
StoreUrl = Annotated[
    str, _read_nearby(lambda near, text: store_url(near.expand_url(text), near.absolute)), _TEXT
]


class AtKeyError(ValueError):
    """A complaint about one key, found when the whole block was looked at."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


class Block(BaseModel):
    """A mapping of the file: unknown keys are refused, inputs never shown in errors."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
        validate_default=True,
    )


def _exactly_one(block: Block, key: str, file_key: str) -> None:
    written = [name for name in (key, file_key) if getattr(block, name) is not None]
    if len(written) != 1:
        wrong = "are both written" if written else "are both missing"
        raise ValueError(f"{key} and {file_key} {wrong}; write one of them")


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


class GlobalBlock(Block):
    timezone: Annotated[str, _read(values.timezone), _TEXT] = _unless("Asia/Shanghai")
    language: Annotated[str, _read(values.choice("zh", "en")), _TEXT] = _unless("zh")
    signature: Annotated[str, _read(values.signature), _TEXT] = ""
    default_level: LevelWord = _unless("warning")
    levels: LevelsBlock = _unless({})


class TokenBlock(Block):
    name: Text
    token: SecretText | None = None
    token_file: SecretFile | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> TokenBlock:
        _exactly_one(self, "token", "token_file")
        return self


class ServerBlock(Block):
    listen: Annotated[tuple[str, int], _read(values.listen), _TEXT] = _unless("127.0.0.1:9097")
    tokens: tuple[TokenBlock, ...] = ()
    open: Annotated[
        tuple[Annotated[str, _read(values.choice("metrics", "api", "alertmanager", "line"))], ...],
        _ONE_OR_MORE,
        _TEXT_OR_LIST,
    ] = ()


class WavecomBlock(Block):
    name: Text
    type: Literal["wavecom"]
    account: Text
    password: SecretText | None = None
    password_file: SecretFile | None = None
    urls: Annotated[
        tuple[Annotated[str, _read(gateway_url), _TEXT], ...],
        _ONE_OR_MORE,
        Field(min_length=1, max_length=16),
        _TEXT_OR_LIST,
    ]
    charset: Annotated[str, _read(values.choice("gbk", "gb18030", "utf-8")), _TEXT] = "gbk"
    connect_timeout: Annotated[Micros, _read(values.span("1s", "1m")), _TEXT] = _unless("5s")
    read_timeout: Annotated[Micros, _read(values.span("1s", "2m")), _TEXT] = _unless("10s")
    signature_by: Annotated[str, _read(values.choice("us", "gateway")), _TEXT] = "us"
    proxy: Annotated[str, _read(proxy_url), _TEXT] | None = None

    @model_validator(mode="after")
    def _one_secret(self) -> WavecomBlock:
        _exactly_one(self, "password", "password_file")
        return self


class PersonBlock(Block):
    phone: Annotated[
        tuple[Annotated[str, _read(normalise), _SCALAR], ...],
        _ONE_OR_MORE,
        Field(min_length=1, max_length=8),
        _TEXT_OR_LIST,
    ]


class ScheduleBlock(Block):
    rotate: Annotated[
        tuple[Annotated[tuple[Text, ...], BeforeValidator(_several), _TEXT_OR_LIST], ...],
        Field(min_length=1),
    ]
    every: Annotated[Every, _read(values.every), _TEXT]
    handoff: Annotated[Handoff, _read(values.handoff), _TEXT]
    since: Annotated[date, _read(values.day), WithJsonSchema({"type": "string", "format": "date"})]

    @model_validator(mode="after")
    def _fits_together(self) -> ScheduleBlock:
        problem = check_rotation(self.every, self.handoff, self.since)
        if problem:
            raise AtKeyError(*problem)
        return self


class ReceiverBlock(Block):
    name: Text
    to: Annotated[Texts, Field(min_length=1)]


class RouteBlock(Block):
    matchers: Annotated[
        tuple[Annotated[tuple[Matcher, ...], _read(parse_matchers), _TEXT], ...],
        _ONE_OR_MORE,
        _TEXT_OR_LIST,
    ] = ()
    receiver: Text | None = None
    group_by: Texts | None = None
    repeat_interval: Annotated[Micros, _read(values.span("1m", "52w")), _TEXT] | None = None
    continue_: YesNo = Field(default=_unless("false"), alias="continue")
    routes: tuple[RouteBlock, ...] = ()


class ThrottleBlock(Block):
    per_person: Annotated[Windows, Field(min_length=1, max_length=8)] = _unless(
        ["1/1m", "5/15m", "11/1h", "21/3h"]
    )
    critical: Annotated[Windows, Field(min_length=1, max_length=8)] = _unless(
        ["3/1m", "8/15m", "20/1h"]
    )
    digest_every: Annotated[Micros, _read(values.span("1m", "1d")), _TEXT] = _unless("15m")

    @model_validator(mode="after")
    def _windows_in_order(self) -> ThrottleBlock:
        for key in ("per_person", "critical"):
            _in_order(key, getattr(self, key))
        return self


class DeliveryBlock(Block):
    workers: Annotated[int, _read(values.number(1, 64)), WithJsonSchema({"type": "integer"})] = (
        _unless("8")
    )
    batch: Annotated[int, _read(values.number(1, 100)), WithJsonSchema({"type": "integer"})] = (
        _unless("100")
    )
    expires: Annotated[Micros, _read(values.span("1m", "7d")), _TEXT] = _unless("2h")
    resolved_expires: Annotated[Micros, _read(values.span("1m", "7d")), _TEXT] = _unless("30m")
    uncertain_after: Annotated[Micros, _read(values.span("1s", "1h")), _TEXT] = _unless("90s")
    resend_uncertain: Annotated[Level | None, _read(values.level_or_never), _TEXT] = _unless(
        "warning"
    )


class IncidentsBlock(Block):
    stale_after: Annotated[Micros, _read(values.span("1m", "30d")), _TEXT] = _unless("1d")
    send_resolved: Annotated[str, _read(values.choice("last", "all", "none")), _TEXT] = "last"


class TemplatesBlock(Block):
    page: Text | None = None


class File(Block):
    """The whole file."""

    site: GlobalBlock = Field(default=_unless({}), alias="global")
    server: ServerBlock = _unless({})
    store: StoreUrl
    gateways: Annotated[tuple[WavecomBlock, ...], Field(min_length=1)]
    people: Annotated[dict[str, PersonBlock], Field(min_length=1)]
    teams: dict[str, Annotated[Texts, Field(min_length=1)]] = {}
    schedules: dict[str, ScheduleBlock] = {}
    receivers: Annotated[tuple[ReceiverBlock, ...], Field(min_length=1)]
    route: RouteBlock
    throttle: ThrottleBlock = _unless({})
    delivery: DeliveryBlock = _unless({})
    incidents: IncidentsBlock = _unless({})
    retention: Annotated[Micros, _read(values.span("1d", "520w")), _TEXT] = _unless("90d")
    templates: TemplatesBlock = _unless({})

"""How the scalars and blocks of the file are typed: text in, checked value out, for pydantic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from sms_notify.config import values
from sms_notify.config.matchers import Matcher, parse_matchers
from sms_notify.config.model import Window
from sms_notify.config.secret import Secret
from sms_notify.config.secrets import Surroundings
from sms_notify.config.urls import store_url
from sms_notify.model import Level

TEXT = WithJsonSchema({"type": "string"})
SCALAR = WithJsonSchema({"type": ["string", "number", "boolean"]})


def _text(value: object) -> str:
    if value is None:
        raise ValueError("is empty; write a value or take the entry out")
    if not isinstance(value, str):
        raise ValueError("must be one value, not a list or a mapping")
    return value


def read_by(reader: Callable[[str], Any]) -> PlainValidator:
    """For one value that is read from its text alone."""
    return PlainValidator(lambda value: reader(_text(value)))


def read_nearby(reader: Callable[[Surroundings, str], Any]) -> PlainValidator:
    """For values that refer to files or the environment: those come as the validation context."""

    def read(value: object, info: ValidationInfo) -> Any:
        assert isinstance(info.context, Surroundings)  # noqa: S101
        return reader(info.context, _text(value))

    return PlainValidator(read)


def several(value: object) -> object:
    """One value where a list may stand is a list of one."""
    return [value] if isinstance(value, str) else value


def unless(written: object) -> Any:
    """The default, as one would write it in the file; it is read like the file."""
    return written


ONE_OR_MORE = BeforeValidator(several)
TEXT_OR_LIST = WithJsonSchema(
    {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
)

Text = Annotated[str, read_by(values.not_empty), SCALAR]
Texts = Annotated[tuple[Text, ...], ONE_OR_MORE, TEXT_OR_LIST]
LevelWord = Annotated[Level, read_by(values.level), TEXT]
YesNo = Annotated[bool, read_by(values.yes_or_no), WithJsonSchema({"type": "boolean"})]
Windows = Annotated[
    tuple[Annotated[Window, read_by(values.window), TEXT], ...], ONE_OR_MORE, TEXT_OR_LIST
]
Matchers = Annotated[
    tuple[Annotated[tuple[Matcher, ...], read_by(parse_matchers), TEXT], ...],
    ONE_OR_MORE,
    TEXT_OR_LIST,
]
SecretText = Annotated[Secret, read_nearby(Surroundings.secret), TEXT]
SecretFile = Annotated[Secret, read_nearby(Surroundings.secret_file), TEXT]
StoreUrl = Annotated[
    str, read_nearby(lambda near, text: store_url(near.expand_url(text), near.absolute)), TEXT
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

    @model_validator(mode="before")
    @classmethod
    def _without_empty_keys(cls, data: object) -> object:
        """A key whose value is left empty counts as not written."""
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None}


def exactly_one(block: Block, key: str, file_key: str) -> None:
    written = [name for name in (key, file_key) if getattr(block, name) is not None]
    if len(written) != 1:
        wrong = "are both written" if written else "are both missing"
        raise ValueError(f"{key} and {file_key} {wrong}; write one of them")

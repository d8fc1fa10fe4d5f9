"""What may be written about the texts: templates, the glossary, which labels count."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from sms_notify.config import values
from sms_notify.config.model import Template
from sms_notify.config.scalars import SCALAR, Block, Text, Texts, read_by, unless
from sms_notify.config.url_room import LONGEST_TEXT

Units = Annotated[
    int,
    read_by(values.number(1, LONGEST_TEXT)),
    WithJsonSchema({"type": "integer", "maximum": LONGEST_TEXT}),
]


class TemplateBlock(Block):
    """A text with more than one segment; one segment is written as the text alone."""

    text: Text
    max_units: Units = unless("70")


def _as_block(value: object) -> object:
    return {"text": value} if isinstance(value, str) else value


OneTemplate = Annotated[
    TemplateBlock,
    BeforeValidator(_as_block),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]


class TemplatesBlock(Block):
    """By what a text is for; what is left out is the built-in text of the language."""

    page: OneTemplate | None = None
    update: OneTemplate | None = None
    changed: OneTemplate | None = None
    resolved: OneTemplate | None = None
    reminder: OneTemplate | None = None
    digest: OneTemplate | None = None
    escalated: OneTemplate | None = None
    repeat: OneTemplate | None = None
    handoff: OneTemplate | None = None
    handover: OneTemplate | None = None

    def written(self) -> dict[str, Template]:
        """The templates that are written, by their key."""
        blocks = {key: block for key, block in self if block is not None}
        return {key: Template(block.text, block.max_units) for key, block in blocks.items()}


class TextBlock(Block):
    """Words and labels for the ladder behind `fit`."""

    glossary: Annotated[dict[Text, Annotated[str, read_by(values.not_empty), SCALAR]], Field(
        max_length=2_000
    )] = unless({})  # fmt: skip
    keep: Annotated[Texts, Field(max_length=20)] = unless(["mountpoint", "device"])
    subject: Annotated[Texts, Field(max_length=40)] = unless([])

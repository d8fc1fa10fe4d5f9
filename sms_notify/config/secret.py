"""A value that no output of the program can show by accident."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler
    from pydantic_core import CoreSchema

MASK = "***"

_PLACEHOLDER = re.compile(
    r"(change[-_ ]?me.*|replace[-_ ]?me.*|(my|your|the)?[-_ ]*(password|passwd|pwd|secret|token)"
    r"|to[-_ ]?do|fix[-_ ]?me|example|dummy|placeholder|none|null|x{2,}|\*+|\.{2,}|…+|123456(78)?"
    r"|密码|口令|你的密码|<.*>|\$\{?[A-Za-z_][A-Za-z0-9_]*\}?)",
    re.IGNORECASE,
)


class Secret:
    """A password or token: `reveal()` gives the text, everything else prints `***`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    @property
    def is_placeholder(self) -> bool:
        """Is it empty or what people write until they have the real one (`changeme`, `xxx`)?"""
        text = self._text.strip()
        return not text or _PLACEHOLDER.fullmatch(text) is not None

    def matches(self, offered: str) -> bool:
        """Compare in constant time; any text may be offered, lone surrogates included."""
        return hmac.compare_digest(_bytes(self._text), _bytes(offered))

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __format__(self, _spec: str) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other._text)

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, _source: type[Any], _ask: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Inside a pydantic model: only an instance is taken, and a dump holds `***`."""
        from pydantic_core import core_schema

        return core_schema.is_instance_schema(
            cls, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

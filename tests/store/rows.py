"""Rows of any table, made from its columns alone: a table that is added is covered by itself."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Integer, LargeBinary, Table, Text
from sqlalchemy.sql.type_api import TypeEngine

AWKWARD = "磁盘满 \U0001f525 'quoted' \"twice\" %s %% {{ x }} \\ \n;--"


def value(kind: TypeEngine[Any], number: int) -> Any:
    if isinstance(kind, Boolean):
        return number % 2 == 1
    if isinstance(kind, Integer):  # a BigInteger is one, too
        return number
    if isinstance(kind, LargeBinary):
        return bytes(range(256)) + bytes([number])
    assert isinstance(kind, Text), f"a kind of column that is not known here: {kind!r}"
    return f"{AWKWARD} {number}"


def row(table: Table, number: int, *, full: bool) -> dict[str, Any]:
    """One row of which nothing but `number` makes it unique; `full`: also what may be null."""
    wanted = [column for column in table.columns if full or _needed(column)]
    return {column.name: value(column.type, number) for column in wanted}


def _needed(column: Column[Any]) -> bool:
    return not column.nullable and column.server_default is None and column.identity is None

"""What commands print: lines, JSON, and tables that use Rich only on a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

Row = Mapping[str, Any]


def say(text: str = "") -> None:
    """Print one text to standard output; a reader that went away ends nothing."""
    _write(sys.stdout, text)


def complain(text: str) -> None:
    """Print one text to standard error."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    """Characters the terminal's encoding lacks become `?`; a closed pipe is not our failure."""
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        stream.flush()
    except BrokenPipeError:
        # what is still buffered must not raise once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say_json(rows: Any) -> None:
    """Print one JSON document, indented, with Chinese as it is."""
    say(json.dumps(rows, ensure_ascii=False, indent=2, default=str))


def say_table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print `columns` of each row: a Rich table on a terminal, else lines divided by tabs."""
    shown = [[_cell(row.get(column)) for column in columns] for row in rows]
    if sys.stdout.isatty():
        _say_rich(shown, columns)
        return
    say("\t".join(columns))
    for cells in shown:
        say("\t".join(cells))


def _cell(value: Any) -> str:
    """One cell on one line, without control characters: alert texts come from strangers."""
    if value is None:
        return "-"
    return "".join(c if c.isprintable() else " " for c in str(value))


def _say_rich(shown: Sequence[Sequence[str]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for cells in shown:
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)

"""What commands print: lines, JSON, and tables that use Rich only on a terminal."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from sms_notify.errors import UsageError

Row = Mapping[str, Any]


def open_streams() -> None:
    """A standard stream that the caller closed (`send <&-`) is `/dev/null`.

    Else the next file to be opened, the store, would get its number.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def say(text: str = "") -> None:
    """Print what became of something; that it cannot be said (a full disk) does not undo it."""
    if lost := _write(sys.stdout, text):
        complain(f"standard output cannot be written: {lost}")


def show(text: str) -> None:
    """Print what was asked for: without it the command has failed. Raises UsageError."""
    if lost := _write(sys.stdout, text):
        raise UsageError(f"standard output cannot be written: {lost}")


def complain(text: str) -> None:
    """Print one text to standard error."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> str:
    """Why `text` is lost, or "". Characters the terminal's encoding lacks become `?`; a reader
    that went away is not our failure."""
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        stream.flush()
    except OSError as error:
        # what is still buffered must not raise once more when Python ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return "" if isinstance(error, BrokenPipeError) else error.strerror or type(error).__name__
    return ""


def say_json(rows: Any) -> None:
    """Print one JSON document, indented, with Chinese as it is."""
    show(json.dumps(rows, ensure_ascii=False, indent=2, default=str))


def say_table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Print `columns` of each row: a Rich table on a terminal, else lines divided by tabs."""
    shown = [[_cell(row.get(column)) for column in columns] for row in rows]
    if sys.stdout.isatty():
        _say_rich(shown, columns)
        return
    show("\t".join(columns))
    for cells in shown:
        show("\t".join(cells))


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

"""SQLAlchemy describes, the driver runs: statements compiled once a dialect, run as text.

One small select costs 6 µs so, and 15–25 µs through SQLAlchemy's own execution (measured). A set of
values is one JSON parameter, so a statement has one text whatever the size of the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, Protocol

import orjson
from sqlalchemy import BigInteger, Text, cast, func, literal_column, make_url
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement, ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.sql.selectable import TableValuedAlias


def _dialect(url: str, paramstyle: str) -> Dialect:
    made: Callable[..., Dialect] = make_url(url).get_dialect()
    return made(paramstyle=paramstyle)


DIALECTS: Mapping[str, Dialect] = {
    "sqlite": _dialect("sqlite://", "qmark"),
    "postgresql": _dialect("postgresql+psycopg://", "format"),
}

Row = tuple[Any, ...]


class Cursor(Protocol):
    """What both drivers' cursors share."""

    rowcount: int

    def execute(self, text: str, parameters: Sequence[Any] = ..., /) -> Any: ...
    def executemany(self, text: str, rows: Iterable[Sequence[Any]], /) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def fetchone(self) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


def json_set(values: Iterable[Any]) -> str:
    """Scalars, or lists of scalars, as the one JSON parameter that `among` and `rows` take."""
    return orjson.dumps(list(values)).decode()


class _Among(ColumnElement[bool]):
    """`column IN (the values of one JSON parameter)`."""

    inherit_cache = False

    def __init__(self, left: ColumnElement[Any], name: str) -> None:
        self.left = left
        self.bind: BindParameter[str] = BindParameter(name, type_=Text())


@compiles(_Among, "sqlite")
def _among_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    left, right = compiler.process(element.left, **kw), compiler.process(element.bind, **kw)
    return f"{left} IN (SELECT value FROM json_each({right}))"  # noqa: S608 — compiled parts


@compiles(_Among, "postgresql")
def _among_postgresql(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    # = ANY reads the index of the few; IN (SELECT …) read the whole index (measured)
    left, right = compiler.process(element.left, **kw), compiler.process(element.bind, **kw)
    kind = "bigint" if isinstance(element.left.type, BigInteger) else "text"
    inner = f"SELECT value::{kind} FROM json_array_elements_text(CAST({right} AS json))"  # noqa: S608
    return f"{left} = ANY(ARRAY({inner}))"


def among(left: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """`left` is one of the values in the JSON array given as parameter `name`."""
    return _Among(left, name)


class json_rows(GenericFunction[Any]):  # noqa: N801 — the name of an SQL function
    """The elements of a JSON array as rows of one column `value`."""

    inherit_cache = True


@compiles(json_rows, "sqlite")
def _rows_sqlite(element: json_rows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **kw)})"


@compiles(json_rows, "postgresql")
def _rows_postgresql(element: json_rows, compiler: SQLCompiler, **kw: Any) -> str:
    return f"json_array_elements(CAST({compiler.process(element.clauses, **kw)} AS json))"


def rows(name: str) -> TableValuedAlias:
    """The JSON array of arrays given as parameter `name`, to join on; see `item`."""
    return func.json_rows(BindParameter(name, type_=Text())).table_valued("value", name=name)


def item(source: TableValuedAlias, index: int, *, number: bool = False) -> ColumnElement[Any]:
    """Element `index` of each row of `source`, as text or as a number."""
    taken = source.c.value.op("->>")(literal_column(str(index)))
    return cast(taken, BigInteger) if number else taken


class Statement:
    """One statement, compiled for each dialect when it is first used there."""

    __slots__ = ("_clauses", "_compiled", "_shorter")

    def __init__(self, clause: ClauseElement | Mapping[str, ClauseElement]) -> None:
        """`clause`: for both dialects, or one a dialect where their SQL differs."""
        self._clauses = clause
        self._compiled: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {}
        self._shorter: dict[tuple[int, ...], tuple[str, Callable[[Row], Row]]] = {}

    def compiled(self, dialect: str) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        """(text, the names of its parameters in order, the values fixed at compilation)."""
        known = self._compiled.get(dialect)
        if known is None:
            clause = self._clauses
            if isinstance(clause, Mapping):
                clause = clause[dialect]
            made = clause.compile(dialect=DIALECTS[dialect])
            assert isinstance(made, SQLCompiler)  # noqa: S101 — for the type checker
            names = tuple(made.positiontup or ())
            fixed = {name: bind.value for name, bind in made.binds.items() if not bind.required}
            known = self._compiled[dialect] = (str(made), names, fixed)
        return known

    def shorter(self, nulls: tuple[int, ...]) -> tuple[str, Callable[[Row], Row]]:
        """For SQLite with NULL written in place of these parameters, and what leaves them out of a
        row."""
        known = self._shorter.get(nulls)
        if known is None:
            text, names, _fixed = self.compiled("sqlite")
            first, *others = text.split("?")
            marks = ["NULL" if at in nulls else "?" for at in range(len(names))]
            made = first + "".join([a + b for a, b in zip(marks, others, strict=True)])
            kept = [at for at in range(len(names)) if at not in nulls]
            known = self._shorter[nulls] = made, itemgetter(*kept)
        return known


class Transaction:
    """A transaction that is running: statements by name, never text made of values."""

    __slots__ = ("_cursor", "_dialect", "statements", "tells")

    def __init__(self, cursor: Cursor, dialect: str) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self.statements = 0
        self.tells = False
        """Whether other processes have something to do once this is committed."""

    def run(self, statement: Statement, **values: Any) -> int:
        """Execute; returns the number of rows it changed."""
        text, names, fixed = statement.compiled(self._dialect)
        given = {**fixed, **values} if fixed else values
        self.statements += 1
        self._cursor.execute(text, tuple([given[name] for name in names]))
        return self._cursor.rowcount

    def all(self, statement: Statement, **values: Any) -> list[Row]:
        """Execute a select; every row, as tuples in the order of its columns."""
        self.run(statement, **values)
        return self._cursor.fetchall()

    def each(self, statement: Statement, **values: Any) -> Iterable[Row]:
        """The same row by row, for where there may be many; read it before the next statement."""
        self.run(statement, **values)
        return self._cursor

    def one(self, statement: Statement, **values: Any) -> Row | None:
        """Execute a select; its first row, or None."""
        self.run(statement, **values)
        row: Row | None = self._cursor.fetchone()
        return row

    def rows(self, statement: Statement, rows: Sequence[Row]) -> None:
        """Execute once for each tuple of its parameters, in their order; nothing for no rows."""
        if not rows:
            return
        text, names, _fixed = statement.compiled(self._dialect)
        self.statements += 1
        nulls = _always_null(rows) if self._dialect == "sqlite" else ()
        if nulls and len(names) - len(nulls) > 1:
            text, left = statement.shorter(nulls)
            self._cursor.executemany(text, map(left, rows))
        else:
            self._cursor.executemany(text, rows)

    def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute once for each row of values; nothing at all for no rows."""
        if not rows:
            return
        _text, names, fixed = statement.compiled(self._dialect)
        if len(names) == 1:
            tuples: list[Row] = [(row[names[0]],) for row in rows]
        elif all(name in rows[0] for name in names):
            tuples = list(map(itemgetter(*names), rows))
        else:
            tuples = [tuple([{**fixed, **row}[name] for name in names]) for row in rows]
        self.rows(statement, tuples)


def _always_null(rows: Sequence[Row]) -> tuple[int, ...]:
    """Where every row has None. SQLite's driver takes as long to bind one as five numbers
    (measured): it asks each value that is no number and no text whether it has another form."""
    maybe = [at for at, value in enumerate(rows[0]) if value is None]
    if not maybe:
        return ()
    columns = list(zip(*rows, strict=True))
    return tuple([at for at in maybe if columns[at].count(None) == len(rows)])

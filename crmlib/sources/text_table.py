"""A table of exact texts in the engine, filled row by row in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import zip_longest

import duckdb
import pyarrow as pa

from crmlib.sources.base import ROW, SOURCE_ROW, Problem, reserved_problem
from crmlib.sources.quoting import identifier, shown

__all__ = ["TextTable", "name_problems"]

_BATCH_ROWS = 50_000
_BATCH_CHARACTERS = 1 << 25
_BATCH = "crm_batch"


def name_problems(file: str, names: Sequence[str]) -> list[Problem]:
    """Refuse columns without a name, named twice (whatever the case), or reserved.

    Examples
    --------
    >>> [problem.says for problem in name_problems("a.xlsx", ["id", "ID", " "])]
    ["columns named twice: 'id', 'ID'", 'a column has no name']
    """
    problems = []
    n_named = Counter(name.casefold() for name in names if name.strip())
    twice = [name for name in names if n_named[name.casefold()] > 1]
    if twice:
        says = f"columns named twice: {', '.join(map(shown, twice))}"
        problems.append(Problem(file, says, "Give every column its own name."))
    if not all(name.strip() for name in names):
        problems.append(Problem(file, "a column has no name", "Name every column."))
    reserved = reserved_problem(file, names)
    return [*problems, reserved] if reserved else problems


class TextTable:
    """A temporary table of the engine with a row number and texts, written in batches.

    Guards against holding a whole file in memory: a batch ends after 50,000 rows or 32 million
    characters.

    Parameters
    ----------
    connection, relation
        Where the table is made, and its name; an older one of that name is replaced.
    columns
        Names of the columns, without the row number.

    Examples
    --------
    >>> connection = duckdb.connect()
    >>> table = TextTable(connection, "raw", ["id"])
    >>> table.add(1, ["007"])
    >>> table.widen("name")
    >>> table.add(2, ["NA", None])
    >>> table.flush()
    >>> connection.execute("from raw").fetchall()
    [(1, '007', None), (2, 'NA', None)]
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, relation: str, columns: Iterable[str]
    ) -> None:
        self.columns = list(columns)
        self._connection = connection
        self._relation = relation
        self._rows: list[tuple[int, Sequence[str | None]]] = []
        self._n_characters = 0
        self._new: list[str] = []
        fields = [f"{ROW} bigint", *(f"{identifier(name)} varchar" for name in self.columns)]
        connection.execute(
            f"create or replace temp table {identifier(relation)} ({', '.join(fields)})"
        )

    def widen(self, column: str) -> None:
        """Add a column that is empty in all rows so far."""
        self.columns.append(column)
        self._new.append(column)

    def add(self, row: int, values: Sequence[str | None]) -> None:
        """Append one row; `values` stand in the order of the columns, those after are empty."""
        self._rows.append((row, values))
        self._n_characters += sum(len(value) for value in values if value)
        if len(self._rows) >= _BATCH_ROWS or self._n_characters >= _BATCH_CHARACTERS:
            self.flush()

    def flush(self) -> None:
        """Write the rows of the current batch into the engine."""
        target = identifier(self._relation)
        for column in self._new:
            self._connection.execute(f"alter table {target} add {identifier(column)} varchar")
        self._new = []
        numbers = pa.array([row for row, _ in self._rows], pa.int64())
        columns = zip_longest(*(values for _, values in self._rows), fillvalue=None)
        texts = [pa.array(column, pa.string()) for column in columns]
        empty = pa.nulls(len(numbers), pa.string())
        texts += [empty] * (len(self.columns) - len(texts))
        batch = pa.table([numbers, *texts], names=[SOURCE_ROW, *self.columns])
        self._rows, self._n_characters = [], 0
        self._connection.register(_BATCH, batch)
        try:
            self._connection.execute(f"insert into {target} from {_BATCH}")
        finally:
            self._connection.unregister(_BATCH)

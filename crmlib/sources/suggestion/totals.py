"""Lines at the end of an export that add the others up, found before anything is read from it."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

from dataclasses import replace

import duckdb

from crmlib.sources.base import ROW
from crmlib.sources.quoting import identifier, literal, shown
from crmlib.sources.suggestion.opening import Opened

__all__ = ["without_totals"]

_LAST_ROWS = 3
_TOTAL = (
    r"\s*((grand|sub)?[ -]?total|(gesamt|zwischen|end)?summe|gesamt|insgesamt|sum)"
    r"([ :].{0,30})?\s*"
)


def without_totals(connection: duckdb.DuckDBPyConnection, opened: Opened) -> Opened:
    """Set aside lines such as "Summe" among the last rows of a file, and say so.

    Guards against a sum that is taken for one more sale, or that hides that a column holds ids.

    Examples
    --------
    >>> connection = duckdb.connect()
    >>> _ = connection.execute('''create table t as from (values (1, 'a'), (2, 'b'), (3, 'c'),
    ...     (4, 'Summe')) as _ ("crm:row", id)''')
    >>> without_totals(connection, Opened("a.csv", "t", ("id",))).options
    {'set_aside': [{'column': 'id', 'values': ['Summe'], 'because': 'a line that adds others up'}]}
    """
    found: dict[str, list[str]] = {}
    for column in opened.columns:
        values: set[str] = set()
        for piece in opened.pieces or (opened.relation,):
            values |= set(_last_totals(connection, piece, column))
        if values and not _stands_elsewhere(connection, opened, column, values):
            found[column] = sorted(values)
    if not found:
        return opened
    conditions = [
        {"column": column, "values": values, "because": "a line that adds others up"}
        for column, values in found.items()
    ]
    kept = " and ".join(
        f"coalesce({identifier(column)}::varchar, '') not in ({', '.join(map(literal, values))})"
        for column, values in found.items()
    )
    relation = f"{opened.relation}_kept"
    connection.execute(
        f"create temp view {identifier(relation)} as "
        f"select * from {identifier(opened.relation)} where {kept}"
    )
    unsure = tuple(
        f"the last row(s) with {', '.join(map(shown, values))} in {shown(column)} look like "
        "lines that add the others up; they are set aside"
        for column, values in found.items()
    )
    return replace(
        opened,
        relation=relation,
        options=opened.options | {"set_aside": conditions},
        unsure=(*opened.unsure, *unsure),
    )


def _last_totals(connection: duckdb.DuckDBPyConnection, relation: str, column: str) -> list[str]:
    text = f"{identifier(column)}::varchar"
    rows = connection.execute(
        f"""select {text} from (from {identifier(relation)} order by {ROW} desc limit {_LAST_ROWS})
        where regexp_full_match(lower({text}), {literal(_TOTAL)})"""
    ).fetchall()
    return [value for (value,) in rows]


def _stands_elsewhere(
    connection: duckdb.DuckDBPyConnection, opened: Opened, column: str, values: set[str]
) -> bool:
    """Say whether a value stands in more rows than the last ones of each file."""
    listed = ", ".join(map(literal, values))
    row = connection.execute(
        f"""select count(*), count(*) filter ({identifier(column)}::varchar in ({listed}))
        from {identifier(opened.relation)}"""
    ).fetchone() or (0, 0)
    most = _LAST_ROWS * max(1, len(opened.pieces))
    return bool(row[1] > most or 2 * row[1] > row[0])

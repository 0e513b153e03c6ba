"""The rows of one part of a mapping: joined, unpivoted and chosen, nothing converted yet."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import duckdb

from crmlib.sources.base import RESERVED, ROW, Problem
from crmlib.sources.mapping.model import Condition, Join, Part, Unpivot
from crmlib.sources.mapping.opening import Opened, Opener, source_name
from crmlib.sources.quoting import identifier, literal, nearest, shown

__all__ = ["ORIGIN", "Rows", "condition_sql", "lay_rows", "source_sql"]

ORIGIN = identifier(f"{RESERVED}origin")
"""SQL of the number of the source's row a row is made from."""

_TEXT = "VARCHAR"


def source_sql(column: str) -> str:
    """Return SQL of a column of the source, untouched."""
    return identifier(source_name(column))


def condition_sql(condition: Condition) -> str:
    """Return SQL of a condition; nothing counts as an empty text, and the answer is never null.

    Examples
    --------
    >>> print(condition_sql(Condition(column="stage", values=["Won", ""])))
    coalesce("crm:source:stage"::varchar, '') in ('Won', '')
    """
    text = f"coalesce({source_sql(condition.column)}::varchar, '')"
    if condition.values is not None:
        return f"{text} in ({', '.join(map(literal, condition.values))})"
    if condition.not_values is not None:
        return f"{text} not in ({', '.join(map(literal, condition.not_values))})"
    if condition.pattern is not None:
        return f"regexp_full_match({text}, {literal(condition.pattern)})"
    return f"{text} <> ''" if condition.filled else f"{text} = ''"


@dataclass
class Rows:
    """Rows of one part.

    Parameters
    ----------
    relation
        View with row number, `ORIGIN`, file and line, and every column under its `source_name`.
    columns
        Column of the source to the engine's type.
    """

    opened: Opened
    relation: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def lay_rows(
    connection: duckdb.DuckDBPyConnection, opener: Opener, part: Part, *, relation: str, table: str
) -> Rows:
    """Lay the rows of a part open as a view, or say everything that is wrong with it.

    Parameters
    ----------
    relation
        Name of the view.
    table
        Our table, for notes.
    """
    opened = opener.open(part)
    rows = Rows(opened, columns=dict(opened.columns), problems=list(opened.problems))
    rows.notes += opened.notes
    query = f"select *, {ROW} as {ORIGIN} from {identifier(opened.relation)}"
    for number, join in enumerate(part.join):
        query = _joined(connection, opener, rows, join, query, f"{relation}_join_{number}")
    if not opened.relation:
        return rows
    if part.unpivot:
        _require(rows, part.unpivot.columns, "unpivot")
        _no_clash(rows, [part.unpivot.name, part.unpivot.value], "unpivot makes")
        if not rows.problems:
            query = _unpivoted(rows, part.unpivot, query)
    _require(rows, [one.column for one in (*part.where, *part.set_aside)], "a condition")
    _require(rows, _used(part), "the mapping")
    if rows.problems:
        return rows
    if part.where:
        conditions = " and ".join(f"({condition_sql(one)})" for one in part.where)
        chosen = f"select * from ({query}) where {conditions}"
        n_all, n_chosen = _count(connection, query), _count(connection, chosen)
        rows.notes.append(
            f"{opened.label}: {n_chosen:,} of {n_all:,} rows belong to {table}; the others are "
            "left out by its conditions (where)."
        )
        query = chosen
    connection.execute(f"create temp view {identifier(relation)} as {query}")
    rows.relation = relation
    return rows


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(f"select count(*) from ({query})").fetchone()
    return int(row[0]) if row else 0


def _used(part: Part) -> Iterator[str]:
    for spec in part.columns.values():
        yield from spec.source or ()
        yield from spec.product or ()


def _require(rows: Rows, names: Iterable[str], what: str) -> None:
    """Demand columns of every file; each missing one is a problem with the nearest name."""
    said = {(problem.file, problem.column) for problem in rows.problems}
    own = {name for one in rows.opened.files for name in one.columns}
    for name in dict.fromkeys(names):
        lacking = [(rows.opened.label, rows.columns)] if name not in rows.columns else []
        if name in own:
            lacking = [
                (one.file, dict(one.columns))
                for one in rows.opened.files
                if name not in one.columns
            ]
        for file, columns in lacking:
            if (file, name) not in said:
                says = f"the column is missing{nearest(name, columns)}"
                listed = ", ".join(shown(one) for one in list(columns)[:20])
                advice = f"It is used by {what}. There are {listed}."
                rows.problems.append(Problem(file, says, advice, name))


def _no_clash(rows: Rows, names: Iterable[str], what: str) -> None:
    known = {name.casefold() for name in rows.columns}
    for name in names:
        if name.casefold() in known:
            says = f"{what} a column {shown(name)}, and there is one of that name"
            rows.problems.append(Problem(rows.opened.label, says, "Use another name or prefix."))


def _joined(
    connection: duckdb.DuckDBPyConnection,
    opener: Opener,
    rows: Rows,
    join: Join,
    query: str,
    relation: str,
) -> str:
    """Add the columns of another file; each row finds one partner at most."""
    other = opener.open(join)
    rows.problems += other.problems
    rows.notes += other.notes
    if not other.relation or not rows.opened.relation:
        return query
    _require(rows, join.on, "a join")
    missing = Rows(other, columns=dict(other.columns))
    _require(missing, join.on.values(), "a join")
    added = {name: f"{join.prefix}{name}" for name in other.columns
             if name not in join.on.values()}  # fmt: skip
    _no_clash(rows, added.values(), f"joining {other.label} makes")
    rows.problems += missing.problems
    if rows.problems:
        return query
    keys = [f"{source_sql(name)}::varchar" for name in join.on.values()]
    problem = _not_unique(connection, other, list(join.on.values()), keys)
    if problem:
        rows.problems.append(problem)
        return query
    cells = [f"{source_sql(old)} as {source_sql(new)}" for old, new in added.items()]
    cells += [f"{key} as {identifier(f'crm:key:{i}')}" for i, key in enumerate(keys)]
    connection.execute(
        f"create temp view {identifier(relation)} as select {', '.join(cells)} "
        f"from {identifier(other.relation)}"
    )
    matches = " and ".join(
        f'mine.{source_sql(name)}::varchar = other."crm:key:{i}"' for i, name in enumerate(join.on)
    )
    for old, new in added.items():
        rows.columns[new] = other.columns[old]
    count = f"""select count(*), count(other."crm:key:0") from ({query}) as mine
        left join {identifier(relation)} as other on {matches}"""
    n_rows, n_found = connection.execute(count).fetchone() or (0, 0)
    rows.notes.append(
        f"{rows.opened.label}: {n_found:,} of {n_rows:,} rows have a partner in {other.label}."
    )
    hidden = ", ".join(identifier(f"crm:key:{i}") for i in range(len(keys)))
    return f"""select mine.*, other.* exclude ({hidden}) from ({query}) as mine
        left join {identifier(relation)} as other on {matches}"""


def _not_unique(
    connection: duckdb.DuckDBPyConnection, other: Opened, names: list[str], keys: list[str]
) -> Problem | None:
    """Refuse a join that would multiply rows."""
    groups = ", ".join(keys)
    filled = " and ".join(f"{key} is not null" for key in keys)
    found = connection.execute(
        f"""select concat_ws(' / ', {groups}), count(*) from {identifier(other.relation)}
        where {filled} group by {groups} having count(*) > 1 order by 1"""
    ).fetchmany(1000)
    if not found:
        return None
    examples = tuple(f"{shown(key)} stands in {count} rows" for key, count in found[:3])
    says = f"rows to be joined by {', '.join(names)} share their ids, and would multiply others"
    advice = "Join by columns that name one row each."
    return Problem(other.label, says, advice, n_rows=sum(n for _, n in found), examples=examples)


def _unpivoted(rows: Rows, unpivot: Unpivot, query: str) -> str:
    """Make one row per row and column; a row keeps the file and line it comes from."""
    position = identifier(f"{RESERVED}position")
    n_columns = len(unpivot.columns)
    labels, cells = [], []
    for number, (column, label) in enumerate(unpivot.columns.items()):
        labels.append(f"when {number} then {literal(label)}")
        cells.append(f"when {number} then {source_sql(column)}::varchar")
    rows.columns |= {unpivot.name: _TEXT, unpivot.value: _TEXT}
    return f"""select * exclude ({ROW}, {position}),
            ({ROW} - 1) * {n_columns} + {position} + 1 as {ROW},
            case {position} {" ".join(labels)} end as {source_sql(unpivot.name)},
            case {position} {" ".join(cells)} end as {source_sql(unpivot.value)}
        from (select *, unnest(range({n_columns})) as {position} from ({query}))"""

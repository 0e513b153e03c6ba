"""The rows of one part of a mapping: joined, unpivoted and chosen, nothing converted yet."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import duckdb

from crmlib.sources.base import RESERVED, ROW, Problem
from crmlib.sources.mapping.model import Condition, Join, Part, Unpivot
from crmlib.sources.mapping.opening import Opened, Opener, source_name
from crmlib.sources.quoting import identifier, literal, nearest, shown
from crmlib.sources.value_forms import plain_number, plain_number_sql

__all__ = ["ORIGIN", "Rows", "condition_sql", "lay_rows", "source_sql"]

ORIGIN = identifier(f"{RESERVED}origin")
"""SQL of the number of the source's row a row is made from."""

_TEXT = "VARCHAR"
_JOIN_FLOAT = "State id_from_float: true in the join if whole numbers are right as ids."


def source_sql(column: str) -> str:
    """Return SQL of a column of the source, untouched."""
    return identifier(source_name(column))


@dataclass
class Rows:
    """Rows of one part.

    Parameters
    ----------
    relation
        View with row number, `ORIGIN`, file and line, and every column under its `source_name`.
    columns
        Column of the source to the engine's type.
    floats
        Columns that hold floating-point numbers, in some file at least: how they are stored.
    """

    opened: Opened
    relation: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    floats: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def is_number(self, column: str) -> bool:
        """Say whether a column is stored as numbers."""
        return column in self.floats or "INT" in self.columns[column]

    def text(self, column: str) -> str:
        """Return SQL of a column as text; 1.0 of a floating-point column is 1."""
        text = f"{source_sql(column)}::varchar"
        return plain_number_sql(text) if column in self.floats else text

    def texts(self, column: str, values: Iterable[str]) -> list[str]:
        """Return texts that stand for some values of a column, numbers by their value."""
        plain = [plain_number(one) for one in values] if self.is_number(column) else []
        if self.columns[column] == "BOOLEAN":
            plain = [one.casefold() for one in values]
        return list(dict.fromkeys([*values, *plain]))

    def float_problems(self, columns: Iterable[str], advice: str) -> list[Problem]:
        """Refuse columns as ids that are stored as floating-point numbers."""
        says = "the column is stored as {}, which has lost leading zeros"
        return [
            Problem(self.opened.label, says.format(self.floats[one]), advice, one)
            for one in columns
            if one in self.floats
        ]


def condition_sql(condition: Condition, rows: Rows) -> str:
    """Return SQL of a condition; nothing counts as an empty text, and the answer is never null.

    Examples
    --------
    >>> rows = Rows(Opened("s.csv"), columns={"stage": "VARCHAR"})
    >>> print(condition_sql(Condition(column="stage", values=["Won", ""]), rows))
    coalesce("crm:source:stage"::varchar, '') in ('Won', '')
    """
    if condition.not_values is not None:
        return f"not {_hit_sql(condition, rows)}"
    return _hit_sql(condition, rows)


def _hit_sql(condition: Condition, rows: Rows) -> str:
    """Return SQL of what a condition looks for, be it to have or to leave out."""
    text = f"coalesce({rows.text(condition.column)}, '')"
    values = condition.values if condition.values is not None else condition.not_values
    if values is not None:
        return f"{text} in ({', '.join(map(literal, rows.texts(condition.column, values)))})"
    if condition.pattern is not None:
        return f"regexp_full_match({text}, {literal(condition.pattern)})"
    return f"{text} <> ''" if condition.filled else f"{text} = ''"


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
    rows = _rows_of(opened)
    rows.problems += opened.problems
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
        _note_idle(connection, rows, query, part.where)
        conditions = " and ".join(f"({condition_sql(one, rows)})" for one in part.where)
        chosen = f"select * from ({query}) where {conditions}"
        n_all, n_chosen = _count(connection, query), _count(connection, chosen)
        rows.notes.append(
            f"{opened.label}: {n_chosen:,} of {n_all:,} rows belong to {table}; the others are "
            "left out by its conditions (where)."
        )
        query = chosen
    _note_idle(connection, rows, query, part.set_aside)
    connection.execute(f"create temp view {identifier(relation)} as {query}")
    rows.relation = relation
    return rows


def _rows_of(opened: Opened) -> Rows:
    return Rows(opened, columns=dict(opened.columns), floats=dict(opened.floats))


def _note_idle(
    connection: duckdb.DuckDBPyConnection, rows: Rows, query: str, conditions: Sequence[Condition]
) -> None:
    """Note conditions that match no row: they may be misspelt."""
    if not conditions:
        return
    hits = ", ".join(f"bool_or({_hit_sql(one, rows)})" for one in conditions)
    found = connection.execute(f"select {hits} from ({query})").fetchone() or ()
    for condition, hit in zip(conditions, found, strict=True):
        if hit is False:
            (what, sought), *_ = condition.model_dump(
                include={"values", "not_values", "pattern", "filled"}, exclude_none=True
            ).items()
            listed = ", ".join(map(shown, sought)) if isinstance(sought, tuple) else shown(sought)
            kind = rows.columns[condition.column]
            rows.notes.append(
                f"{rows.opened.label}: no row matches the condition {what}: {listed} of the column "
                f"{shown(condition.column)}, which is stored as {kind}."
            )


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
    missing = _rows_of(other)
    _require(missing, join.on.values(), "a join")
    added = {name: f"{join.prefix}{name}" for name in other.columns
             if name not in join.on.values()}  # fmt: skip
    _no_clash(rows, added.values(), f"joining {other.label} makes")
    if not join.id_from_float:
        rows.problems += rows.float_problems(join.on, _JOIN_FLOAT)
        rows.problems += missing.float_problems(join.on.values(), _JOIN_FLOAT)
    for old, new in added.items():
        rows.columns[new] = other.columns[old]
        if old in other.floats:
            rows.floats[new] = other.floats[old]
    rows.problems += missing.problems
    if rows.problems:
        return query
    keys = [_key(name, join) for name in join.on.values()]
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
        f'{_key(name, join)} = other."crm:key:{i}"' for i, name in enumerate(join.on)
    )
    count = f"""select count(*), count(other."crm:key:0") from ({query}) as mine
        left join {identifier(relation)} as other on {matches}"""
    n_rows, n_found = connection.execute(count).fetchone() or (0, 0)
    rows.notes.append(
        f"{rows.opened.label}: {n_found:,} of {n_rows:,} rows have a partner in {other.label}."
    )
    hidden = ", ".join(identifier(f"crm:key:{i}") for i in range(len(keys)))
    return f"""select mine.*, other.* exclude ({hidden}) from ({query}) as mine
        left join {identifier(relation)} as other on {matches}"""


def _key(name: str, join: Join) -> str:
    """Return SQL of an id by which rows are joined."""
    text = f"{source_sql(name)}::varchar"
    return plain_number_sql(text) if join.id_from_float else text


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
        cells.append(f"when {number} then {rows.text(column)}")
        if column in rows.floats:
            rows.floats[unpivot.value] = rows.floats[column]
    rows.columns |= {unpivot.name: _TEXT, unpivot.value: _TEXT}
    return f"""select * exclude ({ROW}, {position}),
            ({ROW} - 1) * {n_columns} + {position} + 1 as {ROW},
            case {position} {" ".join(labels)} end as {source_sql(unpivot.name)},
            case {position} {" ".join(cells)} end as {source_sql(unpivot.value)}
        from (select *, unnest(range({n_columns})) as {position} from ({query}))"""

"""One of our tables put together from the parts of a mapping."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from crmlib.schema import TABLES
from crmlib.sources.base import FILE, LINE, RESERVED, ROW, Problem, RawTable
from crmlib.sources.mapping.making import Making, make_column
from crmlib.sources.mapping.model import ColumnSpec, Part
from crmlib.sources.mapping.opening import Opener, source_name
from crmlib.sources.mapping.rows import Rows, condition_sql, lay_rows, source_sql
from crmlib.sources.quoting import identifier, literal

__all__ = ["lay_table"]

_PART = identifier(f"{RESERVED}part")


@dataclass
class _Built:
    """What the parts of one table have become so far."""

    selects: list[str] = field(default_factory=list)
    rows: list[Rows] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    exclusions: list[tuple[str, str]] = field(default_factory=list)
    n_rows: int = 0


def lay_table(
    connection: duckdb.DuckDBPyConnection,
    opener: Opener,
    name: str,
    parts: Sequence[Part],
    *,
    naive_time_zone: str,
    currency: str | None = None,
) -> RawTable:
    """Make one of our tables, or say everything that is wrong with its parts.

    Parameters
    ----------
    currency
        Currency of amounts where no column says it, or says nothing, if it is not the account
        currency.
    """
    built = _Built()
    for number, part in enumerate(parts):
        _add_part(connection, opener, built, (name, number, part), currency)
    label = ", ".join(dict.fromkeys(rows.opened.label for rows in built.rows))
    problems = tuple(dict.fromkeys([*built.problems, *_unlike(name, label, parts)]))
    notes = tuple(dict.fromkeys(built.notes))
    if problems:
        return RawTable(name, label, problems=problems, notes=notes)
    relation = f"raw_{name}"
    query = " union all by name ".join(built.selects)
    by_fold = {column.casefold(): column for rows in built.rows for column in rows.columns}
    originals = list(by_fold.values())
    numbered = {one: spec for one, spec in parts[0].columns.items() if spec.number_within}
    if numbered:
        query = _numbered(query, numbered, originals)
    # intake reads the table several times, and every conversion would be computed each time
    connection.execute(f"create temp table {identifier(relation)} as {query}")
    described = connection.execute(f"describe {identifier(relation)}").fetchall()
    columns = {one: kind for one, kind, *_ in described if not one.startswith(RESERVED)}
    opened = [rows.opened for rows in built.rows]
    return RawTable(
        name,
        label,
        relation,
        columns,
        naive_time_zone,
        has_line_numbers=len(parts) == 1 and opened[0].has_line_numbers and not parts[0].unpivot,
        has_files=len(parts) > 1 or opened[0].has_files or parts[0].unpivot is not None,
        originals={one: source_name(one) for one in originals},
        exclusions=tuple(built.exclusions),
        unmergeable=_unmergeable(name, parts),
        notes=notes,
    )


def _add_part(
    connection: duckdb.DuckDBPyConnection,
    opener: Opener,
    built: _Built,
    place: tuple[str, int, Part],
    currency: str | None,
) -> None:
    """Read one part and make our columns of it."""
    name, number, part = place
    relation = f"part_{name}_{number}"
    rows = lay_rows(connection, opener, part, relation=relation, table=name)
    built.rows.append(rows)
    built.notes += rows.notes
    built.problems += rows.problems
    if not rows.relation:
        return
    making = Making(connection, rows, opener.form_of(part))
    table = TABLES[name].for_columns(part.columns)
    specs = {one: spec for one, spec in part.columns.items() if not spec.number_within}
    if currency and "currency" in table.names and "currency" not in specs:
        specs["currency"] = ColumnSpec(constant=currency)
    ours = {
        one: make_column(making, one, table[one] if one in table.names else None, spec)
        for one, spec in specs.items()
    }
    if currency and "currency" in specs:
        ours["currency"] = f"coalesce(nullif({ours['currency']}, ''), {literal(currency)})"
    built.problems += making.problems
    built.notes += making.notes
    if making.problems:
        return
    made = ", ".join(f"{sql} as {identifier(one)}" for one, sql in ours.items())
    kept = ", ".join(source_sql(one) for one in rows.columns)
    query = f"""select {ROW} + {built.n_rows} as {ROW}, {FILE}, {LINE}, {number} as {_PART},
        {made}, {kept} from {identifier(relation)}"""
    if part.distinct:
        names = ", ".join(identifier(one) for one in ours)
        query = f"""select * from ({query})
            qualify row_number() over (partition by {names} order by {ROW}) = 1"""
    for condition in part.set_aside:
        built.exclusions.append(
            (f"{_PART} = {number} and {condition_sql(condition, rows)}", condition.because)
        )
    built.selects.append(query)
    last = f"select coalesce(max({ROW}), 0) from {identifier(relation)}"
    row = connection.execute(last).fetchone()
    built.n_rows += row[0] if row else 0


def _unmergeable(name: str, parts: Sequence[Part]) -> str:
    """Say which ids or line numbers depend on the place of a row in this one delivery.

    Another delivery gives the same ones to other rows, which a merge would take for corrections
    (key columns) or for events of the same customer (other ids).
    """
    table = TABLES[name]
    places = dict.fromkeys(
        f"{one} is numbered by {'row_id' if spec.row_id is not None else 'number_within'}"
        for part in parts
        for one, spec in part.columns.items()
        if (spec.row_id is not None and one in table.names)
        or (spec.number_within and one in table.key)
    )
    if not places:
        return ""
    return f"{', '.join(places)}, and another delivery gives the same numbers to other rows"


def _unlike(name: str, label: str, parts: Sequence[Part]) -> list[Problem]:
    """Refuse parts that number their rows differently."""
    numbers = [
        {one: (spec.number_within, spec.equal_rows) for one, spec in part.columns.items()
         if spec.number_within}
        for part in parts
    ]  # fmt: skip
    if all(one == numbers[0] for one in numbers):
        return []
    says = f"the parts of {name} number their rows in different ways"
    return [Problem(label, says, "State the same number_within and equal_rows in every part.")]


def _numbered(query: str, specs: dict[str, ColumnSpec], originals: list[str]) -> str:
    """Count rows that are alike, by their content: the order of the file does not matter."""
    content = ", ".join(source_sql(one) for one in originals)
    numbers = []
    for name, spec in specs.items():
        within = ", ".join(identifier(one) for one in spec.number_within or ())
        rank, order = "row_number", f"{content}, {ROW}"
        if spec.equal_rows == "drop":
            rank, order = "dense_rank", content
        numbers.append(
            f"{rank}() over (partition by {within} order by {order}) as {identifier(name)}"
        )
    return f"select *, {', '.join(numbers)} from ({query})"

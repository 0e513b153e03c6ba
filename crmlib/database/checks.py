"""The rules applied to one table, in the engine: counts, examples and the rows set aside."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

import duckdb

from crmlib.database.currencies import RATE
from crmlib.database.report import Finding
from crmlib.database.rules import (
    Action,
    Rule,
    exclusion_rules,
    first_moment_after,
    key_of,
    raw_name,
    row_rules,
    whole_rules,
)
from crmlib.database.typed_view import TypedTable
from crmlib.settings import Settings
from crmlib.sources.base import FILE, LINE, RESERVED, ROW
from crmlib.sources.quoting import identifier

__all__ = ["Checked", "check"]

_MOST_EXAMPLES = 3
_LONGEST_EXAMPLE = 200


@dataclass
class Checked:
    """What the rules say about one table.

    Parameters
    ----------
    aside
        Table of the connection: row number and `rule` (a position in `rules`) of every row that
        is not used.
    example_places
        Where the examples of each finding stand; not stored, as they depend on the row order.
    """

    typed: TypedTable
    aside: str
    rows_in: int = 0
    rules: list[Rule] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    example_places: list[tuple[str, ...]] = field(default_factory=list)

    def n_aside(self, connection: duckdb.DuckDBPyConnection, *actions: Action) -> int:
        """Count the rows set aside by rules of some actions."""
        positions = [i for i, rule in enumerate(self.rules) if rule.action in actions]
        query = f"select count(*) from {identifier(self.aside)} where list_contains(?, rule)"
        return _number(connection, query, [positions])


def check(
    connection: duckdb.DuckDBPyConnection,
    typed: TypedTable,
    *,
    settings: Settings,
    received_on: datetime.date,
    references: Mapping[str, str],
) -> Checked:
    """Apply every rule to a typed table.

    A row is set aside by the first rule it breaks; `findings` count all rows that break a rule.

    Parameters
    ----------
    received_on
        Day of intake; later moments are in the future.
    references
        SQL of the used rows of the tables that may be referred to, by name.
    """
    checked = Checked(typed, f"aside_{typed.table.name}")
    connection.execute(
        f"create temp table {identifier(checked.aside)} ({ROW} bigint, rule integer)"
    )
    future = first_moment_after(received_on, time_zone=settings.time_zone)
    reasons = [reason for _, reason in typed.raw.exclusions]
    checked.rules = [
        *exclusion_rules(typed.table, reasons),
        *row_rules(
            typed.table,
            typed.typings,
            currency=settings.currency,
            future=future,
            has_rates=RATE in typed.columns,
        ),
    ]
    _check_rows(connection, checked)
    together = whole_rules(typed.table, typed.typings)
    key = key_of(typed.table, typed.typings)
    if key and not typed.problems:
        _check_key(connection, checked, key, together)
    for column in typed.table.columns:
        target, _, id_name = column.reference.partition(".")
        if column.name not in typed.typings:
            continue
        found = f"select {identifier(id_name)} from "
        if target == typed.table.name and not typed.problems:
            found += f"{_left(checked)} and {identifier(id_name)} is not null"
            if target in references:
                found += f" union all select {identifier(id_name)} from {references[target]}"
            _check_reference(connection, checked, together[column.name], found)
        elif target in references:
            found += references[target]
            _check_reference(connection, checked, together[column.name], found)
    return checked


def _number(
    connection: duckdb.DuckDBPyConnection, query: str, values: list[object] | None = None
) -> int:
    row = connection.execute(query, values or []).fetchone()
    return int(row[0]) if row else 0


def _left(checked: Checked) -> str:
    """Return SQL of the rows no rule has set aside so far."""
    view, aside = identifier(checked.typed.view), identifier(checked.aside)
    return f"{view} where {ROW} not in (select {ROW} from {aside})"


def _find(
    connection: duckdb.DuckDBPyConnection, checked: Checked, rule: Rule, n_rows: int, query: str
) -> None:
    """Record a broken rule with its smallest examples; `query` gives row number and `value`."""
    rows = connection.execute(
        f"""select {ROW}, left(value::varchar, {_LONGEST_EXAMPLE}) from ({query})
        order by value::varchar, {ROW} limit {_MOST_EXAMPLES}"""
    ).fetchall()
    checked.example_places.append(_places(connection, checked, [number for number, _ in rows]))
    checked.findings.append(
        Finding(
            table=rule.table,
            column=rule.column,
            kind=rule.kind,
            action=rule.action,
            n_rows=n_rows,
            says=rule.says,
            advice=rule.advice,
            examples=tuple(value for _, value in rows),
        )
    )


def _places(
    connection: duckdb.DuckDBPyConnection, checked: Checked, rows: list[int]
) -> tuple[str, ...]:
    """Say where rows stand in the source."""
    raw = checked.typed.raw
    if not raw.has_files:
        lines = [f" (line {row + 1})" if raw.has_line_numbers else "" for row in rows]
        return tuple(f"row {row}{line}" for row, line in zip(rows, lines, strict=True))
    found = connection.execute(
        f"""select {ROW}, {FILE}, {LINE} from {identifier(raw.relation)}
        where list_contains(?, {ROW})""",
        [rows],
    ).fetchall()
    by_row = {row: f"{file} row {line}" for row, file, line in found}
    return tuple(by_row[row] for row in rows)


def _check_rows(connection: duckdb.DuckDBPyConnection, checked: Checked) -> None:
    """Count all rules about single rows in one pass, then set the broken rows aside."""
    view = identifier(checked.typed.view)
    # twice as fast as count(*) filter (where ...)
    counts = [f"count_if({rule.condition})" for rule in checked.rules]
    row = connection.execute(f"select {', '.join(['count(*)', *counts])} from {view}").fetchone()
    checked.rows_in, *found = row or (0,)
    broken = []
    for position, (rule, n_rows) in enumerate(zip(checked.rules, found, strict=True)):
        if not n_rows:
            continue
        raw = identifier(raw_name(rule.column)) if rule.column else "null"
        query = f"select {ROW}, {raw} as value from {view} where {rule.condition}"
        _find(connection, checked, rule, n_rows, query)
        if rule.action in ("quarantine", "exclude"):
            broken.append(f"when {rule.condition} then {position}")
    if broken:
        connection.execute(
            f"""insert into {identifier(checked.aside)}
            select * from (select {ROW}, case {" ".join(broken)} end as rule from {view})
            where rule is not null"""
        )


def _check_key(
    connection: duckdb.DuckDBPyConnection,
    checked: Checked,
    key: tuple[str, ...],
    rules: Mapping[str, Rule],
) -> None:
    """Keep one of equal rows; set all rows of a key aside whose rows differ.

    Equal are rows whose raw values are the same in every column, also those that are left out.
    Rows are compared in full only where the hash of their key occurs twice.
    """
    keys = ", ".join(identifier(name) for name in key)
    content = ", ".join(identifier(name) for name in checked.typed.content)
    code, copy = identifier(f"{RESERVED}code"), identifier(f"{RESERVED}copy")
    twins = f"twins_{checked.typed.table.name}"
    connection.execute(
        f"""create temp table {identifier(twins)} as
        with twice as (
            select hash({keys}) as {code} from {_left(checked)} group by {code} having count(*) > 1
        ),
        copies as (
            select {ROW}, {keys},
                row_number() over (partition by {content} order by {ROW}) as {copy}
            from {_left(checked)} and hash({keys}) in (select {code} from twice)
        )
        select {ROW}, concat_ws(' / ', {keys}) as value, {copy} as copy,
            count(*) filter (where {copy} = 1) over (partition by {keys}) as n_different
        from copies"""
    )
    for name, condition in (("equal", "copy > 1"), ("conflict", "copy = 1 and n_different > 1")):
        query = f"select {ROW}, value from {identifier(twins)} where {condition}"
        _set_aside(connection, checked, rules[name], query)


def _check_reference(
    connection: duckdb.DuckDBPyConnection, checked: Checked, rule: Rule, found: str
) -> None:
    """Count or set aside rows whose id does not exist in the other table."""
    column = identifier(rule.column)
    query = f"""select {ROW}, {column} as value from {_left(checked)}
        and {column} is not null and {column} not in ({found})"""
    _set_aside(connection, checked, rule, query)


def _set_aside(
    connection: duckdb.DuckDBPyConnection, checked: Checked, rule: Rule, query: str
) -> None:
    n_rows = _number(connection, f"select count(*) from ({query})")
    if not n_rows:
        return
    _find(connection, checked, rule, n_rows, query)
    checked.rules.append(rule)
    if rule.action != "keep":
        connection.execute(
            f"""insert into {identifier(checked.aside)}
            select {ROW}, {len(checked.rules) - 1} from ({query})"""
        )

"""One raw table laid out as typed columns beside their raw values."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from crmlib.database.casting import EXPECTED, Typing, text_of, typing_of
from crmlib.database.currencies import RATE, can_convert, converted
from crmlib.database.rules import exclusion_name, raw_name
from crmlib.schema import Column, Table, companion
from crmlib.sources.base import ROW, Problem, RawTable
from crmlib.sources.quoting import identifier, nearest, shown

__all__ = ["TypedTable", "lay_out"]


@dataclass
class TypedTable:
    """A view with the row number, every raw value under its `raw_name`, and typed values.

    Parameters
    ----------
    columns
        Typed columns and companions, in the order they are stored.
    content
        Columns of the view that hold a row as the source delivered it.
    derived
        SQL of the columns that follow from another column of the view.
    """

    table: Table
    raw: RawTable
    view: str
    content: tuple[str, ...] = ()
    typings: dict[str, Typing] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    derived: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def lay_out(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    raw: RawTable,
    *,
    time_zone: str,
    currency: str = "",
    daily_rates: str = "",
) -> TypedTable:
    """Create the typed view of a raw table; missing and mistyped columns become problems.

    Parameters
    ----------
    time_zone
        Zone in which days are counted.
    currency, daily_rates
        Account currency, and the table of exchange rates per currency and day, if there is one;
        see `crmlib.database.currencies`.
    """
    typed = TypedTable(table, raw, f"typed_{table.name}")
    for column in table.columns:
        _type_column(typed, column, time_zone)
    inner, values, made = [ROW], ["*"], ["*"]
    for name, typing in typed.typings.items():
        native = raw.columns[name]
        inner.append(f"{text_of(identifier(name), native)} as {identifier(raw_name(name))}")
        _add_expressions(typed, table[name], typing, values, made)
    further = _further(typed)
    for name in raw.columns:
        if name not in typed.typings:
            text = text_of(f"{identifier(name)}::varchar", "VARCHAR")
            inner.append(f"{text} as {identifier(raw_name(name))}")
    for name in further:
        values.append(f"{identifier(raw_name(name))} as {identifier(name)}")
        typed.columns.append(name)
    for position, (condition, _) in enumerate(raw.exclusions):
        inner.append(f"({condition}) as {identifier(exclusion_name(position))}")
    inner += [identifier(name) for name in raw.originals.values()]
    content = raw.originals.values() or map(raw_name, raw.columns)
    typed.content = tuple(content)
    # one level each for raw, typed and derived columns: every value is computed once
    query = f"""select {", ".join(made)} from (
        select {", ".join(values)} from (
            select {", ".join(inner)} from {identifier(raw.relation)}))"""
    if daily_rates and can_convert(table, typed.typings):
        query = converted(query, table, typed.columns, currency=currency, daily_rates=daily_rates)
        typed.columns.append(RATE)
    connection.execute(f"create temp view {identifier(typed.view)} as {query}")
    return typed


def _type_column(typed: TypedTable, column: Column, time_zone: str) -> None:
    """Choose how a column is read, or say why it cannot be."""
    raw, name = typed.raw, column.name
    if name not in raw.columns:
        if column.required or column.must_exist:
            unknown = [other for other in raw.columns if other not in typed.table.names]
            says = f"the column is missing{nearest(name, unknown)}"
            advice = f"Name it {name}: {column.meaning}."
            if not column.required:
                advice += " The column must be there; it may be empty in every row."
            typed.problems.append(Problem(raw.file, says, advice, name))
        return
    native = raw.columns[name]
    found = typing_of(
        column,
        native,
        identifier(raw_name(name)),
        naive_zone=raw.naive_time_zone,
        zone=time_zone,
    )
    if found is None:
        says = f"the column is stored as {native}, expected {EXPECTED[column.kind]}"
        advice = "Store it so before export."
        if column.kind == "id":
            advice = "Store ids as text before export: a float has lost leading zeros and digits."
        typed.problems.append(Problem(raw.file, says, advice, name))
    else:
        typed.typings[name] = found


def _add_expressions(
    typed: TypedTable, column: Column, typing: Typing, values: list[str], made: list[str]
) -> None:
    """Add SQL of a column and its companion: one is read, the other made from it."""
    name = identifier(column.name)
    typed.columns.append(column.name)
    other = companion(column)
    if other is None:
        values.append(f"{typing.value} as {name}")
        return
    typed.columns.append(other)
    integer = identifier(other)
    if column.kind == "amount":
        values.append(f"{typing.companion} as {integer}")
        derived, follows = column.name, typing.value.replace("{companion}", integer)
    else:
        values.append(f"{typing.value} as {name}")
        derived, follows = other, typing.companion.replace("{value}", name)
    made.append(f"{follows} as {identifier(derived)}")
    typed.derived[derived] = follows


def _further(typed: TypedTable) -> list[str]:
    """Columns beyond the contract: attributes of an open table, left out of a closed one."""
    table, raw = typed.table, typed.raw
    taken = {name.casefold() for name in (*table.names, *typed.columns)}
    kept = []
    for name in sorted(raw.columns):
        if name in table.names:
            continue
        if table.open_ended and name.casefold() not in taken:
            kept.append(name)
            continue
        hint = nearest(name, [other for other in table.names if other not in raw.columns])
        typed.notes.append(
            f"{raw.file}: column {shown(name)} is not part of {table.name} and left out{hint}"
        )
    return kept

"""What a mapping says about one table, drafted from the matches, with a reason for every line."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from crmlib.schema import Column, Table
from crmlib.settings import Settings
from crmlib.sources.quoting import identifier, shown
from crmlib.sources.suggestion.facts import ColumnFacts
from crmlib.sources.suggestion.matching import Match, TableMatch, known_values
from crmlib.sources.suggestion.words import is_discount, simple, without_cents
from crmlib.sources.value_forms import NUMBER_FORMS, has_clock

__all__ = ["Draft", "Line", "draft_table"]

_FORMS = {str(form): form for form in NUMBER_FORMS}
_ROW_IDS = ("transaction_id", "customer_id", "respondent_id", "visitor_id")
_CONSTANTS = {"product_id": "all", "quantity": "1"}
_FLAGS = {"ja": "true", "j": "true", "wahr": "true", "nein": "false", "falsch": "false"}
_READ_AS_FLAG = ("true", "t", "yes", "y", "1", "false", "f", "no", "n", "0")


@dataclass(frozen=True)
class Line:
    """One column of ours: what is written after its name, how far it is believed, and why."""

    ours: str
    spec: Any
    confidence: str
    reason: str
    unsure: tuple[str, ...] = ()


@dataclass
class Draft:
    """The part of a mapping that one file feeds.

    Parameters
    ----------
    left_out
        Columns of the file that are not used.
    missing
        Required columns of ours that stay empty, so that the mapping cannot work yet.
    unsure
        Sentences about the table as a whole.
    """

    table: str
    lines: list[Line] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


def draft_table(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    found: TableMatch,
    facts: Sequence[ColumnFacts],
    *,
    settings: Settings,
) -> Draft:
    """Write down how a file feeds the table it fits best."""
    table = found.table
    columns = {column.name: column for column in table.for_columns(found.matches).columns}
    draft = Draft(table.name)
    used = {match.facts.name for match in found.matches.values()}
    if found.unit_price:
        used.add(found.unit_price.facts.name)
    clock = _clock_beside(found, [one for one in facts if one.name not in used])
    for name, match in found.matches.items():
        line = _line(table, columns[name], match)
        if clock and name == table.known_on:
            line = _with_clock(line, match.facts, clock)
            used.add(clock.name)
        draft.lines.append(line)
    if table.name == "transactions" and "customer_id" not in found.matches:
        reason = "the file has no column for customer_id; all sales are anonymous"
        draft.lines.append(Line("customer_id", {"constant": ""}, "guess", reason, (reason,)))
    for name in found.missing:
        stand_in = _stand_in(found, name, [one.name for one in facts if is_discount(one.name)])
        if stand_in:
            draft.lines.append(stand_in)
        else:
            draft.missing.append(name)
    _keep_attributes(draft, table, [one for one in facts if one.name not in used])
    _number_lines(connection, relation, found, draft)
    _say_zone_and_currency(draft, found, columns, settings)
    return draft


def _line(table: Table, column: Column, match: Match) -> Line:
    facts, unsure = match.facts, list[str]()
    spec: dict[str, Any] = {}
    if match.confidence != "sure":
        unsure.append(f"{shown(facts.name)} as {column.name}: {match.reason}")
    if column.kind in ("instant", "day"):
        unsure += _read_dates(spec, facts)
    elif column.kind in ("number", "amount", "integer"):
        unsure += _read_numbers(spec, facts, may_be_cents=column.kind == "amount")
    elif column.kind == "id" and facts.is_float_id:
        spec["id_from_float"] = True
    if column.values:
        unsure += _read_values(spec, known_values(table.name, column, facts.values), facts)
    elif column.kind == "flag":
        words = {value: _FLAGS.get(simple(value), simple(value)) for value in facts.values}
        if not {simple(value) for value in facts.values} <= set(_READ_AS_FLAG):
            spec["values"] = words
    n_empty = facts.n_rows - facts.n_filled
    if column.required and n_empty:
        unsure.append(
            f"{shown(facts.name)} is empty in {n_empty:,} of {facts.n_rows:,} row(s), which intake "
            f"sets aside, because {column.name} is needed"
        )
    if facts.empty_words and column.kind not in ("id", "text"):
        spec["empty"] = ["", *facts.empty_words]
    whole = {"from": facts.name, **spec} if spec else facts.name
    reason = f"{match.reason}; {facts.n_filled:,} of {facts.n_rows:,} filled"
    return Line(column.name, whole, match.confidence, reason, tuple(unsure))


def _clock_beside(found: TableMatch, left: Sequence[ColumnFacts]) -> ColumnFacts | None:
    """Find the one column with the time of day that belongs to the day of a table."""
    match = found.matches.get(found.table.known_on)
    clocks = [one for one in left if one.clock and one.n_filled]
    if not match or found.table[match.ours].kind != "instant" or len(clocks) != 1:
        return None
    is_day = match.facts.is_iso_day or not has_clock(_date_form(match.facts))
    return clocks[0] if is_day and match.facts.is_date and not match.facts.empty_words else None


def _with_clock(line: Line, day: ColumnFacts, clock: ColumnFacts) -> Line:
    spec = {"from": [day.name, clock.name], "join": " ",
            "format": f"{_date_form(day)} {clock.clock}"}  # fmt: skip
    return replace(line, spec=spec, reason=f"{line.reason}; with the time of {shown(clock.name)}")


def _date_form(facts: ColumnFacts) -> str:
    return facts.date.form or (*facts.date.candidates, "%Y-%m-%d")[0]


def _read_dates(spec: dict[str, Any], facts: ColumnFacts) -> list[str]:
    if facts.is_iso or not facts.date.candidates:
        return []
    spec["format"] = _date_form(facts)
    if facts.date.form:
        return []
    example = "; ".join(facts.date.examples)
    return [f"{shown(facts.name)}: both readings are possible, {example}; taken is the first"]


def _read_numbers(
    spec: dict[str, Any], facts: ColumnFacts, *, may_be_cents: bool = False
) -> list[str]:
    """State the decimal sign, that between groups where groups occur, and what is left out."""
    if not facts.is_number:
        return []
    if facts.signs:
        spec["strip"] = list(facts.signs)
    if may_be_cents and without_cents(simple(facts.name)) != simple(facts.name):
        spec["factor"] = 0.01
    form = _FORMS[facts.number.form or facts.number.candidates[0]]
    alike = [one for one in facts.number.candidates if _FORMS[one].decimal == form.decimal]
    has_groups = len(alike) == 1
    if form.decimal != "." or has_groups or not facts.number.form:
        spec["decimal"] = form.decimal
        spec |= {"thousands": form.thousands} if has_groups else {}
    if facts.number.form:
        return []
    example = "; ".join(facts.number.examples)
    return [f"{shown(facts.name)}: both readings are possible, {example}; taken is the first"]


def _read_values(spec: dict[str, Any], known: Mapping[str, str], facts: ColumnFacts) -> list[str]:
    if any(value != ours for value, ours in known.items()):
        spec["values"] = dict(known)
    strange = [value for value in facts.values if value not in known]
    if not strange:
        return []
    return [f"{shown(facts.name)}: what {', '.join(map(shown, strange[:5]))} mean(s) is not known"]


def _stand_in(found: TableMatch, name: str, discounts: Sequence[str]) -> Line | None:
    """Fill a required column that the file lacks, where something honest can be said."""
    table, matches = found.table, found.matches
    what = f"the file has no column for {name}"
    if name == "net_amount" and found.unit_price and "quantity" in matches:
        factors = [matches["quantity"].facts.name, found.unit_price.facts.name]
        spec: dict[str, Any] = {"product": factors}
        unsure = _read_numbers(spec, found.unit_price.facts)
        reason = f"{what}; quantity times price"
        if discounts:
            reason += f", before the discount of {', '.join(map(shown, discounts))}"
        return Line(name, spec, "guess" if discounts else "likely", reason, (reason, *unsure))
    if name == "transaction_id" and {"customer_id", "occurred_at"} <= matches.keys():
        sources = [matches[one].facts.name for one in ("customer_id", "occurred_at")]
        reason = f"{what}; one order per customer and moment"
        return Line(name, {"from": sources, "join": "-"}, "guess", reason, (reason,))
    text = table[name].kind == "text" and not table[name].values
    if name in _ROW_IDS or table.key == (name,):
        spec = {"row_id": "R"}
        reason = f"{what}; every row gets a number of its own, to which nothing else can refer"
    elif name in _CONSTANTS or text:
        spec = {"constant": _CONSTANTS.get(name, "unknown")}
        reason = f"{what}; it is {shown(spec['constant'])} everywhere"
    else:
        return None
    return Line(name, spec, "guess", reason, (reason,))


def _keep_attributes(draft: Draft, table: Table, left: Sequence[ColumnFacts]) -> None:
    """Keep further columns as attributes where the table takes them, but no e-mail addresses."""
    taken = {line.ours for line in draft.lines} | set(table.names)
    for facts in left:
        name = simple(facts.name).replace(" ", "_")
        name = f"attribute_{name}" if not name or name[0].isdigit() else name
        if facts.is_email or not table.open_ended or not facts.n_filled or name in taken:
            draft.left_out.append(facts.name)
            if facts.is_email:
                draft.unsure.append(f"{shown(facts.name)} holds e-mail addresses and is left out")
            continue
        taken.add(name)
        draft.lines.append(Line(name, facts.name, "attribute", "kept as text"))


def _number_lines(
    connection: duckdb.DuckDBPyConnection, relation: str, found: TableMatch, draft: Draft
) -> None:
    """Count the lines of an order where its key repeats; say so where another key does."""
    specs = {line.ours: line.spec for line in draft.lines}
    names: list[str] = []
    for ours in found.table.key:
        spec = specs.get(ours, {"constant": ""})
        if isinstance(spec, dict) and "row_id" in spec:
            return  # no two rows have the same key
        source = spec.get("from", []) if isinstance(spec, dict) else spec
        names += [source] if isinstance(source, str) else source
    if not names:
        return
    n_equal, n_same = _repeats(connection, relation, names)
    if not n_same:
        return
    if "line_number" not in found.table.names:
        draft.unsure.append(
            f"the key {' and '.join(map(shown, names))} repeats in {n_same:,} row(s); intake sets "
            "all but equal ones aside"
        )
    elif "line_number" not in specs:
        number = {"number_within": ["transaction_id", "product_id"], "equal_rows": "keep"}
        reason = f"{n_same:,} line(s) repeat the product of an order"
        unsure = (
            f"{n_equal:,} row(s) equal an earlier one in every column: they are kept as sales of "
            "their own; write equal_rows: drop if they are duplicates",
        )
        draft.lines.append(Line("line_number", number, "likely", reason, unsure if n_equal else ()))


def _repeats(
    connection: duckdb.DuckDBPyConnection, relation: str, names: Sequence[str]
) -> tuple[int, int]:
    """Count rows that equal an earlier one wholly, and rows that repeat an earlier key."""
    of_all = f'select columns(* exclude ("crm:row")) from {identifier(relation)}'
    of_key = f"select {', '.join(map(identifier, names))} from {identifier(relation)}"
    counts = [
        f"(select count(*) from {identifier(relation)}) - (select count(*) from (select distinct * "
        f"from ({query})))"
        for query in (of_all, of_key)
    ]
    row = connection.execute(f"select {', '.join(counts)}").fetchone() or (0, 0)
    return row[0], row[1]


def _say_zone_and_currency(
    draft: Draft, found: TableMatch, columns: Mapping[str, Column], settings: Settings
) -> None:
    specs = {line.ours: line.spec for line in draft.lines}
    naive = []
    for name, match in found.matches.items():
        form = specs[name].get("format", "") if isinstance(specs[name], dict) else ""
        is_iso_moment = match.facts.is_iso and not match.facts.is_iso_day
        if columns[name].kind == "instant" and (
            has_clock(form) or (is_iso_moment and not match.facts.has_offset)
        ):
            naive.append(match.facts.name)
    if naive:
        draft.unsure.append(
            f"times of {', '.join(map(shown, naive))} have no offset: they are read as local time "
            f"of {settings.time_zone}"
        )
    currency = found.matches.get("currency")
    amounts = [name for name in found.matches if columns[name].kind == "amount"]
    if currency:
        others = [code for code in currency.facts.values if code != settings.currency]
        if others:
            draft.unsure.append(
                f"amounts are in {', '.join(map(shown, currency.facts.values[:5]))}: intake needs "
                f"a table rates to turn them into {settings.currency}"
            )
        return
    money = [found.matches[name].facts for name in amounts]
    money += [found.unit_price.facts] if found.unit_price else []
    signs = {code: facts.name for facts in money for code in facts.currencies}
    for code in signs.keys() - {settings.currency}:
        draft.unsure.append(
            f"{shown(signs[code])} has the sign of {code}, and amounts without a currency are "
            f"taken as {settings.currency}: state currency: {code} and add a table rates"
        )
    if money and not signs:
        draft.unsure.append(f"no column names a currency: amounts are taken as {settings.currency}")

"""The rules a table must keep, made from its schema."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from crmlib.database.casting import EXPECTED, Typing
from crmlib.database.currencies import MOST_DAYS_OLD, RATE, can_convert
from crmlib.schema import Column, Table
from crmlib.sources.base import RESERVED
from crmlib.sources.quoting import identifier, literal

__all__ = [
    "FUTURE",
    "Action",
    "Rule",
    "RuleKind",
    "exclusion_name",
    "exclusion_rules",
    "first_moment_after",
    "key_of",
    "raw_name",
    "row_rules",
    "whole_rules",
]

RuleKind = Literal[
    "mapping", "column", "type", "required", "range", "values", "date", "row", "key", "reference"
]
Action = Literal["stop", "exclude", "quarantine", "deduplicate", "keep"]
"""`stop` refuses the source, `exclude` sets a row aside because its mapping says so, `quarantine`
sets the row aside, `deduplicate` keeps one of several equal rows, `keep` counts and uses the row.
"""

_MakeRule = Callable[..., "Rule"]

FUTURE = "lies after the day of intake"
"""The one rule whose outcome depends on the day of intake."""


@dataclass(frozen=True)
class Rule:
    """One rule about one column, or about the key of a table.

    Parameters
    ----------
    condition
        SQL that is true for a row that breaks the rule; empty where the rule is about more than
        one row.
    says
        What is wrong with such a row, for a reader.
    advice
        What to do about it.
    """

    table: str
    column: str
    kind: RuleKind
    action: Action
    condition: str
    says: str
    advice: str = "Correct the values in the source."


def exclusion_name(position: int) -> str:
    """Return the name of the column of the typed view that says which rows are excluded."""
    return f"{RESERVED}excluded:{position}"


def raw_name(column: str) -> str:
    """Return the name of a column's raw value in the typed view."""
    return f"{RESERVED}raw:{column}"


def first_moment_after(day: datetime.date, *, time_zone: str) -> str:
    """UTC timestamp at which the local day after `day` begins.

    Examples
    --------
    >>> import datetime
    >>> first_moment_after(datetime.date(2017, 12, 31), time_zone="America/New_York")
    '2018-01-01 05:00:00'
    """
    zone = zoneinfo.ZoneInfo(time_zone)
    local = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), zone)
    return f"{local.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S}"


def key_of(table: Table, present: Mapping[str, object]) -> tuple[str, ...]:
    """Key columns the source holds; empty if a required one is missing."""
    if any(name not in present for name in table.key if table[name].required):
        return ()
    return tuple(name for name in table.key if name in present)


def exclusion_rules(table: Table, reasons: Sequence[str]) -> tuple[Rule, ...]:
    """Make a rule of every exclusion of a mapping, in order."""
    return tuple(
        Rule(
            table.name, "", "mapping", "exclude", identifier(exclusion_name(position)),
            f"is set aside by the mapping: {reason}", "Nothing; the mapping asks for it.",
        )
        for position, reason in enumerate(reasons)
    )  # fmt: skip


def row_rules(
    table: Table, typings: Mapping[str, Typing], *, currency: str, future: str, has_rates: bool
) -> tuple[Rule, ...]:
    """Make every rule that looks at one row alone, in the order of the columns.

    Parameters
    ----------
    typings
        How each column that is present is read.
    currency
        The currency amounts are in, the only one unless there are rates.
    future
        First UTC timestamp that lies in the future, from `first_moment_after`.
    has_rates
        Amounts in other currencies are converted.
    """
    rules: list[Rule] = []
    unconverted = ""
    if RATE in typings:
        rules.append(_base_rate_rule(table.name, currency))
    if can_convert(table, typings):
        rules.append(_currency_rule(table.name, currency, has_rates=has_rates))
        unconverted = f"{RATE} is null" if has_rates else ""
    for column in table.columns:
        if column.name in typings:
            excuse = unconverted if column.kind == "amount" else ""
            rules += _rules_of(table.name, column, typings[column.name], future, excuse)
            if column.name == table.key[0] and column.kind == "id" and not table.is_large:
                rules.append(_spelling_rule(table.name, column.name))
    rules += _rules_of_rows(table, typings)
    return tuple(rules)


def _rules_of_rows(table: Table, typings: Mapping[str, Typing]) -> Iterator[Rule]:
    """Make the rules about several columns of one row."""
    for rule in table.rules:
        if all(name in typings for name in rule.columns):
            action: Action = "keep" if rule.is_counted else "quarantine"
            column = rule.columns[0]
            yield Rule(table.name, column, "row", action, f"({rule.broken_if})", rule.says)
    if table.any_of:
        filled = [identifier(name) for name in table.any_of if name in typings]
        column = next((name for name in table.any_of if name in typings), "")
        if column:
            condition = f"coalesce({', '.join([*filled, 'null'])}) is null"
            says = f"is empty, and one of {', '.join(table.any_of)} must not be"
            yield Rule(table.name, column, "row", "quarantine", condition, says)


def _spelling_rule(table: str, column: str) -> Rule:
    """Make the rule that counts ids which may be another spelling of a known one."""
    value = identifier(column)
    invisible = r"[\x{200B}-\x{200F}\x{2060}\x{FEFF}]"
    return Rule(
        table,
        column,
        "type",
        "keep",
        f"({value} <> trim({value}) or {value} <> nfc_normalize({value})"
        f" or regexp_matches({value}, '{invisible}'))",
        "has blanks at an end, or letters in an unusual spelling: kept as it is, but it is another "
        "id than the one without",
        "Deliver ids in one spelling; a mapping can strip them.",
    )


def _base_rate_rule(table: str, currency: str) -> Rule:
    """Make the rule that rates are to the account currency, not to another one."""
    return Rule(
        table,
        RATE,
        "values",
        "stop",
        f"currency = {literal(currency)} and {RATE} <> 1",
        f"is not 1 for {currency}, the account currency: the rates are to another one",
        f"Deliver rates to {currency}, or set `currency` in the settings.",
    )


def _currency_rule(table: str, currency: str, *, has_rates: bool) -> Rule:
    """Make the rule that keeps amounts in different currencies apart."""
    rule = partial(Rule, table, "currency", "values")
    if has_rates:
        says = f"has no exchange rate on the day of the sale or the {MOST_DAYS_OLD} days before"
        condition = f"currency is not null and {RATE} is null"
        return rule("quarantine", condition, says, "Deliver the missing rows of rates.")
    return rule(
        "stop",
        f"currency <> {literal(currency)}",
        f"is not {currency}, and amounts in different currencies are never added",
        f"Deliver amounts in {currency}, or a table rates with the rate_to_base of each currency "
        "and day, or set `currency` in the settings.",
    )


def _rules_of(
    table: str, column: Column, typing: Typing, future: str, excuse: str
) -> Iterator[Rule]:
    """Make the rules of one column; the first one a row breaks is its reason.

    `excuse` is SQL of another reason why a filled value may have become nothing.
    """
    rule = partial(Rule, table, column.name)
    value, raw = identifier(column.name), identifier(raw_name(column.name))
    if typing.infinite:
        yield rule("range", "quarantine", typing.infinite, "is infinite or not a number")
    if typing.beyond and column.bound is not None:
        says = f"is larger than {column.bound:,.0f} in size, which is not believed"
        advice = "Check the unit and the decimal point in the source."
        yield rule("range", "quarantine", typing.beyond, says, advice)
    if typing.can_fail:
        named = [one for one in (typing.infinite, typing.beyond, excuse) if one]
        known = "".join(f" and not coalesce({one}, false)" for one in named)
        condition = f"{raw} is not null and {value} is null{known}"
        yield rule("type", "quarantine", condition, f"is not {EXPECTED[column.kind]}")
    if column.required:
        yield rule("required", "quarantine", f"{raw} is null", "is empty and must not be")
    yield from _range_rules(rule, column, value)
    if column.kind in ("instant", "day"):
        yield from _date_rules(rule, column, value, future)
    if typing.rounded:
        condition = f"({typing.rounded}) and {value} is not null"
        says = "has more than two decimals and is rounded to whole cents"
        yield rule("range", "keep", condition, says)
    for comparison, says in column.counted:
        yield rule("range", "keep", f"{value} {comparison}", says)


def _range_rules(rule: _MakeRule, column: Column, value: str) -> Iterator[Rule]:
    if column.minimum is not None:
        says = f"is below {column.minimum:g}"
        yield rule("range", "quarantine", f"{value} < {column.minimum!r}", says)
    if column.maximum is not None:
        says = f"is above {column.maximum:g}"
        yield rule("range", "quarantine", f"{value} > {column.maximum!r}", says)
    if column.values:
        listed = ", ".join(literal(text) for text in column.values)
        yield rule("values", "quarantine", f"{value} not in ({listed})", f"is not one of {listed}")


def _date_rules(rule: _MakeRule, column: Column, value: str, future: str) -> Iterator[Rule]:
    """Find stand-ins for unknown dates, and moments that have not happened yet."""
    early = "< timestamp '1900-01-02'" if column.kind == "instant" else "<= date '1900-01-01'"
    condition = f"({value} {early} or {value} >= timestamp '2200-01-01')"
    says = "is a stand-in for an unknown date (1900-01-01 or before, 2200 or later)"
    yield rule("date", "quarantine", condition, says, "Leave unknown dates empty.")
    if column.kind == "instant":
        condition = f"{value} >= timestamp {literal(future)} and {value} < timestamp '2200-01-01'"
        advice = "Check the clock and the time zone of the source."
        yield rule("date", "quarantine", condition, FUTURE, advice)


def whole_rules(table: Table, present: Mapping[str, object]) -> dict[str, Rule]:
    """Make the rules about more than one row: `equal`, `conflict` and one per reference.

    References are named by their column.
    """
    key = ", ".join(key_of(table, present))
    rules = {
        "equal": Rule(
            table.name, key, "key", "deduplicate", "", "repeats another row exactly",
            "One of the equal rows is used.",
        ),
        "conflict": Rule(
            table.name, key, "key", "quarantine", "", "has the key of another row, which differs",
            "Deliver one row per key; where one product comes twice in an order, number the lines "
            "in line_number." if table.name == "transactions" else "Deliver one row per key.",
        ),
    }  # fmt: skip
    for column in table.columns:
        if column.reference and column.name in present:
            other = column.reference.split(".")[0]
            rules[column.name] = Rule(
                table.name, column.name, "reference", column.orphan, "",
                f"is not in the table {other}", f"Deliver the missing rows of {other}.",
            )  # fmt: skip
    return rules

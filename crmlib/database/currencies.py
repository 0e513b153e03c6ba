"""Amounts in other currencies, turned into the account currency by a dated table of rates."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb

from crmlib.schema import Table, companion
from crmlib.sources.quoting import identifier, literal

__all__ = ["MOST_DAYS_OLD", "RATE", "can_convert", "converted", "lay_out_daily_rates"]

RATE = "rate_to_base"
"""Column that keeps the rate by which the amounts of a line were multiplied."""

MOST_DAYS_OLD = 7
"""Days for which a rate holds when none is given for a later day, such as over a weekend."""

_DAILY = "daily_rates"


def lay_out_daily_rates(connection: duckdb.DuckDBPyConnection, rates: str) -> str:
    """Make a table with one rate per currency and day on which it holds.

    A rate holds on its day and until the next one is given, `MOST_DAYS_OLD` days at most.

    Parameters
    ----------
    rates
        SQL of the table `rates`, typed.

    Returns
    -------
    str
        Name of the table: `currency`, `day_number`, `rate_to_base`.
    """
    connection.execute(
        f"""create or replace temp table {_DAILY} as
        with held as (
            select currency, day_number, {RATE}, least(day_number + {MOST_DAYS_OLD},
                coalesce(lead(day_number) over (partition by currency order by day_number) - 1,
                    day_number + {MOST_DAYS_OLD})) as last_day
            from {rates}
        )
        select currency, unnest(range(day_number, last_day + 1))::integer as day_number, {RATE}
        from held"""
    )
    return _DAILY


def can_convert(table: Table, present: Mapping[str, object]) -> bool:
    """Say whether a table names the currency of its amounts and the day on which they arose."""
    has_amounts = any(column.kind == "amount" for column in table.columns)
    return has_amounts and "currency" in present and table.known_on in present


def converted(
    query: str, table: Table, columns: Iterable[str], *, currency: str, daily_rates: str
) -> str:
    """Wrap the SQL of a typed table so that its amounts are in the account currency.

    Cents are multiplied by the rate of the day and rounded to whole cents, halves away from zero;
    the rate is kept in `rate_to_base`. Where there is no rate it is null.
    """
    present, changed = set(columns), []
    rate = f"""case when typed.currency is null or typed.currency = {literal(currency)} then 1
        else daily.{RATE} end"""
    for column in table.columns:
        cents = companion(column) or ""
        if column.kind == "amount" and column.name in present:
            value = f"round({identifier(cents)} * {RATE})::bigint"
            changed.append(f"{value} as {identifier(cents)}")
            changed.append(f"{value} / 100 as {identifier(column.name)}")
    return f"""select * replace ({", ".join(changed)}) from (
        select typed.*, ({rate})::double as {RATE} from ({query}) as typed
        left join {daily_rates} as daily on typed.currency = daily.currency
            and typed.{identifier(table.known_column)} = daily.day_number)"""

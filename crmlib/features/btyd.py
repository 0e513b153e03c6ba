"""What buy-till-you-die (BTYD) models see of each customer, with the time unit in the table."""

from __future__ import annotations

import datetime
from typing import Literal, get_args

import narwhals as nw
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.features.orders import customer_lines, whole
from crmlib.periods import day_number, parse_day
from crmlib.schema import require_columns

__all__ = ["DAYS_PER_UNIT", "TimeUnit", "btyd_holdout", "btyd_summary", "require_unit", "unit_of"]

TimeUnit = Literal["day", "week", "month"]
DAYS_PER_UNIT: dict[TimeUnit, float] = {"day": 1.0, "week": 7.0, "month": 365.25 / 12}
"""Length of each time unit in days; a month is a twelfth of a year of 365.25 days."""


def btyd_summary(
    transactions: nw.LazyFrame,
    *,
    as_of: str | datetime.date,
    time_unit: TimeUnit,
    amount: str = "net_cents",
) -> nw.LazyFrame:
    """Reduce each customer's purchases up to `as_of` to what BTYD models need.

    Guards against two classic slips: the first purchase counted as a repeat, and a model fitted
    in weeks used with a horizon in days. So purchases of one day are one, and every row names its
    `time_unit`; `require_unit` refuses a table in another one.

    Parameters
    ----------
    transactions
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions. A day counts as a
        purchase if it has a line that is not a return (negative quantity).
    as_of
        Last calendar day that counts.
    time_unit
        `day`, `week` or `month`; times are fractions of it, not rounded.
    amount
        Column of cents that gives the monetary value: `net_cents`, or `margin_cents` for models
        of customer value.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with a purchase: `customer_id`, `btyd_frequency` (repeat purchase
        days, x), `btyd_recency` (first to last purchase, t_x), `btyd_T` (first purchase to
        `as_of`, T), `monetary_amount` (mean per repeat purchase day in the account currency,
        returns after the first day taken off; 0 without a repeat, where no model reads it),
        `time_unit`.

    Raises
    ------
    ParameterError
        If the time unit is none of the three.
    SchemaError
        If a column of the contract is missing.

    References
    ----------
    P. S. Fader, B. G. S. Hardie and K. L. Lee (2005), "Counting your customers" the easy way,
    Marketing Science 24(2), section 3: (x, t_x, T). P. S. Fader and B. G. S. Hardie (2013), The
    Gamma-Gamma model of monetary value, brucehardie.com/notes/025: z-bar, equation (5).

    Examples
    --------
    >>> from crmlib.features.collect import collect
    >>> frame = pd.DataFrame({
    ...     "transaction_id": ["1", "2", "3"], "customer_id": ["a"] * 3, "quantity": [1, 1, 1],
    ...     "occurred_day": [0, 14, 14], "net_cents": [900, 500, 700]})
    >>> lines = nw.from_native(frame).lazy()
    >>> found = collect(btyd_summary(lines, as_of="1970-01-22", time_unit="week"))
    >>> found.to_dict("records")  # doctest: +NORMALIZE_WHITESPACE
    [{'customer_id': 'a', 'btyd_frequency': 1, 'btyd_recency': 2.0, 'btyd_T': 3.0,
      'monetary_amount': 12.0, 'time_unit': 'week'}]
    """
    length = _days_per(time_unit)
    as_of_day = _day(as_of)
    days = _days(transactions, amount, as_of_day=as_of_day)
    bought_on = nw.when(nw.col("_n_bought") > 0).then(nw.col("occurred_day"))
    dated = days.with_columns(bought_on.alias("_bought"))
    dated = dated.with_columns(nw.col("_bought").min().over("customer_id").alias("_first"))
    repeated = nw.col("occurred_day") > nw.col("_first")
    totals = (
        dated.with_columns(
            nw.when(repeated).then(nw.col(amount)).otherwise(0).alias("_cents"),
            nw.when(repeated & (nw.col("_n_bought") > 0)).then(1).otherwise(0)
            .alias("btyd_frequency"),
        )
        .group_by("customer_id")
        .agg(
            nw.col("_cents", "btyd_frequency").sum(),
            nw.col("_first").min(),
            nw.col("_bought").max().alias("_last"),
        )
        .filter(~nw.col("_first").is_null())
        .with_columns(whole("_cents", "btyd_frequency"))
    )  # fmt: skip
    x = nw.col("btyd_frequency")
    return totals.select(
        "customer_id",
        "btyd_frequency",
        ((nw.col("_last") - nw.col("_first")) / length).alias("btyd_recency"),
        ((as_of_day - nw.col("_first")) / length).alias("btyd_T"),
        nw.when(x > 0).then(nw.col("_cents") / (100 * x)).otherwise(0.0).alias("monetary_amount"),
        nw.lit(time_unit).alias("time_unit"),
    )


def btyd_holdout(
    transactions: nw.LazyFrame, *, as_of: str | datetime.date, until: str | datetime.date
) -> nw.LazyFrame:
    """Count the purchase days after `as_of` up to `until` of the customers known at `as_of`.

    This is what a forecast made at `as_of` is judged by; it is no feature.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer of `btyd_summary` at `as_of`: `customer_id`, `holdout_frequency`
        (days with a purchase).

    Raises
    ------
    ParameterError
        Unless `as_of` lies before `until`.
    """
    first, last = _day(as_of), _day(until)
    if first >= last:
        raise ParameterError(f"as_of={as_of} must lie before until={until}. Choose a later until.")
    days = _days(transactions, "net_cents", as_of_day=last).filter(nw.col("_n_bought") > 0)
    later = nw.col("occurred_day") > first
    return (
        days.with_columns(
            nw.when(later).then(1).otherwise(0).alias("holdout_frequency"),
            nw.when(later).then(0).otherwise(1).alias("_n_before"),
        )
        .group_by("customer_id")
        .agg(nw.col("holdout_frequency", "_n_before").sum())
        .filter(nw.col("_n_before") > 0)
        .select("customer_id", whole("holdout_frequency"))
    )


def unit_of(summary: pd.DataFrame) -> TimeUnit:
    """Read the time unit of a summary.

    Raises
    ------
    ParameterError
        If the summary has no `time_unit`, or rows of different ones.

    Examples
    --------
    >>> unit_of(pd.DataFrame({"btyd_T": [3.0], "time_unit": ["week"]}))
    'week'
    """
    require_columns(summary, ("time_unit",), what="The summary")
    found = sorted(summary["time_unit"].dropna().unique())
    if len(found) != 1 or found[0] not in DAYS_PER_UNIT or summary["time_unit"].isna().any():
        raise ParameterError(
            f"The column time_unit of a summary of {len(summary)} rows holds {found}; it must hold "
            f"one of {list(DAYS_PER_UNIT)} in every row. Make the summary by btyd_summary."
        )
    unit: TimeUnit = found[0]
    return unit


def require_unit(summary: pd.DataFrame, time_unit: TimeUnit) -> None:
    """Refuse a summary in another time unit.

    Raises
    ------
    ParameterError
        If the summary is in another unit, or names none.

    Examples
    --------
    >>> require_unit(pd.DataFrame({"time_unit": ["week"]}), "week")
    """
    _days_per(time_unit)
    found = unit_of(summary)
    if found != time_unit:
        raise ParameterError(
            f"The summary counts time in {found}s, the model or horizon in {time_unit}s. Use one "
            "unit in both: btyd_summary(..., time_unit=...)."
        )


def _days(lines: nw.LazyFrame, amount: str, *, as_of_day: int) -> nw.LazyFrame:
    """Add up the lines of each customer and day, and count those that are no return."""
    known = customer_lines(lines, as_of_day=as_of_day)
    require_columns(
        known.collect_schema().names(), ("quantity", amount), what="The table of order lines"
    )
    is_return = nw.col("quantity") < 0
    return (
        known.with_columns(nw.when(is_return).then(0).otherwise(1).alias("_n_bought"))
        .group_by("customer_id", "occurred_day")
        .agg(nw.col("_n_bought", amount).sum())
        .with_columns(whole("_n_bought", amount))
    )


def _days_per(time_unit: str) -> float:
    """Length of a time unit in days."""
    if time_unit not in get_args(TimeUnit):
        raise ParameterError(
            f"time_unit={time_unit!r} must be one of {list(get_args(TimeUnit))}. Name the unit in "
            "which the model counts time."
        )
    return DAYS_PER_UNIT[time_unit]  # type: ignore[index]


def _day(day: str | datetime.date) -> int:
    """Day number of a calendar day given as a date or as ISO text."""
    return day_number(parse_day(day) if isinstance(day, str) else day)

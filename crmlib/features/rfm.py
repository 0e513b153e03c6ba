"""Recency, frequency and value of each customer."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import orders, whole

__all__ = ["recency_frequency_value"]


def recency_frequency_value(
    lines: nw.LazyFrame, *, as_of_day: int, window_days: int
) -> nw.LazyFrame:
    """Say when each customer ordered last, how often in a window, and for how much.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    as_of_day
        Last day that counts, a day number.
    window_days
        Days in which orders and sales count, from 1.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with an order at any time: `customer_id`, `recency_days` (days since
        the last order), `n_orders` (in the window), `net_cents` (in the window, returns taken off).

    Raises
    ------
    ParameterError
        If `window_days` is below 1.

    References
    ----------
    A. M. Hughes (1994), Strategic Database Marketing, Probus, chapter 6.
    """
    if window_days < 1:
        raise ParameterError(f"window_days={window_days}: a window needs at least one day.")
    inside = nw.col("occurred_day") > as_of_day - window_days
    made = nw.col("is_order") == 1
    sums = {
        "n_orders": nw.when(inside & made).then(1).otherwise(0),
        "net_cents": nw.when(inside).then(nw.col("net_cents")).otherwise(0),
        "last_day": nw.when(made).then(nw.col("occurred_day")),
    }
    return (
        orders(lines, as_of_day=as_of_day)
        .with_columns(**sums)
        .group_by("customer_id")
        .agg(nw.col("n_orders", "net_cents").sum(), nw.col("last_day").max())
        .filter(~nw.col("last_day").is_null())
        .with_columns(
            whole("n_orders", "net_cents"), (as_of_day - nw.col("last_day")).alias("recency_days")
        )
        .select("customer_id", "recency_days", "n_orders", "net_cents")
    )

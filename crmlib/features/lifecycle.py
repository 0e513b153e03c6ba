"""What each customer did in each of the last periods: the evidence for lifecycle stages."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import order_days, orders, whole

__all__ = ["spending_by_period"]


def spending_by_period(
    lines: nw.LazyFrame, *, as_of_day: int, period_days: int, n_periods: int, lapse_days: int
) -> nw.LazyFrame:
    """Add up orders and sales of each customer by period, counted back from `as_of_day`.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    as_of_day
        Last day that counts, a day number.
    period_days
        Length of a period in days.
    n_periods
        Periods told apart, from 1; all that lies before them goes into one more.
    lapse_days
        Silence in days after which an order is one of a customer who came back.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and period with an order or a return: `customer_id`, `periods_back`
        (0 = the last `period_days` days, `n_periods` = all before), `n_orders`, `net_cents`,
        `square_sum` (sum of squared amounts of orders, squared cents), `first_day` and `last_day`
        (first and last order day in it, null with returns only), `back_day` (last day on which
        the customer came back from a silence longer than `lapse_days`, or null).

    Raises
    ------
    ParameterError
        If a length is below 1.
    """
    if min(period_days, n_periods, lapse_days) < 1:
        raise ParameterError(
            f"period_days={period_days}, n_periods={n_periods}, lapse_days={lapse_days}: each must "
            "be at least 1."
        )
    back = (as_of_day - nw.col("occurred_day")) // period_days
    periods = nw.when(back < n_periods).then(back).otherwise(n_periods).cast(nw.Int64)
    amount = nw.col("net_cents").cast(nw.Float64)
    sums = (
        orders(lines, as_of_day=as_of_day)
        .with_columns(periods.alias("periods_back"), (amount * amount).alias("square_sum"))
        .group_by("customer_id", "periods_back")
        .agg(nw.col("is_order").sum().alias("n_orders"), nw.col("net_cents", "square_sum").sum())
        .with_columns(whole("n_orders", "net_cents"))
    )
    came_back = nw.when(nw.col("gap_days") > lapse_days).then(nw.col("occurred_day"))
    days = (
        order_days(lines, as_of_day=as_of_day)
        .with_columns(periods.alias("periods_back"), came_back.alias("back_day"))
        .group_by("customer_id", "periods_back")
        .agg(
            nw.col("occurred_day").min().alias("first_day"),
            nw.col("occurred_day").max().alias("last_day"),
            nw.col("back_day").max(),
        )
    )
    return sums.join(days, on=["customer_id", "periods_back"], how="left")

"""Cohorts by month of the first order, and how many of each order again."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.calendar import with_month
from crmlib.features.orders import order_days

__all__ = ["cohort_activity"]


def cohort_activity(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Count the customers of each first-order month who order in each later month.

    The first months of the data hold customers who are older than the data; the last month may be
    incomplete. The caller says so.

    Returns
    -------
    narwhals.LazyFrame
        One row per cohort and month with an order: `cohort_month`, `months_since` (0 = month of
        the first order), `n_active`; months as 12 x year + month - 1.
    """
    days = order_days(lines, as_of_day=as_of_day).select("customer_id", "occurred_day")
    months = with_month(days, day="occurred_day", month="month").drop("occurred_day").unique()
    first = months.group_by("customer_id").agg(nw.col("month").min().alias("cohort_month"))
    return (
        months.join(first, on="customer_id", how="inner")
        .with_columns((nw.col("month") - nw.col("cohort_month")).alias("months_since"))
        .group_by("cohort_month", "months_since")
        .agg(nw.len().alias("n_active"))
    )

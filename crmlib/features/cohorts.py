"""Cohorts by month of the first order, and how many of each order again."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.calendar import with_month
from crmlib.features.orders import customer_lines, distinct

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
    bought = customer_lines(lines, as_of_day=as_of_day).filter(~(nw.col("quantity") < 0))
    days = distinct(bought, "customer_id", "occurred_day")
    months = distinct(with_month(days, day="occurred_day", month="month"), "customer_id", "month")
    return (
        months.with_columns(nw.col("month").min().over("customer_id").alias("cohort_month"))
        .with_columns((nw.col("month") - nw.col("cohort_month")).alias("months_since"))
        .group_by("cohort_month", "months_since")
        .agg(nw.len().alias("n_active"))
    )

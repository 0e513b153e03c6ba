"""What there is to know about a few customers by name: the features of a key account's sheet."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.features.calendar import with_month
from crmlib.features.orders import customer_lines, days_since, orders, whole
from crmlib.features.snapshot import with_category
from crmlib.periods import Window

__all__ = [
    "account_attributes",
    "category_sales",
    "latest_wallet_share",
    "of_customers",
    "quarterly_sales",
]

_ATTRIBUTES = ("kind", "region", "account_manager")


def of_customers(frame: nw.LazyFrame, customers: Sequence[str]) -> nw.LazyFrame:
    """Keep the rows of some customers; meant for hundreds of them, not for all."""
    return frame.filter(nw.col("customer_id").is_in(list(customers)))


def account_attributes(customers: nw.LazyFrame) -> nw.LazyFrame:
    """Give kind, region and account manager of each customer; null where nobody noted them.

    Returns
    -------
    narwhals.LazyFrame
        `customer_id`, `kind`, `region`, `account_manager`.
    """
    present = customers.collect_schema().names()
    unknown = nw.lit(None, dtype=nw.String)
    return customers.select(
        "customer_id",
        *(nw.col(name) if name in present else unknown.alias(name) for name in _ATTRIBUTES),
    )


def quarterly_sales(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Add up orders and sales of each customer by calendar quarter.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and quarter with an order or a return: `customer_id`, `quarter`
        (4 x year + quarter - 1), `n_orders`, `net_cents`.
    """
    by_day = orders(lines, as_of_day=as_of_day)
    months = with_month(by_day, day="occurred_day", month="month")
    return (
        months.with_columns((nw.col("month") // 3).alias("quarter"))
        .group_by("customer_id", "quarter")
        .agg(nw.col("is_order").sum().alias("n_orders"), nw.col("net_cents").sum())
        .with_columns(whole("quarter", "n_orders", "net_cents"))
    )


def category_sales(
    lines: nw.LazyFrame, products: nw.LazyFrame | None, *, window: Window
) -> nw.LazyFrame:
    """Add up the sales of each customer by category of the product within `window`.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and category: `customer_id`, `category` (null where it is not known),
        `net_cents`.
    """
    within = customer_lines(lines, as_of_day=window.last_day).filter(
        nw.col("occurred_day") >= window.first_day
    )
    return (
        with_category(within, products)
        .group_by("customer_id", "category")
        .agg(nw.col("net_cents").sum())
        .with_columns(whole("net_cents"))
    )


def latest_wallet_share(surveys: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Give the share of the need that each customer last said to buy from us.

    Answers of employees do not count; of several on one day the largest does.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer who answered: `customer_id`, `wallet_share` (0-1), `wallet_days`
        (days since the answer).
    """
    if "wallet_share" not in surveys.collect_schema().names():
        surveys = surveys.with_columns(nw.lit(None, dtype=nw.Float64).alias("wallet_share"))
    answers = surveys.filter(
        nw.col("respondent_kind") == "customer",
        nw.col("answered_day") <= as_of_day,
        ~nw.col("wallet_share").is_null(),
    ).select(nw.col("respondent_id").alias("customer_id"), "answered_day", "wallet_share")
    latest = nw.col("answered_day").max().over("customer_id").alias("_latest")
    return (
        answers.with_columns(latest)
        .filter(nw.col("answered_day") == nw.col("_latest"))
        .group_by("customer_id")
        .agg(nw.col("wallet_share").max(), nw.col("_latest").max())
        .with_columns(days_since("_latest", as_of_day=as_of_day).alias("wallet_days"))
        .drop("_latest")
    )

"""What each customer spends here a year, on what, and which share of his need he says that is."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import customer_lines, orders, whole
from crmlib.features.preferences import main_value
from crmlib.features.snapshot import with_category

__all__ = [
    "category_purchases",
    "category_totals",
    "chosen_attributes",
    "wallet_answers",
    "yearly_purchases",
]


def yearly_purchases(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    window_days: int,
) -> nw.LazyFrame:
    """Count orders and sales of each customer in the window, and the days they took.

    Guards against taking everybody for one who was there all the time: orders count over the days
    since the first one, and that one, which there must be, does not count. Neither do orders of
    the same day.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    products
        Gives `category` by `product_id`.
    as_of_day
        Last day that counts, a day number.
    window_days
        Length of the window in days.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with an order: `customer_id`, `start_day`, `last_day` (first and last
        order), `exposure_days` (days of the window after the first order), `n_orders`, `net_cents`
        (in these), `n_orders_all`, `net_cents_all` (since the first order, that one included),
        `main_category` (category of most lines; null where nobody knows).

    Raises
    ------
    ParameterError
        If the window is shorter than a day.
    """
    if window_days < 1:
        raise ParameterError(f"window_days={window_days}: a window needs at least one day.")
    placed = nw.when(nw.col("is_order") == 1).then(nw.col("occurred_day"))
    start = nw.col("start_day")
    counts = nw.col("occurred_day") > nw.max_horizontal(start, as_of_day - window_days + nw.lit(0))
    sums = ("n_orders", "net_cents_in", "n_orders_all", "net_cents")
    age = as_of_day - start
    bought = customer_lines(lines, as_of_day=as_of_day).filter(~(nw.col("quantity") < 0))
    main = main_value(with_category(bought, products), value="category", main="main_category")
    return (
        orders(lines, as_of_day=as_of_day)
        .with_columns(placed.alias("_placed"))
        .with_columns(nw.col("_placed").min().over("customer_id").alias("start_day"))
        .filter(~start.is_null(), nw.col("occurred_day") >= start)
        .with_columns(
            n_orders=nw.when(counts).then(nw.col("is_order")).otherwise(0),
            net_cents_in=nw.when(counts).then(nw.col("net_cents")).otherwise(0),
            n_orders_all=nw.col("is_order"),
        )
        .group_by("customer_id", "start_day")
        .agg(nw.col("_placed").max().alias("last_day"), nw.col(*sums).sum())
        .with_columns(nw.when(age < window_days).then(age).otherwise(window_days).alias("_days"))
        .select(
            "customer_id", whole("start_day", "last_day"),
            nw.col("_days").cast(nw.Int64).alias("exposure_days"),
            nw.col("n_orders").cast(nw.Int64),
            nw.col("net_cents_in").cast(nw.Int64).alias("net_cents"),
            nw.col("n_orders_all").cast(nw.Int64),
            nw.col("net_cents").cast(nw.Int64).alias("net_cents_all"),
        )
        .join(main, on="customer_id", how="left")
    )  # fmt: skip


def category_totals(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    window_days: int,
) -> nw.LazyFrame:
    """Add up the sales of each category to known customers in the window.

    Returns
    -------
    narwhals.LazyFrame
        One row per known category: `category`, `net_cents`.
    """
    return (
        _within(lines, products, as_of_day=as_of_day, window_days=window_days)
        .filter(~nw.col("category").is_null())
        .group_by("category")
        .agg(nw.col("net_cents").sum())
        .with_columns(whole("net_cents"))
    )


def category_purchases(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    window_days: int,
    categories: Sequence[str],
) -> nw.LazyFrame:
    """Lay the sales of a few categories to each customer side by side.

    Parameters
    ----------
    categories
        The categories; each becomes a column, so that a million customers stay a million rows.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with a line in the window: `customer_id`, `cents_0`, `cents_1`, ... in
        the order of `categories`, and `cents_other`.
    """
    amount, is_named = nw.col("net_cents"), nw.col("category").is_in(list(categories))
    named = {
        f"cents_{k}": nw.when(nw.col("category") == name).then(amount).otherwise(0)
        for k, name in enumerate(categories)
    }
    other = nw.when(is_named).then(0).otherwise(amount) if categories else amount
    sums = named | {"cents_other": other}
    return (
        _within(lines, products, as_of_day=as_of_day, window_days=window_days)
        .with_columns(**sums)
        .group_by("customer_id")
        .agg(nw.col(*sums).sum())
        .with_columns(whole(*sums))
    )


def _within(
    lines: nw.LazyFrame, products: nw.LazyFrame | None, *, as_of_day: int, window_days: int
) -> nw.LazyFrame:
    """Keep the lines of known customers in the window, with their category."""
    known = customer_lines(lines, as_of_day=as_of_day)
    return with_category(known, products).filter(nw.col("occurred_day") > as_of_day - window_days)


def wallet_answers(surveys: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """List what share of their need customers say they buy here: one answer per survey.

    The share stands in every row of a survey, one per attribute asked; it counts once.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and survey: `customer_id`, `survey_id`, `wallet_share` (0-1); no row
        where the share was not asked.
    """
    known = surveys.filter(
        nw.col("answered_day") <= as_of_day, nw.col("respondent_kind") == "customer"
    )
    share = (
        nw.col("wallet_share")
        if "wallet_share" in surveys.collect_schema()
        else nw.lit(None, dtype=nw.Float64)
    )
    return (
        known.select(
            nw.col("respondent_id").alias("customer_id"), "survey_id", share.alias("wallet_share")
        )
        .filter(~nw.col("wallet_share").is_null())
        .group_by("customer_id", "survey_id")
        .agg(nw.col("wallet_share").max())
    )


def chosen_attributes(customers: nw.LazyFrame, *, attributes: Sequence[str]) -> nw.LazyFrame:
    """Give those of the named columns that the master data have, as text.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer: `customer_id` and the columns, in the order named.
    """
    present = customers.collect_schema().names()
    chosen = [name for name in attributes if name in present]
    return customers.select("customer_id", *(nw.col(name).cast(nw.String) for name in chosen))

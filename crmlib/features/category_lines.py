"""What each customer buys: lines per category, in a row of its own for each customer."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import customer_lines, whole
from crmlib.features.snapshot import with_category
from crmlib.periods import Window

__all__ = ["category_totals", "customer_category_lines"]


def _bought(lines: nw.LazyFrame, products: nw.LazyFrame | None, *, window: Window) -> nw.LazyFrame:
    """Keep purchases of known customers in a window, where the category is known."""
    return with_category(customer_lines(lines, as_of_day=window.last_day), products).filter(
        nw.col("occurred_day") >= window.first_day,
        ~(nw.col("quantity") < 0),
        ~nw.col("category").is_null(),
    )


def category_totals(
    lines: nw.LazyFrame, products: nw.LazyFrame | None, *, window: Window
) -> nw.LazyFrame:
    """Count the lines of each category that known customers bought in a window.

    Returns
    -------
    narwhals.LazyFrame
        One row per category: `category`, `n_lines`.
    """
    bought = _bought(lines, products, window=window)
    return bought.group_by("category").agg(nw.len().alias("n_lines")).with_columns(whole("n_lines"))


def customer_category_lines(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    window_days: int,
    categories: Sequence[str],
) -> nw.LazyFrame:
    """Count what each customer bought of each category up to and including a day.

    Guards against a table as wide as the range: categories not asked for are only part of the sum.

    Parameters
    ----------
    lines, products
        Contracts `crmlib.schema.TRANSACTIONS` and `PRODUCTS`; returns are left out.
    as_of_day
        Last day that counts, a day number.
    window_days
        Days that count, from 1.
    categories
        Categories in the order of the columns.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with a line whose category is known: `customer_id`, `n_lines` (of all
        categories), `n_0`, `n_1`, ... (lines of each of `categories`).

    Raises
    ------
    ParameterError
        If `window_days` is below 1.
    """
    if window_days < 1:
        raise ParameterError(f"window_days={window_days}: a window needs at least one day.")
    window = Window(as_of_day - window_days + 1, as_of_day)
    counts = {
        f"n_{k}": nw.when(nw.col("category") == name).then(1).otherwise(0)
        for k, name in enumerate(categories)
    }
    bought = _bought(lines, products, window=window)
    names = ["n_lines", *counts]
    return (
        bought.with_columns(nw.lit(1).alias("n_lines"), **counts)
        .group_by("customer_id")
        .agg(nw.col(*names).sum())
        .with_columns(whole(*names))
    )

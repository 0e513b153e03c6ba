"""Which of some categories each customer bought, before a day and after it."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import customer_lines, whole
from crmlib.features.snapshot import with_category
from crmlib.periods import Window

__all__ = ["category_counts", "category_sales", "category_use"]


def category_sales(
    lines: nw.LazyFrame, products: nw.LazyFrame | None = None, *, window: Window
) -> nw.LazyFrame:
    """Add up sales and buyers of every category in a window.

    Returns
    -------
    narwhals.LazyFrame
        One row per category: `category`, `n_customers` (known ones who bought it), `net_cents`.
    """
    known = customer_lines(lines, as_of_day=window.last_day)
    inside = known.filter(nw.col("occurred_day") >= window.first_day, ~(nw.col("quantity") < 0))
    sold = with_category(inside, products).filter(~nw.col("category").is_null())
    return (
        sold.group_by("category", "customer_id")
        .agg(nw.col("net_cents").sum())
        .group_by("category")
        .agg(nw.len().alias("n_customers"), nw.col("net_cents").sum())
        .with_columns(whole("net_cents"))
    )


def category_use(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    categories: Sequence[str],
    before_days: int,
    after_days: int = 0,
) -> nw.LazyFrame:
    """Count the lines of each customer in some categories before a day, or after it.

    Parameters
    ----------
    categories
        Names of the categories looked at.
    before_days
        Length of the window that ends on `as_of_day`.
    after_days
        Length of the window that begins the day after; if it is given, this one is counted, the
        outcome of a score, which may not become a feature.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and category with a line bought: `customer_id`, `category`, `n_lines`,
        `net_cents`.

    Raises
    ------
    ParameterError
        If no category is named or a window has no day.
    """
    if not categories or before_days < 1 or after_days < 0:
        raise ParameterError(
            f"{len(categories)} categories, before_days={before_days}, after_days={after_days}: "
            "name a category and give windows of at least one day."
        )
    last = as_of_day + after_days
    first = as_of_day + 1 if after_days else as_of_day - before_days + 1
    return (
        _bought(lines, products, categories=categories, window=Window(first, last))
        .group_by("customer_id", "category")
        .agg(nw.len().alias("n_lines"), nw.col("net_cents").sum())
        .with_columns(whole("net_cents"))
    )


def category_counts(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    categories: Sequence[str],
    before_days: int,
) -> nw.LazyFrame:
    """Count the lines of each customer in some categories before a day, one column for each.

    Guards against a row per customer and category of everybody, to be turned round in memory.

    Parameters
    ----------
    categories, before_days
        As `category_use` takes them.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with a line bought in one of them: `customer_id`, and `lines_0`,
        `lines_1`, ... in the order of `categories`, whose names may be no names of columns.

    Raises
    ------
    ParameterError
        If no category is named or the window has no day.
    """
    if not categories or before_days < 1:
        raise ParameterError(
            f"{len(categories)} categories, before_days={before_days}: name a category and give "
            "a window of at least one day."
        )
    window = Window(as_of_day - before_days + 1, as_of_day)
    bought = _bought(lines, products, categories=categories, window=window)
    counts = {
        f"lines_{k}": nw.when(nw.col("category") == name).then(1).otherwise(0)
        for k, name in enumerate(categories)
    }
    marked = bought.select("customer_id", **counts)
    return (
        marked.group_by("customer_id")
        .agg(nw.col(*counts).sum())
        .with_columns(*(whole(name) for name in counts))
    )


def _bought(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None,
    *,
    categories: Sequence[str],
    window: Window,
) -> nw.LazyFrame:
    """Keep the lines bought in some categories in a window, with their category."""
    known = customer_lines(lines, as_of_day=window.last_day)
    inside = known.filter(nw.col("occurred_day") >= window.first_day, ~(nw.col("quantity") < 0))
    sold = with_category(inside, products)
    return sold.filter(nw.col("category").is_in(list(categories)))

"""Sections of the market: sales by kind of customer, region and category, in two windows."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.features.dimensions import has_dimension, with_dimensions
from crmlib.features.margin import with_margin
from crmlib.features.orders import customer_lines, distinct, whole
from crmlib.features.snapshot import with_category
from crmlib.periods import Window

__all__ = [
    "group_section_sales",
    "outer_columns",
    "section_buyers",
    "section_columns",
    "section_sales",
]

_SIDES = ("kind", "region", "category")


def _known(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None,
    customers: nw.LazyFrame | None,
    *,
    window: Window,
    by: Sequence[str],
) -> nw.LazyFrame:
    """Keep lines of known customers in the window and the one before, with their sections."""
    known = with_margin(customer_lines(lines, as_of_day=window.last_day), products)
    seen = with_category(known, products)
    first = window.before().first_day
    return with_dimensions(seen.filter(nw.col("occurred_day") >= first), None, customers, by=by)


def section_sales(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    customers: nw.LazyFrame | None = None,
    *,
    window: Window,
    by: Sequence[str],
) -> nw.LazyFrame:
    """Add up sales and customers of each section, now and in the window before.

    Beside the sums go the sums of squares over customers, from which an interval follows without
    any customer leaving the engine.

    Parameters
    ----------
    lines, products, customers
        Contracts `crmlib.schema.TRANSACTIONS`, `PRODUCTS`, `CUSTOMERS`.
    window
        Days that count; the window before is as long.
    by
        Columns that make a section, such as `kind`, `region`, `category`.

    Returns
    -------
    narwhals.LazyFrame
        One row per section: `by`, `n_customers` (bought now), `n_before` (bought before),
        `n_stayed` (in both), `n_either`, `net_cents`, `net_cents_before`, `margin_cents` and
        `margin_net_cents` (sales of the lines with a known margin; 0 where none is known), and
        `now_squares`, `before_squares`, `products` (sums over customers, account currency squared).
    """
    found = _known(lines, products, customers, window=window, by=by)
    inside = nw.col("occurred_day") >= window.first_day
    net = nw.col("net_cents")
    margin = nw.col("line_margin_cents")
    counts = inside & ~margin.is_null()
    parts = {
        "net_cents": nw.when(inside).then(net).otherwise(0),
        "net_cents_before": nw.when(inside).then(0).otherwise(net),
        "margin_cents": nw.when(counts).then(margin).otherwise(0),
        "margin_net_cents": nw.when(counts).then(net).otherwise(0),
    }
    each = (
        found.select("customer_id", *by, **parts)
        .group_by("customer_id", *by)
        .agg(nw.col(*parts).sum())
        .with_columns(whole(*parts))
    )
    now, then = nw.col("net_cents"), nw.col("net_cents_before")
    flags = {
        "n_customers": nw.when(now > 0).then(1).otherwise(0),
        "n_before": nw.when(then > 0).then(1).otherwise(0),
        "n_stayed": nw.when((now > 0) & (then > 0)).then(1).otherwise(0),
    }
    squares = {
        "now_squares": (now / 100) * (now / 100),
        "before_squares": (then / 100) * (then / 100),
        "products": (now / 100) * (then / 100),
    }
    return (
        each.with_columns(**flags, **squares)
        .group_by(*by)
        .agg(nw.len().alias("n_either"), nw.col(*parts, *flags, *squares).sum())
        .with_columns(whole("n_either", *parts, *flags))
    )


def section_buyers(
    lines: nw.LazyFrame,
    customers: nw.LazyFrame | None = None,
    *,
    window: Window,
    by: Sequence[str],
) -> nw.LazyFrame:
    """Count who bought anything in the window, by kind and region: whom a category could reach.

    Returns
    -------
    narwhals.LazyFrame
        One row per combination of `by`: `by`, `n_buyers`.
    """
    seen = customer_lines(lines, as_of_day=window.last_day).filter(
        nw.col("occurred_day") >= window.first_day, ~(nw.col("quantity") < 0)
    )
    placed = distinct(with_dimensions(seen, None, customers, by=by), "customer_id", *by)
    return placed.group_by(*by).agg(nw.len().alias("n_buyers")).with_columns(whole("n_buyers"))


def group_section_sales(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None,
    customers: nw.LazyFrame | None,
    groups: nw.LazyFrame,
    sections: nw.LazyFrame,
    *,
    as_of_day: int,
    window_days: int,
) -> nw.LazyFrame:
    """Add up what each group of customers bought in each of some sections of the market.

    Parameters
    ----------
    lines, products, customers
        As `section_sales` takes them.
    groups
        `customer_id`, `segment`; the lines of others are left out.
    sections
        `section` and what makes it, the columns that `section_columns` lists.
    as_of_day
        Last day that counts, a day number.
    window_days
        Days that count.

    Returns
    -------
    narwhals.LazyFrame
        One row per group and section: `segment`, `section` (null for all that is in none of
        `sections`), `net_cents`.
    """
    seen = customer_lines(lines, as_of_day=as_of_day).filter(
        nw.col("occurred_day") > as_of_day - window_days
    )
    by = section_columns(lines, products, customers)
    placed = with_dimensions(seen, products, customers, by=by)
    if by:
        named = sections.select(nw.col("section", *by).cast(nw.String))
        placed = placed.join(named, on=by, how="left")
    else:
        placed = placed.with_columns(section=nw.lit(None, dtype=nw.String))
    return (
        placed.join(groups.select("customer_id", "segment"), on="customer_id")
        .group_by("segment", "section")
        .agg(nw.col("net_cents").sum())
        .with_columns(whole("net_cents"))
    )


def section_columns(
    lines: nw.LazyFrame, products: nw.LazyFrame | None, customers: nw.LazyFrame | None
) -> list[str]:
    """List those of kind of customer, region and category that the data know."""
    return [name for name in _SIDES if has_dimension(name, lines, products, customers)]


def outer_columns(by: Sequence[str]) -> list[str]:
    """List the columns of a section that say whom, not what: all but the category."""
    return [name for name in by if name != "category"]

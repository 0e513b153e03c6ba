"""Sales by part of the business in the windows that controlling compares."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.features.calendar import with_month
from crmlib.features.dimensions import has_dimension, named, of_customers, with_dimensions
from crmlib.features.orders import whole
from crmlib.periods import Window

__all__ = ["SEPARATOR", "cell_sales", "change_cube", "month_sales"]

SEPARATOR = " / "
"""Between the values of a cell of several dimensions."""
_AMOUNTS = ("year", "now", "before")
_SQUARES = ("year_squared", "year_total", "now_squared", "now_before", "before_squared")


def cell_sales(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    customers: nw.LazyFrame | None = None,
    *,
    by: Sequence[Sequence[str]],
    year: Window,
    current: Window,
    before: Window,
) -> nw.LazyFrame:
    """Add up sales of each part of the business in three windows, and what chance among customers.

    Whole customers are what chance draws, so squares are those of a customer's sales in the part;
    every anonymous order stands for a customer of its own.

    Parameters
    ----------
    lines, products, customers
        As `crmlib.features.dimensions.with_dimensions`.
    by
        Groups of dimensions, such as ("category",) and ("category", "region"); one of which no
        table has a column is left out.
    year, current, before
        Windows of days; they may overlap.

    Returns
    -------
    narwhals.LazyFrame
        One row per group of dimensions (`total` first) and part with a sale in any window:
        `dimension` (`crmlib.features.dimensions.named`), `part` (values joined by " / "),
        `n_customers`, `n_customers_year` (with a sale in `current`, in `year`), `year_cents`,
        `now_cents`, `before_cents`, and sums over customers in cents squared: `year_squared`,
        `now_squared`, `before_squared`, `now_before` (the one times the other), `year_total` (sales
        in the part times all sales of the year).
    """
    names = list(dict.fromkeys(name for group in by for name in group))
    known = [name for name in names if has_dimension(name, lines, products, customers)]
    groups = [group for group in by if group and set(group) <= set(known)]
    windows = dict(zip(_AMOUNTS, (year, current, before), strict=True))
    inside = {
        name: (nw.col("occurred_day") >= w.first_day) & (nw.col("occurred_day") <= w.last_day)
        for name, w in windows.items()
    }
    counted = inside["year"] | inside["now"] | inside["before"]
    amounts = {name: nw.when(cut).then(nw.col("net_cents")).otherwise(0)
               for name, cut in inside.items()}  # fmt: skip
    unit = nw.coalesce(nw.col("customer_id"), nw.col("transaction_id"))
    prepared = lines.filter(counted).with_columns(unit.alias("_unit"), **amounts)
    return nw.concat([_cells(prepared, products, customers, group=one) for one in [(), *groups]])


def _cells(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None,
    customers: nw.LazyFrame | None,
    *,
    group: Sequence[str],
) -> nw.LazyFrame:
    """Add up first by customer and part, then by part; who the customer is joins in between."""
    asked_last = of_customers(group, lines)
    told = [name for name in group if name not in asked_last]
    own = (
        with_dimensions(lines, products, customers, by=told)
        .group_by("_unit", "customer_id", *told)
        .agg(nw.col(*_AMOUNTS).sum())
    )
    sided = with_dimensions(own, None, customers, by=asked_last)
    everything = nw.col("year").sum().over("_unit") if told else nw.col("year")
    year, now, before, total = (nw.col(name).cast(nw.Float64) for name in (*_AMOUNTS, "_total"))
    sums = {
        "year_squared": year * year,
        "year_total": year * total,
        "now_squared": now * now,
        "now_before": now * before,
        "before_squared": before * before,
        "n_customers": nw.when(nw.col("now") != 0).then(1).otherwise(0),
        "n_customers_year": nw.when(nw.col("year") != 0).then(1).otherwise(0),
    }
    counts = ("n_customers", "n_customers_year")
    return (
        sided.with_columns(_label(group).alias("part"), everything.alias("_total"))
        .with_columns(**sums)
        .group_by("part")
        .agg(nw.col(*_AMOUNTS, *counts, *_SQUARES).sum())
        .select(
            nw.lit(named(group)).alias("dimension"),
            "part",
            whole(*counts),
            *(nw.col(name).cast(nw.Int64).alias(f"{name}_cents") for name in _AMOUNTS),
            *_SQUARES,
        )
    )


def _label(group: Sequence[str]) -> nw.Expr:
    if len(group) > 1:
        return nw.concat_str(*(nw.col(name) for name in group), separator=SEPARATOR)
    return nw.col(group[0]) if group else nw.lit("all")


def change_cube(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    customers: nw.LazyFrame | None = None,
    *,
    by: Sequence[str],
    current: Window,
    before: Window,
) -> nw.LazyFrame:
    """Add up what is needed to split the change of sales between two windows by cause.

    *New* customers bought in `current` only, *lost* ones in `before` only; everybody else and
    anonymous buyers stay. A return is no purchase. The price of a product is its net amount over
    its units among those who stay; it has changed only if it is known in both windows.

    Returns
    -------
    narwhals.LazyFrame
        One row per combination of the dimensions `by` (those that any table has): their columns,
        `now_cents`, `before_cents`, `new_cents`, `lost_cents` (sales of these customers; lost ones
        as change, not above nought as a rule), `returns_cents` (change of returns of those who
        stay), `price_cents` (units now times change of price), and of purchases of those who stay
        `kept_now_cents`, `kept_before_cents`, `n_lines`, `n_lines_before`.
    """
    known = [name for name in by if has_dimension(name, lines, products, customers)]
    is_now = (nw.col("occurred_day") >= current.first_day) & (
        nw.col("occurred_day") <= current.last_day
    )
    is_before = (nw.col("occurred_day") >= before.first_day) & (
        nw.col("occurred_day") <= before.last_day
    )
    marked = lines.filter(is_now | is_before).with_columns(
        nw.when(is_now).then(1).otherwise(0).alias("_now"),
        nw.when(nw.col("quantity") < 0).then(0).otherwise(1).alias("_bought"),
    )
    sided = with_dimensions(_with_status(marked), products, customers, by=known)
    priced = sided.join(_price_changes(sided), on="product_id", how="left")
    return _summed(priced.with_columns(_all=nw.lit(0)), [*known, "_all"]).drop("_all")


def _with_status(lines: nw.LazyFrame) -> nw.LazyFrame:
    """Say of each line whether its customer is new (1), lost (-1) or stays (0)."""
    now, bought = nw.col("_now"), nw.col("_bought")
    found = (
        lines.filter(~nw.col("customer_id").is_null())
        .with_columns(_in=now * bought, _out=(1 - now) * bought)
        .group_by("customer_id")
        .agg(nw.col("_in", "_out").max())
        .select("customer_id", (nw.col("_in") - nw.col("_out")).alias("_status"))
    )
    joined = lines.join(found, on="customer_id", how="left")
    return joined.with_columns(nw.coalesce(nw.col("_status"), nw.lit(0)).alias("_status"))


def _price_changes(lines: nw.LazyFrame) -> nw.LazyFrame:
    """Give the change of the price of each product among customers who stay, in cents a unit."""
    now, cents, units = nw.col("_now"), nw.col("net_cents"), nw.col("quantity")
    names = ("_cents", "_units", "_cents_before", "_units_before")
    sums = (
        lines.filter(nw.col("_status") == 0, units > 0)
        .with_columns(
            _cents=now * cents,
            _units=now * units,
            _cents_before=(1 - now) * cents,
            _units_before=(1 - now) * units,
        )
        .group_by("product_id")
        .agg(nw.col(*names).sum())
    )
    told = sums
    for name in names:
        told = told.filter(nw.col(name) > 0)
    change = nw.col("_cents") / nw.col("_units") - nw.col("_cents_before") / nw.col("_units_before")
    return told.select("product_id", change.alias("_price_change"))


def _summed(lines: nw.LazyFrame, by: Sequence[str]) -> nw.LazyFrame:
    """Add up the lines of each cell, each line under what it is."""
    now, bought, status = nw.col("_now"), nw.col("_bought"), nw.col("_status")
    cents = nw.col("net_cents")
    signed = cents * (2 * now - 1)
    stays = status == 0
    is_kept = stays & (bought == 1)
    units = nw.col("quantity")
    change = nw.coalesce(nw.col("_price_change"), nw.lit(0.0))
    sums = {
        "now_cents": cents * now,
        "before_cents": cents * (1 - now),
        "new_cents": nw.when(status == 1).then(signed).otherwise(0),
        "lost_cents": nw.when(status == -1).then(signed).otherwise(0),
        "returns_cents": nw.when(stays & (bought == 0)).then(signed).otherwise(0),
        "kept_now_cents": nw.when(is_kept).then(cents * now).otherwise(0),
        "kept_before_cents": nw.when(is_kept).then(cents * (1 - now)).otherwise(0),
        "n_lines": nw.when(is_kept).then(now).otherwise(0),
        "n_lines_before": nw.when(is_kept).then(1 - now).otherwise(0),
        "price_cents": nw.when(is_kept & (now == 1) & (units > 0))
        .then(units * change)
        .otherwise(0.0),
    }
    counts = [name for name in sums if name != "price_cents"]
    return (
        lines.with_columns(**sums)
        .group_by(*by)
        .agg(nw.col(*sums).sum())
        .with_columns(whole(*counts))
    )


def month_sales(lines: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """Add up all sales of each calendar month, as far as it lies in a window.

    Returns
    -------
    narwhals.LazyFrame
        One row per month with a sale: `month` (12 x year + month - 1), `net_cents`.
    """
    within = lines.filter(
        nw.col("occurred_day") >= window.first_day, nw.col("occurred_day") <= window.last_day
    )
    by_day = within.group_by("occurred_day").agg(nw.col("net_cents").sum())
    return (
        with_month(by_day, day="occurred_day", month="month")
        .group_by("month")
        .agg(nw.col("net_cents").sum())
        .with_columns(whole("month", "net_cents"))
    )

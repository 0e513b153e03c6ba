"""Orders, buyers, sales and margin by week: of all, and of the largest parts of each side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.dimensions import (
    NOT_KNOWN,
    has_dimension,
    named,
    of_customers,
    with_dimensions,
)
from crmlib.features.margin import with_margin
from crmlib.features.orders import whole

__all__ = ["ALL", "OTHERS", "weekly_history"]

ALL = "all"
"""Name of the one part of the dimension `total`."""
OTHERS = "all others"
"""Name of what is left of a dimension beside its largest parts."""
_RECENT_WEEKS = 52
_SUMS = ("net_cents", "_margin", "margin_net_cents")
_COUNTED = ("_order", "n_customers", *_SUMS)


def weekly_history(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    customers: nw.LazyFrame | None = None,
    *,
    last_day: int,
    n_weeks: int,
    by: Sequence[str] = (),
    n_parts: int = 5,
) -> nw.LazyFrame:
    """Count orders and buyers and add up sales and margin by week, in all and by part.

    Weeks have seven days and end on the weekday of `last_day`, so that none is cut. The parts of a
    dimension are its largest values by sales of the last 52 weeks; all the rest is one part, so
    that sales of the parts add up to those of all. Anonymous sales count, but are no buyers.

    Parameters
    ----------
    lines, products, customers
        As `crmlib.features.dimensions.with_dimensions`.
    last_day
        Last day of the last week, a day number.
    n_weeks
        Weeks at most, the last ones.
    by
        Dimensions, such as category and region; one without a column anywhere has no row.
    n_parts
        Largest values of each dimension that stand by themselves.

    Returns
    -------
    narwhals.LazyFrame
        One row per dimension (`total` first), part and week with a sale: `dimension`, `part`,
        `weeks_ago` (0 = the last), `n_orders`, `n_customers`, `net_cents`, `margin_cents` (of the
        lines of known margin), `margin_net_cents` (sales of these lines).

    Raises
    ------
    ParameterError
        Unless `n_weeks` and `n_parts` are at least 1.
    """
    if min(n_weeks, n_parts) < 1:
        raise ParameterError(f"n_weeks={n_weeks}, n_parts={n_parts}: each must be at least 1.")
    within = lines.filter(
        nw.col("occurred_day") <= last_day, nw.col("occurred_day") > last_day - 7 * n_weeks
    )
    known = [name for name in by if has_dimension(name, lines, products, customers)]
    own = of_customers(known, lines)
    told = [name for name in known if name not in own]
    is_known = ~nw.col("line_margin_cents").is_null()
    prepared = with_margin(within, products).with_columns(
        nw.when(nw.col("quantity") < 0).then(0).otherwise(1).alias("_order"),
        nw.when(is_known).then(nw.col("line_margin_cents")).otherwise(0.0).alias("_margin"),
        nw.when(is_known).then(nw.col("net_cents")).otherwise(0).alias("margin_net_cents"),
    )
    first_recent = last_day - 7 * _RECENT_WEEKS + 1
    is_recent = nw.col("occurred_day") >= first_recent
    largest = partial(_largest, n_parts=n_parts)
    cells = with_dimensions(_by_customer(prepared, last_day=last_day), None, customers, by=own)
    sold = within.filter(is_recent).group_by("customer_id").agg(nw.col("net_cents").sum())
    sold = with_dimensions(sold, None, customers, by=own)
    sides = {named([]): nw.lit(ALL)}
    for name in own:
        cells = _labelled(cells, largest(sold, name), name).rename({"part": f"_part_{name}"})
        sides[named([name])] = nw.col(f"_part_{name}")
    names = _one_column(lines, "dimension", values=list(sides))
    parts = [_by_week(_by_side(cells.with_columns(**sides), names, sides=list(sides)))]
    for name in told:
        sided, sold = (
            with_dimensions(frame, products, customers, by=[name])
            for frame in (prepared, within.filter(is_recent))
        )
        labelled = _labelled(sided, largest(sold, name), name)
        cells = _by_customer(labelled, "part", last_day=last_day)
        parts.append(_by_week(cells.with_columns(dimension=nw.lit(named([name])))))
    return nw.concat(parts)


def _by_side(cells: nw.LazyFrame, names: nw.LazyFrame, *, sides: Sequence[str]) -> nw.LazyFrame:
    """Add up by the columns `sides`, then lay each beside its name as `dimension` and `part`.

    So customers' orders are added up once, and not once for each side.
    """
    few = cells.group_by(*sides, "weeks_ago").agg(nw.col(*_COUNTED).sum())
    part = nw.lit(ALL)
    for name in sides:
        part = nw.when(nw.col("dimension") == name).then(nw.col(name)).otherwise(part)
    return few.join(names, how="cross").with_columns(part=part)


def _one_column(frame: nw.LazyFrame, name: str, *, values: Sequence[str]) -> nw.LazyFrame:
    """Make a table of one column on the engine of another table."""
    row = frame.select(nw.len().alias("_n"))
    return nw.concat([row.select(nw.lit(value).alias(name)) for value in values])


def _largest(lines: nw.LazyFrame, name: str, *, n_parts: int) -> nw.LazyFrame:
    """Give the values of a dimension with the largest sales: `name`, `_top` = 1."""
    sums = lines.filter(nw.col(name) != NOT_KNOWN).group_by(name).agg(nw.col("net_cents").sum())
    ordered = sums.sort("net_cents", name, descending=[True, False]).head(n_parts)
    return ordered.select(name, nw.lit(1).alias("_top"))


def _labelled(lines: nw.LazyFrame, top: nw.LazyFrame, name: str) -> nw.LazyFrame:
    """Add the column `part`: the value of a dimension if it is large, else that of the rest."""
    part = nw.when(nw.col("_top") == 1).then(nw.col(name)).otherwise(nw.lit(OTHERS))
    return lines.join(top, on=name, how="left").with_columns(part=part).drop("_top")


def _by_customer(lines: nw.LazyFrame, *by: str, last_day: int) -> nw.LazyFrame:
    """Count the orders of each customer in each week, order by order."""
    orders = lines.group_by(*by, "customer_id", "transaction_id").agg(
        nw.col("occurred_day").min(), nw.col("_order").max(), nw.col(*_SUMS).sum()
    )
    week = (last_day - nw.col("occurred_day")) // 7
    cells = (
        orders.with_columns(week.alias("weeks_ago"))
        .group_by(*by, "weeks_ago", "customer_id")
        .agg(nw.col("_order", *_SUMS).sum())
    )
    buys = (nw.col("_order") > 0) & ~nw.col("customer_id").is_null()
    return cells.with_columns(nw.when(buys).then(1).otherwise(0).alias("n_customers"))


def _by_week(cells: nw.LazyFrame) -> nw.LazyFrame:
    """Add up the cells of each dimension, part and week."""
    return (
        cells.group_by("dimension", "part", "weeks_ago")
        .agg(nw.col(*_COUNTED).sum())
        .select(
            "dimension",
            "part",
            whole("weeks_ago"),
            nw.col("_order").cast(nw.Int64).alias("n_orders"),
            whole("n_customers", "net_cents"),
            nw.col("_margin").alias("margin_cents"),
            whole("margin_net_cents"),
        )
    )

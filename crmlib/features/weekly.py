"""Orders, buyers, sales and margin by week: of all, and of the largest parts of each side."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.dimensions import NOT_KNOWN, has_dimension, named, with_dimensions
from crmlib.features.margin import with_margin
from crmlib.features.orders import whole

__all__ = ["ALL", "OTHERS", "weekly_history"]

ALL = "all"
"""Name of the one part of the dimension `total`."""
OTHERS = "all others"
"""Name of what is left of a dimension beside its largest parts."""
_RECENT_WEEKS = 52
_SUMS = ("net_cents", "_margin", "margin_net_cents")


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
    sided = with_dimensions(with_margin(within, products), products, customers, by=known)
    is_known = ~nw.col("line_margin_cents").is_null()
    prepared = sided.with_columns(
        nw.when(nw.col("quantity") < 0).then(0).otherwise(1).alias("_order"),
        nw.when(is_known).then(nw.col("line_margin_cents")).otherwise(0.0).alias("_margin"),
        nw.when(is_known).then(nw.col("net_cents")).otherwise(0).alias("margin_net_cents"),
    )
    total = prepared.with_columns(part=nw.lit(ALL))
    parts = [_by_week(total, dimension="total", last_day=last_day)]
    for name in known:
        labelled = _largest(prepared, name, last_day=last_day, n_parts=n_parts)
        parts.append(_by_week(labelled, dimension=named([name]), last_day=last_day))
    return nw.concat(parts)


def _largest(lines: nw.LazyFrame, name: str, *, last_day: int, n_parts: int) -> nw.LazyFrame:
    """Add the column `part`: the value of a dimension if it is large, else that of the rest."""
    recent = lines.filter(
        nw.col("occurred_day") > last_day - 7 * _RECENT_WEEKS, nw.col(name) != NOT_KNOWN
    )
    sums = recent.group_by(name).agg(nw.col("net_cents").sum().alias("_sold"))
    top = (
        sums.sort("_sold", name, descending=[True, False])
        .head(n_parts)
        .select(name, nw.lit(1).alias("_top"))
    )
    is_top = nw.col("_top") == 1
    part = nw.when(is_top).then(nw.col(name)).otherwise(nw.lit(OTHERS))
    return lines.join(top, on=name, how="left").with_columns(part=part)


def _by_week(lines: nw.LazyFrame, *, dimension: str, last_day: int) -> nw.LazyFrame:
    """Count the orders and buyers of each part in each week, order by order, buyer by buyer."""
    orders = lines.group_by("part", "customer_id", "transaction_id").agg(
        nw.col("occurred_day").min(), nw.col("_order").max(), nw.col(*_SUMS).sum()
    )
    week = (last_day - nw.col("occurred_day")) // 7
    buyers = (
        orders.with_columns(week.alias("weeks_ago"))
        .group_by("part", "weeks_ago", "customer_id")
        .agg(nw.col("_order", *_SUMS).sum())
    )
    buys = (nw.col("_order") > 0) & ~nw.col("customer_id").is_null()
    return (
        buyers.with_columns(nw.when(buys).then(1).otherwise(0).alias("n_customers"))
        .group_by("part", "weeks_ago")
        .agg(
            nw.col("_order", "n_customers", "net_cents", "margin_net_cents").sum(),
            nw.col("_margin").sum(),
        )
        .select(
            nw.lit(dimension).alias("dimension"),
            "part",
            whole("weeks_ago"),
            nw.col("_order").cast(nw.Int64).alias("n_orders"),
            whole("n_customers", "net_cents"),
            nw.col("_margin").alias("margin_cents"),
            whole("margin_net_cents"),
        )
    )

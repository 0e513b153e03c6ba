"""How long customers stay away from a category, and whether they buy on elsewhere meanwhile."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import customer_lines, distinct, whole
from crmlib.features.places import customer_places, place_column
from crmlib.features.snapshot import with_category

__all__ = ["ALL_REGIONS", "category_pauses", "category_spans"]

ALL_REGIONS = "all customers"
"""Stands for the region where nobody knows regions."""

_KEYS = ("region", "category")


def category_spans(
    lines: nw.LazyFrame,
    customers: nw.LazyFrame | None = None,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    window_weeks: int = 13,
) -> nw.LazyFrame:
    """Count the pauses between two weeks in which the same customer bought the same category.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    customers
        Gives `region` by `customer_id`; without it the region is where most lines are bought, and
        without any region all customers are one. Customers of no known region are left out where
        others have one.
    products
        Gives `category` by `product_id`.
    as_of_day
        Last day that counts; weeks end on its weekday.
    window_weeks
        Pauses longer than twice this are not told apart.

    Returns
    -------
    narwhals.LazyFrame
        One row per region, category, week and length: `region`, `category`, `week` (of a purchase;
        0 is the last week, those before it are negative), `pause_weeks` (to the next one; one more
        than twice the window where it is longer or none followed), `n_customers`, `net_cents`
        (what they spent on it in that week).

    Raises
    ------
    ParameterError
        If `window_weeks` is below 1.
    """
    spans = _spans(lines, customers, products, as_of_day=as_of_day, window_weeks=window_weeks)
    return (
        spans.group_by(*_KEYS, "week", "pause_weeks")
        .agg(nw.len().alias("n_customers"), nw.col("net_cents").sum())
        .with_columns(whole("week", "pause_weeks", "n_customers", "net_cents"))
    )


def category_pauses(
    lines: nw.LazyFrame,
    customers: nw.LazyFrame | None = None,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    window_weeks: int = 13,
) -> nw.LazyFrame:
    """Count the spans of `category_spans` within which a customer bought nothing at all for long.

    With these, those who went away altogether can be told from those who turned away from the
    category alone.

    Returns
    -------
    narwhals.LazyFrame
        One row per region, category, week, and pause of the customer: `region`, `category`, `week`
        (of the last purchase of the category before the pause), `stop_week` (of the last purchase
        of anything), `silent_weeks` (from there to the next; capped as `pause_weeks` is),
        `n_customers`. Only pauses longer than the window, which begin within it.

    Raises
    ------
    ParameterError
        If `window_weeks` is below 1.
    """
    spans = _spans(lines, customers, products, as_of_day=as_of_day, window_weeks=window_weeks)
    bought = distinct(_weeks(lines, as_of_day=as_of_day), "customer_id", "week")
    pauses = _paused(bought, "customer_id", cap=2 * window_weeks + 1, name="silent_weeks")
    pauses = pauses.filter(nw.col("silent_weeks") > window_weeks).rename({"week": "stop_week"})
    ahead = nw.col("stop_week") - nw.col("week")
    return (
        spans.filter(nw.col("pause_weeks") > window_weeks)
        .join(pauses, on="customer_id", how="inner")
        .filter(ahead >= 0, ahead < window_weeks, ahead < nw.col("pause_weeks"))
        .group_by(*_KEYS, "week", "stop_week", "silent_weeks")
        .agg(nw.len().alias("n_customers"))
        .with_columns(whole("week", "stop_week", "silent_weeks", "n_customers"))
    )


def _spans(
    lines: nw.LazyFrame,
    customers: nw.LazyFrame | None,
    products: nw.LazyFrame | None,
    *,
    as_of_day: int,
    window_weeks: int,
) -> nw.LazyFrame:
    """Give each customer's weeks with a category, and the pause after each."""
    if window_weeks < 1:
        raise ParameterError(f"window_weeks={window_weeks}: a window needs at least one week.")
    weeks = with_category(_weeks(lines, as_of_day=as_of_day), products)
    own = (
        weeks.filter(~nw.col("category").is_null())
        .group_by("customer_id", "category", "week")
        .agg(nw.col("net_cents").sum())
    )
    spans = _paused(own, "customer_id", "category", cap=2 * window_weeks + 1, name="pause_weeks")
    if place_column(lines, customers) != "region":
        return spans.with_columns(nw.lit(ALL_REGIONS).alias("region"))
    places = customer_places(lines, customers, as_of_day=as_of_day)
    known = places.filter(~nw.col("place").is_null())
    return spans.join(
        known.select("customer_id", nw.col("place").alias("region")), on="customer_id", how="inner"
    )


def _weeks(lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Give each line bought the number of its week, counted upwards to 0, the last one."""
    bought = customer_lines(lines, as_of_day=as_of_day).filter(nw.col("quantity") > 0)
    week = 0 - (as_of_day - nw.col("occurred_day")) // 7
    return bought.with_columns(week.cast(nw.Int64).alias("week"))


def _paused(weeks: nw.LazyFrame, *keys: str, cap: int, name: str) -> nw.LazyFrame:
    """Add the weeks to the next week of the same customer and category, up to a cap."""
    pause = nw.col("week").shift(-1).over(*keys, order_by="week") - nw.col("week")
    short = nw.when(pause < cap).then(pause).otherwise(cap)
    return weeks.with_columns(short.cast(nw.Int64).alias(name))

"""Lifecycle stage of each customer at a day: new, active, returned, lapsing or lapsed."""

from __future__ import annotations

from typing import Literal

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import order_days, orders, whole

__all__ = ["STAGES", "Stage", "customer_stages", "silences"]

Stage = Literal["new", "active", "returned", "lapsing", "lapsed"]
STAGES: tuple[Stage, ...] = ("new", "active", "returned", "lapsing", "lapsed")
"""All stages, from the freshest to the most distant; every customer is in exactly one."""


def customer_stages(
    lines: nw.LazyFrame,
    *,
    as_of_day: int,
    known_since_day: int,
    active_days: int,
    lapse_days: int,
) -> nw.LazyFrame:
    """Say at which stage of the relationship each customer is at the end of `as_of_day`.

    A customer is *lapsed* after more than `lapse_days` without an order and *lapsing* after more
    than `active_days`. Of the others, those whose first order lies within the last `lapse_days`
    are *new*, those who came back within the last `lapse_days` from a silence longer than
    `lapse_days` are *returned*, and the rest are *active*. Nobody is new whose first order lies
    within `lapse_days` of the start of the data: he may have been a customer before. Mere returns
    are no orders; who has nothing else is dated by them.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    as_of_day
        Last day that counts, a day number.
    known_since_day
        First day of the data, a day number.
    active_days, lapse_days
        Silence in days up to which a customer is active, and beyond which lapsed.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer: `customer_id`, `first_day`, `last_day`, `silence_days` (0 = ordered
        on `as_of_day`), `n_orders`, `net_cents`, `stage`.

    Raises
    ------
    ParameterError
        Unless 0 < active_days < lapse_days.
    """
    if not 0 < active_days < lapse_days:
        raise ParameterError(
            f"active_days={active_days} and lapse_days={lapse_days}: the first must be at least 1 "
            "and smaller than the second. Set both, for example 28 and 90."
        )
    came_back = nw.when(nw.col("gap_days") > lapse_days).then(nw.col("occurred_day"))
    returns = (
        order_days(lines, as_of_day=as_of_day)
        .with_columns(came_back.alias("return_day"))
        .group_by("customer_id")
        .agg(nw.col("return_day").max())
    )
    ordered_on = nw.when(nw.col("is_order") == 1).then(nw.col("occurred_day"))
    totals = (
        orders(lines, as_of_day=as_of_day)
        .with_columns(ordered_on.alias("_ordered"))
        .group_by("customer_id")
        .agg(
            nw.col("_ordered").min().alias("first_day"),
            nw.col("_ordered").max().alias("last_day"),
            nw.col("occurred_day").min().alias("_first"),
            nw.col("occurred_day").max().alias("_last"),
            nw.col("is_order").sum().alias("n_orders"),
            nw.col("net_cents").sum(),
        )
        .with_columns(
            nw.coalesce("first_day", "_first").alias("first_day"),
            nw.coalesce("last_day", "_last").alias("last_day"),
            whole("n_orders", "net_cents"),
        )
        .drop("_first", "_last")
        .with_columns((as_of_day - nw.col("last_day")).alias("silence_days"))
    )
    recent = as_of_day - lapse_days
    stage = (
        nw.when(nw.col("silence_days") > lapse_days)
        .then(nw.lit("lapsed"))
        .when(nw.col("silence_days") > active_days)
        .then(nw.lit("lapsing"))
        .when(nw.col("first_day") > max(recent, known_since_day + lapse_days))
        .then(nw.lit("new"))
        .when(nw.col("return_day") > recent)
        .then(nw.lit("returned"))
        .otherwise(nw.lit("active"))
    )
    return (
        totals.join(returns, on="customer_id", how="left")
        .with_columns(stage.alias("stage"))
        .drop("return_day")
    )


def silences(lines: nw.LazyFrame, *, as_of_day: int, lapse_days: int) -> nw.LazyFrame:
    """Count how many silences grew longer than `lapse_days`, and how many of these ended.

    This is the evidence for the choice of `lapse_days`: if many customers come back from such a
    silence, they are called lapsed too early.

    Returns
    -------
    narwhals.LazyFrame
        One row: `n_long_silences`, `n_ended` (the customer ordered again by `as_of_day`).
    """
    days = order_days(lines, as_of_day=as_of_day)
    ended = days.select((nw.col("gap_days") > lapse_days).cast(nw.Int64).alias("long"))
    open_ = (
        days.group_by("customer_id")
        .agg(nw.col("occurred_day").max().alias("last_day"))
        .select((as_of_day - nw.col("last_day") > lapse_days).cast(nw.Int64).alias("long"))
    )
    both = nw.concat(
        [
            ended.select("long", nw.col("long").alias("ended")),
            open_.select("long", (nw.col("long") * 0).alias("ended")),
        ]
    )
    return both.select(
        nw.col("long").sum().cast(nw.Int64).alias("n_long_silences"),
        nw.col("ended").sum().cast(nw.Int64).alias("n_ended"),
    )

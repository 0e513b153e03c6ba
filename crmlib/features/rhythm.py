"""How long each customer usually stays away between two order days."""

from __future__ import annotations

import narwhals as nw

__all__ = ["gap_quartiles"]

_NAMES = ("gap_q25_days", "gap_median_days", "gap_q75_days")


def gap_quartiles(days: nw.LazyFrame) -> nw.LazyFrame:
    """Give the quartiles of the days between two order days that follow each other.

    A quartile is the smallest gap that at least a quarter (a half, three quarters) of the
    customer's gaps do not exceed: a whole number of days that occurred, so that no engine
    interpolates in its own way.

    Parameters
    ----------
    days
        `customer_id` and `occurred_day`, a day number; each pair once.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with at least two order days: `customer_id`, `n_gaps`,
        `gap_q25_days`, `gap_median_days`, `gap_q75_days`.

    References
    ----------
    R. J. Hyndman and Y. Fan (1996), Sample quantiles in statistical packages, The American
    Statistician 50(4), definition 1.
    """
    before = nw.col("occurred_day").shift(1).over("customer_id", order_by="occurred_day")
    ranked = (
        days.with_columns((nw.col("occurred_day") - before).alias("_gap"))
        .filter(~nw.col("_gap").is_null())
        .select("customer_id", "_gap")
        .with_columns(
            nw.col("_gap").rank("ordinal").over("customer_id").alias("_rank"),
            nw.len().over("customer_id").alias("_n"),
        )
    )
    picked = [
        nw.when(nw.col("_rank") == (quarters * nw.col("_n") + 3) // 4)
        .then(nw.col("_gap"))
        .alias(name)
        for quarters, name in zip((1, 2, 3), _NAMES, strict=True)
    ]
    return (
        ranked.with_columns(*picked)
        .group_by("customer_id")
        .agg(nw.len().alias("n_gaps"), *(nw.col(name).max() for name in _NAMES))
    )

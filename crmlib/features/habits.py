"""How much comes into an order, and how long it is between orders."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import distinct, whole
from crmlib.features.purchases import HALVES
from crmlib.features.rhythm import gap_quartiles

__all__ = ["habits_by_half"]


def habits_by_half(lines: nw.LazyFrame) -> nw.LazyFrame:
    """Say of each customer how large his orders are and how far apart, in each half of the window.

    Parameters
    ----------
    lines
        From `crmlib.features.purchases.timed_lines`.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and `half`: `customer_id`, `half`, `n_orders`, `basket_lines` (lines
        per order), `gap_median_days` (between order days; null with fewer than two).
    """
    sizes = (
        lines.group_by("customer_id", "half")
        .agg(nw.col("transaction_id").n_unique().alias("n_orders"), nw.len().alias("_n_lines"))
        .with_columns(
            whole("n_orders"), (nw.col("_n_lines") / nw.col("n_orders")).alias("basket_lines")
        )
        .drop("_n_lines")
    )
    gaps = [
        gap_quartiles(
            distinct(lines.filter(nw.col("half") == half), "customer_id", "occurred_day")
        ).select("customer_id", nw.lit(half).alias("half"), "gap_median_days")
        for half in HALVES
    ]
    return sizes.join(
        nw.concat(gaps, how="vertical"), on=["customer_id", "half"], how="left"
    ).select("customer_id", "half", "n_orders", "basket_lines", "gap_median_days")

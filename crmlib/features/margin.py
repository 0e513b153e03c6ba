"""Contribution margin of order lines, from whatever the source tells about costs."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import customer_lines, unknown_count, whole
from crmlib.periods import Window

__all__ = ["customer_margins", "with_margin"]


def with_margin(lines: nw.LazyFrame, products: nw.LazyFrame | None = None) -> nw.LazyFrame:
    """Add the contribution margin of each line in cents; null where nobody knows it.

    The margin the source states counts before one worked out as sales less units times cost of a
    unit; the cost of the line counts before that of the product. Guards against a missing cost
    that is taken for nought.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions; `margin_cents` and
        `unit_cost_cents` may be missing or empty.
    products
        Gives `unit_cost_cents` by `product_id`, where it has such a column.

    Returns
    -------
    narwhals.LazyFrame
        The lines with a column `line_margin_cents` (fractions of a cent where units are).

    Examples
    --------
    >>> import pandas as pd
    >>> from crmlib.features.collect import collect
    >>> frame = pd.DataFrame({"net_cents": [500, 500], "quantity": [2.0, 1.0],
    ...     "product_id": ["p", "q"]})
    >>> costs = pd.DataFrame({"product_id": ["p"], "unit_cost_cents": [150]})
    >>> lazy = [nw.from_native(one).lazy() for one in (frame, costs)]
    >>> collect(with_margin(*lazy), by=["product_id"])["line_margin_cents"].tolist()
    [200.0, nan]
    """
    present = lines.collect_schema().names()
    known = [nw.col("margin_cents").cast(nw.Float64)] if "margin_cents" in present else []
    costs = ["unit_cost_cents"] if "unit_cost_cents" in present else []
    if products is not None and "unit_cost_cents" in products.collect_schema().names():
        of_products = products.select("product_id", _product_cost=nw.col("unit_cost_cents"))
        lines = lines.join(of_products, on="product_id", how="left")
        costs.append("_product_cost")
    known += [nw.col("net_cents") - nw.col("quantity") * nw.col(cost) for cost in costs]
    if not known:
        return lines.with_columns(unknown_count().cast(nw.Float64).alias("line_margin_cents"))
    return lines.with_columns(nw.coalesce(*known).alias("line_margin_cents")).select(
        *present, "line_margin_cents"
    )


def customer_margins(
    lines: nw.LazyFrame, products: nw.LazyFrame | None = None, *, window: Window
) -> nw.LazyFrame:
    """Add up the contribution margin of each customer within `window`.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with a line in the window: `customer_id`, `margin_cents` (null
        without a line of known margin), `margin_net_cents` (sales of the lines of known margin).
    """
    is_known = ~nw.col("line_margin_cents").is_null()
    within = customer_lines(lines, as_of_day=window.last_day).filter(
        nw.col("occurred_day") >= window.first_day
    )
    return (
        with_margin(within, products)
        .with_columns(
            nw.when(is_known).then(1).otherwise(0).alias("_known"),
            nw.when(is_known).then(nw.col("line_margin_cents")).otherwise(0.0).alias("_margin"),
            nw.when(is_known).then(nw.col("net_cents")).otherwise(0).alias("margin_net_cents"),
        )
        .group_by("customer_id")
        .agg(nw.col("_known", "_margin", "margin_net_cents").sum())
        .with_columns(
            whole("margin_net_cents"),
            nw.when(nw.col("_known") > 0).then(nw.col("_margin")).alias("margin_cents"),
        )
        .select("customer_id", "margin_cents", "margin_net_cents")
    )

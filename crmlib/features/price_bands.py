"""Cheap, middling or dear: the price band of each product within its category."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import whole
from crmlib.features.snapshot import with_category
from crmlib.schema import require_columns

__all__ = ["BANDS", "price_bands"]

BANDS = ("low", "middle", "high")
_THOUSANDTHS = 1000


def price_bands(
    lines: nw.LazyFrame, products: nw.LazyFrame | None, *, as_of_day: int
) -> nw.LazyFrame:
    """Sort the products of each category into thirds by what one unit of them costs.

    Prices are those before discounts where the lines tell them, so that a product does not become
    cheap by being bought on sale. Products of one price are in one band. Guards against float
    sums, whose last digit differs from engine to engine: quantities are counted in thousandths and
    prices in whole cents.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    products
        Gives `category` by `product_id`, unless the lines have a column `category`.
    as_of_day
        Last day that counts, a day number.

    Returns
    -------
    narwhals.LazyFrame
        One row per product of a category with at least three products: `product_id`,
        `price_band` (`low`, `middle`, `high`), `unit_price_cents` (mean, rounded down).
    """
    needed = ("product_id", "occurred_day", "quantity", "net_cents")
    present = lines.collect_schema().names()
    require_columns(present, needed, what="The table of order lines")
    paid = nw.col("list_cents" if "list_cents" in present else "net_cents")
    n_units = (nw.col("quantity") * _THOUSANDTHS + 0.5).floor().cast(nw.Int64)
    own = [name for name in ("category",) if name in present]
    sold = (
        lines.filter(nw.col("occurred_day") <= as_of_day, ~paid.is_null())
        .with_columns(n_units.alias("_units"), paid.alias("_cents"))
        .filter(nw.col("_units") > 0, nw.col("_cents") > 0)
        .group_by("product_id", *own)
        .agg(nw.col("_units").sum(), nw.col("_cents").sum())
        .with_columns(whole("_units", "_cents"))
        .with_columns((_THOUSANDTHS * nw.col("_cents") // nw.col("_units")).alias("_price"))
    )
    known = with_category(sold, products).filter(~nw.col("category").is_null())
    ranked = known.with_columns(
        nw.col("_price").rank("min").over("category").alias("_rank"),
        nw.len().over("category").alias("_n"),
    ).with_columns(whole("_rank", "_n", "_price"))
    third = 3 * (nw.col("_rank") - 1) // nw.col("_n")
    band = nw.when(third == 0).then(nw.lit(BANDS[0])).otherwise(
        nw.when(third == 1).then(nw.lit(BANDS[1])).otherwise(nw.lit(BANDS[2]))
    )  # fmt: skip
    return ranked.filter(nw.col("_n") >= len(BANDS)).select(
        "product_id", band.alias("price_band"), nw.col("_price").alias("unit_price_cents")
    )

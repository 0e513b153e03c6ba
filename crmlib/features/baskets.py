"""Which products or categories are bought together."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import whole
from crmlib.features.snapshot import with_category
from crmlib.schema import require_columns

__all__ = ["NO_CATEGORY", "basket_pairs", "listed_categories"]

NO_CATEGORY = "(no category)"
"""What stands for the category of a product that the master lists without one."""


def basket_pairs(
    lines: nw.LazyFrame,
    *,
    as_of_day: int,
    item: str = "product_id",
    first_day: int = 0,
    min_baskets: int = 1,
) -> nw.LazyFrame:
    """Count for each pair of items in how many baskets both are, and each of them.

    An item counts once per basket however often it was scanned; returns are left out, anonymous
    baskets count. Guards against a join that explodes: items are made unique in their basket, and
    those in fewer than `min_baskets` baskets go before pairs are made. No pair of them could
    reach that number, so nothing is lost.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    as_of_day, first_day
        Last and first day that count, day numbers.
    item
        Column of items: `product_id`, or `category` after
        `crmlib.features.snapshot.with_category`.
    min_baskets
        Pairs in fewer baskets are left out.

    Returns
    -------
    narwhals.LazyFrame
        One row per pair: `item_a`, `item_b` (the greater by code point), `n_both`, `n_a`, `n_b`
        (baskets with both, with each), `n_baskets` (baskets with any item). Support is
        `n_both / n_baskets`, the confidence of a then b `n_both / n_a`.

    Raises
    ------
    SchemaError
        If a column is missing.
    ParameterError
        If `min_baskets` is below 1.

    References
    ----------
    R. Agrawal and R. Srikant (1994), Fast algorithms for mining association rules, VLDB,
    section 2.1 (no superset is more frequent than its parts).
    """
    needed = ("transaction_id", "occurred_day", "quantity", item)
    require_columns(lines.collect_schema().names(), needed, what="The table of order lines")
    if min_baskets < 1:
        raise ParameterError(f"min_baskets={min_baskets}: it must be at least 1.")
    in_time = (nw.col("occurred_day") >= first_day) & (nw.col("occurred_day") <= as_of_day)
    bought = lines.filter(in_time, ~(nw.col("quantity") < 0), ~nw.col(item).is_null()).select(
        "transaction_id", nw.col(item).alias("item")
    )
    # an item on fewer lines is in fewer baskets; whole numbers are quicker to join than names
    frequent = (
        bought.group_by("item")
        .agg(nw.len().alias("n"))
        .filter(nw.col("n") >= min_baskets)
        .select("item")
        .with_row_index("code", order_by="item")
    )
    kept = (
        bought.join(frequent, on="item", how="inner")
        .group_by("transaction_id", "code")  # `unique` would number all rows by a window
        .agg(nw.len().alias("n"))
        .select("transaction_id", "code")
    )
    both = (
        kept.join(kept, on="transaction_id", how="inner", suffix="_b")
        .rename({"code": "a", "code_b": "b"})
        .filter(nw.col("a") <= nw.col("b"))
        .group_by("a", "b")
        .agg(nw.len().alias("n_both"))
    )
    # an item is with itself in all its baskets, and with no other in more
    pairs = both.with_columns(
        n_a=nw.col("n_both").max().over("a"), n_b=nw.col("n_both").max().over("b")
    ).filter(nw.col("a") < nw.col("b"), nw.col("n_both") >= min_baskets)
    total = bought.select(nw.col("transaction_id").n_unique().alias("n_baskets"))
    return (
        pairs.join(frequent.rename({"item": "item_a", "code": "a"}), on="a", how="inner")
        .join(frequent.rename({"item": "item_b", "code": "b"}), on="b", how="inner")
        .join(total, how="cross")
        .select("item_a", "item_b", whole("n_both", "n_a", "n_b", "n_baskets"))
    )


def listed_categories(lines: nw.LazyFrame, products: nw.LazyFrame | None) -> nw.LazyFrame:
    """Add the category of each line's product, `NO_CATEGORY` where the master lists it without one.

    Guards against baskets that drop out of the whole, and so raise every share, because nobody
    gave their products a category. Products that the master does not list have none.

    Parameters
    ----------
    lines, products
        Contracts `crmlib.schema.TRANSACTIONS` and `PRODUCTS`.
    """
    if products is None or "category" not in products.collect_schema().names():
        return with_category(lines, products)
    named = nw.col("category").fill_null(NO_CATEGORY)
    return with_category(lines, products.with_columns(named))

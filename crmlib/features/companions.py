"""What else is in the baskets that hold a slow seller, against those with other slow sellers."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import customer_lines, unknown_count, whole
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = ["basket_companions"]

_CENTS = 100
_COMPARED = (
    "n_compared",
    "n_customers",
    "rest_cents",
    "expected_cents",
    "baskets_squared",
    "excess_baskets_cents",
    "excess_squared_amount",
)


def basket_companions(
    lines: nw.LazyFrame,
    *,
    window: Window,
    max_own_cents: int,
    item: str = "product_id",
    min_baskets: int = 1,
) -> nw.LazyFrame:
    """Add up what else was in the baskets with each slow seller, and what would be by chance.

    Guards against three mistakes. Large baskets hold more of everything, so an item put into
    baskets at random lies in larger ones: the expectation is what lies beside *other slow sellers*
    of the same customer, large baskets counting as often as they hold one. What everybody always
    buys lies in small baskets, too, and would make all slow sellers look good: it is no yardstick.
    And valuable customers buy other things than the rest: each customer is compared with himself
    alone. Customers who bought no other slow seller tell nothing and are not compared.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions; returns, anonymous
        lines and lines with an amount below 0 are left out.
    window
        Days that count.
    max_own_cents
        Items that sold for more in the window are no slow sellers.
    item
        Column of items: `product_id`, or `category` after
        `crmlib.features.snapshot.with_category`.
    min_baskets
        Slow sellers in fewer baskets are a yardstick for others, but not in the result.

    Returns
    -------
    narwhals.LazyFrame
        One row per slow seller: `item`; of all its baskets `n_baskets`, `own_cents` (its sales),
        `own_margin_cents` (null without `margin_amount` in the lines), `first_day`; of those of
        customers who can be compared `n_compared` (baskets), `n_customers`, `rest_cents` (sales of
        all else in them), `expected_cents` (the same by chance), and by customer the sums of
        `baskets_squared`, `excess_baskets_cents` (baskets x excess of rest over expected) and
        `excess_squared_amount` (account currency squared, rounded down); of all slow sellers
        together `all_rest_cents` and `n_all` (pairs of basket and item).

    Raises
    ------
    SchemaError
        If a column is missing.
    ParameterError
        If `min_baskets` is below 1.
    """
    if min_baskets < 1:
        raise ParameterError(f"min_baskets={min_baskets}: it must be at least 1.")
    require_columns(lines.collect_schema().names(), (item,), what="The table of order lines")
    sold = _sold(lines, window=window, item=item)
    cents = nw.col("own_cents").sum()
    totals = sold.group_by("transaction_id").agg(cents.alias("basket_cents"))
    slow = sold.group_by("item").agg(cents.alias("_sold")).filter(nw.col("_sold") <= max_own_cents)
    rows = (
        sold.join(slow.select("item"), on="item", how="inner")
        .group_by("customer_id", "transaction_id", "item")
        .agg(nw.col("own_cents", "own_margin_cents").sum(), nw.col("first_day").min())
        .join(totals, on="transaction_id", how="inner")
        .with_columns(
            (nw.col("basket_cents") - nw.col("own_cents")).cast(nw.Int64).alias("rest_cents")
        )
    )
    by_customer = rows.group_by("customer_id", "item").agg(
        nw.len().alias("n"),
        nw.col("rest_cents", "own_cents", "own_margin_cents").sum(),
        nw.col("first_day").min(),
    )
    customers = by_customer.group_by("customer_id").agg(
        nw.col("n").sum().alias("n_of_customer"),
        nw.col("rest_cents").sum().alias("rest_of_customer"),
    )
    whole_shop = customers.select(
        nw.col("rest_of_customer").sum().cast(nw.Int64).alias("all_rest_cents"),
        nw.col("n_of_customer").sum().cast(nw.Int64).alias("n_all"),
    )
    sums = (
        _against_other_lines(by_customer.join(customers, on="customer_id", how="inner"))
        .group_by("item")
        .agg(
            nw.col("n").sum().alias("n_baskets"),
            nw.col("own_cents", "own_margin_cents", *_COMPARED).sum(),
            nw.col("first_day").min(),
        )
        .with_columns(whole("n_baskets", "own_cents", *_COMPARED))
        .filter(nw.col("n_baskets") >= min_baskets)
        .join(whole_shop, how="cross")
    )
    if "margin_cents" in lines.collect_schema().names():
        return sums.with_columns(whole("own_margin_cents"))
    return sums.with_columns(unknown_count().alias("own_margin_cents"))


def _sold(lines: nw.LazyFrame, *, window: Window, item: str) -> nw.LazyFrame:
    """Keep what known customers bought in the window."""
    known = customer_lines(lines, as_of_day=window.last_day)
    margin = "margin_cents" if "margin_cents" in known.collect_schema().names() else "net_cents"
    return known.filter(
        nw.col("occurred_day") >= window.first_day,
        ~(nw.col("quantity") < 0),
        ~(nw.col("net_cents") < 0),
        ~nw.col(item).is_null(),
    ).select(
        "customer_id",
        "transaction_id",
        nw.col(item).alias("item"),
        nw.col("net_cents").alias("own_cents"),
        nw.col(margin).alias("own_margin_cents"),
        nw.col("occurred_day").alias("first_day"),
    )


def _against_other_lines(by_customer: nw.LazyFrame) -> nw.LazyFrame:
    """Compare each customer's baskets with an item with what lies beside his other lines."""
    n, rest = nw.col("n"), nw.col("rest_cents")
    others = nw.col("n_of_customer") - n
    can = others > 0
    by_chance = (nw.col("rest_of_customer") - rest) * n // nw.when(can).then(others).otherwise(1)
    excess = nw.col("rest_cents") - nw.col("expected_cents")
    amount = nw.when(excess < 0).then(0 - excess).otherwise(excess) // _CENTS
    return (
        by_customer.with_columns(whole("n", "rest_cents", "n_of_customer", "rest_of_customer"))
        .with_columns(
            nw.when(can).then(n).otherwise(0).alias("n_compared"),
            nw.when(can).then(1).otherwise(0).alias("n_customers"),
            nw.when(can).then(rest).otherwise(0).alias("rest_cents"),
            nw.when(can).then(by_chance.cast(nw.Int64)).otherwise(0).alias("expected_cents"),
        )
        .with_columns(
            (nw.col("n_compared") * nw.col("n_compared")).alias("baskets_squared"),
            (excess * nw.col("n_compared")).alias("excess_baskets_cents"),
            (amount * amount).alias("excess_squared_amount"),
        )
    )

"""The category that each customer buys more of than customers do on the whole."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import whole
from crmlib.features.purchases import count_orders

__all__ = ["bought_later", "category_cells", "favourite_categories", "favourite_mix"]

_MILLION = 1_000_000


def category_cells(lines: nw.LazyFrame, *, by_half: bool) -> nw.LazyFrame:
    """Lay what each customer bought of each category beside what customers buy on the whole.

    Categories that a customer did not buy have no row.

    Parameters
    ----------
    lines
        From `crmlib.features.purchases.described_lines`.
    by_half
        Look at the two halves of the window apart; otherwise at all of it.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer, period (`first` and `second`, or `all`) and category: `customer_id`,
        `period`, `category`, `n` (orders with it), `cents`, `own_n`, `own_cents` (sums over the
        customer's categories), `share_n`, `share_cents` (of the category on the whole, in
        millionths, rounded down), `above_cents` (bought beyond that share of `own_cents`).
    """
    period = nw.col("half") if by_half else nw.lit("all")
    sums = nw.col("n", "cents").sum()
    known = lines.filter(~nw.col("category").is_null()).with_columns(period.alias("period"))
    return (
        count_orders(known, "customer_id", "period", "category")
        .with_columns(
            sums.over("customer_id", "period").name.prefix("own_"),
            sums.over("category", "period").name.prefix("_of_"),
            sums.over("period").name.prefix("_all_"),
        )
        .with_columns(whole("own_n", "own_cents", "_of_n", "_of_cents", "_all_n", "_all_cents"))
        .filter(nw.col("_all_cents") > 0)
        .with_columns(
            (_MILLION * nw.col("_of_n") // nw.col("_all_n")).alias("share_n"),
            (_MILLION * nw.col("_of_cents") // nw.col("_all_cents")).alias("share_cents"),
        )
        .with_columns(
            (nw.col("cents") - nw.col("own_cents") * nw.col("share_cents") // _MILLION).alias(
                "above_cents"
            )
        )
        .select(
            "customer_id", "period", "category", "n", "cents",
            whole("own_n", "own_cents", "share_n", "share_cents", "above_cents"),
        )
    )  # fmt: skip


def favourite_categories(cells: nw.LazyFrame) -> nw.LazyFrame:
    """Pick the category on which each customer spends most above expectation.

    Of equal ones the first by code point. Whether it is more than chance is for
    `crmlib.evaluation.favourites` to say.

    Parameters
    ----------
    cells
        From `category_cells`.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and period, columns as in `category_cells`.
    """
    who = ("customer_id", "period")
    above = nw.col("above_cents")
    return (
        cells.with_columns(above.max().over(*who).alias("_most"))
        .with_columns(nw.when(above == nw.col("_most")).then(nw.col("category")).alias("_best"))
        .with_columns(nw.col("_best").min().over(*who))
        .filter(nw.col("category") == nw.col("_best"))
        .drop("_most", "_best")
    )


def bought_later(cells: nw.LazyFrame) -> nw.LazyFrame:
    """Say of each customer's favourite of the first half how much he bought of it in the second.

    Guards against favourites that are nothing but the best of many chances: the second half had
    no part in choosing them.

    Parameters
    ----------
    cells
        From `category_cells`, by half.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer who bought in both halves: `customer_id`, `favourite`; of it in the
        first half `n`, `own_n`, `share_n`; in the second `own_cents` (all categories) and
        `later_cents` (the favourite).
    """
    named = _with_early_favourite(cells).filter(~nw.col("favourite").is_null())
    is_early, is_same = nw.col("period") == "first", nw.col("category") == nw.col("favourite")
    found = {
        name: nw.when(is_early & is_same).then(nw.col(name)).otherwise(0)
        for name in ("n", "own_n", "share_n")
    } | {
        "own_cents": nw.when(is_early).then(0).otherwise(nw.col("own_cents")),
        "later_cents": nw.when(~is_early & is_same).then(nw.col("cents")).otherwise(0),
    }
    return (
        named.with_columns(**found)
        .group_by("customer_id", "favourite")
        .agg(nw.col(*found).max())
        .filter(nw.col("own_cents") > 0)
        .with_columns(whole(*found))
    )


def favourite_mix(cells: nw.LazyFrame) -> nw.LazyFrame:
    """Add up what customers with one favourite bought of each category in the second half.

    Parameters
    ----------
    cells
        From `category_cells`, by half.

    Returns
    -------
    narwhals.LazyFrame
        One row per `favourite` (category of the first half; null without one) and `category`:
        sums over the customers in the second half of `net_amount`, of its squares `squares`, and
        of its products with what each spent in all `products`, in account currency.
    """
    amount = nw.col("cents") / 100
    return (
        _with_early_favourite(cells)
        .filter(nw.col("period") == "second")
        .with_columns(
            amount.alias("net_amount"),
            (amount * amount).alias("squares"),
            (amount * nw.col("own_cents") / 100).alias("products"),
        )
        .group_by("favourite", "category")
        .agg(nw.col("net_amount", "squares", "products").sum())
        # products of cents have four decimals: without the rest no order of adding up shows
        .with_columns(nw.col("net_amount").round(2), nw.col("squares", "products").round(4))
    )


def _with_early_favourite(cells: nw.LazyFrame) -> nw.LazyFrame:
    """Add to every row of a customer the favourite of his first half."""
    above, is_early = nw.col("above_cents"), nw.col("period") == "first"
    is_best = is_early & (above == nw.col("_most"))
    return (
        cells.with_columns(above.max().over("customer_id", "period").alias("_most"))
        .with_columns(nw.when(is_best).then(nw.col("category")).alias("favourite"))
        .with_columns(nw.col("favourite").min().over("customer_id"))
        .drop("_most")
    )

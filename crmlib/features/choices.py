"""How often each customer chooses what, against how often customers do on the whole."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.features.orders import whole
from crmlib.features.purchases import HALVES, count_orders
from crmlib.schema import require_columns

__all__ = ["ASPECTS", "choices"]


ASPECTS = {
    "category": "",
    "price_band": "category",
    "brand": "category_and_band",
    "weekday": "",
    "day_part": "",
}
"""What a choice is about, and on what its expectation depends: the price band on the categories
that a customer buys, the brand on his categories and price bands, the rest on nothing."""

_MILLION = 1_000_000


def choices(lines: nw.LazyFrame, *, aspect: str, values: Sequence[str]) -> nw.LazyFrame:
    """Count how often each customer chose each value, and how often to expect it.

    An order counts once for a value however many of its lines show it: ten jars of the same sort
    are one choice. The expected number is the share of the value among the choices of all
    customers in the same half of the window, times the choices of the customer; where the share
    depends on something (`ASPECTS`), it is added up over that. Shares are in millionths, rounded
    down.

    Parameters
    ----------
    lines
        From `crmlib.features.purchases`: `described_lines` or `timed_lines`.
    aspect
        One of `ASPECTS`.
    values
        Values that are counted; others are choices too, without a count of their own.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer: `customer_id`, and for each half (`first`, `second`)
        `n_first` choices, and for each value by its position `n_first_0` and
        `expected_first_0`.
    """
    given = ASPECTS[aspect]
    require_columns(lines.collect_schema().names(), (aspect,), what="The table of purchases")
    depends = nw.col(given) if given else nw.lit("")
    known = lines.with_columns(depends.alias("_given")).filter(
        ~nw.col(aspect).is_null(), ~nw.col("_given").is_null()
    )
    units = count_orders(known, "customer_id", "_given", aspect, "half")
    counted = {
        f"n_{half}": nw.when(nw.col("half") == half).then(nw.col("n")).otherwise(0)
        for half in HALVES
    } | {
        f"n_{half}_{k}": nw.when((nw.col("half") == half) & (nw.col(aspect) == value))
        .then(nw.col("n"))
        .otherwise(0)
        for half in HALVES
        for k, value in enumerate(values)
    }
    cells = (
        units.with_columns(**counted)
        .group_by("customer_id", "_given")
        .agg(nw.col(*counted).sum())
        .with_columns(whole(*counted))
    )
    everybody = [f"_all_{name}" for name in counted]  # whole: wider numbers divide slowly
    cells = cells.with_columns(nw.col(*counted).sum().over("_given").name.prefix("_all_"))
    cells = cells.with_columns(whole(*everybody))
    expected = {
        f"expected_{half}_{k}": nw.when(nw.col(f"_all_n_{half}") > 0)
        .then(
            nw.col(f"n_{half}")
            * (_MILLION * nw.col(f"_all_n_{half}_{k}") // nw.col(f"_all_n_{half}"))
        )
        .otherwise(0)
        for half in HALVES
        for k in range(len(values))
    }
    return (
        cells.with_columns(nw.all(), **expected)
        .group_by("customer_id")
        .agg(nw.col(*counted, *expected).sum())
        .with_columns(whole(*counted), *(nw.col(name) / _MILLION for name in expected))
    )

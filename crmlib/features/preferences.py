"""The value a customer shows most often, with a rule for ties that every engine obeys."""

from __future__ import annotations

from collections.abc import Mapping

import narwhals as nw

__all__ = ["main_value", "with_main"]


def with_main(counts: nw.LazyFrame, times: Mapping[str, str]) -> nw.LazyFrame:
    """Blank every value but each customer's most frequent ones.

    The smallest value left of a customer is then the main one: of equally frequent values the
    first by code point. Guards against `mode`, which engines answer differently where values tie.

    Parameters
    ----------
    counts
        One row per `customer_id` and value, or several that carry the same number of times.
    times
        Names of columns of values, each with the name of its column of times; missing values do
        not compete.
    """
    competing = {
        f"_competing_{value}": nw.when(~nw.col(value).is_null()).then(nw.col(count))
        for value, count in times.items()
    }
    most = [nw.col(name).max().over("customer_id").alias(f"{name}_most") for name in competing]
    left = [
        nw.when(nw.col(name) == nw.col(f"{name}_most")).then(nw.col(value)).alias(value)
        for name, value in zip(competing, times, strict=True)
    ]
    return counts.with_columns(**competing).with_columns(*most).with_columns(*left)


def main_value(rows: nw.LazyFrame, *, value: str, main: str) -> nw.LazyFrame:
    """Pick the value that most of each customer's rows show; of ties the first by code point.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer: `customer_id`, `main`, null where no row shows a value.

    Examples
    --------
    >>> import pandas as pd
    >>> from crmlib.features.collect import collect
    >>> frame = pd.DataFrame({"customer_id": ["a"] * 5, "shop": ["y", "y", "x", "x", None]})
    >>> collect(main_value(nw.from_native(frame).lazy(), value="shop", main="main_shop"))
      customer_id main_shop
    0           a         x
    """
    counts = rows.group_by("customer_id", value).agg(nw.len().alias("_times"))
    return (
        with_main(counts, {value: "_times"})
        .group_by("customer_id")
        .agg(nw.col(value).min().alias(main))
    )

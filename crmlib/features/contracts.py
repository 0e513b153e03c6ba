"""When contracts ended: the recorded end, where customers say goodbye."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import whole
from crmlib.schema import require_columns

__all__ = ["contract_ends"]


def contract_ends(departures: nw.LazyFrame, *, as_of_day: int, after_days: int = 0) -> nw.LazyFrame:
    """Give the day on which each customer left, up to some days after `as_of_day`.

    With `after_days` above 0 it looks beyond its day, for the outcome of a score; whoever makes a
    feature of it keeps to the ends up to the day.

    Parameters
    ----------
    departures
        Contract `crmlib.schema` table `departures` with companions.
    after_days
        Days after `as_of_day` that still count.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer who left: `customer_id`, `left_day` (the first one on record).

    Raises
    ------
    ParameterError
        If `after_days` is negative.
    SchemaError
        If a column is missing.
    """
    require_columns(
        departures.collect_schema().names(),
        ("customer_id", "left_day"),
        what="The table of departures",
    )
    if after_days < 0:
        raise ParameterError(f"after_days={after_days}: it must be at least 0.")
    return (
        departures.filter(nw.col("left_day") <= as_of_day + after_days)
        .group_by("customer_id")
        .agg(nw.col("left_day").min())
        .with_columns(whole("left_day"))
    )

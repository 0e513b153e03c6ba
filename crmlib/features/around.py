"""What customers did before and after a day of their own: of a complaint, of an answer."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import distinct, orders, whole
from crmlib.schema import require_columns

__all__ = ["around_moment"]

_SUMS = ("n_orders_before", "net_cents_before", "n_orders_after", "net_cents_after")


def around_moment(
    lines: nw.LazyFrame,
    moments: nw.LazyFrame,
    *,
    as_of_day: int,
    before_days: int = 365,
    after_days: int = 90,
    wait_days: int = 0,
) -> nw.LazyFrame:
    """Describe each customer at a day of his own, and count what he ordered in the days after it.

    Guards against features that already know what followed: all that describes the customer was
    known at the end of his day. Orders of the day itself count as before.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    moments
        `customer_id`, `moment_day`; each pair once. Further columns are kept.
    as_of_day
        Last day that counts; orders after it are not seen, so leave out moments whose days after
        are not over yet.
    before_days, after_days
        Days up to and including the moment in which orders count as before, and days after it.
    wait_days
        Of the days after, the first so many do not count.

    Returns
    -------
    narwhals.LazyFrame
        One row per moment of a customer with an order up to it: the columns of `moments`,
        `tenure_days` (since the first order), `recency_days` (since the last one),
        `n_orders_before`, `net_cents_before` (in the `before_days`), `n_orders_after`,
        `net_cents_after`.

    Raises
    ------
    SchemaError
        If a column is missing.
    ParameterError
        Unless before_days >= 1 and 0 <= wait_days < after_days.

    Examples
    --------
    >>> import pandas as pd
    >>> from crmlib.features.collect import collect
    >>> bought = {"customer_id": "a", "quantity": 1, "net_cents": 500}
    >>> lines = pd.DataFrame([{**bought, "transaction_id": day, "occurred_day": day}
    ...                       for day in (10, 40, 70)])
    >>> moments = pd.DataFrame({"customer_id": ["a"], "moment_day": [50]})
    >>> found = around_moment(nw.from_native(lines).lazy(), nw.from_native(moments).lazy(),
    ...                       as_of_day=99, after_days=30)
    >>> row = collect(found).iloc[0]
    >>> int(row["tenure_days"]), int(row["recency_days"]), int(row["n_orders_after"])
    (40, 10, 1)
    """
    require_columns(
        moments.collect_schema().names(), ("customer_id", "moment_day"), what="The moments"
    )
    if before_days < 1 or not 0 <= wait_days < after_days:
        raise ParameterError(
            f"before_days={before_days}, wait_days={wait_days}, after_days={after_days}: before "
            "must be at least 1 and the wait shorter than the days after."
        )
    since = nw.col("occurred_day") - nw.col("moment_day")
    is_order = nw.col("is_order") == 1
    recent = (since <= 0) & (since > -before_days)
    later = (since > wait_days) & (since <= after_days)
    placed = nw.when(is_order & (since <= 0)).then(nw.col("occurred_day"))
    known = moments.filter(~nw.col("customer_id").is_null())
    pairs = distinct(known, "customer_id", "moment_day")
    sums = (
        orders(lines, as_of_day=as_of_day)
        .join(pairs, on="customer_id", how="inner")
        .with_columns(
            n_orders_before=nw.when(recent).then(nw.col("is_order")).otherwise(0),
            net_cents_before=nw.when(recent).then(nw.col("net_cents")).otherwise(0),
            n_orders_after=nw.when(later).then(nw.col("is_order")).otherwise(0),
            net_cents_after=nw.when(later).then(nw.col("net_cents")).otherwise(0),
            _first=placed,
            _last=placed,
        )
        .group_by("customer_id", "moment_day")
        .agg(nw.col(*_SUMS).sum(), nw.col("_first").min(), nw.col("_last").max())
        .filter(~nw.col("_first").is_null())
        .with_columns(
            whole(*_SUMS),
            (nw.col("moment_day") - nw.col("_first")).alias("tenure_days"),
            (nw.col("moment_day") - nw.col("_last")).alias("recency_days"),
        )
        .drop("_first", "_last")
    )
    return known.join(sums, on=["customer_id", "moment_day"], how="inner")

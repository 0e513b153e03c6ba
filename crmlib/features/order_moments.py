"""What customers bought in the weeks up to a day of their own, beside the weeks before these."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import customer_lines, order_days, whole
from crmlib.features.snapshot import with_category
from crmlib.schema import require_columns

__all__ = ["before_moment", "changes_before", "order_moments"]


def before_moment(
    lines: nw.LazyFrame,
    places: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    history_days: int = 90,
) -> nw.LazyFrame:
    """Describe what each customer did up to one of his order days.

    Returns
    -------
    narwhals.LazyFrame
        The columns of `order_moments` and, of `changes_before`, those of the same customers.

    Raises
    ------
    SchemaError, ParameterError
        As these.
    """
    days = {"as_of_day": as_of_day, "history_days": history_days}
    moments = order_moments(lines, places, **days)
    changes = changes_before(lines, moments, products, **days)
    return moments.join(changes, on="customer_id", how="left")


def order_moments(
    lines: nw.LazyFrame, places: nw.LazyFrame, *, as_of_day: int, history_days: int = 90
) -> nw.LazyFrame:
    """Find one order day of each customer, and count his order days before it.

    Guards against comparing the silence after a last order with the busy weeks of those who stay:
    everybody can be looked at on a day on which he ordered.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    places
        `customer_id`, and `place`: 1 for his first order day, and so on.
    as_of_day
        Last day that counts, a day number.
    history_days
        Length in days of the window that ends with that day, and of the one before it.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with so many order days: `customer_id`, `moment_day`, `tenure_days`
        (since the first order), `n_orders_before` (order days before it), `n_recent` and
        `n_earlier` (order days in the window and in the one before).

    Raises
    ------
    SchemaError
        If a column is missing.
    ParameterError
        If the window is shorter than a day.
    """
    require_columns(places.collect_schema().names(), ("customer_id", "place"), what="The places")
    _check(history_days)
    days = order_days(lines, as_of_day=as_of_day).select("customer_id", "occurred_day")
    day, nth = nw.col("occurred_day"), nw.col("_nth")
    at = nw.when(nth == nw.col("place")).then(day)
    since = nw.col("moment_day") - day
    sums = {
        "n_orders_before": since > 0,
        "n_recent": (since >= 0) & (since < history_days),
        "n_earlier": (since >= history_days) & (since < 2 * history_days),
    }
    return (
        days.join(places.select("customer_id", "place"), on="customer_id", how="inner")
        .with_columns(day.rank("ordinal").over("customer_id").cast(nw.Int64).alias("_nth"))
        .with_columns(at.alias("_at"))
        .with_columns(nw.col("_at").max().over("customer_id").alias("moment_day"))
        .filter(~nw.col("moment_day").is_null())
        .with_columns(**{name: nw.when(part).then(1).otherwise(0) for name, part in sums.items()})
        .group_by("customer_id", "moment_day")
        .agg(nw.col(*sums).sum(), day.min().alias("_first"))
        .with_columns((nw.col("moment_day") - nw.col("_first")).alias("tenure_days"))
        .select("customer_id", whole("moment_day", "tenure_days", *sums))
    )


def changes_before(
    lines: nw.LazyFrame,
    moments: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    history_days: int = 90,
) -> nw.LazyFrame:
    """Say how categories and prices of each customer's baskets changed up to a day of his own.

    Prices are compared product by product among those he bought in both windows, at the units of
    the later one, so that a dearer choice is not taken for a dearer shop.

    Parameters
    ----------
    moments
        `customer_id`, `moment_day`, one row per customer.
    products
        Gives `category` by `product_id`.
    history_days
        Length in days of the window that ends with that day, and of the one before it.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer who bought in either: `customer_id`, `n_categories_recent`,
        `n_categories_earlier` (categories bought in the window and in the one before),
        `price_change` (what products bought in both cost now over what they cost then, less 1;
        null without one).

    Raises
    ------
    SchemaError
        If a column is missing.
    ParameterError
        If the window is shorter than a day.

    References
    ----------
    H. Paasche (1874), Jahrbuecher fuer Nationaloekonomie und Statistik 23, 168-178 (price index at
    the units of the later period).
    """
    needed = ("customer_id", "moment_day")
    require_columns(moments.collect_schema().names(), needed, what="The moments")
    _check(history_days)
    since = nw.col("moment_day") - nw.col("occurred_day")
    is_recent = nw.when(since < history_days).then(1).otherwise(0)
    bought = customer_lines(lines, as_of_day=as_of_day).filter(nw.col("quantity") > 0)
    cells = (
        with_category(bought, products)
        .join(moments.select(*needed), on="customer_id", how="inner")
        .filter(since >= 0, since < 2 * history_days)
        .with_columns(
            is_recent.alias("_recent"),
            nw.col("quantity").cast(nw.Float64).alias("_units"),
            nw.col("net_cents").alias("_cents"),
        )
    )
    sums = {
        f"{name}_{side}": nw.when(nw.col("_recent") == k).then(nw.col(name)).otherwise(0)
        for name in ("_units", "_cents")
        for side, k in (("now", 1), ("then", 0))
    }
    by_product = (
        cells.select("customer_id", "product_id", "category", **sums)
        .group_by("customer_id", "product_id", "category")
        .agg(nw.col(*sums).sum())
    )
    return _compared(by_product)


def _compared(by_product: nw.LazyFrame) -> nw.LazyFrame:
    """Count categories per window and add up repeated products at old and new prices."""
    units_now, units_then = nw.col("_units_now"), nw.col("_units_then")
    repeated = (units_now > 0) & (units_then > 0)
    old = nw.col("_cents_then") / units_then * units_now
    by_category = (
        by_product.with_columns(
            nw.when(repeated).then(nw.col("_cents_now")).otherwise(0).alias("_new"),
            nw.when(repeated).then(old).otherwise(0.0).alias("_old"),
        )
        .group_by("customer_id", "category")
        .agg(nw.col("_new", "_old", "_units_now", "_units_then").sum())
    )
    has_name = ~nw.col("category").is_null()
    counts = {
        "n_categories_recent": has_name & (units_now > 0),
        "n_categories_earlier": has_name & (units_then > 0),
    }
    change = nw.when(nw.col("_old") > 0).then(nw.col("_new") / nw.col("_old") - 1)
    return (
        by_category.with_columns(
            **{name: nw.when(part).then(1).otherwise(0) for name, part in counts.items()}
        )
        .group_by("customer_id")
        .agg(nw.col(*counts, "_new", "_old").sum())
        .select("customer_id", whole(*counts), change.alias("price_change"))
    )


def _check(history_days: int) -> None:
    """Raise if the window is shorter than a day."""
    if history_days < 1:
        raise ParameterError(f"history_days={history_days}: a window needs at least one day.")

"""Complaints: each one, and how many there are when and where."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.database.known import known_at
from crmlib.features.calendar import with_month
from crmlib.features.orders import customer_lines, distinct, orders, unknown_count, whole
from crmlib.features.preferences import main_value
from crmlib.features.snapshot import with_category
from crmlib.periods import Window
from crmlib.schema.relations import COMPLAINTS

__all__ = ["complaint_cases", "complaint_counts", "complaint_months", "leavers_by_complaint"]

_COUNTS = ("n_orders", "n_complaints")
_SQUARES = ("orders_squared", "orders_complaints", "complaints_squared")
_WAYS = ("channel", "region")
_NOT_KNOWN = "not known"


def complaint_cases(
    complaints: nw.LazyFrame, departures: nw.LazyFrame | None = None, *, as_of_day: int
) -> nw.LazyFrame:
    """List each complaint with the state it is in at the end of `as_of_day`.

    Guards against complaints that count as open because the source tells how they ended but not
    when: these are closed, with an unknown day.

    Parameters
    ----------
    departures
        Known losses; without them nobody is known to have left.

    Returns
    -------
    narwhals.LazyFrame
        `complaint_id`, `customer_id`, `reason`, `product_id`, `opened_day`, `resolved_day` (null
        if open or not recorded), `compensation_cents` (null if none is recorded), `is_open` (0
        where the source records no answers at all),
        `is_compensated`, `has_left` (the customer is known to have left; 0 or 1 each),
        `age_days` (days since it was opened).
    """
    known = complaints.filter(nw.col("opened_day") <= as_of_day)
    present = known.collect_schema().names()
    if "resolved_day" in present:
        known = known_at(known, table=COMPLAINTS, as_of_day=as_of_day)
        is_open = nw.col("resolved_day").is_null()
    else:
        known = known.with_columns(unknown_count().alias("resolved_day"))
        has_end = "resolution" in present
        is_open = nw.col("resolution").is_null() if has_end else nw.lit(value=False)
    if "product_id" not in present:
        known = known.with_columns(nw.lit(None, dtype=nw.String).alias("product_id"))
    if "compensation_cents" not in present:
        known = known.with_columns(unknown_count().alias("compensation_cents"))
    if departures is None:
        known = known.with_columns(has_left=nw.lit(0))
    else:
        gone = distinct(departures.filter(nw.col("left_day") <= as_of_day), "customer_id")
        known = known.join(gone.with_columns(has_left=nw.lit(1)), on="customer_id", how="left")
    return known.select(
        "complaint_id", "customer_id", "reason", "product_id", "opened_day", "resolved_day",
        "compensation_cents",
        nw.col("has_left").fill_null(0),
        nw.when(is_open).then(1).otherwise(0).alias("is_open"),
        nw.when(nw.col("compensation_cents") > 0).then(1).otherwise(0).alias("is_compensated"),
        (as_of_day - nw.col("opened_day")).alias("age_days"),
    )  # fmt: skip


def complaint_months(
    lines: nw.LazyFrame, complaints: nw.LazyFrame, *, as_of_day: int
) -> nw.LazyFrame:
    """Count orders and complaints of each calendar month.

    Returns
    -------
    narwhals.LazyFrame
        One row per month with either: `month` (12 x year + month - 1), `n_orders` (of known
        customers), `n_complaints`.
    """
    placed = orders(lines, as_of_day=as_of_day).select(
        nw.col("occurred_day").alias("day"),
        nw.col("is_order").alias("n_orders"),
        n_complaints=nw.lit(0),
    )
    made = complaints.filter(nw.col("opened_day") <= as_of_day).select(
        nw.col("opened_day").alias("day"), n_orders=nw.lit(0), n_complaints=nw.lit(1)
    )
    by_day = [part.group_by("day").agg(nw.col(*_COUNTS).sum()) for part in (placed, made)]
    both = nw.concat([part.with_columns(whole("day", *_COUNTS)) for part in by_day])
    return (
        with_month(both, day="day", month="month")
        .group_by("month")
        .agg(nw.col(*_COUNTS).sum())
        .with_columns(whole(*_COUNTS))
    )


def complaint_counts(
    lines: nw.LazyFrame,
    complaints: nw.LazyFrame,
    customers: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    *,
    window: Window,
    by: Sequence[str] = (),
) -> nw.LazyFrame:
    """Count customers, orders and complaints by region, channel, category and the like.

    A customer counts where most of his lines in the window were bought (channel; region, unless
    `customers` tells it). A category counts the orders in which it was bought, and the complaints
    about its products; where no complaint names a product there is none.

    Parameters
    ----------
    customers
        Everybody known; columns of `by` that it has are used, others left out.
    by
        Columns of `customers`, such as `region` and `kind`.

    Returns
    -------
    narwhals.LazyFrame
        One row per dimension and group: `dimension`, `group` ("not known" where missing),
        `n_customers`, `n_orders`, `n_complaints`, `n_complainers`, and for the dispersion over
        customers the sums `orders_squared`, `orders_complaints`, `complaints_squared` (0 for
        categories). The dimension `all` holds everybody.
    """
    bought = customer_lines(lines, as_of_day=window.last_day).filter(
        nw.col("occurred_day") >= window.first_day
    )
    made = complaints.filter(
        nw.col("opened_day") >= window.first_day, nw.col("opened_day") <= window.last_day
    )
    table = _per_customer(bought, made, customers)
    present = customers.collect_schema().names()
    chosen = [name for name in by if name in present]
    if chosen:
        known = customers.select("customer_id", *chosen)
        table = table.join(known, on="customer_id", how="left")
    for way in _WAYS:
        if way in bought.collect_schema().names() and way not in chosen:
            main = main_value(bought, value=way, main=way)
            table = table.join(main, on="customer_id", how="left")
            chosen.append(way)
    parts = [_counted(table.with_columns(_all=nw.lit("all")), "_all", dimension="all")]
    parts += [_counted(table, name, dimension=name) for name in chosen]
    if "product_id" in made.collect_schema().names():
        parts.append(_by_category(bought, made, products))
    return nw.concat(parts)


def leavers_by_complaint(
    lines: nw.LazyFrame,
    complaints: nw.LazyFrame,
    customers: nw.LazyFrame,
    departures: nw.LazyFrame,
    *,
    as_of_day: int,
) -> nw.LazyFrame:
    """Count who is known to have left among customers who complained and those who never did.

    A complaint counts if it was made before or on the day of leaving.

    Returns
    -------
    narwhals.LazyFrame
        One row per `has_complained` (0, 1): `n_customers` (everybody who bought, complained or
        stands in `customers`), `n_left`.
    """
    left = departures.filter(nw.col("left_day") <= as_of_day)
    gone = left.group_by("customer_id").agg(nw.col("left_day").min())
    made = complaints.filter(nw.col("opened_day") <= as_of_day)
    first = made.group_by("customer_id").agg(nw.col("opened_day").min())
    buyers = distinct(customer_lines(lines, as_of_day=as_of_day), "customer_id")
    known = [frame.select("customer_id") for frame in (customers, buyers, first, gone)]
    has_left = ~nw.col("left_day").is_null()
    in_time = ~has_left | (nw.col("opened_day") <= nw.col("left_day"))
    return (
        distinct(nw.concat(known), "customer_id")
        .join(first, on="customer_id", how="left")
        .join(gone, on="customer_id", how="left")
        .select(
            nw.when(~nw.col("opened_day").is_null() & in_time)
            .then(1)
            .otherwise(0)
            .alias("has_complained"),
            n_left=nw.when(has_left).then(1).otherwise(0),
        )
        .group_by("has_complained")
        .agg(nw.len().alias("n_customers"), nw.col("n_left").sum())
        .with_columns(whole("has_complained", "n_customers", "n_left"))
    )


def _per_customer(
    bought: nw.LazyFrame, made: nw.LazyFrame, customers: nw.LazyFrame
) -> nw.LazyFrame:
    """Count orders and complaints of each customer known, bought or complained."""
    is_order = nw.when(nw.col("quantity") < 0).then(0).otherwise(1)
    placed = (
        bought.with_columns(n_orders=is_order)
        .group_by("customer_id", "transaction_id")
        .agg(nw.col("n_orders").max())
        .select("customer_id", whole("n_orders"), n_complaints=nw.lit(0).cast(nw.Int64))
    )
    said = made.select(
        "customer_id",
        n_orders=nw.lit(0).cast(nw.Int64),
        n_complaints=nw.lit(1).cast(nw.Int64),
    )
    there = customers.select(
        "customer_id",
        n_orders=nw.lit(0).cast(nw.Int64),
        n_complaints=nw.lit(0).cast(nw.Int64),
    )
    return (
        nw.concat([placed, said, there])
        .group_by("customer_id")
        .agg(nw.col(*_COUNTS).sum())
        .with_columns(whole(*_COUNTS))
    )


def _counted(table: nw.LazyFrame, group: str, *, dimension: str) -> nw.LazyFrame:
    """Add customers up by one column."""
    n, c = nw.col("n_orders"), nw.col("n_complaints")
    sums = {
        "orders_squared": n * n,
        "orders_complaints": n * c,
        "complaints_squared": c * c,
        "n_complainers": nw.when(c > 0).then(1).otherwise(0),
    }
    totals = ("n_customers", *_COUNTS, "n_complainers", *_SQUARES)
    return (
        table.with_columns(
            nw.col(group).cast(nw.String).fill_null(_NOT_KNOWN).alias("group"),
            n_customers=nw.lit(1),
            **sums,
        )
        .group_by("group")
        .agg(nw.col(*totals).sum())
        .select(nw.lit(dimension).alias("dimension"), "group", whole(*totals))
    )


def _by_category(
    bought: nw.LazyFrame, made: nw.LazyFrame, products: nw.LazyFrame | None
) -> nw.LazyFrame:
    """Count the orders with each category, and the complaints about its products."""
    about = made.filter(~nw.col("product_id").is_null())
    if "category" in bought.collect_schema().names():
        names = bought.group_by("product_id").agg(nw.col("category").max())
        about = about.join(names, on="product_id", how="left")
    else:
        about = with_category(about, products)
    sold = with_category(bought.filter(~(nw.col("quantity") < 0)), products)
    ordered = (
        sold.group_by("customer_id", "transaction_id", "category")
        .agg(nw.len().alias("_n"))
        .select("customer_id", "category", n_orders=nw.lit(1), n_complaints=nw.lit(0))
    )
    said = about.select("customer_id", "category", n_orders=nw.lit(0), n_complaints=nw.lit(1))
    by_customer = (
        nw.concat([ordered, said])
        .group_by("customer_id", "category")
        .agg(nw.col(*_COUNTS).sum())
        .with_columns(
            n_customers=nw.lit(1),
            n_complainers=nw.when(nw.col("n_complaints") > 0).then(1).otherwise(0),
        )
    )
    totals = ("n_customers", *_COUNTS, "n_complainers")
    is_told = about.select(nw.len().alias("_n_told"))
    return (
        by_customer.group_by("category")
        .agg(nw.col(*totals).sum())
        .join(is_told, how="cross")
        .filter(nw.col("_n_told") > 0)
        .select(
            nw.lit("category").alias("dimension"),
            nw.col("category").fill_null(_NOT_KNOWN).alias("group"),
            whole(*totals),
            **dict.fromkeys(_SQUARES, nw.lit(0).cast(nw.Int64)),
        )
    )

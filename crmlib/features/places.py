"""Where customers live or buy, and what those of one place buy together."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.orders import customer_lines, distinct, orders, unknown_count, whole
from crmlib.features.preferences import main_value
from crmlib.features.snapshot import with_category
from crmlib.periods import Window

__all__ = [
    "customer_places",
    "customers_without_place",
    "place_categories",
    "place_column",
    "place_customers",
    "place_totals",
]


def place_column(lines: nw.LazyFrame, customers: nw.LazyFrame | None) -> str:
    """Say which column names the places: `region` of either table, else `store_id`, else none.

    Returns
    -------
    str
        Name of the column, empty where there is none.
    """
    present = lines.collect_schema().names()
    masters = [] if customers is None else customers.collect_schema().names()
    if "region" in {*present, *masters}:
        return "region"
    return "store_id" if "store_id" in present else ""


def customer_places(
    lines: nw.LazyFrame, customers: nw.LazyFrame | None, *, as_of_day: int
) -> nw.LazyFrame:
    """Give every known customer one place: his own region, else where most of his lines are bought.

    Without regions the place is the shop of most lines. Guards against customers who count in
    several places because they once bought elsewhere.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    customers
        Gives `region` and `first_contact_day`, if they are known.
    as_of_day
        Last day that counts, a day number.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer who bought or is in the table of customers: `customer_id`, `place`
        (null where nobody knows it), `contact_day` (first contact, null where not known).
    """
    known = customer_lines(lines, as_of_day=as_of_day)
    present = known.collect_schema().names()
    masters = [] if customers is None else customers.collect_schema().names()
    column = place_column(lines, customers)
    if column in present:
        found = main_value(known, value=column, main="_bought_in")
    else:
        found = distinct(known, "customer_id")
        found = found.with_columns(nw.lit(None, dtype=nw.String).alias("_bought_in"))
    if customers is None:
        return found.select(
            "customer_id", nw.col("_bought_in").alias("place"), unknown_count().alias("contact_day")
        )
    own = nw.col("region") if "region" in masters else nw.lit(None, dtype=nw.String)
    contact = nw.col("first_contact_day") if "first_contact_day" in masters else unknown_count()
    either = [distinct(known, "customer_id"), customers.select("customer_id")]
    every = distinct(nw.concat(either, how="vertical"), "customer_id")
    master = customers.select("customer_id", own.alias("_own"), contact.alias("contact_day"))
    return (
        every.join(master, on="customer_id", how="left")
        .join(found, on="customer_id", how="left")
        .select(
            "customer_id", nw.coalesce("_own", "_bought_in").alias("place"), "contact_day"
        )
    )  # fmt: skip


def place_customers(
    lines: nw.LazyFrame,
    customers: nw.LazyFrame | None,
    *,
    window: Window,
    recent_days: int = 90,
) -> nw.LazyFrame:
    """Say of each customer where he belongs, how long he was a customer, and what he bought.

    Orders and sales by which places are compared are those after the day of the first order, over
    the days since: the first order makes a customer and would count more the shorter he is one.

    Parameters
    ----------
    lines, customers
        As for `customer_places`.
    window
        Days that count.
    recent_days
        Length of the last part of the window in which a customer known before is to buy again.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with a known place: `customer_id`, `place`, `exposure_days` (in the
        window, after the first order or contact), `n_orders` and `amount` (account currency,
        returns taken off) in these days, `net_cents` (all sales in the window), `is_known` (1 if
        he was a customer before the recent days), `is_buying` (1 if he then bought in them).
    """
    places = customer_places(lines, customers, as_of_day=window.last_day)
    before_recent = window.last_day - recent_days
    sums = _sums(orders(lines, as_of_day=window.last_day), window=window)
    filled = (
        places.filter(~nw.col("place").is_null())
        .join(sums, on="customer_id", how="left")
        .with_columns(
            nw.col("n_orders", "net_cents", "_later_cents").fill_null(0),
            nw.coalesce("_first", "contact_day").fill_null(window.first_day - 1).alias("_start"),
            nw.col("_last").fill_null(before_recent),
        )
    )
    start, begins = nw.col("_start"), window.first_day - 1
    is_known = start <= before_recent
    return filled.select(
        "customer_id",
        "place",
        (window.last_day - nw.when(start > begins).then(start).otherwise(begins))
        .cast(nw.Int64)
        .alias("exposure_days"),
        whole("n_orders"),
        (nw.col("_later_cents") / 100).alias("amount"),
        whole("net_cents"),
        nw.when(is_known).then(1).otherwise(0).alias("is_known"),
        nw.when(is_known & (nw.col("_last") > before_recent)).then(1).otherwise(0)
        .alias("is_buying"),
    )  # fmt: skip


def _sums(sold: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """Add up the orders of each customer, those of the day of the first one apart."""
    day, is_order = nw.col("occurred_day"), nw.col("is_order") == 1
    in_window = day >= window.first_day
    later = in_window & (day > nw.col("_first"))
    order_day = nw.when(is_order).then(day)
    return (
        sold.with_columns(order_day.alias("_day"))
        .with_columns(nw.col("_day").min().over("customer_id").alias("_first"))
        .with_columns(
            nw.when(later & is_order).then(1).otherwise(0).alias("n_orders"),
            nw.when(in_window).then(nw.col("net_cents")).otherwise(0).alias("net_cents"),
            nw.when(later).then(nw.col("net_cents")).otherwise(0).alias("_later_cents"),
        )
        .group_by("customer_id")
        .agg(
            nw.col("_day").min().alias("_first"),
            nw.col("_day").max().alias("_last"),
            nw.col("n_orders", "net_cents", "_later_cents").sum(),
        )
    )


def place_totals(members: nw.LazyFrame) -> nw.LazyFrame:
    """Add up the customers of each place, with the squares that say how much they differ.

    Parameters
    ----------
    members
        From `place_customers`.

    Returns
    -------
    narwhals.LazyFrame
        One row per place: `place`, `n_customers`, `n_known`, `n_buying`, `net_cents`, the sums
        `exposure_days`, `n_orders`, `amount`, and the sums of products `exposure_squares`,
        `order_squares`, `amount_squares`, `orders_exposure`, `amount_exposure`, `amount_orders`.
    """
    days, n, amount = (nw.col(name) for name in ("exposure_days", "n_orders", "amount"))
    products = {
        "exposure_squares": days * days,
        "order_squares": n * n,
        "amount_squares": amount * amount,
        "orders_exposure": n * days,
        "amount_exposure": amount * days,
        "amount_orders": amount * n,
    }
    counts = ("is_known", "is_buying", "net_cents", "exposure_days", "n_orders",
              "exposure_squares", "order_squares", "orders_exposure")  # fmt: skip
    return (
        members.with_columns(**products)
        .group_by("place")
        .agg(nw.len().alias("n_customers"), nw.col(*counts).sum(),
             nw.col("amount", "amount_squares", "amount_exposure", "amount_orders").sum())
        # amounts have two decimals: without the rest no order of adding up shows
        .with_columns(
            whole("n_customers", *counts),
            nw.col("amount", "amount_exposure", "amount_orders").round(2),
            nw.col("amount_squares").round(4),
        )
        .rename({"is_known": "n_known", "is_buying": "n_buying"})
    )  # fmt: skip


def place_categories(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None,
    customers: nw.LazyFrame | None,
    *,
    window: Window,
) -> nw.LazyFrame:
    """Add up what the customers of each place spend in each category.

    Parameters
    ----------
    lines, customers
        As for `customer_places`; returns are taken off.
    products
        Gives `category` by `product_id`.
    window
        Days that count.

    Returns
    -------
    narwhals.LazyFrame
        One row per place and category: `place`, `category`, `n_customers` (who bought it), and
        over the customers the sums of `net_amount`, of its squares `squares`, of its products
        with what each spent in all `products`; `own_amount` and `own_squares` are sums and
        squares of what each spent in all, laid out evenly over his categories, so that they add
        up to the place's. Account currency.
    """
    places = customer_places(lines, customers, as_of_day=window.last_day)
    sold = customer_lines(lines, as_of_day=window.last_day)
    cents, own = nw.col("net_cents"), nw.col("_own")
    return (
        with_category(sold.filter(nw.col("occurred_day") >= window.first_day), products)
        .filter(~nw.col("category").is_null())
        .group_by("customer_id", "category")
        .agg(cents.sum())
        .with_columns(whole("net_cents"))
        .filter(cents > 0)
        .with_columns(
            (cents.sum().over("customer_id") / 100).alias("_own"),
            nw.len().over("customer_id").alias("_n"),
            (cents / 100).alias("net_amount"),
        )
        .with_columns(
            (nw.col("net_amount") * nw.col("net_amount")).alias("squares"),
            (nw.col("net_amount") * own).alias("products"),
            (own / nw.col("_n")).alias("own_amount"),
            (own * own / nw.col("_n")).alias("own_squares"),
        )
        .join(places.filter(~nw.col("place").is_null()), on="customer_id", how="inner")
        .group_by("place", "category")
        .agg(
            nw.len().alias("n_customers"),
            nw.col("net_amount", "squares", "products", "own_amount", "own_squares").sum(),
        )
        .with_columns(
            whole("n_customers"),
            nw.col("net_amount").round(2),
            nw.col("squares", "products", "own_amount", "own_squares").round(4),
        )
    )


def customers_without_place(
    lines: nw.LazyFrame, customers: nw.LazyFrame | None, *, window: Window
) -> nw.LazyFrame:
    """Count the customers whose place nobody knows.

    Parameters
    ----------
    lines, customers
        As for `customer_places`.
    window
        Its last day is the last that counts.

    Returns
    -------
    narwhals.LazyFrame
        One row: `n_customers`.
    """
    places = customer_places(lines, customers, as_of_day=window.last_day)
    return places.filter(nw.col("place").is_null()).select(nw.len().alias("n_customers"))

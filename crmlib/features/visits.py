"""Visits: where they came from, how far each came, and what those paid who bought."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import narwhals as nw

from crmlib.features.orders import customer_lines, orders, whole
from crmlib.periods import Window
from crmlib.schema import require_columns

__all__ = [
    "STEPS",
    "kinds_of_steps",
    "left_baskets",
    "purchase_rows",
    "step_rows",
    "visit_orders",
    "visit_rows",
    "within",
]

STEPS = ("enter", "view", "basket", "buy")
"""The steps of the funnel, in order. Who bought without a basket on record reached it too."""

_BUY = len(STEPS) - 1
_VISIT = ("visit_id", "visitor_id", "started_day", "source", "channel")


def within(visits: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """Keep the visits that began on a day of the window."""
    require_columns(visits.collect_schema().names(), _VISIT, what="The table of visits")
    started = nw.col("started_day")
    return visits.filter(started >= window.first_day, started <= window.last_day)


def visit_rows(
    visits: nw.LazyFrame, events: nw.LazyFrame, lines: nw.LazyFrame, *, window: Window
) -> nw.LazyFrame:
    """Say of each visit how far it came, and whether the visitor was a customer by then.

    Parameters
    ----------
    visits, events
        Contracts `crmlib.schema.VISITS` and `VISIT_EVENTS`.
    lines
        Order lines; the first order of a customer decides from which day on he is one.
    window
        Days on which a visit began.

    Returns
    -------
    narwhals.LazyFrame
        One row per visit: `visit_id`, `visitor_id`, `customer_id`, `started_day`, `source`,
        `channel`, `n_steps` (events), `reached` (position in `STEPS` of the furthest step, 0 =
        entered), `is_customer` (1 if his first order lies before the day of the visit, or 0).
    """
    furthest = nw.lit(0)
    for rank, step in enumerate(STEPS[1:], start=1):
        furthest = nw.when(nw.col("kind") == step).then(rank).otherwise(furthest)
    steps = (
        events.select("visit_id", furthest.alias("reached"))
        .group_by("visit_id")
        .agg(nw.len().alias("n_steps"), nw.col("reached").max())
    )
    firsts = (
        customer_lines(lines, as_of_day=window.last_day)
        .filter(~(nw.col("quantity") < 0))
        .group_by("customer_id")
        .agg(nw.col("occurred_day").min().alias("_first_day"))
    )
    is_customer = nw.when(nw.col("_first_day") < nw.col("started_day")).then(1).otherwise(0)
    columns = visits.collect_schema().names()
    if "customer_id" not in columns:
        visits = visits.with_columns(nw.lit(None, dtype=nw.String).alias("customer_id"))
    return (
        within(visits, window=window)
        .select(*_VISIT, "customer_id")
        .join(steps, on="visit_id", how="left")
        .join(firsts, on="customer_id", how="left")
        .with_columns(nw.col("n_steps", "reached").fill_null(0), is_customer.alias("is_customer"))
        .with_columns(whole("n_steps", "reached", "is_customer"))
        .drop("_first_day")
    )


def kinds_of_steps(events: nw.LazyFrame) -> nw.LazyFrame:
    """Count the steps of each kind, and the visits with one.

    Returns
    -------
    narwhals.LazyFrame
        One row per kind: `kind`, `n_steps`, `n_visits`.
    """
    return (
        events.group_by("kind")
        .agg(nw.len().alias("n_steps"), nw.col("visit_id").n_unique().alias("n_visits"))
        .with_columns(whole("n_steps", "n_visits"))
    )


def step_rows(visited: nw.LazyFrame, *, steps: Sequence[str]) -> nw.LazyFrame:
    """List the visits that reached each step but the last, and say whether they went on.

    Parameters
    ----------
    visited
        From `visit_rows`.
    steps
        Those of `STEPS` that the source records, in their order.

    Returns
    -------
    narwhals.LazyFrame
        One row per visit and step it reached: the columns of `visited`, `step`, `next_step`,
        `is_success` (1 if it reached the next step); no row with fewer than two steps.
    """
    parts = [visited.filter(nw.col("reached") < 0).with_columns(**_step("", "", 0))]
    for step, after in itertools.pairwise(steps):
        here = visited.filter(nw.col("reached") >= STEPS.index(step))
        parts.append(here.with_columns(**_step(step, after, STEPS.index(after))))
    return nw.concat(parts)


def _step(step: str, after: str, rank: int) -> dict[str, nw.Expr]:
    """Name a step and the next one, and say whether a visit went on."""
    went_on = nw.when(nw.col("reached") >= rank).then(1).otherwise(0)
    return {"step": nw.lit(step), "next_step": nw.lit(after), "is_success": went_on}


def purchase_rows(
    visited: nw.LazyFrame, *, steps: Sequence[str], of_customers: bool = True
) -> nw.LazyFrame:
    """Say of each visit whether it ended with a purchase; no row if none is ever recorded.

    Parameters
    ----------
    visited
        From `visit_rows`.
    steps
        The steps that the source records.
    of_customers
        Whether visits of people who were customers before count.

    Returns
    -------
    narwhals.LazyFrame
        The columns of `visited`, and `is_success` (1 or 0).
    """
    bought = nw.when(nw.col("reached") == _BUY).then(1).otherwise(0)
    rows = visited.with_columns(bought.alias("is_success"))
    if not of_customers:
        rows = rows.filter(nw.col("is_customer") == 0)
    return rows if STEPS[_BUY] in steps else rows.filter(nw.col("reached") < 0)


def visit_orders(visited: nw.LazyFrame, lines: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Give what customers paid on the day of a visit with a purchase.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and day with a visit that ended with a purchase and an order:
        `customer_id`, `started_day`, `source` (the first by code point, if there were several),
        `is_new` (1 if it was the day of his first order, or 0), `net_cents`.
    """
    paid = (
        orders(lines, as_of_day=as_of_day)
        .filter(nw.col("is_order") == 1)
        .group_by("customer_id", "occurred_day")
        .agg(nw.col("net_cents").sum())
        .select("customer_id", nw.col("occurred_day").alias("started_day"), whole("net_cents"))
    )
    is_new = (1 - nw.col("is_customer")).alias("is_new")
    return (
        visited.filter(nw.col("reached") == _BUY, ~nw.col("customer_id").is_null())
        .with_columns(is_new)
        .group_by("customer_id", "started_day")
        .agg(nw.col("source").min(), nw.col("is_new").max())
        .join(paid, on=["customer_id", "started_day"], how="inner")
    )


def left_baskets(visited: nw.LazyFrame, lines: nw.LazyFrame, *, window: Window) -> nw.LazyFrame:
    """List the customers who left a basket and have not ordered since.

    Parameters
    ----------
    visited
        From `visit_rows`.
    window
        Days on which the basket was left; its last day is the last one that counts for orders.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer: `customer_id`, `n_baskets` (left in the window), `last_day`,
        `net_cents` (of all his orders so far, 0 without one).
    """
    last_orders = (
        orders(lines, as_of_day=window.last_day)
        .filter(nw.col("is_order") == 1)
        .group_by("customer_id")
        .agg(nw.col("occurred_day").max().alias("_ordered"), nw.col("net_cents").sum())
        .with_columns(whole("net_cents"))
    )
    return (
        visited.filter(
            nw.col("reached") == STEPS.index("basket"),
            ~nw.col("customer_id").is_null(),
            nw.col("started_day") >= window.first_day,
            nw.col("started_day") <= window.last_day,
        )
        .group_by("customer_id")
        .agg(nw.len().alias("n_baskets"), nw.col("started_day").max().alias("last_day"))
        .join(last_orders, on="customer_id", how="left")
        .filter(nw.col("_ordered").is_null() | (nw.col("_ordered") < nw.col("last_day")))
        .with_columns(nw.col("net_cents").fill_null(0))
        .select("customer_id", whole("n_baskets"), "last_day", "net_cents")
    )

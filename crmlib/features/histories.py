"""What happened between us and each customer beside buying: one table of features per source table.

Each function cuts its table at `as_of_day` by `known_at`, so that a complaint answered later is
open and a membership ended later goes on. Customers without a row in the table have no row in the
result: join to the customer snapshot and fill counts with 0. Rows without a customer are left out.
"""

from __future__ import annotations

import narwhals as nw

from crmlib.database.known import known_at
from crmlib.features.orders import days_since, unknown_count, whole
from crmlib.features.preferences import main_value
from crmlib.schema import Table
from crmlib.schema.relations import COMPLAINTS, CONTACTS, MEMBERSHIPS, REFERRALS, VISITS

__all__ = [
    "complaint_history",
    "contact_history",
    "membership_history",
    "referral_history",
    "visit_history",
]


def contact_history(
    contacts: nw.LazyFrame, *, as_of_day: int, recent_days: int = 90
) -> nw.LazyFrame:
    """Count each customer's contacts, and name the channel of most of them.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer: `customer_id`, `n_contacts`, `n_contacts_in` (he turned to us),
        `n_contacts_recent` (in the last `recent_days` days), `last_contact_days` (days since),
        `contact_cost_cents` (null without a column `cost`), `contact_channel`.
    """
    known = _of_customers(contacts, table=CONTACTS, as_of_day=as_of_day)
    recent = nw.col("occurred_day") > as_of_day - recent_days
    sums = {
        "n_contacts_in": _counted(nw.col("direction") == "in"),
        "n_contacts_recent": _counted(recent),
        "contact_cost_cents": _amount(known, "cost_cents"),
    }
    totals = (
        known.with_columns(**sums)
        .group_by("customer_id")
        .agg(
            nw.len().alias("n_contacts"),
            nw.col(*sums).sum(),
            nw.col("occurred_day").max().alias("_last"),
        )
        .with_columns(
            whole(*sums), days_since("_last", as_of_day=as_of_day).alias("last_contact_days")
        )
        .drop("_last")
    )
    main = main_value(known, value="channel", main="contact_channel")
    return _without(totals, known, cost_cents="contact_cost_cents").join(
        main, on="customer_id", how="left"
    )


def complaint_history(complaints: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Count each customer's complaints, those still open, and how long answers took.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer: `customer_id`, `n_complaints`, `n_complaints_open` (0 where the
        source does not record the day of an answer),
        `last_complaint_days` (days since the last one), `answer_days` (mean days to the answer
        of those answered), `longest_open_days` (age of the oldest open one),
        `compensation_cents` (null without a column `compensation_amount`), `complaint_reason`
        (of most complaints).
    """
    known = _of_customers(complaints, table=COMPLAINTS, as_of_day=as_of_day)
    is_recorded = "resolved_day" in known.collect_schema()
    if not is_recorded:
        known = known.with_columns(unknown_count().alias("resolved_day"))
    is_answered = ~nw.col("resolved_day").is_null()
    is_open = ~is_answered if is_recorded else nw.lit(value=False)
    took = nw.col("resolved_day") - nw.col("opened_day")
    sums = {
        "n_complaints_open": _counted(is_open),
        "_answer_days": nw.when(is_answered).then(took).otherwise(0),
        "_n_answered": _counted(is_answered),
        "compensation_cents": _amount(known, "compensation_cents"),
    }
    answered = nw.col("_n_answered")
    totals = (
        known.with_columns(**sums, _oldest=nw.when(is_open).then(nw.col("opened_day")))
        .group_by("customer_id")
        .agg(
            nw.len().alias("n_complaints"),
            nw.col(*sums).sum(),
            nw.col("opened_day").max().alias("_last"),
            nw.col("_oldest").min(),
        )
        .with_columns(whole(*sums))
        .with_columns(
            days_since("_last", as_of_day=as_of_day).alias("last_complaint_days"),
            days_since("_oldest", as_of_day=as_of_day).alias("longest_open_days"),
            nw.when(answered > 0).then(nw.col("_answer_days") / answered).alias("answer_days"),
        )
        .drop("_last", "_oldest", "_answer_days", "_n_answered")
    )
    main = main_value(known, value="reason", main="complaint_reason")
    return _without(totals, known, compensation_cents="compensation_cents").join(
        main, on="customer_id", how="left"
    )


def visit_history(visits: nw.LazyFrame, *, as_of_day: int, recent_days: int = 90) -> nw.LazyFrame:
    """Count each known customer's visits, and name where most of them came from.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer: `customer_id`, `n_visits`, `n_visits_recent` (in the last
        `recent_days` days), `last_visit_days` (days since), `visit_source`, `visit_channel`.
    """
    known = _of_customers(visits, table=VISITS, as_of_day=as_of_day)
    recent = nw.col("started_day") > as_of_day - recent_days
    totals = (
        known.with_columns(n_visits_recent=_counted(recent))
        .group_by("customer_id")
        .agg(
            nw.len().alias("n_visits"),
            nw.col("n_visits_recent").sum(),
            nw.col("started_day").max().alias("_last"),
        )
        .with_columns(
            whole("n_visits_recent"),
            days_since("_last", as_of_day=as_of_day).alias("last_visit_days"),
        )
        .drop("_last")
    )
    for value in ("source", "channel"):
        main = main_value(known, value=value, main=f"visit_{value}")
        totals = totals.join(main, on="customer_id", how="left")
    return totals


def membership_history(memberships: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Count the programmes each customer is in and has left.

    A member belongs to the programme on `left_on` itself, its last day.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer who ever joined: `customer_id`, `n_programmes` (on the day),
        `n_programmes_left`, `member_days` (days since first joining any).
    """
    known = _of_customers(memberships, table=MEMBERSHIPS, as_of_day=as_of_day)
    if "left_day" not in known.collect_schema():
        known = known.with_columns(unknown_count().alias("left_day"))
    has_left = ~nw.col("left_day").is_null() & (nw.col("left_day") < as_of_day)
    sums = {"n_programmes": _counted(~has_left), "n_programmes_left": _counted(has_left)}
    return (
        known.with_columns(**sums)
        .group_by("customer_id")
        .agg(nw.col(*sums).sum(), nw.col("joined_day").min().alias("_first"))
        .with_columns(whole(*sums), days_since("_first", as_of_day=as_of_day).alias("member_days"))
        .drop("_first")
    )


def referral_history(referrals: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Count whom each customer recommended us to.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer who did: `customer_id`, `n_referrals`, `last_referral_days`.
    """
    named = referrals.with_columns(nw.col("referrer_id").alias("customer_id"))
    return (
        _of_customers(named, table=REFERRALS, as_of_day=as_of_day)
        .group_by("customer_id")
        .agg(nw.len().alias("n_referrals"), nw.col("occurred_day").max().alias("_last"))
        .with_columns(days_since("_last", as_of_day=as_of_day).alias("last_referral_days"))
        .drop("_last")
    )


def _of_customers(frame: nw.LazyFrame, *, table: Table, as_of_day: int) -> nw.LazyFrame:
    """Keep what was known at the day of known customers; nothing where the source names none."""
    known = known_at(frame, table=table, as_of_day=as_of_day)
    if "customer_id" not in known.collect_schema().names():
        known = known.with_columns(nw.lit(None, dtype=nw.String).alias("customer_id"))
    return known.filter(~nw.col("customer_id").is_null())


def _counted(condition: nw.Expr) -> nw.Expr:
    """Give 1 where a condition holds and 0 elsewhere, to be added up."""
    return nw.when(condition).then(1).otherwise(0)


def _amount(frame: nw.LazyFrame, name: str) -> nw.Expr:
    """Give an amount in cents, 0 where none is noted."""
    return nw.col(name).fill_null(0) if name in frame.collect_schema() else nw.lit(0)


def _without(totals: nw.LazyFrame, frame: nw.LazyFrame, **results: str) -> nw.LazyFrame:
    """Blank the results whose column the source does not bring: unknown is not zero."""
    for name, result in results.items():
        if name not in frame.collect_schema():
            totals = totals.with_columns(unknown_count().alias(result))
    return totals

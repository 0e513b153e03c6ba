"""Everything that a score may know of a customer at the end of a day, in one row."""

from __future__ import annotations

from collections.abc import Callable

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.activity import ACTIVITY_DAYS, recent_activity
from crmlib.features.campaigns import campaign_history
from crmlib.features.histories import (
    complaint_history,
    contact_history,
    membership_history,
    referral_history,
    visit_history,
)
from crmlib.features.snapshot import customer_snapshot
from crmlib.schema import TABLES, companion

__all__ = ["FEATURE_WORDS", "SCORE_TABLES", "measure_features", "score_features"]

SCORE_TABLES = (
    "transactions", "products", "customers", "contacts", "complaints", "visits", "memberships",
    "referrals", "assignments", "conversions",
)  # fmt: skip
"""Names of the tables that `score_features` takes, in its order."""

_SNAPSHOT = {
    "recency_days": "days since the last order",
    "frequency_orders": "orders ever",
    "monetary_amount": "sales per order",
    "n_order_days": "days with an order",
    "tenure_days": "days since the first order",
    "gap_median_days": "usual days between orders",
    "gap_q75_days": "days between orders when it takes long",
    "basket_lines": "lines per order",
    "return_share": "share of purchases sent back",
    "n_categories": "categories bought",
    "main_category_share": "share of the main category",
    "discount_share": "share of discounts",
    "main_category": "main category",
    "main_channel": "main sales channel",
    "main_region": "region of sales",
}
_MASTER = {
    "kind": "kind of customer",
    "region": "region",
    "household_size": "household size",
    "income_band": "income band",
    "birth_year": "year of birth",
}
_ACTIVITY = {
    name: words
    for days in ACTIVITY_DAYS
    for name, words in (
        (f"n_orders_{days}", f"orders in the last {days} days"),
        (f"net_cents_{days}", f"sales in the last {days} days"),
    )
}
_HISTORY = {
    "n_contacts": "contacts ever",
    "n_contacts_in": "contacts begun by the customer",
    "n_contacts_recent": "contacts in the last 90 days",
    "last_contact_days": "days since the last contact",
    "n_complaints": "complaints ever",
    "n_complaints_open": "complaints not answered",
    "last_complaint_days": "days since the last complaint",
    "n_visits": "visits ever",
    "n_visits_recent": "visits in the last 90 days",
    "last_visit_days": "days since the last visit",
    "n_programmes": "programmes joined",
    "member_days": "days since joining a programme",
    "n_referrals": "recommendations made",
    "n_campaigns": "campaigns received",
    "n_reactions": "reactions to campaigns",
    "last_reaction_days": "days since the last reaction",
}
_RHYTHM = {"overdue_ratio": "days since the last order, in usual gaps"}

FEATURE_WORDS: dict[str, str] = _SNAPSHOT | _RHYTHM | _ACTIVITY | _MASTER | _HISTORY
"""Name of every feature for readers."""

_SUMS = ("frequency_orders", "n_order_days", *_ACTIVITY)
_COUNTS = tuple(name for name in _HISTORY if name.startswith("n_"))


def score_features(*tables: nw.LazyFrame | None, as_of_day: int) -> nw.LazyFrame:
    """Put together all that is known of each customer who ordered by `as_of_day`.

    Features of tables that the source does not bring are not there; counts of events are 0 for
    customers without one. Attributes in `customers` carry no day: a source that fills one in after
    the fact is caught by `crmlib.evaluation.leakage.disguised_outcomes`, not here.

    Parameters
    ----------
    tables
        The tables named in `SCORE_TABLES`, in that order, None for those that are not there; the
        first one has to be.
    as_of_day
        Last day that counts, a day number.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with an order: `customer_id` and those columns of `FEATURE_WORDS` that
        the tables can tell.
    """
    given = dict(zip(SCORE_TABLES, tables, strict=False))
    transactions = given["transactions"]
    if transactions is None:
        raise ParameterError("score_features needs the table of transactions as its first one.")
    snapshot = customer_snapshot(transactions, given.get("products"), as_of_day=as_of_day)
    table = snapshot.filter(~nw.col("recency_days").is_null()).select("customer_id", *_SNAPSHOT)
    gap = nw.col("gap_median_days")
    overdue = nw.when(gap > 0).then(nw.col("recency_days") / gap)
    table = table.with_columns(overdue.alias("overdue_ratio")).join(
        recent_activity(transactions, as_of_day=as_of_day), on="customer_id", how="left"
    )
    if (customers := given.get("customers")) is not None:
        known = [name for name in _MASTER if name in customers.collect_schema().names()]
        attributes = customers.select("customer_id", *known)
        table = table.join(attributes, on="customer_id", how="left")
    histories: list[tuple[Callable[..., nw.LazyFrame], nw.LazyFrame | None]] = [
        (contact_history, given.get("contacts")),
        (complaint_history, given.get("complaints")),
        (visit_history, given.get("visits")),
        (membership_history, given.get("memberships")),
        (referral_history, given.get("referrals")),
    ]
    made = [function(rows, as_of_day=as_of_day) for function, rows in histories if rows is not None]
    if (assignments := given.get("assignments")) is not None:
        reactions = given.get("conversions")
        made.append(campaign_history(assignments, reactions, as_of_day=as_of_day))
    for history in made:
        names = [name for name in history.collect_schema().names() if name in _HISTORY]
        counts = [name for name in names if name in _COUNTS]
        table = table.join(history.select("customer_id", *names), on="customer_id", how="left")
        table = table.with_columns(nw.col(*counts).fill_null(0))
    return table


def measure_features(
    *tables: nw.LazyFrame | None, as_of_day: int, known: nw.LazyFrame | None = None
) -> nw.LazyFrame:
    """Put together what is known of each customer whom a measure can reach, buyer or not.

    A measure may go to customers of whom no order is on record, and a source may know them by
    attributes alone: these customers are here too, and so are the attributes that the source has
    beside those of the data model. They carry no day either.

    Parameters
    ----------
    tables
        As `score_features` takes them.
    as_of_day
        Last day that counts, a day number.
    known
        What `score_features` gives, if it was worked out before.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer with an order or in `customers`: the columns of `score_features`,
        counts and sums 0 for customers without an order, and the source's own attributes.
    """
    table = score_features(*tables, as_of_day=as_of_day) if known is None else known
    customers = dict(zip(SCORE_TABLES, tables, strict=False)).get("customers")
    if customers is None:
        return table
    schema = customers.collect_schema()
    model = TABLES["customers"].columns
    ours = {name for one in model for name in (one.name, companion(one))} - {*_MASTER}
    own = [name for name, dtype in schema.items() if name not in ours and not dtype.is_temporal()]
    bought = table.drop([name for name in _MASTER if name in schema]).with_columns(
        nw.col("customer_id").alias("_buyer")
    )
    taken = set(bought.collect_schema().names())
    people = customers.select("customer_id", *(name for name in own if name not in taken))
    both = people.join(bought, on="customer_id", how="full", suffix="_of_buyer")
    id_ = nw.when(nw.col("customer_id").is_null()).then(nw.col("_buyer"))
    counts = [name for name in bought.collect_schema().names() if name in (*_SUMS, *_COUNTS)]
    return both.with_columns(
        id_.otherwise(nw.col("customer_id")).alias("customer_id"), nw.col(*counts).fill_null(0)
    ).drop("_buyer", "customer_id_of_buyer")

"""Why customers leave and what they could spend: lives, trouble, pauses, wallets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import category_stops, contracts, lives, order_moments, trouble, wallet
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]

DAY = {"as_of_day": AS_OF_DAY}
YEAR = {**DAY, "window_days": 365}


def left(t: Frames) -> nw.LazyFrame:
    """Memberships that ended, as recorded losses."""
    gone = t["memberships"].filter(~nw.col("left_day").is_null())
    return gone.select("customer_id", "left_day", nw.col("tier").alias("reason"))


def people(t: Frames) -> nw.LazyFrame:
    """Customers with a region and a kind, of their lines."""
    return (
        t["transactions"]
        .filter(~nw.col("customer_id").is_null())
        .group_by("customer_id")
        .agg(nw.col("region").max(), nw.col("channel").max().alias("kind"))
    )


def problems(t: Frames) -> nw.LazyFrame:
    return t["contacts"].with_columns(nw.lit("problem").alias("purpose"))


def places(t: Frames) -> nw.LazyFrame:
    known = t["visits"].filter(~nw.col("customer_id").is_null())
    counts = known.group_by("customer_id").agg(nw.len().alias("place"))
    return counts.with_columns(nw.col("place").cast(nw.Int64))


def moments(t: Frames) -> nw.LazyFrame:
    last = t["complaints"].group_by("customer_id").agg(nw.col("opened_day").max())
    return last.with_columns(nw.col("opened_day").cast(nw.Int64).alias("moment_day"))


def answers(t: Frames) -> nw.LazyFrame:
    """Visits, as answers to surveys."""
    return t["visits"].select(
        nw.col("customer_id").alias("respondent_id"),
        nw.col("source").alias("survey_id"),
        nw.lit("customer").alias("respondent_kind"),
        nw.col("started_day").alias("answered_day"),
        (nw.col("started_day") % 10 / 10).alias("wallet_share"),
    )


CASES: dict[str, tuple[Callable[..., nw.LazyFrame], Callable[[Frames], nw.LazyFrame]]] = {
    "contract_ends": (
        contracts.contract_ends,
        lambda t: contracts.contract_ends(left(t), **DAY, after_days=5),
    ),
    "gap_counts": (lives.gap_counts, lambda t: lives.gap_counts(t["transactions"], **DAY)),
    "customer_lives": (
        lives.customer_lives,
        lambda t: lives.customer_lives(
            t["transactions"], people(t), left(t), t["products"], **DAY, usual_gap_days=30
        ),
    ),
    "customer_lives, bare": (
        lives.customer_lives,
        lambda t: lives.customer_lives(
            t["transactions"].drop("channel", "region"), **DAY, usual_gap_days=9, silence_factor=1
        ),
    ),
    "trouble_signs": (
        trouble.trouble_signs,
        lambda t: trouble.trouble_signs(t["transactions"], t["complaints"], problems(t), **DAY),
    ),
    "complaint_days": (
        trouble.complaint_days,
        lambda t: trouble.complaint_days(t["complaints"], **DAY),
    ),
    "order_moments": (
        order_moments.order_moments,
        lambda t: order_moments.order_moments(t["transactions"], places(t), **DAY),
    ),
    "before_moment": (
        order_moments.before_moment,
        lambda t: order_moments.before_moment(
            t["transactions"], places(t), t["products"], **DAY, history_days=150
        ),
    ),
    "changes_before": (
        order_moments.changes_before,
        lambda t: order_moments.changes_before(
            t["transactions"], moments(t), t["products"], **DAY, history_days=150
        ),
    ),
    "category_spans": (
        category_stops.category_spans,
        lambda t: category_stops.category_spans(
            t["transactions"], None, t["products"], **DAY, window_weeks=4
        ),
    ),
    "category_pauses": (
        category_stops.category_pauses,
        lambda t: category_stops.category_pauses(
            t["transactions"], people(t), t["products"], **DAY, window_weeks=2
        ),
    ),
    "yearly_purchases": (
        wallet.yearly_purchases,
        lambda t: wallet.yearly_purchases(t["transactions"], t["products"], **YEAR),
    ),
    "category_totals": (
        wallet.category_totals,
        lambda t: wallet.category_totals(t["transactions"], t["products"], **YEAR),
    ),
    "category_purchases": (
        wallet.category_purchases,
        lambda t: wallet.category_purchases(
            t["transactions"], t["products"], **YEAR, categories=["Bread", "Ärmel"]
        ),
    ),
    "category_purchases, of none": (
        wallet.category_purchases,
        lambda t: wallet.category_purchases(t["transactions"], **YEAR, categories=[]),
    ),
    "wallet_answers": (
        wallet.wallet_answers,
        lambda t: wallet.wallet_answers(answers(t), **DAY),
    ),
    "chosen_attributes": (
        wallet.chosen_attributes,
        lambda t: wallet.chosen_attributes(people(t), attributes=["region", "none"]),
    ),
}

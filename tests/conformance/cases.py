"""Every feature function, called once on the tables of `tests.conformance.tables`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.database.known import known_at
from crmlib.features import (
    activity,
    baskets,
    btyd,
    calendar,
    campaigns,
    cohorts,
    coverage,
    histories,
    orders,
    person_periods,
    preferences,
    rhythm,
    sales,
    score_features,
    snapshot,
    stages,
)
from crmlib.periods import Window, day_text
from crmlib.schema import TABLES
from tests.conformance import (
    base_cases,
    controlling_cases,
    group_cases,
    loss_cases,
    preference_cases,
    selling_cases,
    service_cases,
    visit_cases,
)
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]
Case = tuple[Callable[..., nw.LazyFrame], Callable[[Frames], nw.LazyFrame]]

DAY = {"as_of_day": AS_OF_DAY}
CURRENT = Window(AS_OF_DAY - 89, AS_OF_DAY)


def order_days(t: Frames) -> nw.LazyFrame:
    return orders.order_days(t["transactions"], **DAY).select("customer_id", "occurred_day")


def with_categories(t: Frames) -> nw.LazyFrame:
    return snapshot.with_category(t["transactions"], t["products"])


def bare(t: Frames) -> nw.LazyFrame:
    return t["transactions"].drop("channel", "region", "discount_cents")


def channels(t: Frames) -> nw.LazyFrame:
    lines = orders.customer_lines(t["transactions"], **DAY)
    return lines.group_by("customer_id", "channel").agg(nw.len().alias("n"))


def lives(t: Frames) -> nw.LazyFrame:
    """Memberships, as lives that begin and may end."""
    return t["memberships"].select(
        nw.col("joined_day").alias("start_day"), nw.col("left_day").alias("end_day"), "programme"
    )


def score_tables(t: Frames) -> list[nw.LazyFrame | None]:
    """Tables of the scores, with master data that hold an attribute of the source's own."""
    known = t["memberships"].group_by("customer_id").agg(nw.col("tier").min().alias("own_level"))
    return [(t | {"customers": known}).get(name) for name in score_features.SCORE_TABLES]


STAGES = {"active_days": 28, "lapse_days": 90, "known_since_day": AS_OF_DAY - 310}

TOPICS = [
    base_cases.CASES,
    group_cases.CASES,
    controlling_cases.CASES,
    loss_cases.CASES,
    preference_cases.CASES,
    selling_cases.CASES,
    service_cases.CASES,
    visit_cases.CASES,
]
OWN: dict[str, Case] = {
    "customer_snapshot": (
        snapshot.customer_snapshot,
        lambda t: snapshot.customer_snapshot(t["transactions"], t["products"], **DAY),
    ),
    "customer_snapshot, bare": (
        snapshot.customer_snapshot,
        lambda t: snapshot.customer_snapshot(bare(t), **DAY, recent_days=1),
    ),
    "customer_snapshot, before any sale": (
        snapshot.customer_snapshot,
        lambda t: snapshot.customer_snapshot(t["transactions"], t["products"], as_of_day=0),
    ),
    "with_category": (snapshot.with_category, with_categories),
    "contact_history": (
        histories.contact_history,
        lambda t: histories.contact_history(t["contacts"], **DAY),
    ),
    "contact_history, bare": (
        histories.contact_history,
        lambda t: histories.contact_history(t["contacts"].drop("cost_cents"), **DAY),
    ),
    "complaint_history": (
        histories.complaint_history,
        lambda t: histories.complaint_history(t["complaints"], **DAY),
    ),
    "complaint_history, bare": (
        histories.complaint_history,
        lambda t: histories.complaint_history(
            t["complaints"].drop("resolved_day", "compensation_cents"), **DAY
        ),
    ),
    "visit_history": (
        histories.visit_history,
        lambda t: histories.visit_history(t["visits"], **DAY),
    ),
    "membership_history": (
        histories.membership_history,
        lambda t: histories.membership_history(t["memberships"], **DAY),
    ),
    "referral_history": (
        histories.referral_history,
        lambda t: histories.referral_history(t["referrals"], **DAY),
    ),
    "campaign_history": (
        campaigns.campaign_history,
        lambda t: campaigns.campaign_history(t["assignments"], t["conversions"], **DAY),
    ),
    "campaign_history, bare": (
        campaigns.campaign_history,
        lambda t: campaigns.campaign_history(t["assignments"], **DAY),
    ),
    "person_periods": (
        person_periods.person_periods,
        lambda t: person_periods.person_periods(lives(t), **DAY, period_days=30, by=["programme"]),
    ),
    "btyd_summary": (
        btyd.btyd_summary,
        lambda t: btyd.btyd_summary(
            t["transactions"], as_of=day_text(AS_OF_DAY), time_unit="month"
        ),
    ),
    "btyd_holdout": (
        btyd.btyd_holdout,
        lambda t: btyd.btyd_holdout(
            t["transactions"], as_of=day_text(AS_OF_DAY - 60), until=day_text(AS_OF_DAY + 30)
        ),
    ),
    "basket_pairs": (
        baskets.basket_pairs,
        lambda t: baskets.basket_pairs(t["transactions"], **DAY),
    ),
    "basket_pairs of categories": (
        baskets.basket_pairs,
        lambda t: baskets.basket_pairs(with_categories(t), **DAY, item="category"),
    ),
    "gap_quartiles": (rhythm.gap_quartiles, lambda t: rhythm.gap_quartiles(order_days(t))),
    "main_value": (
        preferences.main_value,
        lambda t: preferences.main_value(t["visits"], value="source", main="main"),
    ),
    "with_main": (
        preferences.with_main,
        lambda t: preferences.with_main(channels(t), {"channel": "n"}),
    ),
    "with_month": (
        calendar.with_month,
        lambda t: calendar.with_month(order_days(t), day="occurred_day", month="month"),
    ),
    "customer_lines": (
        orders.customer_lines,
        lambda t: orders.customer_lines(t["transactions"], **DAY),
    ),
    "orders": (orders.orders, lambda t: orders.orders(t["transactions"], **DAY)),
    "distinct": (
        orders.distinct,
        lambda t: orders.distinct(t["transactions"], "customer_id", "channel"),
    ),
    "order_days": (orders.order_days, lambda t: orders.order_days(t["transactions"], **DAY)),
    "cohort_activity": (
        cohorts.cohort_activity,
        lambda t: cohorts.cohort_activity(t["transactions"], **DAY),
    ),
    "daily_sales": (coverage.daily_sales, lambda t: coverage.daily_sales(t["transactions"], **DAY)),
    "line_counts": (coverage.line_counts, lambda t: coverage.line_counts(t["transactions"], **DAY)),
    "customer_sales": (
        sales.customer_sales,
        lambda t: sales.customer_sales(t["transactions"], window=CURRENT),
    ),
    "sales_in_two_windows": (
        sales.sales_in_two_windows,
        lambda t: sales.sales_in_two_windows(t["transactions"], current=CURRENT),
    ),
    "customer_stages": (
        stages.customer_stages,
        lambda t: stages.customer_stages(t["transactions"], **DAY, **STAGES),
    ),
    "recent_activity": (
        activity.recent_activity,
        lambda t: activity.recent_activity(t["transactions"], **DAY),
    ),
    "orders_after": (
        activity.orders_after,
        lambda t: activity.orders_after(
            t["transactions"], as_of_day=AS_OF_DAY - 90, horizon_days=90
        ),
    ),
    "score_features": (
        score_features.score_features,
        lambda t: score_features.score_features(
            *(t.get(name) for name in score_features.SCORE_TABLES), **DAY
        ),
    ),
    "measure_features": (
        score_features.measure_features,
        lambda t: score_features.measure_features(*score_tables(t), **DAY),
    ),
    "measure_features before the first sale": (
        score_features.measure_features,
        lambda t: score_features.measure_features(*score_tables(t), as_of_day=1),
    ),
    "silences": (
        stages.silences,
        lambda t: stages.silences(t["transactions"], **DAY, lapse_days=90),
    ),
    **{
        f"known_at, {name}": (
            known_at,
            lambda t, name=name: known_at(t[name], table=TABLES[name], **DAY),
        )
        for name in ("complaints", "memberships", "referrals", "transactions")
    },
}
CASES: dict[str, Case] = {name: case for topic in [*TOPICS, OWN] for name, case in topic.items()}

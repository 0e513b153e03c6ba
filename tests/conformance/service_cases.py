"""What we promise and how we mend it: complaints, what follows them, and answers to surveys."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import (
    around,
    complaint_comparison,
    complaint_spells,
    complaints,
    surveys,
)
from crmlib.periods import Window
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]
Case = tuple[Callable[..., nw.LazyFrame], Callable[[Frames], nw.LazyFrame]]

DAY = {"as_of_day": AS_OF_DAY}
YEAR = Window(AS_OF_DAY - 365, AS_OF_DAY)
SOON = {"window_days": 365, "after_days": 4, "answer_days": 1}


def departures(t: Frames) -> nw.LazyFrame:
    """Ends of memberships, as losses."""
    ended = t["memberships"].filter(~nw.col("left_day").is_null())
    return ended.select("customer_id", "left_day")


def people(t: Frames) -> nw.LazyFrame:
    """Members of the club as a table of customers, with their tier as region."""
    club = t["memberships"].filter(nw.col("programme") == "Club")
    tier = nw.when(nw.col("tier") != "none").then(nw.col("tier"))
    return club.select("customer_id", tier.alias("region"))


def about_goods(t: Frames) -> nw.LazyFrame:
    """Complaints of which some name the product."""
    product = nw.when(nw.col("reason") == "late").then(nw.lit("p1"))
    return t["complaints"].with_columns(product.alias("product_id"))


def moments(t: Frames) -> nw.LazyFrame:
    return t["visits"].select("customer_id", nw.col("started_day").alias("moment_day"))


def answers(t: Frames) -> nw.LazyFrame:
    """Contacts, as answers to one or two surveys."""
    return t["contacts"].select(
        nw.col("contact_id").alias("survey_id"),
        nw.lit("customer").alias("respondent_kind"),
        nw.col("customer_id").alias("respondent_id"),
        nw.col("channel").alias("attribute"),
        nw.col("direction").alias("attribute_group"),
        nw.col("occurred_day").alias("answered_day"),
        nw.col("cost_cents").alias("expectation"),
        nw.col("cost_cents").alias("perception"),
    )


CASES: dict[str, Case] = {
    "around_moment": (
        around.around_moment,
        lambda t: around.around_moment(t["transactions"], moments(t), **DAY, wait_days=1),
    ),
    "complaint_cases": (
        complaints.complaint_cases,
        lambda t: complaints.complaint_cases(t["complaints"], departures(t), **DAY),
    ),
    "complaint_cases, bare": (
        complaints.complaint_cases,
        lambda t: complaints.complaint_cases(
            t["complaints"].drop("resolved_day", "compensation_cents"), **DAY
        ),
    ),
    "complaint_months": (
        complaints.complaint_months,
        lambda t: complaints.complaint_months(t["transactions"], t["complaints"], **DAY),
    ),
    "complaint_counts": (
        complaints.complaint_counts,
        lambda t: complaints.complaint_counts(
            t["transactions"], about_goods(t), people(t), t["products"], window=YEAR,
            by=["region", "kind"],
        ),
    ),
    "complaint_counts, without a product": (
        complaints.complaint_counts,
        lambda t: complaints.complaint_counts(
            t["transactions"], t["complaints"], people(t), window=YEAR
        ),
    ),
    "leavers_by_complaint": (
        complaints.leavers_by_complaint,
        lambda t: complaints.leavers_by_complaint(
            t["transactions"], t["complaints"], people(t), departures(t), **DAY
        ),
    ),
    "complaint_comparison": (
        complaint_comparison.complaint_comparison,
        lambda t: complaint_comparison.complaint_comparison(
            t["transactions"], t["complaints"], departures(t), **DAY, **SOON
        ),
    ),
    "complaint_comparison, no losses known": (
        complaint_comparison.complaint_comparison,
        lambda t: complaint_comparison.complaint_comparison(
            t["transactions"], t["complaints"], **DAY, **SOON
        ),
    ),
    "complaint_spells": (
        complaint_spells.complaint_spells,
        lambda t: complaint_spells.complaint_spells(
            t["transactions"], t["complaints"], departures(t), **DAY, effect_days=4
        ),
    ),
    "latest_answers": (
        surveys.latest_answers,
        lambda t: surveys.latest_answers(answers(t), window=YEAR),
    ),
    "survey_waves": (surveys.survey_waves, lambda t: surveys.survey_waves(answers(t), **DAY)),
    "orders_after_answers": (
        surveys.orders_after_answers,
        lambda t: surveys.orders_after_answers(
            t["transactions"], answers(t), window=YEAR, follow_days=30
        ),
    ),
}  # fmt: skip

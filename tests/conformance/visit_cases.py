"""The feature functions about contacts, visits and prospects, called once on the shared tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import narwhals as nw

from crmlib.features import clusters, paths, prospects, touch, visits
from crmlib.periods import Window
from tests.conformance.tables import AS_OF_DAY

Frames = Mapping[str, nw.LazyFrame]
Case = tuple[Callable[..., nw.LazyFrame], Callable[[Frames], nw.LazyFrame]]

YEARS = Window(AS_OF_DAY - 730, AS_OF_DAY)
LOCAL = {"window": YEARS, "zone": "Europe/Berlin"}


def visited(t: Frames) -> nw.LazyFrame:
    return visits.visit_rows(t["visits"], t["visit_events"], t["transactions"], window=YEARS)


def ours(t: Frames) -> nw.LazyFrame:
    return touch.our_contacts(t["contacts"], success="interested", **LOCAL)


def seen(t: Frames, **options: str) -> nw.LazyFrame:
    return paths.views(visited(t), t["visit_events"], t["products"], **options)


CASES: dict[str, Case] = {
    "own_contacts": (
        touch.own_contacts,
        lambda t: touch.own_contacts(t["contacts"], window=YEARS),
    ),
    "our_contacts": (touch.our_contacts, ours),
    "our_contacts, bare": (
        touch.our_contacts,
        lambda t: touch.our_contacts(t["contacts"].drop("reaction"), success="x", **LOCAL),
    ),
    "purchases": (
        touch.purchases,
        lambda t: touch.purchases(t["transactions"], window=YEARS),
    ),
    "purchases, bare": (
        touch.purchases,
        lambda t: touch.purchases(t["transactions"].drop("channel"), window=YEARS),
    ),
    "own_moments": (
        touch.own_moments,
        lambda t: touch.own_moments(t["contacts"], t["transactions"], **LOCAL),
    ),
    "choices": (
        touch.choices,
        lambda t: touch.choices(touch.purchases(t["transactions"], window=YEARS), "channel"),
    ),
    "consents": (
        touch.consents,
        lambda t: touch.consents(
            t["memberships"].select("customer_id", nw.col("tier").alias("consent_mail")).unique()
        ),
    ),
    "campaign_reactions": (
        touch.campaign_reactions,
        lambda t: touch.campaign_reactions(
            t["assignments"], t["campaigns"], t["conversions"], as_of_day=AS_OF_DAY
        ),
    ),
    "cluster_sums": (
        clusters.cluster_sums,
        lambda t: clusters.cluster_sums(ours(t), by=["channel"], cluster="customer_id"),
    ),
    "successes": (
        clusters.successes,
        lambda t: clusters.successes(ours(t), by=["customer_id", "channel"]),
    ),
    "visit_rows": (visits.visit_rows, visited),
    "visit_rows, bare": (
        visits.visit_rows,
        lambda t: visits.visit_rows(
            t["visits"].drop("customer_id"), t["visit_events"], t["transactions"], window=YEARS
        ),
    ),
    "within": (visits.within, lambda t: visits.within(t["visits"], window=YEARS)),
    "kinds_of_steps": (
        visits.kinds_of_steps,
        lambda t: visits.kinds_of_steps(t["visit_events"]),
    ),
    "step_rows": (
        visits.step_rows,
        lambda t: visits.step_rows(visited(t), steps=visits.STEPS),
    ),
    "purchase_rows": (
        visits.purchase_rows,
        lambda t: visits.purchase_rows(visited(t), steps=visits.STEPS, of_customers=False),
    ),
    "visit_orders": (
        visits.visit_orders,
        lambda t: visits.visit_orders(visited(t), t["transactions"], as_of_day=AS_OF_DAY),
    ),
    "left_baskets": (
        visits.left_baskets,
        lambda t: visits.left_baskets(visited(t), t["transactions"], window=YEARS),
    ),
    "followed_steps": (
        paths.followed_steps,
        lambda t: paths.followed_steps(visited(t), t["visit_events"]),
    ),
    "ways": (paths.ways, lambda t: paths.ways(visited(t), t["visit_events"], n_steps=3)),
    "searches": (paths.searches, lambda t: paths.searches(visited(t), t["visit_events"])),
    "views": (paths.views, seen),
    "views of products": (paths.views, lambda t: seen(t, item="product_id")),
    "left_at": (paths.left_at, lambda t: paths.left_at(seen(t))),
    "prospect_rows": (
        prospects.prospect_rows,
        lambda t: prospects.prospect_rows(t["prospects"], t["transactions"], as_of_day=AS_OF_DAY),
    ),
    "prospect_rows, bare": (
        prospects.prospect_rows,
        lambda t: prospects.prospect_rows(
            t["prospects"].drop("customer_id"), t["transactions"], as_of_day=AS_OF_DAY
        ),
    ),
}

"""The truth beside the data: one table per thing that later analyses must find."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from crmlib.simulation.arrow import days, flags, ids, money, numbers, texts
from crmlib.simulation.assortment import COMPLEMENTS
from crmlib.simulation.contacts import REACTIONS
from crmlib.simulation.customers import Customers
from crmlib.simulation.losses import (
    BASELINE_CAUSES,
    CAUSES,
    HAZARD_RATIOS,
    INCIDENTS_RATIO,
    Losses,
)
from crmlib.simulation.market import (
    CATEGORIES,
    CONTACT_CHANNELS,
    REGION_RATES,
    REGION_SHARES,
    REGIONS,
    SALES_CHANNELS,
    SEGMENTS,
    centres,
)
from crmlib.simulation.masters import customer_ids
from crmlib.simulation.measures import campaign_ids
from crmlib.simulation.media import RESPONSES
from crmlib.simulation.oracle import Expected, Future, Wallet, campaign_effects
from crmlib.simulation.orders import Assigned
from crmlib.simulation.outline import ATTACK, MISTAKE, Outline
from crmlib.simulation.planning import AMBITION
from crmlib.simulation.prospects import PROSPECT_SOURCES
from crmlib.simulation.satisfaction import DRIVERS, Satisfaction
from crmlib.simulation.visits import FUNNELS, UNMET_SHARES, UNMET_TERMS

__all__ = ["company_truth", "customers_truth", "effects_truth", "media_truth", "wallets_truth"]


def customers_truth(
    outline: Outline,
    customers: Customers,
    losses: Losses,
    *,
    future: Future,
    values: Expected,
    wallet: Wallet,
    satisfaction: Satisfaction,
) -> pa.Table:
    """Write what each customer really is like."""
    last = values.at(outline, outline.n_days)
    left = np.minimum(losses.left, 10**5)
    return pa.table(
        {
            "customer_id": customer_ids(customers.number),
            "segment": texts([one.name for one in SEGMENTS], customers.segment),
            "first_order_on": days(outline.dates(customers.join)),
            "orders_needed_per_day": numbers(customers.need),
            "share_of_orders_won": numbers(customers.share),
            "purchase_rate_per_day": numbers(customers.rate),
            "dropout_rate_per_day": numbers(customers.dropout),
            "dropout_rate_per_day_now": numbers(future.hazard),
            "left_on": days(outline.dates(left)),
            "cause": texts(CAUSES, losses.cause),
            "is_customer_on_last_day": flags(losses.left >= outline.n_days),
            "sales_channel": texts(SALES_CHANNELS, customers.sales_channel),
            "contact_channel": texts(CONTACT_CHANNELS, customers.contact_channel),
            "hour": numbers(customers.hour),
            "incident_probability": numbers(customers.incident),
            "is_attacked": flags(customers.is_attacked),
            "is_hit_by_our_error": flags(losses.is_hit),
            "satisfaction": numbers(satisfaction.overall),
            "wallet_share": numbers(wallet.share),
            "net_per_order": numbers(last.net),
            "margin_per_order": numbers(last.margin),
            "expected_orders_90_days": numbers(future.orders[90]),
            "expected_orders_365_days": numbers(future.orders[365]),
            "expected_margin_90_days": numbers(future.orders[90] * last.margin),
            "expected_margin_365_days": numbers(future.orders[365] * last.margin),
            "realised_orders_90_days": numbers(future.realised[90]),
            "realised_orders_365_days": numbers(future.realised[365]),
            "clv": numbers(future.clv),
        }
    )


def wallets_truth(customers: Customers, wallet: Wallet) -> pa.Table:
    """Write need and spend of each customer in each category."""
    who = np.repeat(np.arange(len(customers)), len(CATEGORIES))
    what = np.tile(np.arange(len(CATEGORIES)), len(customers))
    need, spend = wallet.need.ravel(), wallet.spend.ravel()
    return pa.table(
        {
            "customer_id": customer_ids(customers.number[who]),
            "category": texts(CATEGORIES, what),
            "needed_per_year": numbers(need),
            "bought_per_year": numbers(spend),
            "share": numbers(spend / np.maximum(need, 1e-12)),
        }
    )


def effects_truth(
    outline: Outline, customers: Customers, losses: Losses, assigned: Assigned, values: Expected
) -> pa.Table:
    """Write what treating each assigned customer adds, whether treated or held out."""
    orders, margin = campaign_effects(outline, customers, losses, assigned, values)
    n = len(assigned.owner)
    return pa.table(
        {
            "campaign_id": campaign_ids(np.full(n, assigned.campaign.number)),
            "customer_id": customer_ids(customers.number[assigned.owner]),
            "is_treated": flags(assigned.is_treated),
            "added_orders": numbers(orders),
            "added_margin": numbers(margin),
        }
    )


def media_truth(outline: Outline, orders_by_week: np.ndarray) -> pa.Table:
    """Write what advertising adds in each week.

    Parameters
    ----------
    orders_by_week
        Expected orders without advertising: weeks x regions.
    """
    media = outline.media
    week, channel, region = (a.ravel() for a in np.indices(media.uplift.shape))
    uplift = media.uplift.ravel()
    return pa.table(
        {
            "week": days(outline.dates(media.week_days[week])),
            "channel": texts([one.channel for one in RESPONSES], channel),
            "region": texts(REGIONS, region),
            "cost": money(media.cost_cents.ravel()),
            "added_share": numbers(uplift),
            "added_orders": numbers(uplift * orders_by_week[week, region]),
        }
    )


def company_truth(outline: Outline) -> dict[str, pa.Table]:
    """Write what holds for the company as a whole."""
    ambition = [AMBITION.get(name, 1.0) for name in CATEGORIES]
    pairs = [
        {
            "first": CATEGORIES[one.first],
            "second": CATEGORIES[one.second],
            "same_order": one.same_order,
            "next_order": one.next_order,
            "horizon_days": one.horizon_days,
        }
        for one in COMPLEMENTS
    ]
    drivers = ("attribute", "group", "weight", "gap", "stated", "employees")
    return {
        "complements": pa.Table.from_pylist(pairs),
        "hazards": pa.table(
            {
                "event": [*HAZARD_RATIOS, "many incidents"],
                "hazard_ratio": [*HAZARD_RATIOS.values(), INCIDENTS_RATIO],
            }
        ),
        "causes": pa.table({"cause": CAUSES, "share_of_baseline": BASELINE_CAUSES}),
        "drivers": _facts(DRIVERS, drivers),
        "responses": _facts(RESPONSES, ("channel", "usual", "carry_over", "scale", "most")),
        "regions": pa.table(
            {"region": REGIONS, "share": REGION_SHARES, "need_factor": REGION_RATES}
        ),
        "funnel": _facts(FUNNELS, ("source", "channel", "view", "basket", "buy", "success")),
        "unmet_terms": pa.table({"term": UNMET_TERMS, "share": UNMET_SHARES}),
        "prospect_sources": _facts(PROSPECT_SOURCES, ("source", "person", "business")),
        "reactions": pa.table({"contact": list(REACTIONS), "interested": list(REACTIONS.values())}),
        "plan": pa.table({"category": CATEGORIES, "ambition": ambition}),
        "segments": _segments(),
        "events": _events(outline),
        "campaigns": _campaigns(outline),
    }


def _facts(planted: Sequence[object], names: Sequence[str]) -> pa.Table:
    """Write some fields of what is planted."""
    return pa.table({name: [getattr(one, name) for one in planted] for name in names})


def _segments() -> pa.Table:
    """Write the target groups and their mean shares of categories."""
    return pa.table(
        {
            "segment": [one.name for one in SEGMENTS],
            "rate_factor": [one.rate for one in SEGMENTS],
            **{name: centres()[:, k] for k, name in enumerate(CATEGORIES)},
        }
    )


def _events(outline: Outline) -> pa.Table:
    """Write the two blows from outside."""
    made = pa.table(
        {
            "event": ["competitor attack", "our error"],
            "region": [REGIONS[ATTACK.region], None],
            "category": [CATEGORIES[ATTACK.category], None],
            "share_of_customers": [ATTACK.share, MISTAKE.share],
            "share_leaving": [ATTACK.leaving, MISTAKE.leaving],
            "within_days": [ATTACK.days, MISTAKE.days],
        }
    )
    day = outline.dates(np.array([outline.attack_day, outline.mistake_day]))
    return made.append_column("on", days(day))


def _campaigns(outline: Outline) -> pa.Table:
    """Write the planted effect of each campaign by target group."""
    made = outline.campaigns
    n = len(SEGMENTS)
    number = np.repeat(np.array([one.number for one in made]), n)
    return pa.table(
        {
            "campaign_id": ids("M", number + 1, width=4),
            "segment": texts([one.name for one in SEGMENTS], np.tile(np.arange(n), len(made))),
            "added_orders_of_treated": numbers(np.array([one.lift for one in made]).ravel()),
            "share_of_orders_lost": numbers(np.array([one.harm for one in made]).ravel()),
            "is_multiplied_by_affinity": flags(np.repeat([one.by_affinity for one in made], n)),
        }
    )

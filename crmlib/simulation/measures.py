"""The tables of what was done to sell: campaigns, offers, assignments, conversions, spend."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from crmlib.simulation.arrow import days, flags, ids, instants, money, numbers, table, texts
from crmlib.simulation.campaigns import HORIZON
from crmlib.simulation.customers import Customers
from crmlib.simulation.market import CATEGORIES, CONTACT_CHANNELS, KINDS, REGIONS
from crmlib.simulation.masters import customer_ids
from crmlib.simulation.media import RESPONSES
from crmlib.simulation.orders import Assigned, Orders
from crmlib.simulation.outline import Outline
from crmlib.simulation.randomness import stream

__all__ = [
    "assignments_table", "campaign_ids", "campaigns_table", "conversions_table", "offers_table",
    "spend_table", "still_known",
]  # fmt: skip

_OPENS = 0.35
_MORNING = 6 * 3600
_STANDING = ("Coffee", "Bread", "Wine", "Chopping boards")
"""Categories in a standing offer; Tea, Bread boxes and Bread cutters are never offered."""
_CLICKS_PER_UNIT = np.array([1.2, 9.0, 40.0, 60.0])  # impressions for one unit of money


def campaign_ids(campaigns: np.ndarray, *, empty: np.ndarray | None = None) -> pa.Array:
    """Write the ids of campaigns from their numbers."""
    return ids("M", campaigns + 1, width=4, empty=empty)


def campaigns_table(outline: Outline) -> pa.Table:
    """Write the measures; coupons carry the offer of the same number."""
    made = outline.campaigns
    number = np.array([one.number for one in made])
    start = outline.dates(np.array([one.start for one in made]))
    fixed = np.array([one.fixed_cost_cents for one in made])
    unit = np.array([one.unit_cost_cents for one in made])
    return table(
        "campaigns",
        {
            "campaign_id": campaign_ids(number),
            "channel": texts(CONTACT_CHANNELS, np.array([one.channel for one in made])),
            "starts_on": days(start),
            "ends_on": days(start + HORIZON),
            "name": pa.array([one.name for one in made]),
            "kind": pa.array([one.kind for one in made]),
            "offer_id": ids(
                "F", number + 1, width=4, empty=np.array([one.discount == 0 for one in made])
            ),
            "fixed_cost": money(fixed),
            "unit_cost": money(unit),
            "budget": money((fixed + unit * outline.n_customers) // 10_000 * 10_000 + 50_000),
            "objective": pa.array([f"more {CATEGORIES[one.category]}" for one in made]),
            "horizon_days": numbers(np.full(len(made), HORIZON)),
        },
    )


def offers_table(outline: Outline) -> pa.Table:
    """Write the offers of the campaigns, and a few standing ones."""
    made = [one for one in outline.campaigns if one.discount > 0]
    n_standing = len(_STANDING)
    number = [one.number + 1 for one in made] + [101 + k for k in range(n_standing)]
    category = [CATEGORIES[one.category] for one in made] + list(_STANDING)
    first = [one.start for one in made] + [0] * n_standing
    last = [one.start + HORIZON for one in made] + [outline.n_days - 1] * n_standing
    return table(
        "offers",
        {
            "offer_id": ids("F", np.array(number), width=4),
            "category": pa.array(category),
            "kind": texts(("coupon", "standing offer"), np.arange(len(number)) >= len(made)),
            "discount": numbers(np.array([one.discount for one in made] + [0.15] * n_standing)),
            "valid_from": days(outline.dates(np.array(first))),
            "valid_to": days(outline.dates(np.array(last))),
        },
    )


def still_known(assigned: Assigned, recorded: np.ndarray) -> Assigned:
    """Leave out customers whose leaving was on record before the campaign, in both arms alike.

    Parameters
    ----------
    recorded
        Day on which each customer's leaving was recorded; far away where it never was.
    """
    keep = recorded[assigned.owner] > assigned.campaign.start
    values = (getattr(assigned, name)[keep] for name in ("owner", "is_treated", "lift", "harm"))
    return Assigned(assigned.campaign, *values)


def assignments_table(outline: Outline, customers: Customers, assigned: Assigned) -> pa.Table:
    """Write who is treated and who is held out."""
    n = len(assigned.owner)
    campaign = assigned.campaign
    arms = ("control", CONTACT_CHANNELS[campaign.channel])
    return table(
        "assignments",
        {
            "campaign_id": campaign_ids(np.full(n, campaign.number)),
            "customer_id": customer_ids(customers.number[assigned.owner]),
            "arm": texts(arms, assigned.is_treated),
            "assigned_at": instants(np.full(n, outline.dates(np.array(campaign.start))), _MORNING),
            "stratum": texts(KINDS, customers.kind[assigned.owner]),
            "randomised": flags(np.full(n, campaign.is_random)),
        },
    )


def conversions_table(
    outline: Outline,
    customers: Customers,
    block: int,
    *,
    assigned: list[Assigned],
    orders: Orders,
    net_cents: np.ndarray,
) -> pa.Table:
    """Write opened mails, and orders in which a coupon was redeemed."""
    rng = stream(outline.seed, "openings", block=block)
    has_coupon = np.array([*(one.discount > 0 for one in outline.campaigns), False])
    which = np.flatnonzero(has_coupon[orders.campaign])
    owner, campaign, day = orders.owner[which], orders.campaign[which], orders.day[which]
    second, amount = orders.second[which], net_cents[which]
    for one in assigned:
        if one.campaign.channel == CONTACT_CHANNELS.index("email"):
            treated = one.owner[one.is_treated]
            opens = treated[rng.random(len(treated)) < _OPENS]
            wait = 1 + rng.integers(0, 4, len(opens))
            owner = np.append(owner, opens)
            campaign = np.append(campaign, np.full(len(opens), one.campaign.number))
            day = np.append(day, one.campaign.start + wait)
            second = np.append(second, (customers.hour[opens] * 3600).astype(np.int64))
            amount = np.append(amount, np.zeros(len(opens), np.int64))
    is_open = np.arange(len(owner)) >= len(which)
    return table(
        "conversions",
        {
            "conversion_id": ids("R", block * 10**6 + np.arange(len(owner)), width=10),
            "campaign_id": campaign_ids(campaign),
            "customer_id": customer_ids(customers.number[owner]),
            "occurred_at": instants(outline.dates(day), second),
            "kind": texts(("redemption", "open"), is_open),
            "amount": money(amount, empty=is_open),
        },
    )


def spend_table(outline: Outline) -> pa.Table:
    """Write weekly spend by channel and region."""
    cost = outline.media.cost_cents
    week, channel, region = (a.ravel() for a in np.indices(cost.shape))
    cents = cost.ravel()
    impressions = np.floor(cents / 100 * _CLICKS_PER_UNIT[channel])
    return table(
        "spend",
        {
            "week": days(outline.dates(outline.media.week_days[week])),
            "channel": texts([one.channel for one in RESPONSES], channel),
            "cost": money(cents),
            "impressions": numbers(impressions),
            "region": texts(REGIONS, region),
        },
    )

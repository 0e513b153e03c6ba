"""The tables of contacts, complaints, memberships and departures."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from crmlib.simulation.arrow import days, ids, instants, money, numbers, table, texts
from crmlib.simulation.customers import Customers
from crmlib.simulation.losses import CAUSES, COMPLAINT_REASONS, Losses
from crmlib.simulation.market import CONTACT_CHANNELS, of_segments
from crmlib.simulation.masters import customer_ids
from crmlib.simulation.measures import campaign_ids
from crmlib.simulation.orders import Assigned, Orders, moments
from crmlib.simulation.outline import Outline
from crmlib.simulation.randomness import stream

__all__ = [
    "REACTIONS", "complaints_table", "contacts_table", "departures_table", "memberships_table",
    "recorded_on",
]  # fmt: skip

REACTIONS = {"elsewhere": 0.10, "preferred channel": 0.30, "preferred channel and hours": 0.45}
"""Probability that a contact of ours interests the customer; hours within two of the preferred."""

_ANNOYED = 0.06
_CALLS_A_YEAR, _CARE_A_YEAR = 0.8, 0.7
_OWN_CHANNEL = 0.85
_TELLS = 0.7
"""Share of the incidents about which the customer gets in touch."""
_PURPOSES = ("advice", "order status", "problem", "care", "campaign")
_COST_CENTS = np.array([5, 85, 350])
_RECORDED, _UNKNOWN = 0.55, 0.15
"""Share of losses that are recorded, and of these without a known reason."""


def contacts_table(
    outline: Outline,
    customers: Customers,
    block: int,
    *,
    orders: Orders,
    losses: Losses,
    assigned: list[Assigned],
) -> pa.Table:
    """Write contacts: the customers' own, care at any hour and channel, and campaigns."""
    rng = stream(outline.seed, "contacts", block=block)
    end = np.minimum(losses.left, outline.n_days)
    parts = [
        _own_contacts(rng, customers, end),
        _about_incidents(rng, customers, orders, losses, end),
        _care(rng, customers, end),
        *(_of_campaign(rng, customers, one) for one in assigned),
    ]
    owner, day, channel, purpose, second = (
        np.concatenate([part[k] for part in parts]) for k in range(5)
    )
    campaign = np.concatenate(
        [np.full(len(parts[k][0]), -1) for k in range(3)]
        + [np.full(len(one.owner[one.is_treated]), one.campaign.number) for one in assigned]
    )
    is_out = purpose >= _PURPOSES.index("care")
    n = len(owner)
    is_call = channel == CONTACT_CHANNELS.index("telephone")
    duration = np.ceil(rng.gamma(2.0, 110, n))
    reaction = _reactions(rng, customers, owner, channel, second)
    return table(
        "contacts",
        {
            "contact_id": ids("K", block * 10**6 + np.arange(n), width=10),
            "customer_id": customer_ids(customers.number[owner]),
            "occurred_at": instants(outline.dates(day), second),
            "channel": texts(CONTACT_CHANNELS, channel),
            "direction": texts(("in", "out"), is_out),
            "purpose": texts(_PURPOSES, purpose),
            "campaign_id": campaign_ids(campaign, empty=campaign < 0),
            "cost": money(_COST_CENTS[channel] * is_out + 120 * ~is_out),
            "duration_s": numbers(duration, empty=~is_call),
            "reaction": texts(("interested", "annoyed", "none"), reaction, empty=~is_out),
        },
    )


_Part = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Owner, day, channel, purpose, second."""


def _at_random(
    rng: np.random.Generator, customers: Customers, end: np.ndarray, per_year: float
) -> tuple[np.ndarray, np.ndarray]:
    """Draw customers and days at a rate per year of being a customer."""
    length = end - customers.join
    owner = np.repeat(np.arange(len(customers)), rng.poisson(per_year / 365 * length))
    day = customers.join[owner] + np.floor(rng.random(len(owner)) * length[owner])
    return owner, day.astype(np.int64)


def _chosen_channel(
    rng: np.random.Generator, customers: Customers, owner: np.ndarray
) -> np.ndarray:
    other = rng.integers(0, len(CONTACT_CHANNELS), len(owner))
    is_own = rng.random(len(owner)) < _OWN_CHANNEL
    return np.where(is_own, customers.contact_channel[owner], other)


def _own_contacts(rng: np.random.Generator, customers: Customers, end: np.ndarray) -> _Part:
    owner, day = _at_random(rng, customers, end, _CALLS_A_YEAR)
    channel = _chosen_channel(rng, customers, owner)
    purpose = rng.integers(0, 2, len(owner))
    return owner, day, channel, purpose, moments(rng, customers.hour[owner])


def _about_incidents(
    rng: np.random.Generator, customers: Customers, orders: Orders, losses: Losses, end: np.ndarray
) -> _Part:
    tells = losses.has_incident & (rng.random(len(orders)) < _TELLS)
    owner = orders.owner[tells]
    day = orders.day[tells] + rng.integers(1, 6, len(owner))
    in_time = day < end[owner]
    owner, day = owner[in_time], day[in_time]
    channel = _chosen_channel(rng, customers, owner)
    purpose = np.full(len(owner), _PURPOSES.index("problem"))
    return owner, day, channel, purpose, moments(rng, customers.hour[owner])


def _care(rng: np.random.Generator, customers: Customers, end: np.ndarray) -> _Part:
    """Draw contacts of ours at any hour; only channels the customer permits."""
    owner, day = _at_random(rng, customers, end, _CARE_A_YEAR)
    channel = rng.integers(0, len(CONTACT_CHANNELS), len(owner))
    second = rng.integers(8 * 3600, 20 * 3600, len(owner))
    may = customers.consent[owner, channel]
    purpose = np.full(len(owner), _PURPOSES.index("care"))
    return owner[may], day[may], channel[may], purpose[may], second[may]


def _of_campaign(rng: np.random.Generator, customers: Customers, assigned: Assigned) -> _Part:
    owner = assigned.owner[assigned.is_treated]
    n = len(owner)
    channel = np.full(n, assigned.campaign.channel)
    purpose = np.full(n, _PURPOSES.index("campaign"))
    second = rng.integers(8 * 3600, 20 * 3600, n)
    return owner, np.full(n, assigned.campaign.start), channel, purpose, second


def _reactions(
    rng: np.random.Generator,
    customers: Customers,
    owner: np.ndarray,
    channel: np.ndarray,
    second: np.ndarray,
) -> np.ndarray:
    """Draw how customers react to contacts of ours: 0 interested, 1 annoyed, 2 not at all."""
    is_own = channel == customers.contact_channel[owner]
    in_hours = np.abs(second / 3600 - customers.hour[owner]) <= 2
    interest = np.array(list(REACTIONS.values()))[is_own * (1 + in_hours)]
    chance = rng.random(len(owner))
    return np.where(chance < interest, 0, np.where(chance > 1 - _ANNOYED, 1, 2))


def complaints_table(
    outline: Outline, customers: Customers, losses: Losses, block: int
) -> pa.Table:
    """Write complaints made before leaving, with the answers given before the last day."""
    rng = stream(outline.seed, "answers", block=block)
    made = losses.complaints
    n = len(made.owner)
    second = moments(rng, customers.hour[made.owner])
    compensation = 500 + 100 * rng.poisson(10, n)
    left = losses.left[made.owner]
    keep = made.opened < left
    is_open = (made.answered >= left) | (made.answered >= outline.n_days)
    answered_at = rng.integers(9 * 3600, 17 * 3600, n)
    how = np.where(made.is_compensated, 1, 0)
    number = block * 10**6 + np.arange(n)
    columns = {
        "complaint_id": ids("B", number, width=10),
        "customer_id": customer_ids(customers.number[made.owner]),
        "opened_at": instants(outline.dates(made.opened), second),
        "reason": texts(COMPLAINT_REASONS, made.reason),
        "resolved_at": instants(
            outline.dates(np.where(is_open, 0, made.answered)), answered_at, empty=is_open
        ),
        "resolution": texts(("explained", "compensated"), how, empty=is_open),
        "compensation_amount": money(compensation, empty=is_open | ~made.is_compensated),
    }
    return table("complaints", columns).filter(pa.array(keep))


def memberships_table(
    outline: Outline, customers: Customers, losses: Losses, block: int
) -> pa.Table:
    """Write who joined the programme: often the frequent buyers; joining itself changes nothing."""
    rng = stream(outline.seed, "memberships", block=block)
    n = len(customers)
    wish = of_segments("club")[customers.segment] * np.clip(customers.rate / 0.02, 0.3, 1.8)
    joined = customers.join + np.floor(rng.exponential(60, n)).astype(np.int64)
    end = np.minimum(losses.left, outline.n_days)
    ends = joined + np.floor(rng.exponential(1500, n)).astype(np.int64)
    points = np.floor(rng.gamma(2.0, 1.0, n) * customers.rate * 4000)
    tier = (points > 150).astype(np.int64) + (points > 500)
    columns = {
        "customer_id": customer_ids(customers.number),
        "programme": texts(("Larder Club",), np.zeros(n, np.int64)),
        "joined_on": days(outline.dates(joined)),
        "left_on": days(outline.dates(ends), empty=ends >= end),
        "tier": texts(("basic", "silver", "gold"), tier),
        "points": numbers(points),
    }
    is_member = (rng.random(n) < wish) & (joined < end)
    return table("memberships", columns).filter(pa.array(is_member))


def recorded_on(outline: Outline, losses: Losses, block: int) -> np.ndarray:
    """Give the day on which each loss was recorded, the day of leaving; far away for the others."""
    rng = stream(outline.seed, "records", block=block)
    is_recorded = rng.random(len(losses.left)) < _RECORDED
    return np.where(is_recorded & (losses.left < outline.n_days), losses.left, 10**6)


def departures_table(
    outline: Outline, customers: Customers, losses: Losses, block: int, *, recorded: np.ndarray
) -> pa.Table:
    """Write the losses the company knows of, some without their reason."""
    rng = stream(outline.seed, "reasons", block=block)
    who = np.flatnonzero(recorded < outline.n_days)
    is_unknown = rng.random(len(who)) < _UNKNOWN
    reason = np.where(is_unknown, len(CAUSES), losses.cause[who])
    return table(
        "departures",
        {
            "customer_id": customer_ids(customers.number[who]),
            "left_on": days(outline.dates(recorded[who])),
            "reason": texts((*CAUSES, "unknown"), reason),
        },
    )

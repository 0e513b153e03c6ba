"""Orders: gamma-distributed rates until the customer leaves, and what campaigns add and take."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlib.simulation.campaigns import HORIZON, Campaign, expected_lift
from crmlib.simulation.customers import Customers
from crmlib.simulation.market import SALES_CHANNELS
from crmlib.simulation.outline import Outline
from crmlib.simulation.randomness import stream

__all__ = ["CAMPAIGN", "FIRST", "ORGANIC", "REDEEMS", "Assigned", "Orders", "draw_orders"]

FIRST, ORGANIC, CAMPAIGN = range(3)
"""Why there is an order: the first of the customer, of the customer's own accord, by a campaign."""

_OWN_CHANNEL = 0.75
_ANY_HOUR = 0.2
REDEEMS = 0.3
"""Share of orders within the horizon, made anyway, for which a treated customer uses the coupon."""


@dataclass(frozen=True)
class Orders:
    """Orders of a block, by customer and day.

    Parameters
    ----------
    owner
        Position of the customer in the block.
    campaign
        Campaign whose coupon is used, or which caused the order; -1 = none.
    origin
        `FIRST`, `ORGANIC` or `CAMPAIGN`.
    """

    owner: np.ndarray
    day: np.ndarray
    second: np.ndarray
    channel: np.ndarray
    campaign: np.ndarray
    origin: np.ndarray

    def __len__(self) -> int:
        return len(self.owner)

    def take(self, which: np.ndarray) -> Orders:
        """Select orders by positions or by a mask."""
        return Orders(*(getattr(self, name)[which] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Assigned:
    """Customers of one campaign: positions in the block, and who is treated."""

    campaign: Campaign
    owner: np.ndarray
    is_treated: np.ndarray
    lift: np.ndarray
    harm: np.ndarray


def draw_orders(
    outline: Outline, customers: Customers, block: int, *, end: np.ndarray
) -> tuple[Orders, list[Assigned]]:
    """Draw all orders before `end`, the day each customer leaves without further events.

    Orders after the first follow a Poisson process with the customer's rate times the factor of
    the day and region.

    References
    ----------
    Schmittlein, Morrison & Colombo (1987), assumptions (A1) and (A3).
    """
    rng = stream(outline.seed, "orders", block=block)
    timeline = outline.timeline
    start = customers.join + 1
    mean = customers.rate * timeline.exposure(customers.region, start, end)
    owner = np.repeat(np.arange(len(customers)), rng.poisson(mean))
    day = timeline.draw_days(rng, customers.region[owner], start[owner], end[owner])
    campaign = np.full(len(owner), -1)
    rng = stream(outline.seed, "responses", block=block)
    assigned, added = [], []
    for one in outline.campaigns:
        found = _assign(rng, one, customers)
        assigned.append(found)
        keep, uses = _react(rng, found, owner, day)
        campaign = np.where(uses, one.number, campaign)
        owner, day, campaign = owner[keep], day[keep], campaign[keep]
        added.append(_additional(rng, found, end))
    parts = [
        (np.arange(len(customers)), customers.join, np.full(len(customers), -1), FIRST),
        (owner, day, campaign, ORGANIC),
        *((who, when, np.full(len(who), k), CAMPAIGN) for k, (who, when) in enumerate(added)),
    ]
    origin = np.concatenate([np.full(len(who), why) for who, _, _, why in parts])
    owner, day, campaign = (np.concatenate([part[k] for part in parts]) for k in range(3))
    rng = stream(outline.seed, "moments", block=block)
    order = np.lexsort((origin, day, owner))
    owner, day, campaign, origin = (a[order] for a in (owner, day, campaign, origin))
    channel = buying_channel(rng, customers.sales_channel[owner])
    second = moments(rng, customers.hour[owner])
    return Orders(owner, day, second, channel, campaign, origin), assigned


def _assign(rng: np.random.Generator, campaign: Campaign, customers: Customers) -> Assigned:
    """Choose who is in a campaign, and by chance who is treated."""
    may = (customers.join < campaign.start) & customers.consent[:, campaign.channel]
    chance, arm = rng.random((2, len(customers)))
    if campaign.is_random:
        chosen = may & (chance < campaign.reach)
    else:
        chosen = may & (customers.rate > 0.03) & (chance < 0.9)
    owner = np.flatnonzero(chosen)
    segment = customers.segment[owner]
    lift = expected_lift(campaign, segment=segment, mix=customers.mix[owner])
    harm = np.array(campaign.harm)[segment]
    return Assigned(campaign, owner, arm[owner] >= campaign.control, lift, harm)


def _react(
    rng: np.random.Generator, assigned: Assigned, owner: np.ndarray, day: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Say which orders are still made, and which use the coupon."""
    start = assigned.campaign.start
    treated = assigned.owner[assigned.is_treated]
    harm = np.zeros(owner.max(initial=0) + 1 + treated.max(initial=0))
    harm[treated] = assigned.harm[assigned.is_treated]
    is_treated = np.zeros(len(harm), dtype=bool)
    is_treated[treated] = True
    within = is_treated[owner] & (day > start) & (day <= start + HORIZON)
    chance = rng.random((2, len(owner)))
    keep = ~(within & (chance[0] < harm[owner]))
    uses = within & (chance[1] < REDEEMS) & (assigned.campaign.discount > 0)
    return keep, uses


def _additional(
    rng: np.random.Generator, assigned: Assigned, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the orders a campaign adds, on any day of its horizon with the same chance."""
    treated = assigned.owner[assigned.is_treated]
    who = np.repeat(treated, rng.poisson(assigned.lift[assigned.is_treated]))
    when = assigned.campaign.start + 1 + rng.integers(0, HORIZON, len(who))
    stays = when < end[who]
    return who[stays], when[stays]


def buying_channel(rng: np.random.Generator, preferred: np.ndarray) -> np.ndarray:
    """Draw the channel of orders: mostly the preferred one."""
    other = rng.integers(0, len(SALES_CHANNELS), len(preferred))
    return np.where(rng.random(len(preferred)) < _OWN_CHANNEL, preferred, other)


def moments(rng: np.random.Generator, hour: np.ndarray) -> np.ndarray:
    """Draw seconds of the day around preferred hours, from 6 to 22 o'clock."""
    near = rng.normal(hour * 3600, 1.5 * 3600)
    anytime = rng.uniform(7 * 3600, 21 * 3600, len(hour))
    second = np.where(rng.random(len(hour)) < _ANY_HOUR, anytime, near)
    return np.clip(second, 6 * 3600, 22 * 3600 - 1).astype(np.int64)

"""Campaigns with a randomised control group and an effect that differs between customers."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crmlib.simulation.market import CATEGORIES, SEGMENTS

__all__ = ["HORIZON", "Campaign", "make_campaigns"]

HORIZON = 28
"""Days in which a campaign works, and after which it is judged."""

_SPACING = 84
_NAMES = [segment.name for segment in SEGMENTS]


@dataclass(frozen=True)
class Campaign:
    """One measure and its planted effect.

    Parameters
    ----------
    start
        Day of the assignment and of the contact; it works from the next day.
    channel
        Position in `CONTACT_CHANNELS`; only customers who permit it are assigned.
    category
        Position in `CATEGORIES` of what is offered.
    discount
        Share of the price with the coupon; 0 = no coupon.
    reach
        Share of the permitted customers who are assigned.
    control
        Share of the assigned who are left out by chance.
    lift
        Additional orders within the horizon of a treated customer, by target group.
    by_affinity
        The lift is multiplied by the customer's share of the category over its mean in all groups.
    harm
        Share of the orders within the horizon that treated customers do not make, by target group.
    is_random
        Chance decided. Otherwise the customers with the highest rates were chosen, and no control.
    """

    name: str
    kind: str
    channel: int
    category: int
    discount: float
    unit_cost_cents: int
    fixed_cost_cents: int
    lift: tuple[float, ...]
    number: int = 0
    start: int = 0
    reach: float = 0.6
    control: float = 0.4
    by_affinity: bool = False
    harm: tuple[float, ...] = (0.0,) * len(SEGMENTS)
    is_random: bool = True

    @property
    def campaign_id(self) -> str:
        """Id in the tables."""
        return f"M{self.number + 1:04d}"


def _by_group(default: float, **lifts: float) -> tuple[float, ...]:
    return tuple(lifts.get(name.replace(" ", "_"), default) for name in _NAMES)


_EMAIL, _POST, _TELEPHONE = range(3)
_WINE, _COFFEE, _KNIVES = (CATEGORIES.index(name) for name in ("Wine", "Coffee", "Kitchen knives"))
_BREAD, _CHEESE = CATEGORIES.index("Bread"), CATEGORIES.index("Cheese")

_TEMPLATES = (
    Campaign("Coffee coupon", "coupon", _EMAIL, _COFFEE, 0.10, 5, 40000,
             _by_group(0.05, night_owl=0.40, bargain_hunter=0.25)),
    Campaign("Image letter", "image", _POST, _CHEESE, 0.0, 85, 90000, _by_group(0.0)),
    Campaign("Wine by affinity", "coupon", _POST, _WINE, 0.15, 85, 60000, _by_group(0.10),
             by_affinity=True),
    Campaign("Telephone push", "call", _TELEPHONE, _BREAD, 0.0, 350, 20000,
             _by_group(0.0, café=0.6, restaurant=0.6, trader=0.3),
             harm=_by_group(0.0, night_owl=0.6)),
    Campaign("Letter to the best", "coupon", _POST, _CHEESE, 0.10, 85, 60000, _by_group(0.08),
             is_random=False, control=0.0),
    Campaign("Newsletter", "image", _EMAIL, _BREAD, 0.0, 5, 10000, _by_group(0.0)),
    Campaign("Knives for cooks", "cross-selling", _EMAIL, _KNIVES, 0.10, 5, 30000,
             _by_group(0.02, home_cook=0.35, connoisseur=0.15)),
    Campaign("Bread and cheese", "coupon", _POST, _BREAD, 0.10, 85, 60000,
             _by_group(0.04, family_larder=0.30)),
)  # fmt: skip


def make_campaigns(n_days: int) -> tuple[Campaign, ...]:
    """Spread the campaigns over the days, one in twelve weeks, never two at once.

    Examples
    --------
    >>> made = make_campaigns(730)
    >>> len(made), made[0].start, made[1].campaign_id
    (8, 60, 'M0002')
    """
    starts = range(min(60, n_days // 2), n_days - HORIZON - 1, _SPACING)
    return tuple(
        replace(_TEMPLATES[k % len(_TEMPLATES)], number=k, start=start)
        for k, start in enumerate(starts)
    )


def expected_lift(campaign: Campaign, *, segment: np.ndarray, mix: np.ndarray) -> np.ndarray:
    """Additional orders within the whole horizon of each customer, if treated and staying.

    Parameters
    ----------
    mix
        Shares of the categories: customers x categories.
    """
    lift = np.array(campaign.lift)[segment]
    if campaign.by_affinity:
        lift = lift * mix[:, campaign.category] / _MEAN_SHARE
    return lift


_MEAN_SHARE = 0.12
"""Share of a category that counts as average affinity."""

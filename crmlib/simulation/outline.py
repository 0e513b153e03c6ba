"""What all customers share: the days, the products, the campaigns, the blows from outside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlib.simulation.assortment import Assortment, make_assortment
from crmlib.simulation.campaigns import Campaign, make_campaigns
from crmlib.simulation.market import CATEGORIES, REGIONS
from crmlib.simulation.media import Media, make_media
from crmlib.simulation.timeline import Timeline, make_timeline

__all__ = ["ATTACK", "MISTAKE", "Attack", "Mistake", "Outline", "make_outline"]


@dataclass(frozen=True)
class Attack:
    """A competitor takes a category in a region: most stop buying it, some leave altogether.

    Parameters
    ----------
    at
        Moment of the attack as a share of the days.
    share
        Customers of the region who buy the category from the competitor from then on.
    leaving
        Share of these who stop buying altogether within `days`, if the category is at least
        `heavy` of their lines.
    """

    region: int
    category: int
    at: float = 0.55
    share: float = 0.6
    heavy: float = 0.15
    leaving: float = 0.3
    days: int = 30


ATTACK = Attack(REGIONS.index("West"), CATEGORIES.index("Wine"))


@dataclass(frozen=True)
class Mistake:
    """An error of the company's own, on one day: `share` of the customers are hit by it."""

    at: float = 0.35
    share: float = 0.04
    leaving: float = 0.3
    days: int = 30


MISTAKE = Mistake()


@dataclass(frozen=True)
class Outline:
    """The company as a whole; days are counted from its first day."""

    seed: int
    n_customers: int
    timeline: Timeline
    assortment: Assortment
    media: Media
    campaigns: tuple[Campaign, ...]

    @property
    def n_days(self) -> int:
        """Days with data."""
        return self.timeline.n_days

    @property
    def first_day(self) -> int:
        """Day number of the first day."""
        return self.timeline.first_day

    @property
    def attack_day(self) -> int:
        """Day of the competitor's attack."""
        return int(ATTACK.at * self.n_days)

    @property
    def mistake_day(self) -> int:
        """Day of the company's own error."""
        return int(MISTAKE.at * self.n_days)

    def dates(self, days: np.ndarray) -> np.ndarray:
        """Turn days since the first day into day numbers since 1970-01-01."""
        return np.asarray(days) + self.first_day


def make_outline(seed: int, *, n_customers: int, first_day: int, n_days: int) -> Outline:
    """Draw what all customers share.

    Parameters
    ----------
    first_day
        Day number of the first day.
    """
    media = make_media(seed, first_day=first_day, n_days=n_days, n_customers=n_customers)
    return Outline(
        seed,
        n_customers,
        make_timeline(first_day=first_day, n_days=n_days, uplift=media.daily(n_days)),
        make_assortment(seed),
        media,
        make_campaigns(n_days),
    )

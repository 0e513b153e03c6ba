"""The market that is planted: regions, kinds of customers, target groups, channels, categories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "CATEGORIES", "CONSENT_SHARES", "CONTACT_CHANNELS", "KINDS", "KIND_FACTORS", "KIND_SHARES",
    "MANAGERS", "REGIONS", "REGION_RATES", "REGION_SHARES", "SALES_CHANNELS", "SEGMENTS",
    "SEGMENT_OF_KIND", "Segment", "centres", "of_segments",
]  # fmt: skip

REGIONS = ("North", "South", "West", "East", "Islands", "Alps")
REGION_SHARES = np.array([0.31, 0.26, 0.21, 0.15, 0.045, 0.025])
"""Share of all customers; the last two regions are small on purpose."""
REGION_RATES = np.array([1.0, 1.1, 0.95, 0.85, 1.3, 0.7])
"""Factor on the orders a customer of the region needs to make, all else equal."""

KINDS = ("person", "company", "reseller", "public")
KIND_SHARES = np.array([0.86, 0.085, 0.03, 0.025])
KIND_FACTORS = np.array([1.0, 1.7, 2.0, 1.3])
"""Factor on the orders needed."""

SALES_CHANNELS = ("shop", "online", "telephone")
CONTACT_CHANNELS = ("email", "post", "telephone")
CONSENT_SHARES = np.array([0.82, 0.9, 0.6])

MANAGERS = ("Jörg Weiß", "李小龙", "Zoë O'Neill", "Ελένη Παππά", "Søren Åberg", "Amina Diallo")
"""One per region."""

CATEGORIES = (
    "Coffee", "Tea", "Bread", "Cheese", "Wine", "Chocolate", "Kitchen knives", "Chopping boards",
    "Bread boxes", "Bread cutters",
)  # fmt: skip


@dataclass(frozen=True)
class Segment:
    """A target group: alike inside, different from the others.

    Parameters
    ----------
    rate
        Factor on the orders needed.
    lines, units
        Means of further lines of an order and of further units of a line.
    bands
        Shares of the low, middle and high price band.
    bargains
        Share of lines bought at a shop discount.
    hour
        Middle of the hours in which it buys and likes to be in touch.
    channels, contacts
        Shares of the sales channels and contact channels its members prefer.
    club
        Share of members of the programme.
    centre
        Mean share of lines per category.
    """

    name: str
    rate: float
    lines: float
    units: float
    bands: tuple[float, float, float]
    bargains: float
    hour: float
    channels: tuple[float, float, float]
    contacts: tuple[float, float, float]
    club: float
    centre: tuple[float, ...]


SEGMENTS = (
    Segment("family larder", 1.3, 1.9, 0.6, (0.35, 0.5, 0.15), 0.20, 17, (0.8, 0.17, 0.03),
            (0.4, 0.5, 0.1), 0.45, (8, 6, 38, 30, 3, 8, 2, 2, 2, 1)),
    Segment("connoisseur", 0.9, 1.4, 0.4, (0.05, 0.3, 0.65), 0.06, 18, (0.6, 0.35, 0.05),
            (0.25, 0.65, 0.1), 0.30, (7, 3, 4, 24, 46, 11, 2, 1, 1, 1)),
    Segment("bargain hunter", 1.1, 0.9, 0.8, (0.75, 0.2, 0.05), 0.55, 11, (0.75, 0.2, 0.05),
            (0.5, 0.4, 0.1), 0.55, (20, 32, 8, 4, 3, 28, 1, 2, 1, 1)),
    Segment("night owl", 1.0, 0.8, 0.2, (0.3, 0.5, 0.2), 0.18, 20, (0.08, 0.9, 0.02),
            (0.9, 0.05, 0.05), 0.20, (50, 5, 4, 4, 9, 23, 1, 1, 2, 1)),
    Segment("home cook", 0.6, 1.1, 0.1, (0.15, 0.45, 0.4), 0.14, 14, (0.3, 0.6, 0.1),
            (0.6, 0.3, 0.1), 0.25, (4, 3, 9, 7, 5, 4, 28, 16, 16, 8)),
    Segment("café", 1.2, 1.6, 1.6, (0.5, 0.4, 0.1), 0.15, 8, (0.1, 0.35, 0.55),
            (0.3, 0.1, 0.6), 0.10, (45, 18, 20, 4, 2, 8, 1, 1, 0.5, 0.5)),
    Segment("restaurant", 1.0, 2.0, 1.2, (0.2, 0.5, 0.3), 0.10, 10, (0.15, 0.25, 0.6),
            (0.2, 0.1, 0.7), 0.10, (5, 2, 14, 26, 38, 3, 6, 4, 1, 1)),
    Segment("trader", 0.8, 2.2, 2.4, (0.4, 0.4, 0.2), 0.30, 9, (0.05, 0.55, 0.4),
            (0.5, 0.2, 0.3), 0.05, (8, 20, 2, 3, 6, 32, 7, 8, 9, 5)),
)  # fmt: skip

SEGMENT_OF_KIND = np.array(
    [
        [0.30, 0.18, 0.22, 0.18, 0.12, 0, 0, 0],
        [0, 0, 0, 0, 0, 0.55, 0.45, 0],
        [0, 0, 0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 1, 0, 0],
    ]
)
"""Share of the target groups in each kind of customer."""


def of_segments(field: str) -> np.ndarray:
    """Give one field of all target groups, one row each.

    Examples
    --------
    >>> of_segments("bands").shape
    (8, 3)
    """
    return np.array([getattr(segment, field) for segment in SEGMENTS])


def centres() -> np.ndarray:
    """Give the mean shares of the categories, one row per target group, each adding up to 1."""
    shares = of_segments("centre").astype(float)
    return shares / shares.sum(axis=1, keepdims=True)

"""Products in price bands and brands, and the pairs of categories that help to sell each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlib.simulation.market import CATEGORIES
from crmlib.simulation.randomness import stream

__all__ = [
    "BANDS", "BRANDS", "COMPLEMENTS", "N_PRODUCTS", "POPULARITY", "UNLISTED", "Assortment",
    "Complement", "make_assortment",
]  # fmt: skip

BANDS = ("low", "middle", "high")
POPULARITY = np.array([0.4, 0.3, 0.2, 0.1])
"""Share of the four products of a category and price band."""
N_PRODUCTS = len(CATEGORIES) * len(BANDS) * len(POPULARITY)
UNLISTED = (47, 83)
"""Products that are sold and missing in the product master, as in real life."""
BRANDS = ("Own brand", "Alder & Co", "Montblanc", "Nordlicht")

_PRICES = np.array([7.5, 5.2, 3.1, 6.4, 11.9, 4.3, 24.0, 18.5, 29.0, 34.0])
_COSTS = np.array([0.62, 0.55, 0.70, 0.66, 0.60, 0.58, 0.52, 0.54, 0.50, 0.50])
_BAND_PRICES = np.array([0.65, 1.0, 1.7])


@dataclass(frozen=True)
class Complement:
    """A category that helps to sell another one.

    Parameters
    ----------
    first, second
        Positions in `CATEGORIES`.
    same_order, next_order
        Probability that an order with `first` gets a line of `second` that it would not have, and
        that the customer's next order gets one, if it comes within the horizon.
    """

    first: int
    second: int
    same_order: float
    next_order: float
    horizon_days: int = 60


COMPLEMENTS = (
    Complement(8, 9, 0.20, 0.25),
    Complement(6, 7, 0.15, 0.20),
    Complement(0, 5, 0.08, 0.10),
)
"""Bread boxes sell bread cutters, knives sell boards, coffee sells chocolate."""


@dataclass(frozen=True)
class Assortment:
    """Prices and costs in cents, one entry per product.

    A product's number is category x 12 + band x 4 + place, so its category and band follow from it.
    """

    price_cents: np.ndarray
    cost_cents: np.ndarray
    brand: np.ndarray

    def mean_by_band(self, cents: np.ndarray) -> np.ndarray:
        """Average over the popularity of products: categories x bands."""
        shape = (len(CATEGORIES), len(BANDS), len(POPULARITY))
        return cents.reshape(shape) @ POPULARITY


def make_assortment(seed: int) -> Assortment:
    """Draw the products.

    Examples
    --------
    >>> made = make_assortment(1)
    >>> bool((made.cost_cents < made.price_cents).all())
    True
    """
    rng = stream(seed, "products")
    number = np.arange(N_PRODUCTS)
    category, band = number // 12, number % 12 // 4
    price = _PRICES[category] * _BAND_PRICES[band] * rng.uniform(0.85, 1.18, N_PRODUCTS)
    price_cents = np.rint(price * 100).astype(np.int64)
    cost_cents = np.rint(price_cents * _COSTS[category] * rng.uniform(0.93, 1.07, N_PRODUCTS))
    brand = rng.choice(len(BRANDS), N_PRODUCTS, p=[0.3, 0.3, 0.2, 0.2])
    return Assortment(price_cents, cost_cents.astype(np.int64), brand)

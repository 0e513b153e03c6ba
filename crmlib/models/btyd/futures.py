"""Drawn futures: how often each customer buys within a horizon, and how early."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crmlib.models.likelihood import Array

__all__ = ["Futures", "mean_discount"]


@dataclass(frozen=True)
class Futures:
    """Purchases `n` of each drawn customer, and `discounted`, each weighed by its discount."""

    n: Array
    discounted: Array


def mean_discount(length: Array, rate: float) -> Array:
    """Average of exp(-rate u) for u evenly spread over 0 to `length`.

    Examples
    --------
    >>> mean_discount(np.array([0.0, 10.0]), 0.1).round(4)
    array([1.    , 0.6321])
    """
    reach = rate * length
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(reach > 1e-12, -np.expm1(-reach) / reach, 1.0)

"""Customers drawn with known truth."""

from __future__ import annotations

import numpy as np


def spend(rng, n, *, buyers, spread):
    """Spend per customer: few buy, lognormal amounts with median 1; and its true mean."""
    amounts = np.zeros(n)
    k = rng.binomial(n, buyers)
    amounts[:k] = rng.lognormal(0, spread, k)
    return amounts, buyers * np.exp(spread**2 / 2)


def covered(interval_and_truth, n_repetitions, *, seed):
    """Share of repetitions whose interval holds the truth."""
    rng = np.random.default_rng(seed)
    hits = 0
    for _ in range(n_repetitions):
        low, high, truth = interval_and_truth(rng)
        hits += low <= truth <= high
    return hits / n_repetitions

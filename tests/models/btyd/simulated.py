"""Customers whose rates are known: purchases one after the other, as the models assume them."""

from __future__ import annotations

import numpy as np
import pandas as pd

BETA_GEO = {"r": 0.6, "alpha": 5.0, "a": 1.2, "b": 3.0}
PARETO = {"r": 0.6, "alpha": 5.0, "s": 0.8, "beta": 12.0}
BETA_BINOMIAL = {"alpha": 1.2, "beta": 1.5, "gamma": 0.8, "delta": 3.0}
SPEND = {"p": 6.0, "q": 4.0, "v": 15.0}


def purchase_times(
    kind: str, params: dict[str, float], n: int, until: float, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Customer and time of every repeat purchase up to `until`, the first purchase being time 0.

    `kind` is `after a repeat` (BG/NBD), `after any` (MBG/NBD) or `any time` (Pareto/NBD).
    """
    rate = rng.gamma(params["r"], size=n) / params["alpha"]
    end = np.full(n, np.inf)
    chance = np.zeros(n)
    if kind == "any time":
        end = rng.exponential(size=n) / (rng.gamma(params["s"], size=n) / params["beta"])
    else:
        chance = rng.beta(params["a"], params["b"], size=n)
    alive = np.arange(n)
    if kind == "after any":
        alive = alive[rng.uniform(size=n) >= chance]
    now = np.zeros(n)
    customers, times = [], []
    while len(alive):
        now[alive] += rng.exponential(size=len(alive)) / np.maximum(rate[alive], 1e-300)
        alive = alive[now[alive] < np.minimum(end[alive], until)]
        customers.append(alive)
        times.append(now[alive])
        alive = alive[rng.uniform(size=len(alive)) >= chance[alive]]
    return np.concatenate(customers), np.concatenate(times)


def summary_of(customers: np.ndarray, times: np.ndarray, seen: np.ndarray) -> pd.DataFrame:
    """Reduce purchases to frequency, recency and T, in weeks."""
    before = times < seen[customers]
    x = np.bincount(customers[before], minlength=len(seen))
    last = np.zeros(len(seen))
    np.maximum.at(last, customers[before], times[before])
    return pd.DataFrame(
        {"btyd_frequency": x, "btyd_recency": last, "btyd_T": seen, "time_unit": "week"}
    )


def occasions(
    params: dict[str, float], n: int, n_occasions: int, rng: np.random.RandomState
) -> pd.DataFrame:
    """BG/BB customers: a summary by occasions, in years."""
    buys = rng.beta(params["alpha"], params["beta"], size=n)
    stops = rng.geometric(rng.beta(params["gamma"], params["delta"], size=n))
    number = np.arange(1, n_occasions + 1)
    bought = (number < stops[:, None]) & (rng.uniform(size=(n, n_occasions)) < buys[:, None])
    return pd.DataFrame(
        {
            "btyd_frequency": bought.sum(axis=1),
            "btyd_recency": (bought * number).max(axis=1),
            "btyd_T": n_occasions,
            "time_unit": "year",
        }
    )


def million_customers(n: int = 1_000_000, *, random_state: int = 1) -> pd.DataFrame:
    """CDNOW-like customers seen for 1 to 273 days, as a data base would give them: whole days."""
    rng = np.random.RandomState(random_state)
    days = rng.randint(1, 274, size=n)
    rate = rng.gamma(0.243, size=n) / (4.414 * 7)
    arrivals = rng.poisson(rate * days)
    stops = rng.geometric(np.clip(rng.beta(0.793, 2.426, size=n), 1e-12, 1))
    bought = np.minimum(arrivals, stops)
    some = np.flatnonzero(bought)
    last = np.zeros(n)
    left = arrivals[some] - bought[some] + 1
    last[some] = np.ceil(days[some] * rng.beta(bought[some], left))
    bought = np.minimum(bought, last)
    return pd.DataFrame(
        {
            "btyd_frequency": bought.astype("int64"),
            "btyd_recency": last / 7,
            "btyd_T": days / 7,
            "time_unit": "week",
        }
    )

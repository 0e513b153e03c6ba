"""What working through customers from the best score down brings: deciles, gains, lift."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.evaluation.discrimination import checked_pair
from crmlib.evaluation.intervals import wilson_interval

__all__ = ["decile_table", "gains_curve", "lift_at"]

Array = npt.NDArray[np.float64]


def _running(score: npt.ArrayLike, outcome: npt.ArrayLike) -> tuple[Array, Array]:
    """Count customers and hits up to the end of each block of equal scores, best first."""
    s, y = checked_pair(score, outcome)
    order = np.argsort(-s, kind="stable")
    last = np.flatnonzero(np.r_[np.diff(s[order]) != 0, True])
    return np.r_[0.0, last + 1.0], np.r_[0.0, np.cumsum(y[order])[last]]


def gains_curve(
    score: npt.ArrayLike, outcome: npt.ArrayLike, *, n_points: int = 101
) -> pd.DataFrame:
    """Draw the share of all reactions found in the best-scored share of the customers.

    Equal scores count in the average of all their orders.

    Returns
    -------
    pandas.DataFrame
        `share` of customers, `gain` (share of reactions), `random` (= `share`), `perfect`.

    Examples
    --------
    >>> gains_curve(np.arange(40), np.arange(40) >= 20, n_points=3)["gain"].tolist()
    [0.0, 1.0, 1.0]
    """
    customers, hits = _running(score, outcome)
    shares = np.linspace(0, 1, n_points)
    gain = np.interp(shares * customers[-1], customers, hits) / hits[-1]
    perfect = np.minimum(1.0, shares * customers[-1] / hits[-1])
    return pd.DataFrame({"share": shares, "gain": gain, "random": shares, "perfect": perfect})


def lift_at(
    score: npt.ArrayLike, outcome: npt.ArrayLike, *, share: float = 0.1, level: float = 0.95
) -> tuple[float, float, float]:
    """Say how many times the average rate the best-scored share of the customers reaches.

    Returns
    -------
    tuple of float
        Lift, low, high; the interval is that of the rate among them (Wilson), relative to the rate
        of all.

    Examples
    --------
    >>> lift, low, high = lift_at(np.arange(40), np.arange(40) >= 20, share=0.25)
    >>> lift, round(low, 2), high
    (2.0, 1.44, 2.0)
    """
    if not 0 < share <= 1:
        raise ParameterError(f"share={share:g} must lie above 0 and at most at 1.")
    customers, hits = _running(score, outcome)
    n = share * customers[-1]
    found = float(np.interp(n, customers, hits))
    rate = hits[-1] / customers[-1]
    interval = wilson_interval([found], [n], level=level).iloc[0] / rate
    return float(found / n / rate), float(interval["low"]), float(interval["high"])


def decile_table(
    score: npt.ArrayLike, outcome: npt.ArrayLike, *, n_groups: int = 10, level: float = 0.95
) -> pd.DataFrame:
    """Tabulate the rate of reactions in each tenth of the customers, best-scored first.

    Customers of equal score on an edge count in parts on both sides, so the order of the rows does
    not matter, and a score without order gives every tenth the rate of all.

    Returns
    -------
    pandas.DataFrame
        `decile` (1 = highest scores), `n`, `hits`, `rate`, `low`, `high` (Wilson), `lift`,
        `lift_low`, `lift_high` (against the rate of all), `cumulative_gain` (share of all
        reactions in this and the better groups), `cumulative_lift`.

    Raises
    ------
    ParameterError
        With fewer than 10 customers of either outcome, missing values, or more groups than
        customers.

    Examples
    --------
    >>> table = decile_table(np.arange(40), np.arange(40) >= 20, n_groups=4)
    >>> table[["decile", "n", "hits", "cumulative_gain"]].values.tolist()
    [[1.0, 10.0, 10.0, 0.5], [2.0, 10.0, 10.0, 1.0], [3.0, 10.0, 0.0, 1.0], [4.0, 10.0, 0.0, 1.0]]
    """
    customers, hits = _running(score, outcome)
    if not 1 <= n_groups <= customers[-1]:
        raise ParameterError(
            f"n_groups={n_groups} for {int(customers[-1])} customers: choose between 1 and that."
        )
    edges = np.linspace(0, customers[-1], n_groups + 1)
    running = np.interp(edges, customers, hits)
    n, found = np.diff(edges), np.diff(running)
    rate_of_all = hits[-1] / customers[-1]
    interval = wilson_interval(np.clip(found, 0, n), n, level=level)
    gain = running[1:] / hits[-1]
    return pd.DataFrame(
        {
            "decile": np.arange(1, n_groups + 1),
            "n": n,
            "hits": found,
            "rate": found / n,
            "low": interval["low"],
            "high": interval["high"],
            "lift": found / n / rate_of_all,
            "lift_low": interval["low"] / rate_of_all,
            "lift_high": interval["high"] / rate_of_all,
            "cumulative_gain": gain,
            "cumulative_lift": gain * customers[-1] / edges[1:],
        }
    )

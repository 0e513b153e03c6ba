"""Group-sequential limits: how far a difference must go at each of a few planned looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from scipy import optimize, stats

from crmlib.errors import ParameterError
from crmlib.evaluation.experiments.arms import Array
from crmlib.evaluation.experiments.result import checked_level

__all__ = ["Spending", "group_sequential_limits"]

Spending = Literal["obrien-fleming", "pocock"]
_FURTHEST = 8.0
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)


def _obrien_fleming(share: float, alpha: float) -> float:
    """Spend almost nothing early: limits like O'Brien and Fleming's."""
    return float(2 * stats.norm.sf(stats.norm.isf(alpha / 2) / np.sqrt(share)))


def _pocock(share: float, alpha: float) -> float:
    """Spend evenly: limits like Pocock's."""
    return float(alpha * np.log(1 + (np.e - 1) * share))


_SPENT: dict[str, Callable[[float, float], float]] = {
    "obrien-fleming": _obrien_fleming,
    "pocock": _pocock,
}


def group_sequential_limits(
    looks: Sequence[float], *, level: float = 0.95, spending: Spending = "obrien-fleming"
) -> pd.DataFrame:
    """Give the limit of |z| at each look that keeps false alarms at 1 - `level` over all looks.

    Five looks at 1.96 raise a false alarm in 14 %. The looks need not be equally spaced nor known
    beforehand; only when to look must not depend on what was seen.

    Parameters
    ----------
    looks
        Share of the planned customers at each look, rising, above 0, at most 1.
    level
        1 - probability of any false alarm, both sides together.
    spending
        "obrien-fleming" is strict early and costs almost nothing at the end; "pocock" stops
        earlier and asks for more at the end.

    Returns
    -------
    pandas.DataFrame
        One row per look: `look_share`, `alpha_spent` (both sides, cumulated), `z_limit`.

    Raises
    ------
    ParameterError
        If the looks do not rise between 0 and 1, or the spending is unknown.

    References
    ----------
    K. K. G. Lan & D. L. DeMets (1983), Biometrika 70, 659-663, each side at half the level;
    integration by P. Armitage, C. K. McPherson & B. C. Rowe (1969), Journal of the Royal
    Statistical Society A 132, 235-244.

    Examples
    --------
    >>> group_sequential_limits([0.2, 0.4, 0.6, 0.8, 1])["z_limit"].round(2).tolist()
    [4.88, 3.36, 2.68, 2.29, 2.03]
    """
    shares = [float(share) for share in looks]
    rising = all(a < b for a, b in zip([0.0, *shares], shares, strict=False))
    if not shares or not rising or shares[-1] > 1:
        raise ParameterError(
            f"looks={shares}: shares of the planned customers are needed, rising, above 0 and at "
            "most 1, such as [0.25, 0.5, 1]."
        )
    if spending not in _SPENT:
        raise ParameterError(f"spending={spending!r}: one of {sorted(_SPENT)} is needed.")
    one_side = (1 - checked_level(level)) / 2
    spent = [_SPENT[spending](share, one_side) for share in shares]
    return pd.DataFrame(
        {
            "look_share": shares,
            "alpha_spent": 2 * np.array(spent),
            "z_limit": _limits(shares, spent),
        }
    )


def _limits(shares: Sequence[float], spent: Sequence[float]) -> list[float]:
    """Find the limits one after the other, carrying the paths that have not yet crossed.

    `at` are values of z times the root of the share (a Brownian motion), `mass` the probability
    of not having crossed and standing there.
    """
    at, mass = np.zeros(1), np.ones(1)
    found: list[float] = []
    for k, share in enumerate(shares):
        step = np.sqrt(share - (shares[k - 1] if k else 0.0))
        to_spend = spent[k] - (spent[k - 1] if k else 0.0)
        limit = _limit(at, mass, step, np.sqrt(share), to_spend)
        found.append(limit)
        end = limit * np.sqrt(share)
        nodes = end * _NODES
        density = stats.norm.pdf((nodes[:, None] - at) / step) @ mass / step
        at, mass = nodes, density * end * _WEIGHTS
    return found


def _limit(at: Array, mass: Array, step: float, scale: float, to_spend: float) -> float:
    """Find the limit beyond which, on one side, just `to_spend` of the paths go."""

    def excess(limit: float) -> float:
        return float(stats.norm.sf((limit * scale - at) / step) @ mass) - to_spend

    if excess(_FURTHEST) > 0:
        return _FURTHEST
    return float(optimize.brentq(excess, 0.0, _FURTHEST, xtol=1e-10))

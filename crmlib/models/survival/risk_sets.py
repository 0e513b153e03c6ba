"""Score and information of the partial likelihood at each time at which somebody leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crmlib.models.survival.observations import Array

__all__ = ["RiskSets", "risk_sets"]


@dataclass(frozen=True)
class RiskSets:
    """What the proportional-hazards model says at each distinct time of an event.

    Attributes
    ----------
    time, n_events
        Distinct times at which customers left, and how many.
    residuals
        Sum of the Schoenfeld residuals at each time, one column per covariate.
    information
        Information of each time, shape (times, covariates, covariates).
    hazard
        Increase of the cumulative baseline hazard at each time.
    """

    time: Array
    n_events: Array
    residuals: Array
    information: Array
    hazard: Array


def risk_sets(
    x: Array, times: Array, happened: npt.NDArray[np.bool_], relative_hazard: Array
) -> RiskSets:
    """Add up the risk sets of a Cox model with Efron's treatment of ties.

    Parameters
    ----------
    x
        Covariates, one row per customer.
    relative_hazard
        Exponential of the linear predictor.

    References
    ----------
    B. Efron (1977), JASA 72, section 6 (ties). T. M. Therneau and P. M. Grambsch (2000), Modeling
    Survival Data, eq. 3.4 to 3.6 and 4.1 (Schoenfeld residual).
    """
    distinct, place = np.unique(times, return_inverse=True)
    deaths = np.bincount(place, happened, len(distinct)).astype(int)
    kept = np.flatnonzero(deaths)
    d = deaths[kept]
    owner = np.repeat(np.arange(len(kept)), d)  # one row per event: the l-th of d at its time
    part = (np.arange(d.sum()) - np.repeat(np.cumsum(d) - d, d)) / d[owner]

    def sums(values: Array) -> Array:
        """Sum over those at risk less the share l/d of those who leave at the time."""
        at_risk = np.cumsum(np.bincount(place, values, len(distinct))[::-1])[::-1][kept]
        leaving = np.bincount(place, values * happened, len(distinct))[kept]
        result: Array = at_risk[owner] - part * leaving[owner]
        return result

    def by_time(values: Array) -> Array:
        return np.asarray(np.bincount(owner, values, len(kept)), dtype=float)

    n_columns = x.shape[1]
    total = sums(relative_hazard)
    means = np.column_stack([sums(relative_hazard * x[:, j]) / total for j in range(n_columns)])
    residuals = np.empty((len(kept), n_columns))
    information = np.empty((len(kept), n_columns, n_columns))
    for j in range(n_columns):
        own = np.bincount(place, x[:, j] * happened, len(distinct))[kept]
        residuals[:, j] = own - by_time(means[:, j])
        for k in range(j + 1):
            second = sums(relative_hazard * x[:, j] * x[:, k]) / total
            cell = by_time(second - means[:, j] * means[:, k])
            information[:, j, k] = information[:, k, j] = cell
    return RiskSets(distinct[kept], d.astype(float), residuals, information, by_time(1 / total))

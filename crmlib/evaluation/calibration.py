"""Whether a probability of 20 % means that one in five reacts: slope, intercept, errors, curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from scipy.special import expit, logit

from crmlib.errors import ParameterError
from crmlib.evaluation.discrimination import checked_pair
from crmlib.evaluation.intervals import wilson_interval

__all__ = ["Calibration", "calibration", "reliability_curve"]

Array = npt.NDArray[np.float64]
_EDGE = 1e-12
_MAX_STEPS = 100


@dataclass(frozen=True)
class Calibration:
    """Calibration of probabilities; each interval has the asked level.

    `slope` 1 is right, below 1 the probabilities are too extreme; `intercept` 0 is right, above 0
    they are too low on the whole (slope held at 1); `ece` is the mean distance of probability and
    share in groups of equal size; `brier` the mean squared error, `brier_of_base_rate` that of
    telling everybody the same.
    """

    slope: float
    slope_low: float
    slope_high: float
    intercept: float
    intercept_low: float
    intercept_high: float
    ece: float
    brier: float
    brier_of_base_rate: float


def _checked(probability: npt.ArrayLike, outcome: npt.ArrayLike) -> tuple[Array, Array]:
    p, y = checked_pair(probability, outcome)
    if p.min() < 0 or p.max() > 1:
        raise ParameterError(
            f"{int(((p < 0) | (p > 1)).sum())} of {len(p)} probabilities lie outside 0-1 (from "
            f"{p.min():g} to {p.max():g}). Calibration needs probabilities, not scores."
        )
    return p, y


def _logistic(design: Array, offset: Array, y: Array) -> tuple[Array, Array]:
    """Fit a logistic regression by Newton's method; coefficients and standard errors."""
    beta = np.zeros(design.shape[1])
    for _ in range(_MAX_STEPS):
        p = expit(offset + design @ beta)
        information = (design * (p * (1 - p))[:, None]).T @ design
        if np.linalg.cond(information) > 1 / np.finfo(float).eps:
            break
        step = np.linalg.solve(information, design.T @ (y - p))
        beta = beta + step / max(1.0, np.abs(step).max() / 5)
        if np.abs(step).max() < 1e-10:
            return beta, np.sqrt(np.diag(np.linalg.inv(information)))
    raise ParameterError(
        "The calibration slope does not exist: the probabilities separate the outcomes perfectly, "
        "or are the same for all. Look for a column that knows the outcome; score more customers."
    )


def calibration(
    probability: npt.ArrayLike,
    outcome: npt.ArrayLike,
    *,
    level: float = 0.95,
    n_groups: int = 10,
) -> Calibration:
    """Measure whether predicted probabilities come true.

    Guards against a score that ranks well but promises three times the orders that come.

    Parameters
    ----------
    probability
        Predicted probability per customer, 0-1; 0 and 1 count as 1e-12 off.
    outcome
        0/1 per customer, not used for fitting.
    level
        Nominal coverage of the intervals.
    n_groups
        Groups of equal size for `ece`.

    Returns
    -------
    Calibration

    Raises
    ------
    ParameterError
        If a probability lies outside 0-1, fewer than 10 customers have either outcome, or the
        slope does not exist.

    References
    ----------
    D. R. Cox (1958), Biometrika 45, 562-565. E. Steyerberg (2019), Clinical Prediction Models,
    2nd ed., Springer, section 15.3. G. Brier (1950), Monthly Weather Review 78, 1-3, eq. 2 (half).

    Examples
    --------
    >>> p = np.repeat([0.2, 0.6], 50)
    >>> y = np.r_[np.repeat([1, 0], [10, 40]), np.repeat([1, 0], [30, 20])]
    >>> found = calibration(p, y)
    >>> round(found.slope, 6), round(abs(found.intercept), 6), round(found.ece, 6)
    (1.0, 0.0, 0.0)
    """
    p, y = _checked(probability, outcome)
    x = logit(np.clip(p, _EDGE, 1 - _EDGE))
    if np.ptp(x) == 0:
        raise ParameterError(
            f"All {len(p)} probabilities are {p[0]:g}: the calibration slope does not exist. "
            "Compare the share of reactions with it instead."
        )
    ones = np.ones((len(y), 1))
    both, both_error = _logistic(np.c_[ones, x], np.zeros(len(y)), y)
    level_only, level_error = _logistic(ones, x, y)
    z = float(stats.norm.ppf((1 + level) / 2))
    curve = reliability_curve(p, y, n_groups=n_groups, level=level)
    distance = (curve["mean_probability"] - curve["share"]).abs()
    return Calibration(
        slope=float(both[1]),
        slope_low=float(both[1] - z * both_error[1]),
        slope_high=float(both[1] + z * both_error[1]),
        intercept=float(level_only[0]),
        intercept_low=float(level_only[0] - z * level_error[0]),
        intercept_high=float(level_only[0] + z * level_error[0]),
        ece=float(np.average(distance, weights=curve["n"])),
        brier=float(((p - y) ** 2).mean()),
        brier_of_base_rate=float(y.mean() * (1 - y.mean())),
    )


def reliability_curve(
    probability: npt.ArrayLike,
    outcome: npt.ArrayLike,
    *,
    n_groups: int = 10,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare predicted probability and share of reactions in groups of about equal size.

    Customers of equal probability stay in one group, so there may be fewer groups.

    Returns
    -------
    pandas.DataFrame
        One row per group, lowest probability first: `n`, `mean_probability`, `share`, `low`,
        `high` (Wilson interval of the share).
    """
    p, y = _checked(probability, outcome)
    groups = pd.Series(np.floor((stats.rankdata(p) - 0.5) * n_groups / len(p)))
    by_group = pd.DataFrame({"p": p, "y": y}).groupby(groups)
    table = by_group.agg(n=("y", "size"), mean_probability=("p", "mean"), share=("y", "mean"))
    interval = wilson_interval(by_group["y"].sum(), table["n"], level=level)
    return pd.concat([table.reset_index(drop=True), interval], axis=1)

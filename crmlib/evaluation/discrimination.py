"""How well a score tells those who react from those who do not: AUC with DeLong's interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from crmlib.errors import ParameterError

__all__ = ["MIN_OF_A_KIND", "AucComparison", "AucInterval", "auc_difference", "auc_interval"]

Array = npt.NDArray[np.float64]
MIN_OF_A_KIND = 10
"""Fewer customers with (or without) the outcome than this give no interval."""


@dataclass(frozen=True)
class AucInterval:
    """Area under the ROC curve with its interval, and the numbers behind it."""

    auc: float
    low: float
    high: float
    standard_error: float
    n_positive: int
    n_negative: int


@dataclass(frozen=True)
class AucComparison:
    """Difference of two AUCs on the same customers, with interval and two-sided p-value."""

    difference: float
    low: float
    high: float
    p_value: float


def checked_pair(score: npt.ArrayLike, outcome: npt.ArrayLike) -> tuple[Array, Array]:
    """Give score and 0/1 outcome as arrays.

    Raises
    ------
    ParameterError
        If lengths differ, a value is missing, the outcome is not 0/1, or fewer than 10 customers
        have either outcome.
    """
    s, y = np.asarray(score, dtype=float), np.asarray(outcome, dtype=float)
    if s.shape != y.shape or s.ndim != 1:
        raise ParameterError(f"score has the shape {s.shape}, outcome {y.shape}: need one column.")
    if not (np.isfinite(s).all() and np.isin(y, (0, 1)).all()):
        raise ParameterError(
            f"{int((~np.isfinite(s)).sum())} scores are missing or infinite and "
            f"{int((~np.isin(y, (0, 1))).sum())} outcomes are not 0 or 1, of {len(y)}. Score every "
            "customer and code the outcome 0/1."
        )
    n_positive = int(y.sum())
    if min(n_positive, len(y) - n_positive) < MIN_OF_A_KIND:
        raise ParameterError(
            f"Not enough data (have {n_positive} customers with the outcome and "
            f"{len(y) - n_positive} without, need {MIN_OF_A_KIND} of each)."
        )
    return s, y


def _placements(score: Array, outcome: Array) -> tuple[Array, Array]:
    """Share of the other kind that each customer is ranked rightly against (ties count half)."""
    positive, negative = score[outcome == 1], score[outcome == 0]
    ranks = stats.rankdata(np.r_[positive, negative])
    m, n = len(positive), len(negative)
    of_positive = (ranks[:m] - stats.rankdata(positive)) / n
    of_negative = 1 - (ranks[m:] - stats.rankdata(negative)) / m
    return of_positive, of_negative


def auc_interval(
    score: npt.ArrayLike, outcome: npt.ArrayLike, *, level: float = 0.95
) -> AucInterval:
    """Give the area under the ROC curve with DeLong's interval on the logit scale.

    The logit keeps the interval between 0 and 1 and covers better near 1 than the plain one.

    Parameters
    ----------
    score
        One number per customer, higher means more probable.
    outcome
        0/1 per customer.

    Returns
    -------
    AucInterval
        `standard_error` is DeLong's, on the scale of the AUC. A score that never errs has the
        interval from exact reasoning: low = (1 - level) ^ (1 / smaller group), high = 1.

    Raises
    ------
    ParameterError
        With fewer than 10 customers of a kind, or missing values.

    References
    ----------
    E. DeLong, D. DeLong & D. Clarke-Pearson (1988), Biometrics 44, 837-845, eq. 2 to 6.
    X. Sun & W. Xu (2014), IEEE Signal Processing Letters 21, 1389-1393 (by ranks). M. Pepe (2003),
    The Statistical Evaluation of Medical Tests, Oxford, p. 107 (logit).

    Examples
    --------
    >>> found = auc_interval(np.arange(40), np.tile([0, 1], 20))
    >>> round(found.auc, 3), round(found.low, 3), round(found.high, 3)
    (0.525, 0.346, 0.697)
    """
    s, y = checked_pair(score, outcome)
    of_positive, of_negative = _placements(s, y)
    auc = float(of_positive.mean())
    m, n = len(of_positive), len(of_negative)
    error = float(np.sqrt(of_positive.var(ddof=1) / m + of_negative.var(ddof=1) / n))
    if error == 0:
        edge = (1 - level) ** (1 / min(m, n))
        low, high = {1.0: (edge, 1.0), 0.0: (0.0, 1 - edge)}.get(auc, (auc, auc))
    else:
        half = stats.norm.ppf((1 + level) / 2) * error / (auc * (1 - auc))
        centre = np.log(auc / (1 - auc))
        low, high = (float(1 / (1 + np.exp(-(centre + side)))) for side in (-half, half))
    return AucInterval(auc, low, high, error, m, n)


def auc_difference(
    score: npt.ArrayLike, other: npt.ArrayLike, outcome: npt.ArrayLike, *, level: float = 0.95
) -> AucComparison:
    """Compare the AUCs of two scores of the same customers, keeping their dependence.

    Returns
    -------
    AucComparison
        AUC of `score` minus AUC of `other`.

    References
    ----------
    E. DeLong, D. DeLong & D. Clarke-Pearson (1988), Biometrics 44, 837-845, eq. 7 and 8.
    """
    s, y = checked_pair(score, outcome)
    of_s, of_other = _placements(s, y), _placements(checked_pair(other, outcome)[0], y)
    parts = [a - b for a, b in zip(of_s, of_other, strict=True)]
    difference = float(parts[0].mean())
    error = float(np.sqrt(sum(part.var(ddof=1) / len(part) for part in parts)))
    if error == 0:
        return AucComparison(difference, difference, difference, float(difference == 0))
    half = float(stats.norm.ppf((1 + level) / 2)) * error
    p_value = float(2 * stats.norm.sf(abs(difference) / error))
    return AucComparison(difference, difference - half, difference + half, p_value)

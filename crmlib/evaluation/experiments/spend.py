"""Compare mean spend of two arms: most customers buy nothing, a few buy a lot."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import optimize

from crmlib.evaluation.experiments.arms import Array, arm_values
from crmlib.evaluation.experiments.result import Comparison, checked_level
from crmlib.evaluation.heavy_tails import ResampledMean, resample_mean

__all__ = ["compare_spend"]

_MAX_SHARE_OF_ONE = 0.25


def compare_spend(
    treatment: npt.ArrayLike,
    control: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_resamples: int = 1999,
    unit: str = "account currency per customer",
) -> Comparison:
    """Compare heavy-tailed means by a bootstrap-t interval of each arm.

    The two intervals are joined as Newcombe joins those of two shares. Resampling the difference
    itself is not honest. Coverage for a nominal 95 % (600 samples each, 2-30 % buy, spread .85 to
    1.25): two arms of 1,000: this 94-96 %, bootstrap-t of the difference 90-93 %; 1,800 against
    200 customers: this 93-96 %, the difference 87-91 %, Welch 88-91 %. With a spread of 1.5 this
    covers 92-93 %. The p value is the level at which the interval just reaches 0, not below
    2 / (`n_resamples` + 1).

    Parameters
    ----------
    treatment, control
        One amount per customer, 0 for who did not buy.
    rng
        Source of randomness.
    level
        Nominal coverage, 0-1.
    n_resamples
        Resamples per arm.
    unit
        Of the values.

    Raises
    ------
    NotEnoughDataError
        With fewer than 10 customers who bought in an arm.
    DataRejectedError
        If values are missing, customers stand in both arms, or all values of an arm are alike.

    References
    ----------
    P. Hall (1988), Annals of Statistics 16, 927-953, eq. 1.4; G. Y. Zou & A. Donner (2008),
    Statistics in Medicine 27, 1693-1702, eqs. 7 and 8 (joining two intervals).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> mail, none = rng.gamma(0.5, 30, 500), rng.gamma(0.5, 20, 500)
    >>> compare_spend(mail, none, rng=rng).low > 0
    True
    """
    arms = arm_values(treatment, control)
    first, second = (
        resample_mean(values, rng=rng, n_resamples=n_resamples, what=f"the {name} arm")
        for name, values in zip(("treatment", "control"), arms, strict=True)
    )
    low, high = _bounds(first, second, checked_level(level))
    return Comparison(
        estimate=first.mean - second.mean,
        low=low,
        high=high,
        level=level,
        p_value=_p_value(first, second),
        n_treatment=len(arms[0]),
        n_control=len(arms[1]),
        method="Bootstrap-t comparison of mean spend",
        unit=unit,
        remarks=_remarks(*arms),
    )


def _bounds(treatment: ResampledMean, control: ResampledMean, level: float) -> tuple[float, float]:
    """Join the intervals of two means into one of their difference."""
    (low_1, high_1), (low_0, high_0) = treatment.bounds(level), control.bounds(level)
    difference = treatment.mean - control.mean
    low = difference - np.hypot(treatment.mean - low_1, high_0 - control.mean)
    high = difference + np.hypot(high_1 - treatment.mean, control.mean - low_0)
    return float(low), float(high)


def _p_value(treatment: ResampledMean, control: ResampledMean) -> float:
    """Give 1 - the level at which the interval reaches 0."""
    difference = treatment.mean - control.mean
    smallest = 2 / (len(treatment.studentised) + 1)
    end = 0 if difference > 0 else 1

    def distance(tail: float) -> float:
        return _bounds(treatment, control, 1 - tail)[end]

    least = 1 - smallest
    if distance(least) * difference <= 0:
        return 1.0
    if distance(smallest) * difference > 0:
        return smallest
    return float(optimize.bisect(distance, smallest, least, xtol=1e-9))


def _remarks(treatment: Array, control: Array) -> tuple[str, ...]:
    """Say which arm rests on one customer."""
    found = []
    for name, values in (("treatment", treatment), ("control", control)):
        share = float(np.abs(values).max() / np.abs(values).sum())
        if share > _MAX_SHARE_OF_ONE:
            found.append(f"One customer brings {share:.0%} of the spend of the {name} arm.")
    return tuple(found)

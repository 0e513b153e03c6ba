"""Intervals for experiments that are looked at while they run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from scipy import optimize

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments.result import Comparison
from crmlib.evaluation.experiments.spending import Spending, group_sequential_limits

__all__ = ["always_valid_interval", "group_sequential_interval"]

_MAX_SKEWNESS = 0.3


def always_valid_interval(comparison: Comparison, *, planned_n: int) -> Comparison:
    """Widen a comparison so that it may be looked at any time, and stopped any time.

    The usual interval looked at every week of a year excludes the truth at some look in 32 %.
    This one, at all looks together, in at most 1 - `level`, for arms large enough for the usual
    interval to hold at the first look. The price: about 1.5 times the width at the planned end.
    Spend with a small control stays a limit: 360 against 40 customers a week, of whom 5 % buy,
    raise a false alarm in 7-10 % of the years. Watch the share of buyers, compare spend once.

    Parameters
    ----------
    comparison
        Of all customers so far, by a method with a standard error (`compare_means`, `cuped`,
        `compare_ratios`, `post_stratify`). Its `level` is kept. For shares use `compare_means` on
        0 and 1 or on `Counts`.
    planned_n
        Customers of both arms at the planned end, the number at which the interval is made as
        narrow as possible. Fixed before the first look.

    Raises
    ------
    ParameterError
        If the comparison has no standard error, or `planned_n` is below 2.
    NotEnoughDataError
        If the difference is too skewed to look yet. Without this, 360 against 40 new customers a
        week, of whom .6 % convert, raise a false alarm in 24 % of the years.

    References
    ----------
    I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy & A. Ramdas (2024), Annals of Statistics
    52, 2613-2640, theorem 2.2 with the rho for a planned size; the same mixture as in R.
    Johari, P. Koomen, L. Pekelis & D. Walsh (2022), Operations Research 70, 1806-1821.

    Examples
    --------
    >>> from crmlib.evaluation.experiments import Moments, compare_means
    >>> fixed = compare_means(Moments(0.70, 6.2, 3461), Moments(0.41, 3.9, 3407))
    >>> found = always_valid_interval(fixed, planned_n=6868)
    >>> round(found.low, 3), round(found.high, 3)
    (-0.089, 0.669)
    """
    error = _standard_error(comparison)
    if planned_n < 2:
        raise ParameterError(f"planned_n={planned_n}: at least 2 customers are planned.")
    alpha = 1 - comparison.level
    n = comparison.n_treatment + comparison.n_control
    double = -2 * math.log(alpha)
    rho2 = (double + math.log(double + 1)) / planned_n  # narrowest at planned_n
    grown = n * rho2 + 1
    half = error * math.sqrt(grown / (n * rho2) * (math.log(grown) + double))
    z2 = (comparison.estimate / error) ** 2
    p_value = math.exp(min(0.0, 0.5 * math.log(grown) - z2 * n * rho2 / (2 * grown)))
    return _changed(comparison, half, p_value, name="always valid", share=n / planned_n)


def group_sequential_interval(
    comparison: Comparison, *, looks: Sequence[float], spending: Spending = "obrien-fleming"
) -> Comparison:
    """Widen a comparison for a few planned looks.

    Narrower than `always_valid_interval`, and valid only at these looks.

    Parameters
    ----------
    comparison
        Of all customers so far, by a method with a standard error.
    looks
        Share of the planned customers at each look up to now; the last one is this look.
    spending
        As in `group_sequential_limits`.

    Returns
    -------
    Comparison
        The repeated confidence interval and the p value at which it just reaches 0.

    Raises
    ------
    ParameterError
        If the comparison has no standard error, or the looks do not rise between 0 and 1.
    NotEnoughDataError
        If the difference is too skewed to look yet.

    References
    ----------
    C. Jennison & B. W. Turnbull (1989), Journal of the Royal Statistical Society B 51, 305-361,
    eq. 2.3; K. K. G. Lan & D. L. DeMets (1983), Biometrika 70, 659-663.

    Examples
    --------
    >>> from crmlib.evaluation.experiments import Moments, compare_means
    >>> half_way = compare_means(Moments(0.70, 6.2, 3461), Moments(0.41, 3.9, 3407))
    >>> found = group_sequential_interval(half_way, looks=[0.25, 0.5])
    >>> round(found.low, 3), round(found.high, 3)
    (-0.08, 0.66)
    """
    error = _standard_error(comparison)

    def limit(level: float) -> float:
        return float(
            group_sequential_limits(looks, level=level, spending=spending)["z_limit"].iloc[-1]
        )

    z = abs(comparison.estimate) / error

    def distance(log_alpha: float) -> float:
        return limit(1 - math.exp(log_alpha)) - z

    # between a p value of one in 10^12 and one of .9999 the limit falls as alpha grows
    smallest, largest = math.log(1e-12), math.log(0.9999)
    if distance(largest) > 0:
        p_value = 1.0
    elif distance(smallest) < 0:
        p_value = math.exp(smallest)
    else:
        p_value = math.exp(optimize.brentq(distance, smallest, largest, xtol=1e-6))
    half = limit(comparison.level) * error
    return _changed(
        comparison, half, p_value, name=f"group-sequential ({spending})", share=looks[-1]
    )


def _standard_error(comparison: Comparison) -> float:
    """Give the standard error that a sequential interval is built on."""
    if comparison.standard_error is None:
        raise ParameterError(
            f"{comparison.method} has no standard error to widen. Use compare_means (also on 0 and "
            "1), compare_ratios, cuped or post_stratify."
        )
    skewness = comparison.skewness
    if skewness is not None and abs(skewness) > _MAX_SKEWNESS:
        raise NotEnoughDataError(
            f"{comparison.method}: too early to look. The difference is still too skewed (have "
            f"{skewness:+.2f}, need at most {_MAX_SKEWNESS:g}), usually because the smaller arm "
            "has fewer than about 10 conversions."
        )
    return comparison.standard_error


def _changed(
    comparison: Comparison, half: float, p_value: float, *, name: str, share: float
) -> Comparison:
    """Give the comparison another interval, and call it interim before the planned end."""
    unknown = ("Skewness unknown: valid from about 10 conversions in each arm on.",)
    remarks = comparison.remarks + (unknown if comparison.skewness is None else ())
    interim = (f"Interim: {share:.0%} of the planned customers.",) if share < 1 else ()
    return dataclasses.replace(
        comparison,
        low=comparison.estimate - half,
        high=comparison.estimate + half,
        p_value=p_value,
        method=f"{comparison.method}, {name}",
        remarks=(*remarks, *interim),
    )

"""How many customers an experiment needs, and what effect it can see."""

from __future__ import annotations

import math

from scipy import stats

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments.result import both_tails

__all__ = [
    "detectable_difference",
    "detectable_rate",
    "power_means",
    "power_proportions",
    "sample_size_means",
    "sample_size_proportions",
]


def sample_size_proportions(
    control_rate: float,
    treatment_rate: float,
    *,
    power: float = 0.8,
    level: float = 0.95,
    treatment_per_control: float = 1.0,
) -> tuple[int, int]:
    """Say how many customers tell two shares apart.

    Parameters
    ----------
    control_rate, treatment_rate
        The shares, 0-1.
    power
        Probability of seeing the difference if there is one, 0-1.
    level
        1 - probability of a false alarm, both sides together.
    treatment_per_control
        Customers treated per customer in control; 9 for a holdout of a tenth.

    Returns
    -------
    tuple of int
        Customers in treatment and in control.

    Raises
    ------
    ParameterError
        If a share or probability is outside 0-1, the shares are equal, or the ratio is not
        above 0.

    References
    ----------
    J. Cohen (1988), Statistical Power Analysis for the Behavioral Sciences, eqs. 6.2.1 and 6.4.1.

    Examples
    --------
    >>> sample_size_proportions(0.10, 0.12)
    (3835, 3835)
    """
    effect = _arcsine(treatment_rate) - _arcsine(control_rate)
    return _size(effect, power=power, level=level, ratio=treatment_per_control)


def sample_size_means(
    difference: float,
    *,
    standard_deviation: float,
    power: float = 0.8,
    level: float = 0.95,
    treatment_per_control: float = 1.0,
) -> tuple[int, int]:
    """Say how many customers show a difference of means.

    For `cuped` with a correlation r of before and after, give sqrt(1 - r^2) times the standard
    deviation. Parameters, result and errors as in `sample_size_proportions`.

    References
    ----------
    J. Cohen (1988), eqs. 2.2.1 and 2.4.1, by the normal distribution.

    Examples
    --------
    >>> sample_size_means(0.5, standard_deviation=10)
    (6280, 6280)
    """
    effect = _standardised(difference, standard_deviation)
    return _size(effect, power=power, level=level, ratio=treatment_per_control)


def power_proportions(
    control_rate: float,
    treatment_rate: float,
    *,
    n_treatment: int,
    n_control: int,
    level: float = 0.95,
) -> float:
    """Say how likely so many customers show the difference of two shares.

    Examples
    --------
    >>> round(power_proportions(0.10, 0.12, n_treatment=3835, n_control=3835), 4)
    0.8
    """
    effect = _arcsine(treatment_rate) - _arcsine(control_rate)
    return _power(effect, n_treatment, n_control, level)


def power_means(
    difference: float,
    *,
    standard_deviation: float,
    n_treatment: int,
    n_control: int,
    level: float = 0.95,
) -> float:
    """Say how likely so many customers show a difference of means.

    Examples
    --------
    >>> round(power_means(0.5, standard_deviation=10, n_treatment=6280, n_control=6280), 2)
    0.8
    """
    effect = _standardised(difference, standard_deviation)
    return _power(effect, n_treatment, n_control, level)


def detectable_rate(
    control_rate: float,
    *,
    n_treatment: int,
    n_control: int,
    power: float = 0.8,
    level: float = 0.95,
) -> float:
    """Give the smallest share above that of control that so many customers can show.

    Raises
    ------
    NotEnoughDataError
        If not even a share of 1 could be told apart.

    Examples
    --------
    >>> round(detectable_rate(0.10, n_treatment=3835, n_control=3835), 3)
    0.12
    """
    effect = _detectable(n_treatment, n_control, power=power, level=level)
    reached = _arcsine(control_rate) + effect
    if reached > math.pi:
        raise NotEnoughDataError(
            f"Not enough data (have {n_treatment:,} and {n_control:,} customers): no share above "
            f"{control_rate:.1%} can be shown with a power of {power:g}. Plan larger arms."
        )
    return math.sin(reached / 2) ** 2


def detectable_difference(
    *,
    standard_deviation: float,
    n_treatment: int,
    n_control: int,
    power: float = 0.8,
    level: float = 0.95,
) -> float:
    """Give the smallest difference of means that so many customers can show, in its unit.

    Examples
    --------
    >>> round(detectable_difference(standard_deviation=10, n_treatment=6280, n_control=6280), 3)
    0.5
    """
    if not 0 < standard_deviation < math.inf:
        raise ParameterError(f"standard_deviation={standard_deviation}: it must be above 0.")
    return standard_deviation * _detectable(n_treatment, n_control, power=power, level=level)


def _arcsine(rate: float) -> float:
    """Transform a share so that its spread depends on the number of customers only."""
    if not 0 <= rate <= 1:
        raise ParameterError(f"A rate of {rate} is not between 0 and 1 (12 % is 0.12).")
    return 2 * math.asin(math.sqrt(rate))


def _standardised(difference: float, standard_deviation: float) -> float:
    """Give the difference in standard deviations."""
    if not 0 < standard_deviation < math.inf:
        raise ParameterError(f"standard_deviation={standard_deviation}: it must be above 0.")
    return difference / standard_deviation


def _quantile_sum(power: float, level: float) -> float:
    """Give the z of both kinds of error together; the other tail counts as nothing."""
    if not 0 < power < 1:
        raise ParameterError(
            f"power={power}: a probability between 0 and 1 is needed, such as 0.8."
        )
    total = both_tails(level) + float(stats.norm.ppf(power))
    if total <= 0:
        raise ParameterError(f"power={power} is not above the rate of false alarms; ask for more.")
    return total


def _size(effect: float, *, power: float, level: float, ratio: float) -> tuple[int, int]:
    """Give the customers in treatment and control that show a standardised effect."""
    if effect == 0 or not math.isfinite(effect):
        raise ParameterError(
            f"An effect of {effect:g} cannot be shown with any number of customers. State the "
            "smallest effect worth knowing."
        )
    if not 0 < ratio < math.inf:
        raise ParameterError(f"treatment_per_control={ratio}: it must be above 0.")
    control = (_quantile_sum(power, level) / effect) ** 2 * (1 + 1 / ratio)
    return math.ceil(round(control * ratio, 9)), math.ceil(round(control, 9))


def _power(effect: float, n_treatment: int, n_control: int, level: float) -> float:
    """Give the probability that |z| exceeds its limit, both tails."""
    shift = effect / _spread(n_treatment, n_control)
    z = both_tails(level)
    return float(stats.norm.sf(z - shift) + stats.norm.cdf(-z - shift))


def _detectable(n_treatment: int, n_control: int, *, power: float, level: float) -> float:
    """Give the standardised effect that is seen with this power."""
    return _quantile_sum(power, level) * _spread(n_treatment, n_control)


def _spread(n_treatment: int, n_control: int) -> float:
    """Give the standard error of a standardised difference."""
    if n_treatment < 1 or n_control < 1:
        raise NotEnoughDataError(
            f"Not enough data (have {n_treatment} and {n_control} customers, need 1 in each arm)."
        )
    return math.sqrt(1 / n_treatment + 1 / n_control)

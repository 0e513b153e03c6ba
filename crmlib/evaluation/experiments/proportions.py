"""Compare shares of customers who reacted."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import optimize, stats

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments.arms import Counts, arm_values
from crmlib.evaluation.experiments.result import Comparison, both_tails
from crmlib.evaluation.intervals import wilson_bounds

__all__ = ["compare_proportions"]


def compare_proportions(treatment: Any, control: Any, *, level: float = 0.95) -> Comparison:
    """Compare the shares of two arms by Newcombe's interval from two Wilson intervals.

    The usual p +- 1.96 se gives an interval without width where nobody reacted; this one does not,
    and it stays within -1 and 1. The p value is the level at which the interval just reaches 0.

    Parameters
    ----------
    treatment, control
        One 0 or 1 (or False, True) per customer, or `Counts`.
    level
        Nominal coverage, 0-1.

    Raises
    ------
    NotEnoughDataError
        If an arm is empty.
    ParameterError
        If a value is neither 0 nor 1, or more customers reacted than there are.

    References
    ----------
    R. G. Newcombe (1998), Statistics in Medicine 17, 873-890, method 10; E. B. Wilson (1927),
    Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> from crmlib.evaluation.experiments import Counts
    >>> found = compare_proportions(Counts(56, 70), Counts(48, 80))
    >>> round(found.estimate, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    first, second = _counts(treatment, control)
    low, high = _bounds(first, second, both_tails(level))
    return Comparison(
        estimate=first.successes / first.n - second.successes / second.n,
        low=low,
        high=high,
        level=level,
        p_value=_p_value(first, second),
        n_treatment=first.n,
        n_control=second.n,
        method="Newcombe comparison of shares",
        unit="share",
    )


def _bounds(treatment: Counts, control: Counts, z: float) -> tuple[float, float]:
    """Join two Wilson intervals into one of the difference."""
    hits = np.array([treatment.successes, control.successes], dtype=float)
    n = np.array([treatment.n, control.n], dtype=float)
    low, high = wilson_bounds(hits, n, z=z)
    share = hits / n
    down, up = share - low, high - share
    difference = share[0] - share[1]
    return (
        float(difference - np.hypot(down[0], up[1])),
        float(difference + np.hypot(up[0], down[1])),
    )


def _p_value(treatment: Counts, control: Counts) -> float:
    """Give 1 - the level at which the interval reaches 0."""
    difference = treatment.successes / treatment.n - control.successes / control.n
    if difference == 0:
        return 1.0
    end = 0 if difference > 0 else 1

    def distance(z: float) -> float:
        return _bounds(treatment, control, z)[end]

    furthest = 8.0
    if distance(furthest) * difference > 0:
        return float(2 * stats.norm.sf(furthest))  # as good as nought
    return float(2 * stats.norm.sf(optimize.brentq(distance, 1e-9, furthest, xtol=1e-12)))


def _counts(treatment: Any, control: Any) -> tuple[Counts, Counts]:
    """Count two arms, given as 0 and 1 or as `Counts`."""
    if isinstance(treatment, Counts) != isinstance(control, Counts):
        raise ParameterError("One arm is given as values, the other as Counts: give both alike.")
    if isinstance(treatment, Counts):
        return _checked(treatment, "treatment"), _checked(control, "control")
    arms = arm_values(treatment, control, need=1)
    for name, values in zip(("treatment", "control"), arms, strict=True):
        strange = values[(values != 0) & (values != 1)]
        if len(strange):
            raise ParameterError(
                f"{len(strange)} of {len(values)} values of the {name} arm are neither 0 nor 1, "
                f"for example {strange[0]:g}. For amounts use compare_means or compare_spend."
            )
    first, second = (Counts(int(values.sum()), len(values)) for values in arms)
    return first, second


def _checked(counts: Counts, name: str) -> Counts:
    """Refuse counts no arm can have."""
    if counts.n < 1:
        raise NotEnoughDataError(f"Not enough data in the {name} arm (have 0 customers, need 1).")
    if not 0 <= counts.successes <= counts.n:
        raise ParameterError(f"The {name} arm counts {counts.successes} of {counts.n} customers.")
    return counts

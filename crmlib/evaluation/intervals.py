"""Intervals for shares and for statistics of heavy-tailed values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.errors import ParameterError

__all__ = [
    "MIN_CUSTOMERS",
    "MOST_DRAWN",
    "bootstrap_interval",
    "bootstrap_totals",
    "wilson_bounds",
    "wilson_interval",
]

Array = npt.NDArray[np.float64]
MIN_CUSTOMERS = 2
"""Fewer customers than this give no interval."""
MOST_DRAWN = 20_000
"""More customers than this are drawn in a way that takes no longer the more there are."""
_MAX_UNDEFINED = 0.01
_N_LARGE = 2_000


def wilson_interval(
    successes: npt.ArrayLike, trials: npt.ArrayLike, *, level: float = 0.95
) -> pd.DataFrame:
    """Give the Wilson score interval of a proportion.

    At n = 50 and p = 2 % the usual interval p +- 1.96 se covers the truth in 64 % of samples only;
    this one in about 92 %.

    Parameters
    ----------
    successes, trials
        Counts, same shape; `trials` may be 0.
    level
        Nominal coverage between 0 and 1.

    Returns
    -------
    pandas.DataFrame
        Columns `low` and `high` (0-1); 0 and 1 where `trials` is 0.

    Raises
    ------
    ParameterError
        If a count is negative or there are more successes than trials.

    References
    ----------
    E. B. Wilson (1927), Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> wilson_interval([1], [50]).round(4).to_dict("list")
    {'low': [0.0035], 'high': [0.105]}
    """
    hits = np.atleast_1d(np.asarray(successes, dtype=float))
    n = np.atleast_1d(np.asarray(trials, dtype=float))
    wrong = (hits < 0) | (hits > n)
    if wrong.any():
        raise ParameterError(
            f"{int(wrong.sum())} of {len(hits)} counts are below 0 or above their trials, for "
            f"example {hits[wrong][0]:g} of {n[wrong][0]:g}. Check numerator and denominator."
        )
    low, high = wilson_bounds(hits, n, z=float(stats.norm.isf((1 - level) / 2)))
    return pd.DataFrame({"low": low, "high": high})


def wilson_bounds(successes: Array, trials: Array, *, z: float) -> tuple[Array, Array]:
    """Give both ends of `wilson_interval` for counts already checked and a normal quantile."""
    z2 = z**2
    centre = (successes + z2 / 2) / (trials + z2)
    safe = np.maximum(trials, 1)
    half = np.sqrt(z2 * (successes * (safe - successes) / safe + z2 / 4)) / (trials + z2)
    low = np.where((trials == 0) | (successes == 0), 0.0, centre - half)
    high = np.where((trials == 0) | (successes == trials), 1.0, centre + half)
    return low, high


def bootstrap_interval(
    statistic: Callable[..., float],
    *samples: npt.ArrayLike,
    rng: np.random.Generator,
    level: float = 0.95,
    n_resamples: int = 999,
) -> tuple[float, float]:
    """Give the percentile bootstrap interval of a statistic of the customers.

    Whole customers are drawn with replacement, the same ones for every array, so that a ratio of
    two totals of the same customers keeps their dependence.

    Parameters
    ----------
    statistic
        Takes the arrays, gives one number.
    samples
        Arrays of equal length, one value per customer.
    rng
        Source of randomness.

    Returns
    -------
    tuple of float
        Low and high end; missing (NaN) if the statistic is undefined in over 1 % of the resamples.

    Raises
    ------
    ParameterError
        With fewer than 2 customers, or arrays of different length.

    References
    ----------
    B. Efron & R. Tibshirani (1993), An Introduction to the Bootstrap, Chapman & Hall, eq. 13.5.
    """
    arrays = [np.asarray(sample, dtype=float) for sample in samples]
    n = len(arrays[0])
    if any(len(array) != n for array in arrays):
        raise ParameterError(f"Samples have lengths {[len(array) for array in arrays]}, not one.")
    if n < MIN_CUSTOMERS:
        raise ParameterError(
            f"Not enough data for an interval (have {n} customers, need {MIN_CUSTOMERS})."
        )
    values = np.empty(n_resamples)
    for k in range(n_resamples):
        drawn = rng.integers(0, n, n)
        values[k] = statistic(*(array[drawn] for array in arrays))
    if np.isnan(values).mean() > _MAX_UNDEFINED:
        return float("nan"), float("nan")
    tail = 100 * (1 - level) / 2
    low, high = np.nanpercentile(values, [tail, 100 - tail])
    return float(low), float(high)


def bootstrap_totals(values: Array, *, rng: np.random.Generator, n_resamples: int = 999) -> Array:
    """Draw whole customers with replacement and add up what each sample brings.

    For statistics of several totals of the same customers. Of more than 20,000 customers the 2,000
    with the largest values are drawn one by one; what the many others bring together follows a
    normal distribution so closely that it is drawn as such, given how many of them are drawn.

    Parameters
    ----------
    values
        One row per customer, one column per total.
    rng
        Source of randomness; with few customers it is used as by `bootstrap_interval`.

    Returns
    -------
    numpy.ndarray
        One row per resample, the columns of `values`.

    References
    ----------
    B. Efron & R. Tibshirani (1993), An Introduction to the Bootstrap, Chapman & Hall, section 6.2;
    the totals of the many by the central limit theorem.
    """
    n = len(values)
    if n <= MOST_DRAWN:
        totals = np.empty((n_resamples, values.shape[1]))
        for k in range(n_resamples):
            totals[k] = np.bincount(rng.integers(0, n, n), minlength=n) @ values
        return totals
    spread = np.maximum(values.std(axis=0), np.finfo(float).tiny)
    size = np.abs(values / spread).max(axis=1)
    order = np.argsort(-size, kind="stable")
    large, rest = values[order[:_N_LARGE]], values[order[_N_LARGE:]]
    chances = np.append(np.full(_N_LARGE, 1 / n), len(rest) / n)
    counts = rng.multinomial(n, chances, size=n_resamples).astype(float)
    variances, axes = np.linalg.eigh(np.atleast_2d(np.cov(rest, rowvar=False, bias=True)))
    root = axes * np.sqrt(np.clip(variances, 0, None))
    many = counts[:, [-1]]
    noise = rng.standard_normal((n_resamples, values.shape[1])) @ root.T
    return counts[:, :-1] @ large + many * rest.mean(axis=0) + np.sqrt(many) * noise

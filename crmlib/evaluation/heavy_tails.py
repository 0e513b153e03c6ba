"""Intervals for means of heavy-tailed values: spend of customers most of whom buy nothing.

Which bootstrap? Coverage in % at n = 1,000 for a nominal 95 % (1,000 samples each, standard error
0.7; lognormal spend of those who buy, with the spread of a real e-mail campaign, .85, unless said
otherwise):

======================= ===== ============ ==== ===========
customers who buy       t     percentile   BCa  bootstrap-t
======================= ===== ============ ==== ===========
2 %                     91.0  92.0         91.2 94.2
5 %                     91.1  91.3         91.8 93.7
10 %                    93.4  93.9         94.0 94.4
10 %, spread 1.25       89.7  90.6         91.3 93.2
10 %, spread 1.5        86.8  87.6         89.4 91.6
all, spread 1.5         91.9  91.7         92.2 93.4
5 %, gamma shape .5     92.6  92.9         92.7 94.7
======================= ===== ============ ==== ===========

So it is the bootstrap-t. With a tenth buying and a spread of 1.5 no method covers at this size,
because the customers that make the mean are not in the sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError

__all__ = ["MIN_BUYERS", "ResampledMean", "mean_interval", "resample_mean"]

Array = npt.NDArray[np.float64]
MIN_BUYERS = 10
"""With fewer values other than 0 the bootstrap has nothing to draw from."""
_N_SINGLY = 5_000
_DRAWS_AT_ONCE = 2_000_000


@dataclass(frozen=True)
class ResampledMean:
    """A mean with its standard error and the sorted studentised means of the resamples."""

    mean: float
    standard_error: float
    studentised: Array

    def bounds(self, level: float) -> tuple[float, float]:
        """Give the equal-tailed bootstrap-t interval of this coverage."""
        if not 0 < level < 1:
            raise ParameterError(f"level={level}: a coverage between 0 and 1 is needed.")
        last = len(self.studentised) - 1
        below = math.floor((1 - level) / 2 * (last + 2)) - 1
        below = min(max(below, 0), last // 2)
        high = self.mean - self.standard_error * float(self.studentised[below])
        low = self.mean - self.standard_error * float(self.studentised[last - below])
        return low, high


def mean_interval(
    values: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_resamples: int = 1999,
) -> tuple[float, float]:
    """Give the bootstrap-t interval of a mean of heavy-tailed values.

    Guards against the interval mean +- 1.96 se, which with 2 % buyers of 1,000 customers leaves out
    the truth in one case of eleven, nearly always because it ends too low.

    Parameters
    ----------
    values
        One finite value per customer, 0 for who bought nothing.
    rng
        Source of randomness.
    level
        Nominal coverage, 0-1.
    n_resamples
        Resamples; 1,999 give each end to about a twentieth of the width.

    Raises
    ------
    NotEnoughDataError
        With fewer than 10 values other than 0.
    DataRejectedError
        If a value is missing or infinite, or all are alike.
    ParameterError
        Unless 0 < level < 1.

    References
    ----------
    P. Hall (1988), Annals of Statistics 16, 927-953, eq. 1.4; A. C. Davison & D. V. Hinkley (1997),
    Bootstrap Methods and their Application, Cambridge, eq. 5.7.

    Examples
    --------
    >>> spend = [0.0] * 90 + [20.0, 25.0, 25.0, 30.0, 30.0, 40.0, 60.0, 90.0, 120.0, 200.0]
    >>> low, high = mean_interval(spend, rng=np.random.default_rng(1))
    >>> low < 6.4 < high
    True
    """
    return resample_mean(values, rng=rng, n_resamples=n_resamples, what="the sample").bounds(level)


def resample_mean(
    values: npt.ArrayLike, *, rng: np.random.Generator, n_resamples: int = 1999, what: str
) -> ResampledMean:
    """Draw whole customers with replacement and studentise the mean of each resample.

    The 5,000 values furthest from 0 are drawn one by one. The sum and the sum of squares of the
    others, if there are any, are drawn at once as a normal pair with their exact mean and
    covariance. Customers without spend cost nothing, a million customers as much as 5,000.

    Parameters
    ----------
    values
        One value per customer.
    rng
        Source of randomness.
    n_resamples
        Resamples.
    what
        Name of the sample, for messages.

    Raises
    ------
    NotEnoughDataError, DataRejectedError
        As `mean_interval`.
    """
    array = _checked(np.asarray(values, dtype=float), what)
    n, mean = len(array), float(array.mean())
    error = float(array.std(ddof=1)) / math.sqrt(n)
    bought = array[array != 0]
    cut = max(0, len(bought) - _N_SINGLY)
    if cut:
        bought = bought[np.argpartition(np.abs(bought), cut)]
    bulk, singly = bought[:cut], bought[cut:]
    shares = np.array([len(singly), len(bulk), n - len(bought)]) / n
    counts = rng.multinomial(n, shares, size=n_resamples)
    sums, squares = _drawn_singly(singly, counts[:, 0], rng)
    if cut:
        _add_bulk(bulk, counts[:, 1], rng, sums, squares)
    means = sums / n
    errors = np.sqrt(np.maximum(squares / n - means**2, 0) / (n - 1))
    distance = means - mean
    with np.errstate(divide="ignore", invalid="ignore"):
        studentised = np.where(distance == 0, 0.0, distance / errors)
    return ResampledMean(mean, error, np.sort(studentised))


def _checked(array: Array, what: str) -> Array:
    """Refuse values without an interval."""
    wrong = int((~np.isfinite(array)).sum())
    if wrong:
        raise DataRejectedError(
            f"{wrong} of {len(array)} values of {what} are missing or infinite. Who bought nothing "
            "counts as 0."
        )
    n_buyers = int(np.count_nonzero(array))
    if n_buyers < MIN_BUYERS:
        raise NotEnoughDataError(
            f"Not enough conversions in {what} (have {n_buyers} customers with spend of "
            f"{len(array):,}, need {MIN_BUYERS})."
        )
    if np.ptp(array) == 0:
        raise DataRejectedError(
            f"All {len(array):,} values of {what} are {array[0]:g}: nothing says how sure the mean "
            "is. Check the column."
        )
    return array


def _drawn_singly(
    values: Array, counts: npt.NDArray[np.int64], rng: np.random.Generator
) -> tuple[Array, Array]:
    """Draw so many values per resample; give their sums and sums of squares."""
    sums, squares = np.zeros(len(counts)), np.zeros(len(counts))
    step = max(1, _DRAWS_AT_ONCE // len(values))
    for start in range(0, len(counts), step):
        part = counts[start : start + step]
        drawn = values[rng.integers(0, len(values), int(part.sum()) + 1, dtype=np.int32)]
        drawn[-1] = 0.0  # one more, so that every resample starts somewhere
        starts = np.cumsum(part) - part
        here = slice(start, start + step)
        sums[here] = np.where(part > 0, np.add.reduceat(drawn, starts), 0.0)
        squares[here] = np.where(part > 0, np.add.reduceat(drawn * drawn, starts), 0.0)
    return sums, squares


def _add_bulk(
    bulk: Array,
    counts: npt.NDArray[np.int64],
    rng: np.random.Generator,
    sums: Array,
    squares: Array,
) -> None:
    """Add the sums of the many smaller values, drawn as a normal pair, in place."""
    pair = np.stack([bulk, bulk * bulk])
    centre = pair.mean(axis=1)
    variance = np.cov(pair, ddof=0)
    # Cholesky by hand: a bulk of one value has no variance, and then nothing is to be drawn
    first = math.sqrt(max(variance[0, 0], 0.0))
    slope = variance[0, 1] / first if first > 0 else 0.0
    second = math.sqrt(max(variance[1, 1] - slope**2, 0.0))
    root, noise = np.sqrt(counts), rng.standard_normal((2, len(counts)))
    sums += counts * centre[0] + root * first * noise[0]
    squares += counts * centre[1] + root * (slope * noise[0] + second * noise[1])

"""What lies ahead of a series, step by step and in total, and the simplest smooth way to say it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.errors import ParameterError

__all__ = ["Projection", "project_grown_season", "project_level"]

Array = npt.NDArray[np.float64]
_WEIGHTS = np.linspace(0, 1, 26)[:, None]
"""Weights of the last period that are tried."""
_MIN_PERIODS = 6
_QUARTER = 4
"""Growth is that of the last season's quarter against the same quarter a season before."""


@dataclass(frozen=True)
class Projection:
    """Forecast of the periods ahead.

    Attributes
    ----------
    mean, error
        Forecast and standard error of each step.
    freedom
        Degrees of freedom of the error.
    common
        Part of the errors that steps have in common, such as that of the level: shape (steps,
        causes), the error of each step from each cause; causes are independent. By default none.
    """

    mean: Array
    error: Array
    freedom: int
    common: Array | None = None

    def by_step(self, *, level: float = 0.95, at_least: float | None = None) -> pd.DataFrame:
        """Give `forecast, low, high` of each step (index `step`, 1, 2, ...)."""
        reach = stats.t.isf((1 - level) / 2, self.freedom) * self.error
        steps = pd.RangeIndex(1, len(self.mean) + 1, name="step")
        limits = {"low": self.mean - reach, "high": self.mean + reach}
        found = pd.DataFrame({"forecast": self.mean, **limits}, index=steps)
        return found if at_least is None else found.clip(lower=at_least)

    def in_total(
        self, *, level: float = 0.95, at_least: float | None = None, weights: Array | None = None
    ) -> pd.Series:
        """Give `forecast, low, high, error` of the sum of all steps.

        Guards against ends of intervals that are added up: the errors of the steps hang together,
        as each shock stays in all later ones. How much of it stays after j periods, c_j, follows
        from the errors of the steps: var_(j+1) - var_j = c_j^2 times the variance of a shock.

        Parameters
        ----------
        weights
            How much of each step counts, such as 0.5 for half a week; by default all of each.

        References
        ----------
        R. J. Hyndman, A. B. Koehler, J. K. Ord and R. D. Snyder (2008), Forecasting with
        Exponential Smoothing, Springer, eq. 6.1 (variance of a step), section 6.6 (of a sum).

        Examples
        --------
        >>> walk = Projection(np.array([5.0, 5.0]), np.sqrt([1.0, 2.0]), freedom=100)
        >>> total = walk.in_total()  # the first shock counts twice, the second once
        >>> float(total["forecast"]), round(float(total["error"]) ** 2, 9)
        (10.0, 5.0)
        """
        used = np.ones(len(self.mean)) if weights is None else np.asarray(weights, dtype=float)
        common = np.zeros((len(used), 1)) if self.common is None else self.common
        variance = np.maximum(self.error**2 - (common**2).sum(axis=1), 0.0)
        shock = variance[0] if variance[0] > 0 else 1.0
        stays = np.sqrt(np.maximum(np.diff(variance, prepend=0.0), 0.0) / shock)
        counts = np.array([used[j:] @ stays[: len(used) - j] for j in range(len(used))])
        error = float(np.sqrt(variance[0] * (counts @ counts) + ((used @ common) ** 2).sum()))
        reach = float(stats.t.isf((1 - level) / 2, self.freedom)) * error
        forecast = float(used @ self.mean)
        found = pd.Series({"forecast": forecast, "low": forecast - reach, "high": forecast + reach})
        found = found if at_least is None else found.clip(lower=at_least)
        return pd.concat([found, pd.Series({"error": error})])


def project_level(values: Array, *, horizon: int) -> Projection:
    """Forecast by exponential smoothing, averaged over how much the last period may count.

    Guards against intervals that are too narrow: maximum likelihood takes the weight and the first
    level it found as known, and its 95 % intervals of the sum of 8 weeks after 44 cover 88 % where
    the level moves. Here every weight counts by how likely it makes the past (flat priors of
    weight, first level and log of the error), and they cover 95 %.

    Parameters
    ----------
    values
        One value per period, oldest first.

    Raises
    ------
    ParameterError
        With fewer than 6 periods.

    References
    ----------
    C. S. Forbes, R. D. Snyder and R. G. Shami (2000), Bayesian exponential smoothing, Monash
    University working paper 7/2000 (local level model; a grid in place of their simulation).

    Examples
    --------
    >>> made = project_level(np.array([9.0, 11, 9, 11, 9, 11, 9, 11, 9, 11]), horizon=2)
    >>> bool(abs(made.mean[1] - 10) < 0.2)
    True
    """
    n = len(values)
    if n < _MIN_PERIODS:
        raise ParameterError(f"No level can be learnt (have {n} periods, need {_MIN_PERIODS}).")
    if np.ptp(values) == 0:
        return Projection(np.full(horizon, values[0]), np.zeros(horizon), n - 3)
    weight = _WEIGHTS[:, 0]
    left = (1 - _WEIGHTS) ** np.arange(n)  # of the first level, in each period
    errors, level = np.empty_like(left), np.zeros(len(weight))
    for t, value in enumerate(values):  # as if the first level were 0
        errors[:, t] = value - level
        level = level + weight * errors[:, t]
    known = (left**2).sum(axis=1)
    first = (errors * left).sum(axis=1) / known
    squares = ((errors - first[:, None] * left) ** 2).sum(axis=1)
    log = -0.5 * np.log(known) - (n - 1) / 2 * np.log(np.maximum(squares, 1e-300))
    odds = np.exp(log - log.max())
    odds /= odds.sum()
    remains = left[:, -1] * (1 - weight)
    level = level + first * remains
    mean, shock = float(odds @ level), squares / (n - 3)
    shared = float(odds @ (shock * remains**2 / known) + odds @ (level - mean) ** 2)
    steps = np.arange(horizon)
    own = odds @ (shock[:, None] * (1 + steps * _WEIGHTS**2))
    common = np.full((horizon, 1), np.sqrt(shared))
    return Projection(np.full(horizon, mean), np.sqrt(own + shared), n - 3, common)


def project_grown_season(values: Array, *, horizon: int, season_length: int) -> Projection:
    """Forecast by the values of a season ago, times the growth since.

    The season is known after little more than one season of data, where models that learn it need
    two. Growth is the sum of the last quarter of a season over the same sum a season before; its
    error is common to all steps. Errors are taken to be of one size all year round: where they
    grow with the season, 95 % intervals of a total of 8 weeks cover about 91 %.

    Parameters
    ----------
    values
        One value per period, oldest first.
    season_length
        Periods in a season, more than 1.

    Raises
    ------
    ParameterError
        With fewer than a season, a quarter and 6 periods, without a season, or where nothing was
        sold in the quarter a season ago.

    Examples
    --------
    >>> year = np.array([1.0, 2, 3, 4, 5, 6, 7, 8, 9, 8, 5, 2])
    >>> two = np.concatenate([year, 1.5 * year])
    >>> project_grown_season(two, horizon=3, season_length=12).mean.tolist()
    [2.25, 4.5, 6.75]
    """
    n, quarter = len(values), max(1, season_length // _QUARTER)
    needed = season_length + quarter + _MIN_PERIODS
    if season_length == 1 or n < needed:
        raise ParameterError(
            f"No season can be repeated (have {n} periods, need {needed} and a season longer than "
            "1)."
        )
    sums = np.convolve(values, np.ones(quarter), mode="valid")  # of each quarter, by its start
    starts = np.arange(n - season_length - quarter + 1)
    bases, tops = sums[starts], sums[starts + season_length]
    if (bases <= 0).any():
        raise ParameterError("No growth can be told: nothing was sold in a quarter a season ago.")
    growth = tops / bases
    first = season_length + quarter
    misses = values[first:] - growth[:-1] * values[quarter : n - season_length]
    variance = float(misses @ misses) / len(misses)
    steps = np.arange(horizon)
    ahead = values[n - season_length + steps % season_length]
    mean = growth[-1] ** (1 + steps // season_length) * ahead
    shared = quarter * variance / float(bases[-1]) ** 2 * float(ahead.mean()) ** 2
    error = np.sqrt(np.full(horizon, variance + shared))
    return Projection(mean, error, len(misses) - 1, np.full((horizon, 1), np.sqrt(shared)))

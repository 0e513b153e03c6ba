"""Test whether groups of customers stay equally long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.errors import ParameterError
from crmlib.models.survival.observations import checked_durations, checked_events

__all__ = ["LogRankTest", "log_rank_test"]

_MIN_GROUPS = 2


@dataclass(frozen=True)
class LogRankTest:
    """Result of a log-rank test.

    Attributes
    ----------
    statistic, df, p_value
        Chi-square, its degrees of freedom (groups - 1), and its probability if all stay alike.
    table
        Per group `n`, `observed` and `expected` (customers who left).
    """

    statistic: float
    df: int
    p_value: float
    table: pd.DataFrame


def log_rank_test(
    durations: npt.ArrayLike, events: npt.ArrayLike, groups: npt.ArrayLike
) -> LogRankTest:
    """Test whether two or more groups of customers stay equally long.

    Parameters
    ----------
    durations, events
        As for `KaplanMeier.fit`.
    groups
        Group of each customer.

    Raises
    ------
    ParameterError
        With fewer than two groups, a customer without a group, or nobody who left.

    References
    ----------
    N. Mantel (1966), Cancer Chemotherapy Reports 50, 163-170. J. P. Klein and M. L. Moeschberger
    (2003), Survival Analysis, 2nd ed., eq. 7.3.3 to 7.3.5.

    Examples
    --------
    >>> found = log_rank_test([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], list("aaabbb"))
    >>> round(found.statistic, 4), found.df
    (5.0517, 1)
    """
    times = checked_durations(durations)
    happened = checked_events(events, n=len(times), n_needed=1)
    codes, names = pd.factorize(np.asarray(groups), sort=True)
    if len(codes) != len(times) or (codes < 0).any():
        raise ParameterError(
            f"{int((codes < 0).sum())} of {len(codes)} customers have no group; there are "
            f"{len(times)} durations. Give each a group."
        )
    k = len(names)
    if k < _MIN_GROUPS:
        raise ParameterError(f"Not enough data to compare groups (have {k} groups, need 2).")
    distinct, place = np.unique(times, return_inverse=True)
    cell = place * k + codes
    shape = (len(distinct), k)
    n_all = np.bincount(cell, minlength=len(distinct) * k).reshape(shape)
    left = np.bincount(cell, happened, minlength=len(distinct) * k).reshape(shape)
    at_risk = np.cumsum(n_all[::-1], axis=0)[::-1]
    d, n = left.sum(axis=1), at_risk.sum(axis=1)
    share = at_risk / n[:, None]
    expected = d @ share
    factor = d * np.divide(n - d, n - 1, out=np.zeros(len(n)), where=n > 1)
    covariance = np.diag(factor @ share) - (share * factor[:, None]).T @ share
    gap = left.sum(axis=0) - expected
    # the gaps add up to 0: one group is left out, the generalised inverse takes care of it
    statistic = float(gap @ np.linalg.pinv(covariance, hermitian=True) @ gap)
    table = pd.DataFrame(
        {"n": n_all.sum(axis=0), "observed": left.sum(axis=0), "expected": expected},
        index=pd.Index(names, name="group"),
    )
    return LogRankTest(statistic, k - 1, float(stats.chi2.sf(statistic, k - 1)), table)

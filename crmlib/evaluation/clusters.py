"""Rates whose trials come in clusters: many contacts of one customer, many visits of one visitor.

The spread between clusters shrinks the number of trials to an effective one, as if each had come
from somebody else; the interval is Wilson's at that number.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.evaluation.experiments import Counts, benjamini_hochberg, compare_proportions
from crmlib.evaluation.intervals import wilson_interval
from crmlib.schema import require_columns

__all__ = ["against_the_rest", "clustered_rates", "for_readers", "rates_at_both_ends"]

Array = npt.NDArray[np.float64]
_SQUARES = ["trials_squared", "successes_squared", "both"]
_SUMS = ["n_clusters", "n_trials", "n_successes", *_SQUARES]


def clustered_rates(sums: pd.DataFrame, *, level: float = 0.95) -> pd.DataFrame:
    """Give the rate of each group with an interval that knows of the clusters.

    Parameters
    ----------
    sums
        From `crmlib.features.clusters.cluster_sums`, collected.
    level
        Nominal coverage.

    Returns
    -------
    pandas.DataFrame
        The groups, `n_trials`, `n_successes`, and `success_rate`, `low_rate`, `high_rate`;
        missing, 0 and 1 where there is no trial.

    References
    ----------
    L. Kish (1965), Survey Sampling, Wiley, section 8.2 (design effect). E. L. Korn and B. I.
    Graubard (1998), Survey Methodology 24(2), 193-201, section 2 (effective sample size).

    Examples
    --------
    >>> sums = pd.DataFrame({"n_clusters": [2], "n_trials": [10], "n_successes": [5],
    ...                      "trials_squared": [50], "successes_squared": [25], "both": [25]})
    >>> clustered_rates(sums)[["low_rate", "high_rate"]].round(2).values.tolist()  # all or none
    [[0.06, 0.94]]
    """
    require_columns(sums, _SUMS, what="The table of cluster sums")
    n, y = (sums[name].to_numpy(dtype=float) for name in ("n_trials", "n_successes"))
    effect = _design_effect(sums)
    bounds = wilson_interval(y / effect, n / effect, level=level)
    rate = np.divide(y, n, out=np.full(len(n), np.nan), where=n > 0)
    return sums.drop(columns=["n_clusters", *_SQUARES]).assign(
        success_rate=rate, low_rate=bounds["low"].to_numpy(), high_rate=bounds["high"].to_numpy()
    )


def _design_effect(sums: pd.DataFrame) -> Array:
    """Say by what factor clusters swell the variance of each rate; at least 1.

    Where all trials of a group ended alike, or there is one cluster, the spread tells nothing;
    then the trials of a cluster count as one, the worst case.
    """
    k, n, y, nn, yy, ny = (sums[name].to_numpy(dtype=float) for name in _SUMS)
    safe = np.maximum(n, 1)
    rate = y / safe
    spread = yy - 2 * rate * ny + rate**2 * nn
    binomial = y * (1 - rate) * safe / np.maximum(n - 1, 1)
    told = (binomial > 0) & (k > 1)
    between = np.divide(k, k - 1, out=np.ones_like(k), where=k > 1) * spread
    effect = np.divide(between, binomial, out=nn / safe, where=told)
    return np.maximum(effect, 1.0)


def against_the_rest(
    sums: pd.DataFrame, *, within: str | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Compare the rate of each group with that of all other groups together.

    Guards against the best and the worst of twenty sources that differ by chance alone: the p
    values are adjusted for the number of groups looked at.

    Parameters
    ----------
    sums
        From `crmlib.features.clusters.cluster_sums`; no cluster should have many trials in
        several groups.
    within
        Column of a partition; each group is compared with the others of its part.
    level
        Nominal coverage of the intervals; 1 - `level` is the false-discovery rate of `verdict`.

    Returns
    -------
    pandas.DataFrame
        As `clustered_rates`, and `rest_rate`, `q_value` (p value after Benjamini-Hochberg) and
        `verdict`: "higher", "lower" or "as the rest"; missing and "as the rest" for a group
        without others.
    """
    rates = clustered_rates(sums, level=level).reset_index(drop=True)
    parts = sums.assign(_all=0).groupby(within or "_all", sort=False)[_SUMS]
    rest = (parts.transform("sum") - sums[_SUMS]).reset_index(drop=True)
    counts, others = _effective(sums), _effective(rest)
    p_values = pd.Series(np.nan, index=rates.index)
    for row in rates.index:
        if counts[row].n and others[row].n:
            p_values[row] = compare_proportions(counts[row], others[row]).p_value
    q_values = pd.Series(np.nan, index=rates.index)
    q_values[p_values.notna()] = benjamini_hochberg(p_values.dropna())
    rest_rate = rest["n_successes"] / rest["n_trials"].where(rest["n_trials"] > 0)
    side = np.where(rates["success_rate"] > rest_rate, "higher", "lower")
    is_found = q_values.le(1 - level)
    return rates.assign(
        rest_rate=rest_rate,
        q_value=q_values,
        verdict=np.where(is_found, side, "as the rest"),
    )


def for_readers(rates: pd.DataFrame) -> pd.DataFrame:
    """Leave out what a page has no room for: the rate of the others and the adjusted p value."""
    return rates.drop(columns=["rest_rate", "q_value"])


def _effective(sums: pd.DataFrame) -> list[Counts]:
    """Give whole numbers of successes and trials as if each trial had a cluster of its own."""
    effect = _design_effect(sums)
    n = np.round(sums["n_trials"].to_numpy(dtype=float) / effect).astype(int)
    y = np.round(sums["n_successes"].to_numpy(dtype=float) / effect).astype(int)
    return [Counts(int(min(hits, all_)), int(all_)) for hits, all_ in zip(y, n, strict=True)]


def rates_at_both_ends(
    trials: pd.DataFrame, *, share: str, cluster: str = "customer_id", level: float = 0.95
) -> pd.DataFrame:
    """Estimate the rate where something holds and where it does not, if only its chance is known.

    Guards against a comparison diluted by mistakes: of contacts said with 80 % to go through the
    favourite channel a fifth do not. If the chances come true as said, the rate is a straight line
    in them, and its ends are the two rates.

    Parameters
    ----------
    trials
        One row or several per cluster: `n_trials`, `n_successes`, the column `share`.
    share
        Chance that it holds, 0-1, known without a look at the successes.
    cluster
        Column of whom the trials belong to.

    Returns
    -------
    pandas.DataFrame
        Three rows, `where` "holds", "does not hold" and "difference": `success_rate`, `low_rate`,
        `high_rate`, `n_trials` (expected number), `n_clusters`; no row with fewer than 2 clusters
        or where all chances are equal.

    References
    ----------
    R. J. Carroll et al. (2006), Measurement Error in Nonlinear Models, 2nd ed., section 1.4
    (Berkson error leaves a straight line unbiased). K.-Y. Liang and S. L. Zeger (1986), Biometrika
    73, 13-22, eq. 8 (variance by clusters).

    Examples
    --------
    >>> trials = pd.DataFrame({"customer_id": list("abcd"), "n_trials": 10, "p": [0, 0, 1, 1],
    ...                        "n_successes": [1, 2, 4, 5]})
    >>> rates_at_both_ends(trials, share="p")["success_rate"].round(2).tolist()
    [0.45, 0.15, 0.3]
    """
    require_columns(trials, ["n_trials", "n_successes", share, cluster], what="The trials")
    columns = ["where", "success_rate", "low_rate", "high_rate", "n_trials", "n_clusters"]
    n, y = (trials[name].to_numpy(dtype=float) for name in ("n_trials", "n_successes"))
    p = trials[share].to_numpy(dtype=float)
    of_whom, people = pd.factorize(trials[cluster])
    k = len(people)
    if k < 2 or np.ptp(p[n > 0]) == 0:
        return pd.DataFrame(columns=columns)
    design = np.column_stack([p, 1 - p])
    bread = np.linalg.inv(design.T @ (design * n[:, None]))
    rate = bread @ (design.T @ y)
    off = (y - n * (design @ rate))[:, None]
    meat = np.column_stack(
        [np.bincount(of_whom, weights=score, minlength=k) for score in (design * off).T]
    )
    covariance = bread @ (meat.T @ meat) @ bread * k / (k - 1)
    ends = np.array([[1, 0], [0, 1], [1, -1]])
    value = ends @ rate
    spread = np.sqrt(np.einsum("ij,jk,ik->i", ends, covariance, ends))
    reach = stats.norm.isf((1 - level) / 2) * spread
    least = np.array([0.0, 0.0, -1.0])
    return pd.DataFrame(
        {
            "where": ["holds", "does not hold", "difference"],
            "success_rate": value,
            "low_rate": np.maximum(value - reach, least),
            "high_rate": np.minimum(value + reach, 1.0),
            "n_trials": [n @ p, n @ (1 - p), n.sum()],
            "n_clusters": k,
        }
    )[columns]

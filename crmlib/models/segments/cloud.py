"""Whether groups of customers are more than parts of one cloud."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.base import clone

from crmlib.models.segments.mixes import MixSegmentation
from crmlib.models.segments.separation import separation

__all__ = ["cloud_separation", "least_separation", "one_cloud"]

_CLOUDS = 2


def least_separation(counts: pd.DataFrame, base: MixSegmentation, *, n_segments: int) -> float:
    """Divide customers into so many groups and give the least distance of two of them.

    Parameters
    ----------
    counts
        Lines of each customer (rows) in each category (columns), none without a line.
    base
        What divides.

    Returns
    -------
    float
        Distance of two centres in spreads of both groups, of the roots of shares; 0 if a group is
        empty.
    """
    model = clone(base).set_params(n_segments=n_segments).fit(counts)
    if len(np.unique(model.labels_)) < n_segments:
        return 0.0
    roots = np.sqrt(counts.div(counts.sum(axis=1), axis=0))
    measured = separation(roots, model.labels_, max_customers=100)
    return float(measured.loc["all", "separation"])


def cloud_separation(
    counts: pd.DataFrame,
    base: MixSegmentation,
    found: pd.Series,
    *,
    least: float,
    random_state: int,
) -> pd.Series:
    """Say how far apart parts of one cloud lie, until a number of groups lies clearly further.

    Parameters
    ----------
    found
        `least_separation` of the customers, index = number of groups.
    least
        How many times as far is clearly further.

    Returns
    -------
    pandas.Series
        `least_separation` of one cloud, index = number of parts; those of the largest `found` come
        first, and nothing comes after a number of groups that lies clearly further apart.
    """
    rng = np.random.default_rng(random_state)
    clouds = [one_cloud(counts, rng) for _ in range(_CLOUDS)] if len(found) else []
    told = pd.Series(dtype="float64")
    for number, apart in found.sort_values(ascending=False).items():
        n_segments = int(str(number))
        parts = [least_separation(cloud, base, n_segments=n_segments) for cloud in clouds]
        told[number] = float(np.mean(parts))
        if apart >= least * told[number]:
            break
    return told


def one_cloud(counts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Make up customers who differ as much as these and in the same directions, in one cloud.

    Guards against groups that are nothing but parts of one cloud: it can be cut as well, and the
    fewer columns there are, the further apart its parts lie.

    Parameters
    ----------
    counts
        Lines of each customer (rows) in each category (columns), none without a line.

    Returns
    -------
    pandas.DataFrame
        As many customers with as many lines each; lines need not be whole.

    References
    ----------
    Y. Liu, D. N. Hayes, A. Nobel and J. S. Marron (2008), Statistical significance of clustering,
    JASA 103, section 2 (one normal distribution with the covariance of the data), here of the
    roots of shares, cut off at 0.
    """
    lines = counts.sum(axis=1).to_numpy(dtype=float)[:, None]
    roots = np.sqrt(counts.to_numpy(dtype=float) / lines)
    drawn = rng.multivariate_normal(
        roots.mean(axis=0), np.cov(roots, rowvar=False), size=len(roots), method="eigh"
    )
    shares = drawn.clip(min=1e-6) ** 2
    made = lines * shares / shares.sum(axis=1, keepdims=True)
    return pd.DataFrame(made, index=counts.index, columns=counts.columns)

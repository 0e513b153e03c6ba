"""How many segments there are: as many as come back when the customers are drawn anew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import clone

from crmlib.errors import ParameterError
from crmlib.models.segments.clustering import Segmentation
from crmlib.models.segments.mixes import MixSegmentation

__all__ = ["choose_n_segments", "stability"]

Labels = npt.NDArray[np.int64]


def stability(
    model: Segmentation | MixSegmentation,
    frame: pd.DataFrame,
    *,
    n_resamples: int = 50,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """Draw the customers anew, divide them anew, and see how much of each segment comes back.

    For each resample the overlap (Jaccard: customers in both over customers in either) of a segment
    with the most similar new one; 0.85 and more is called highly
    stable, 0.75 stable, below 0.6 no pattern.

    Parameters
    ----------
    model
        A fitted `Segmentation`.
    frame
        The customers it was fitted on.
    n_resamples
        Bootstrap samples.

    Returns
    -------
    pandas.DataFrame
        Per segment `n_customers`, `jaccard` (mean), `jaccard_low` (lowest tenth), `dissolved`
        (share of resamples with an overlap of at most one half).

    References
    ----------
    C. Hennig (2007), Cluster-wise assessment of cluster stability, Computational Statistics & Data
    Analysis 52(1), section 2 (steps 1 to 4), and section 4 (dissolution).
    """
    rng = np.random.default_rng(random_state)
    n, k = len(frame), model.n_segments
    found = np.empty((n_resamples, k))
    for row in found:
        drawn = np.unique(rng.integers(0, n, n))
        sample = frame.iloc[rng.choice(drawn, n)] if len(drawn) < k else frame.iloc[drawn]
        seed = int(rng.integers(2**31))
        again = clone(model).set_params(random_state=seed).fit(sample)
        row[:] = _overlap(model.labels_[drawn], again.predict(frame.iloc[drawn]), k).max(axis=1)
    return pd.DataFrame(
        {
            "n_customers": model.sizes_,
            "jaccard": found.mean(axis=0),
            "jaccard_low": np.quantile(found, 0.1, axis=0),
            "dissolved": (found <= 0.5).mean(axis=0),
        }
    )


def choose_n_segments(
    frame: pd.DataFrame,
    *,
    model: Segmentation | MixSegmentation | None = None,
    candidates: Sequence[int] = range(2, 9),
    min_share: float = 0.03,
    min_jaccard: float = 0.85,
    n_resamples: int = 25,
) -> pd.DataFrame:
    """Try numbers of segments and mark the largest whose segments are all stable and large enough.

    Guards against a number chosen by how good it looks: a division that another sample of the same
    customers would not repeat is no finding.

    Parameters
    ----------
    model
        What divides, with its seed; by default k-means.
    candidates
        Numbers to try, each from 2.
    min_share
        Least share of the customers in the smallest segment.
    min_jaccard
        Least overlap of the least stable segment. From 0.85 on segments are called highly stable;
        at 0.75 halves of a round cloud often pass.

    Returns
    -------
    pandas.DataFrame
        Index `n_segments`; `smallest_share`, `jaccard` (of the least stable segment),
        `mean_jaccard`, `is_eligible`, `is_chosen` (one row; none if nothing is eligible: then the
        customers have no segments that last).

    Raises
    ------
    ParameterError
        If a candidate is below 2.

    References
    ----------
    C. Hennig (2007), Computational Statistics & Data Analysis 52(1), section 3.
    """
    if min(candidates) < 2:
        raise ParameterError(f"candidates={list(candidates)}: there are at least 2 segments.")
    base: Segmentation | MixSegmentation = Segmentation(random_state=0) if model is None else model
    rows = []
    for n_segments in candidates:
        one = clone(base).set_params(n_segments=n_segments).fit(frame)
        found = stability(one, frame, n_resamples=n_resamples)
        share = float(one.sizes_.min() / len(frame))
        rows.append((n_segments, share, found["jaccard"].min(), found["jaccard"].mean()))
    columns = ["n_segments", "smallest_share", "jaccard", "mean_jaccard"]
    table = pd.DataFrame(rows, columns=columns).set_index("n_segments")
    eligible = (table["smallest_share"] >= min_share) & (table["jaccard"] >= min_jaccard)
    best = table.index[eligible].max() if eligible.any() else None
    return table.assign(is_eligible=eligible, is_chosen=table.index == best)


def _overlap(first: Labels, second: Labels, k: int) -> npt.NDArray[np.float64]:
    """Jaccard coefficient of each pair of segments."""
    both = np.bincount(first * k + second, minlength=k * k).reshape(k, k).astype(float)
    either = both.sum(axis=1)[:, None] + both.sum(axis=0) - both
    return np.asarray(np.divide(both, either, out=np.zeros_like(both), where=either > 0))

"""How alike customers of a segment are and how different those of others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import silhouette_samples

from crmlib.errors import ParameterError

__all__ = ["separation"]

_MIN_SEGMENTS = 2


def separation(
    prepared: pd.DataFrame,
    labels: npt.ArrayLike,
    *,
    max_customers: int = 5000,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """Measure each segment and all together.

    Parameters
    ----------
    prepared
        Columns on one scale: the result of `SegmentPreparation`.
    labels
        Segment of each row.
    max_customers
        Silhouettes are of a sample of so many; their cost grows with the square.

    Returns
    -------
    pandas.DataFrame
        Per segment and `all`: `n_customers`; `homogeneity` (1 - mean square distance to the centre
        over that of all customers: 1 all alike, 0 no more alike than anybody; for `all` the share
        of the variance between segments); `separation` (distance of the centre to the nearest other
        one, in root mean square distances of both segments to their centres; `all`: the least);
        `silhouette` (mean, -1 to 1).

    Raises
    ------
    ParameterError
        With fewer than two segments, or labels of another length.

    References
    ----------
    P. J. Rousseeuw (1987), Silhouettes, Journal of Computational and Applied Mathematics 20, eq. 2.
    D. L. Davies and D. W. Bouldin (1979), IEEE PAMI 1(2), definition 5 (distance over scatter).
    """
    x = prepared.to_numpy(dtype=float)
    codes, names = pd.factorize(np.asarray(labels), sort=True)
    if len(codes) != len(x) or len(names) < _MIN_SEGMENTS:
        raise ParameterError(
            f"Not enough data to compare segments (have {len(names)} segments and {len(codes)} "
            f"labels of {len(x)} customers, need {_MIN_SEGMENTS} segments and a label each)."
        )
    counts = np.bincount(codes)
    centres = pd.DataFrame(x).groupby(codes).mean().to_numpy()
    inside = ((x - centres[codes]) ** 2).sum(axis=1)
    scatter = np.bincount(codes, inside) / counts
    total = ((x - x.mean(axis=0)) ** 2).sum(axis=1).mean()
    if total == 0:
        raise ParameterError("All customers are equal in all columns: segments cannot differ.")
    distance = np.sqrt(((centres[:, None] - centres) ** 2).sum(axis=2))
    spread = np.sqrt(scatter)
    within = spread[:, None] + spread
    ratio = np.divide(distance, within, out=np.full_like(distance, np.inf), where=within > 0)
    np.fill_diagonal(ratio, np.inf)
    rng = np.random.default_rng(random_state)
    picked = np.sort(rng.permutation(len(x))[:max_customers])
    silhouette = pd.Series(np.nan, index=range(len(names)))
    overall = np.nan
    if _MIN_SEGMENTS <= len(np.unique(codes[picked])) < len(picked):
        values = pd.Series(silhouette_samples(x[picked], codes[picked]))
        silhouette = values.groupby(codes[picked]).mean().reindex(range(len(names)))
        overall = float(values.mean())
    table = pd.DataFrame(
        {
            "n_customers": counts,
            "homogeneity": 1 - scatter / total,
            "separation": ratio.min(axis=1),
            "silhouette": silhouette.to_numpy(),
        },
        index=pd.Index([str(name) for name in names], name="segment"),
    )
    table.loc["all"] = [len(x), 1 - inside.mean() / total, ratio.min(), overall]
    return table.astype({"n_customers": int})

"""Segments of customers by k-means or a mixture of normal distributions."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from crmlib.errors import ParameterError
from crmlib.models.segments.preparation import SegmentPreparation

__all__ = ["Segmentation"]


class Segmentation(ClusterMixin, BaseEstimator):
    """Divide customers into segments on prepared columns.

    Segments are numbered from the largest (0) to the smallest, so that the numbers do not depend on
    where the search began.

    Parameters
    ----------
    n_segments
        How many, from 2; see `choose_n_segments`.
    method
        `kmeans`, or `mixture` (normal distributions of any shape, with a probability per segment).
    preparation
        What makes distances comparable; by default `SegmentPreparation()`.
    n_starts
        Searches from other starts, of which the best counts.
    random_state
        Seed.

    Attributes
    ----------
    labels_
        Segment of each customer of the fit.
    sizes_
        Customers per segment.
    centres_
        Median of each column per segment, in the units of the data.

    References
    ----------
    D. Arthur and S. Vassilvitskii (2007), k-means++, SODA. C. Fraley and A. E. Raftery (2002),
    JASA 97, eq. 1 (mixtures). Fitted by scikit-learn.

    Examples
    --------
    >>> frame = pd.DataFrame({"orders": [1.0, 2, 1, 30, 31], "sales": [10.0, 12, 9, 50, 52]})
    >>> Segmentation(n_segments=2, random_state=1).fit_predict(frame).tolist()
    [0, 0, 0, 1, 1]
    """

    def __init__(
        self,
        *,
        n_segments: int = 4,
        method: str = "kmeans",
        preparation: SegmentPreparation | None = None,
        n_starts: int = 10,
        random_state: int | None = None,
    ) -> None:
        self.n_segments = n_segments
        self.method = method
        self.preparation = preparation
        self.n_starts = n_starts
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: object = None) -> Segmentation:  # noqa: N803
        """Find the segments.

        Raises
        ------
        ParameterError
            If the method is unknown or there are fewer different customers than segments.
        """
        if self.method not in {"kmeans", "mixture"}:
            raise ParameterError(f"method={self.method!r}: it must be kmeans or mixture.")
        values = validate_data(self, X, dtype=float, ensure_min_samples=2)
        first = SegmentPreparation() if self.preparation is None else self.preparation
        frame = X if isinstance(X, pd.DataFrame) else values
        self.preparation_ = SegmentPreparation(**first.get_params()).fit(frame)
        prepared = np.asarray(self.preparation_.transform(frame))
        n_different = len(np.unique(prepared, axis=0))
        if self.n_segments < 1 or n_different < self.n_segments:
            raise ParameterError(
                f"Not enough data for {self.n_segments} segments (have {n_different} different "
                f"customers, need {max(self.n_segments, 1)})."
            )
        with threadpool_limits(1):
            self.model_ = self._model().fit(prepared)
            raw = self.model_.predict(prepared)
        counts = np.bincount(raw, minlength=self.n_segments)
        order = np.lexsort((np.arange(self.n_segments), -counts))
        self._rank = np.argsort(order)
        self.labels_ = self._rank[raw]
        self.sizes_ = pd.Series(counts[order], index=pd.RangeIndex(self.n_segments, name="segment"))
        names = self.preparation_.steps_.index
        data = pd.DataFrame(values, columns=names)
        self.centres_ = data.groupby(pd.Series(self.labels_, name="segment")).median()
        return self

    def predict(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:  # noqa: N803
        """Give the segment of each customer, of the fit or new."""
        check_is_fitted(self)
        values = validate_data(self, X, dtype=float, reset=False)
        frame = X if isinstance(X, pd.DataFrame) else values
        with threadpool_limits(1):
            raw = self.model_.predict(np.asarray(self.preparation_.transform(frame)))
        return np.asarray(self._rank[raw])

    def _model(self) -> Any:
        options = {"n_init": self.n_starts, "random_state": self.random_state}
        if self.method == "mixture":
            return GaussianMixture(self.n_segments, reg_covar=1e-4, max_iter=500, **options)
        return KMeans(self.n_segments, **options)

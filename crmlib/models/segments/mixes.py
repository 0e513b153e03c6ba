"""Segments of customers by what they buy: a mixture of multinomial distributions on counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from crmlib.errors import ParameterError
from crmlib.models.segments.search import SHORT, Found, climb, first_parts, joint, rearranged

__all__ = ["MixSegmentation"]

Array = npt.NDArray[np.float64]
_FEW = 600
"""Customers on whom searches start."""
_NEAR = 0.002
"""Part of the likelihood that a start from an older model may fall short."""


class MixSegmentation(ClusterMixin, BaseEstimator):
    """Divide customers by the mix of what they buy, not by how much they buy.

    Guards against two mistakes of plain distances: that shares of a customer with few lines count
    like those of one with many, and that a large group is cut in two to make room for a small one.
    Segments are numbered from the largest (0) to the smallest.

    Parameters
    ----------
    n_segments
        How many, from 2; see `choose_n_segments`.
    own_lines
        How far customers of one segment differ: as if the mix of each were known from so many
        lines. More lines of a customer than that add little.
    n_starts
        Searches from other starts, of which the likeliest counts.
    max_steps
        Steps of a search.
    random_state
        Seed.

    Attributes
    ----------
    labels_
        Segment of each customer of the fit.
    sizes_
        Customers per segment.
    centres_
        Share of each column in the lines of each segment (0-1).

    References
    ----------
    J. E. Mosimann (1962), On the compound multinomial distribution, Biometrika 49, eq. 14 (the
    variance of shares, from which the weight of a customer follows). A. P. Dempster, N. M. Laird
    and D. B. Rubin (1977), JRSS B 39, section 2 (the steps). C. Biernacki, G. Celeux and G. Govaert
    (2003), Computational Statistics & Data Analysis 41, section 2 (short searches, many starts).
    N. Ueda et al. (2000), Neural Computation 12(9), section 3 (splitting and merging).

    Examples
    --------
    >>> lines = pd.DataFrame({"Tea": [20, 18, 1, 0, 2], "Wine": [1, 0, 9, 30, 22]})
    >>> MixSegmentation(n_segments=2, random_state=1).fit_predict(lines).tolist()
    [1, 1, 0, 0, 0]
    """

    shares_: Array
    centres_: pd.DataFrame

    def __init__(
        self,
        *,
        n_segments: int = 4,
        own_lines: float = 40.0,
        n_starts: int = 6,
        max_steps: int = 100,
        random_state: int | None = None,
    ) -> None:
        self.n_segments = n_segments
        self.own_lines = own_lines
        self.n_starts = n_starts
        self.max_steps = max_steps
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: object = None) -> MixSegmentation:  # noqa: N803
        """Find the segments.

        Parameters
        ----------
        X
            Lines of each customer (rows) in each category (columns).

        Raises
        ------
        ParameterError
            If there are negative counts, a customer without a line, or fewer different customers
            than segments.
        """
        return self.fit_near(X, None)

    def fit_near(self, X: pd.DataFrame, old: MixSegmentation | None) -> MixSegmentation:  # noqa: N803
        """Find the segments, and prefer those near an older model that are about as likely.

        Guards against segments that change from one iteration to the next only because a search
        ended on another of two nearly equal tops. An older model of other columns or another number
        of segments is no start.
        """
        weighed = self._weighed(validate_data(self, X, dtype=float, ensure_min_samples=2))
        shares = weighed / weighed.sum(axis=1, keepdims=True)
        different = len(pd.DataFrame(shares.round(9)).drop_duplicates())
        if self.n_segments < 1 or different < self.n_segments:
            raise ParameterError(
                f"Not enough data for {self.n_segments} segments (have {different} different "
                f"customers, need {max(self.n_segments, 1)})."
            )
        rng = np.random.default_rng(self.random_state)
        with threadpool_limits(1):
            seeds = rng.integers(2**31, size=self.n_starts)
            few = weighed[rng.permutation(len(weighed))[: max(_FEW, 2 * self.n_segments)]]
            firsts = [first_parts(few, self.n_segments, seed=int(one)) for one in seeds]
            starts = [climb(few, *first, max_steps=SHORT) for first in firsts]
            best = max(starts, key=lambda one: one.likelihood)
            found = climb(weighed, best.mixes, best.sizes, max_steps=self.max_steps)
            found = rearranged(weighed, found, max_steps=self.max_steps, rng=rng)
            start = None if old is None else self._start_from(old)
            if start is not None:
                near = climb(weighed, *start, max_steps=self.max_steps)
                least = found.likelihood - _NEAR * abs(found.likelihood)
                found = near if near.likelihood >= least else found
        self._keep(found, weighed)
        return self

    def _keep(self, found: Found, weighed: Array) -> None:
        """Keep what was found, numbered from the largest segment."""
        mixes, sizes = found.mixes, found.sizes
        raw = joint(weighed, mixes, sizes).argmax(axis=0)
        counts = np.bincount(raw, minlength=self.n_segments)
        order = np.lexsort((np.arange(self.n_segments), -counts))
        self.mixes_, self.shares_ = mixes[order], sizes[order]
        self.labels_ = np.argsort(order)[raw]
        numbers = pd.RangeIndex(self.n_segments, name="segment")
        self.sizes_ = pd.Series(counts[order], index=numbers)
        names = getattr(self, "feature_names_in_", range(weighed.shape[1]))
        self.centres_ = pd.DataFrame(self.mixes_, index=numbers, columns=list(names))

    def predict(self, X: pd.DataFrame) -> npt.NDArray[np.int64]:  # noqa: N803
        """Give the likeliest segment of each customer, of the fit or new."""
        check_is_fitted(self)
        weighed = self._weighed(validate_data(self, X, dtype=float, reset=False))
        return np.asarray(joint(weighed, self.mixes_, self.shares_).argmax(axis=0))

    def _weighed(self, counts: Array) -> Array:
        """Bring the counts of each customer to the lines that he counts for."""
        total = counts.sum(axis=1, keepdims=True)
        if (counts < 0).any() or (total <= 0).any():
            raise ParameterError(
                f"{int((total <= 0).sum())} customers have no line, {int((counts < 0).sum())} "
                "counts are negative: keep customers with purchases, without returns."
            )
        return np.asarray(counts * (1 + self.own_lines) / (total + self.own_lines))

    def _start_from(self, old: MixSegmentation) -> tuple[Array, Array] | None:
        """Take over the segments of an older model of the same columns and number."""
        columns = [str(name) for name in getattr(self, "feature_names_in_", [])]
        known = old.centres_.rename(columns=str)
        if len(known) != self.n_segments or set(known.columns) != set(columns):
            return None
        return known[columns].to_numpy(dtype=float), old.shares_

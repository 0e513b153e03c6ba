"""Bring columns of very different scale and tail to where distances mean something."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from crmlib.errors import ParameterError

__all__ = ["SegmentPreparation"]

Array = npt.NDArray[np.float64]


class SegmentPreparation(TransformerMixin, BaseEstimator):
    """Winsorise at two quantiles, take logarithms of skewed columns, standardise.

    Guards against segments that are one column in large units, or one customer a thousand times the
    size of the others. In this order: each column is cut at its quantiles; a column without
    negative values whose skewness is above `skew_limit` becomes log(1 + x); then each has mean 0
    and variance 1. A column that is constant after cutting becomes 0. `steps_` tells what was done.

    Parameters
    ----------
    tail
        Share of customers cut at each end, from 0 to below 0.5.
    skew_limit
        Skewness (third standardised moment) above which logarithms are taken.

    Attributes
    ----------
    steps_
        Per column `low, high` (cut at), `is_log`, `mean, deviation` (after the logarithm).

    References
    ----------
    J. W. Tukey (1962), The future of data analysis, Annals of Mathematical Statistics 33(1),
    section 14 (winsorising).

    Examples
    --------
    >>> frame = pd.DataFrame({"orders": [1, 2, 3, 4], "sales": [1, 10, 100, 10000]})
    >>> SegmentPreparation(tail=0, skew_limit=1).fit(frame).steps_["is_log"].tolist()
    [False, True]
    """

    def __init__(self, *, tail: float = 0.01, skew_limit: float = 1.0) -> None:
        self.tail = tail
        self.skew_limit = skew_limit

    def fit(self, X: pd.DataFrame | Array, y: object = None) -> SegmentPreparation:  # noqa: N803
        """Learn quantiles, which columns to take logarithms of, means and deviations."""
        if not 0 <= self.tail < 0.5:
            raise ParameterError(f"tail={self.tail!r}: it must be from 0 to below 0.5.")
        values = validate_data(self, X, dtype=float, ensure_min_samples=2)
        low, high = np.quantile(values, [self.tail, 1 - self.tail], axis=0)
        cut = np.clip(values, low, high)
        is_log = (low >= 0) & (_skewness(cut) > self.skew_limit)
        moved = np.where(is_log, np.log1p(np.maximum(cut, 0)), cut)
        deviation = moved.std(axis=0)
        mean = moved.mean(axis=0)
        names = getattr(self, "feature_names_in_", [f"x{k}" for k in range(values.shape[1])])
        self.steps_ = pd.DataFrame(
            {"low": low, "high": high, "is_log": is_log, "mean": mean, "deviation": deviation},
            index=pd.Index(names, name="column"),
        )
        return self

    def transform(self, X: pd.DataFrame | Array) -> Any:  # noqa: N803
        """Apply what was learned; a frame stays a frame."""
        check_is_fitted(self)
        values = validate_data(self, X, dtype=float, reset=False)
        steps = {name: self.steps_[name].to_numpy() for name in self.steps_}
        cut = np.clip(values, steps["low"], steps["high"])
        moved = np.where(steps["is_log"], np.log1p(np.maximum(cut, 0)), cut)
        tiny = 1e-12 * np.maximum(np.abs(steps["mean"]), 1)
        spread = np.where(steps["deviation"] > tiny, steps["deviation"], np.inf)
        result = (moved - steps["mean"]) / spread
        if isinstance(X, pd.DataFrame):
            return pd.DataFrame(result, index=X.index, columns=X.columns)
        return result


def _skewness(values: Array) -> Array:
    centred = values - values.mean(axis=0)
    spread = centred.std(axis=0)
    third = (centred**3).mean(axis=0)
    return np.asarray(np.divide(third, spread**3, out=np.zeros_like(third), where=spread > 0))

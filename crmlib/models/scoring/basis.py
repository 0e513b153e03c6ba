"""Columns of any kind as numbers that a linear model can bend: lines with kinks, levels, gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin

from crmlib.errors import DataRejectedError
from crmlib.schema import require_columns

__all__ = ["Basis", "Term"]

Array = npt.NDArray[np.float64]

MISSING, OTHER = "(missing)", "(other)"
_KINKS = ((0, 3), (1_000, 5), (5_000, 9))
"""From how many customers on a line may bend how often."""
_ENDS = (0.005, 0.995)
_MAX_LEVELS = 30
_SKEWED = 2.0


@dataclass(frozen=True)
class Term:
    """How one column becomes numbers.

    Attributes
    ----------
    column
        Its name.
    levels
        Values of a text that have a column of their own, most frequent first; empty for a number.
    is_log
        Whether the number is taken as sign(x) log(1 + |x|), because it is skewed.
    ends, kinks
        Least and greatest value, beyond which the effect stays as it is, and where the line may
        bend; on the scale after the logarithm.
    fill
        Value put where a number is missing.
    has_gaps
        Whether being missing has a column of its own.
    n_columns
        Columns it gives.
    """

    column: str
    n_columns: int
    levels: tuple[str, ...] = ()
    is_log: bool = False
    ends: tuple[float, float] = (0.0, 0.0)
    kinks: tuple[float, ...] = ()
    fill: float = 0.0
    has_gaps: bool = False

    def columns_of(self, values: pd.Series) -> Array:
        """Turn the values of the column into numbers."""
        if self.levels:
            named = _texts(values)
            named = named.where(named.isin(self.levels), OTHER)
            return np.column_stack([(named == level).to_numpy(float) for level in self.levels])
        x = _numbers(values)
        gaps = np.isnan(x)
        x = np.clip(np.where(gaps, self.fill, _bent(x) if self.is_log else x), *self.ends)
        parts = [x, *(np.maximum(x - kink, 0) for kink in self.kinks)]
        return np.column_stack([*parts, gaps.astype(float)] if self.has_gaps else parts)


class Basis(TransformerMixin, BaseEstimator):
    """Turn a frame of numbers and texts into standardised columns for a linear model.

    A number becomes a line that may bend at three to nine quantiles, constant beyond the middle
    99 % so that a customer larger than any before gets no fantastic score; a text becomes one
    column per frequent level; a gap is information of its own. Columns that do not vary are left
    out.

    Parameters
    ----------
    min_level
        Customers that a level of a text, or the gaps of a column, need for a column of their own.

    Attributes
    ----------
    terms_
        What became of each column that varies.
    dropped_
        Columns left out because they do not vary.
    means_, scales_
        By which the columns are standardised.

    References
    ----------
    T. Hastie, R. Tibshirani and J. Friedman (2009), The Elements of Statistical Learning, 2nd ed.,
    section 5.2 (truncated power basis, here of degree 1).

    Examples
    --------
    >>> frame = pd.DataFrame({"n": np.arange(100.0), "kind": ["a", "b"] * 50, "same": 1})
    >>> basis = Basis().fit(frame)
    >>> basis.transform(frame).shape, basis.dropped_
    ((100, 6), ['same'])
    """

    def __init__(self, *, min_level: int = 30) -> None:
        self.min_level = min_level

    def fit(self, frame: pd.DataFrame, y: object = None) -> Basis:
        """Learn levels, ends, kinks and scales; `y` is not looked at.

        Raises
        ------
        DataRejectedError
            If no column varies.
        """
        made = {str(name): self._term(frame[name], str(name)) for name in frame}
        self.terms_: list[Term] = [term for term in made.values() if term is not None]
        self.dropped_: list[str] = [name for name, term in made.items() if term is None]
        if not self.terms_:
            raise DataRejectedError(
                f"Not enough data to learn from: none of {len(made)} columns varies among "
                f"{len(frame)} customers. Bring columns in which customers differ."
            )
        raw = self._raw(frame)
        self.means_: Array = raw.mean(axis=0)
        spread = raw.std(axis=0)
        self.scales_: Array = np.where(spread > 0, spread, 1.0)
        return self

    def transform(self, frame: pd.DataFrame) -> Array:
        """Give the standardised columns, one row per customer."""
        made = self._raw(frame)
        made -= self.means_
        made /= self.scales_
        return made

    @property
    def slices_(self) -> dict[str, slice]:
        """Columns of the result that belong to each column of the frame."""
        ends = np.cumsum([term.n_columns for term in self.terms_])
        return {
            term.column: slice(int(end) - term.n_columns, int(end))
            for term, end in zip(self.terms_, ends, strict=True)
        }

    def _raw(self, frame: pd.DataFrame) -> Array:
        require_columns(frame, [term.column for term in self.terms_], what="The frame of features")
        made = np.empty((len(frame), sum(term.n_columns for term in self.terms_)))
        for term, part in zip(self.terms_, self.slices_.values(), strict=True):
            made[:, part] = term.columns_of(frame[term.column])
        return made

    def _term(self, values: pd.Series, name: str) -> Term | None:
        """Describe one column; None if it does not vary."""
        if not _is_number(values):
            counts = _texts(values).value_counts()
            frequent = counts[counts >= self.min_level].index[:_MAX_LEVELS]
            levels = tuple(sorted(str(level) for level in frequent))
            varies = len(counts) > 1 and bool(levels)
            return Term(name, len(levels), levels=levels) if varies else None
        x = _numbers(values)
        gaps = np.isnan(x)
        known = x[~gaps]
        has_gaps = self.min_level <= gaps.sum() <= len(x) - self.min_level
        if len(known) == 0 or np.ptp(known) == 0:
            return None if not has_gaps else self._flag(name, known)
        is_log = _is_skewed(known)
        known = _bent(known) if is_log else known
        low, high = (float(end) for end in np.quantile(known, _ENDS))
        if low == high:
            low, high = float(known.min()), float(known.max())
        n_kinks = max(n for least, n in _KINKS if len(known) >= least)
        places = (np.arange(n_kinks) + 0.5) / n_kinks
        kinks = tuple(float(k) for k in np.unique(np.quantile(known, places)) if low < k < high)
        fill = float(np.clip(np.median(known), low, high))
        n_columns = 1 + len(kinks) + has_gaps
        return Term(name, n_columns, (), is_log, (low, high), kinks, fill, bool(has_gaps))

    def _flag(self, name: str, known: Array) -> Term:
        """Describe a column that only says whether something is known."""
        value = float(known[0]) if len(known) else 0.0
        return Term(name, 2, ends=(value, value), fill=value, has_gaps=True)


def _is_number(values: pd.Series) -> bool:
    """Say whether a column holds numbers, or texts that are numbers and too many for levels."""
    if pd.api.types.is_numeric_dtype(values):
        return True
    known = values.dropna()
    if known.nunique() <= _MAX_LEVELS:
        return False
    return bool(pd.to_numeric(known.astype(str), errors="coerce").notna().all())


def _numbers(values: pd.Series) -> Array:
    if not pd.api.types.is_numeric_dtype(values):
        values = pd.to_numeric(values.astype(object).where(values.notna()), errors="coerce")
    found: Array = values.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(found), found, np.nan)


def _texts(values: pd.Series) -> pd.Series:
    return values.astype(object).where(values.notna(), MISSING).astype(str)


def _bent(x: Any) -> Array:
    """Logarithm that keeps sign and zero."""
    found: Array = np.sign(x) * np.log1p(np.abs(x))
    return found


def _is_skewed(known: Array) -> bool:
    """Say whether a few values are so large that they would decide everything."""
    spread = known.std()
    third = float((((known - known.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0
    return abs(third) > _SKEWED

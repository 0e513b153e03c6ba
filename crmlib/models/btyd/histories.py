"""Purchase histories as models use them: checked, and each different one only once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.models.likelihood import Array
from crmlib.schema import require_columns

__all__ = ["COLUMNS", "Histories", "checked_weights", "histories_of", "horizon_of", "unique_rows"]

COLUMNS = ("btyd_frequency", "btyd_recency", "btyd_T")
_DENSE = 8
"""Up to so many possible combinations per row a table of them is faster than a hash."""
_ROUNDING = 1e-9
"""Recency may exceed T by this share: both are quotients of whole days."""


@dataclass(frozen=True)
class Histories:
    """Different purchase histories: repeat purchases `x`, last one at `t_x`, seen until `T`.

    `weight` counts the customers of each, `inverse` gives each customer's history.
    """

    x: Array
    t_x: Array
    T: Array
    weight: Array
    inverse: npt.NDArray[np.intp]

    @property
    def n(self) -> float:
        """Number of customers, or the sum of their weights."""
        return float(self.weight.sum())


def checked_weights(weights: npt.ArrayLike | None, n: int) -> Array | None:
    """Check one weight per row.

    Raises
    ------
    DataRejectedError
        If there are more or fewer weights than rows, or one is negative or not finite.
    """
    if weights is None:
        return None
    found = np.asarray(weights, dtype=float)
    if found.shape != (n,):
        raise DataRejectedError(
            f"weights has the shape {found.shape}, the summary {n} rows. Give one weight per row."
        )
    bad = ~(np.isfinite(found) & (found >= 0))
    if bad.any():
        raise DataRejectedError(
            f"{bad.sum()} of {n} weights are negative or not finite, the first {found[bad][0]:g} "
            f"in row {bad.argmax()}. A weight counts customers: 0 or more."
        )
    return found


def histories_of(
    summary: pd.DataFrame, *, weights: npt.ArrayLike | None = None, min_repeaters: int = 0
) -> Histories:
    """Check a summary and reduce it to different histories.

    Parameters
    ----------
    summary
        Columns `btyd_frequency`, `btyd_recency`, `btyd_T`; see `crmlib.features.btyd`.
    weights
        Customers per row; one each by default.
    min_repeaters
        How many customers with a repeat purchase are needed.

    Raises
    ------
    SchemaError
        If a column is missing.
    DataRejectedError
        If a value cannot be: not finite, negative, a part of a purchase, recency beyond T.
    NotEnoughDataError
        If there are no customers, or too few with a repeat purchase.
    """
    require_columns(summary, COLUMNS, what="The summary")
    x, t_x, seen = (summary[name].to_numpy(dtype=float) for name in COLUMNS)
    given = checked_weights(weights, len(summary))
    _check(x, t_x, seen)
    _enough(x, given, min_repeaters)
    first, inverse = unique_rows((x, t_x, seen))
    weight = np.bincount(inverse, weights=given, minlength=len(first)).astype(float)
    return Histories(x[first], t_x[first], np.maximum(seen[first], t_x[first]), weight, inverse)


def _enough(x: Array, weights: Array | None, min_repeaters: int) -> None:
    """Refuse too few customers."""
    if not len(x) or (weights is not None and not weights.any()):
        raise NotEnoughDataError(
            "Not enough data: the summary has 0 customers, need at least 1. Check the snapshot day."
        )
    repeats = x > 0
    repeaters = float(repeats.sum() if weights is None else weights[repeats].sum())
    if repeaters < min_repeaters:
        raise NotEnoughDataError(
            f"Not enough data: have {repeaters:g} customers with a repeat purchase, need "
            f"{min_repeaters}. Use a longer history or more customers."
        )


def _check(x: Array, t_x: Array, seen: Array) -> None:
    """Refuse values that no purchase history can have."""
    possible = (x >= 0) & (x == np.floor(x)) & (t_x >= 0) & ((x > 0) == (t_x > 0))
    possible &= t_x <= seen * (1 + _ROUNDING)
    if possible.all() and np.isfinite(x.sum() + seen.sum()):
        return
    finite = np.isfinite(x) & np.isfinite(t_x) & np.isfinite(seen)
    problems = {
        "are missing or infinite": ~finite,
        "have a negative btyd_frequency": x < 0,
        "have a btyd_frequency that is no whole number": finite & (x != np.floor(x)),
        "have a negative btyd_recency": t_x < 0,
        "have a btyd_recency beyond btyd_T": t_x > seen * (1 + _ROUNDING),
        "have repeat purchases at a btyd_recency of 0": (x > 0) & (t_x == 0),
        "have a btyd_recency above 0 without repeat purchases": (x == 0) & (t_x > 0),
    }
    found = [(text, bad) for text, bad in problems.items() if bad.any()]
    if found:
        text, bad = found[0]
        row = int(bad.argmax())
        more = "".join(f"; {other.sum()} {said}" for said, other in found[1:])
        raise DataRejectedError(
            f"{bad.sum()} of {len(x)} rows of the summary {text}, the first row {row}: "
            f"btyd_frequency {x[row]:g}, btyd_recency {t_x[row]:g}, btyd_T {seen[row]:g}{more}. "
            "Make the summary by btyd_summary."
        )


def unique_rows(
    columns: Sequence[Array],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Find the different rows of some columns, in the order of their values.

    Returns
    -------
    tuple
        Position of one of each different row, and for each row the number of its kind.

    Examples
    --------
    >>> unique_rows([np.array([1.0, 2.0, 1.0]), np.array([5.0, 5.0, 5.0])])
    (array([2, 1]), array([0, 1, 0]))
    """
    key = np.zeros(len(columns[0]), dtype=np.int64)
    n_keys = 1
    for column in columns:
        codes, values = pd.factorize(column, sort=True)
        if n_keys * len(values) >= 2**62:
            key, kept = pd.factorize(key, sort=True)
            n_keys = len(kept)
        key = key * len(values) + codes
        n_keys *= len(values)
    if n_keys > _DENSE * len(key):
        key, kept = pd.factorize(key, sort=True)
        n_keys = len(kept)
    row_of = np.full(n_keys, -1, dtype=np.intp)
    row_of[key] = np.arange(len(key))
    keys = np.flatnonzero(row_of >= 0)
    rows = row_of[keys]
    row_of[keys] = np.arange(len(keys))
    return rows, row_of[key]


def horizon_of(t: npt.ArrayLike, *, name: str = "t") -> Array:
    """Check times: finite and not negative.

    Raises
    ------
    ParameterError
        If a time is negative or not finite.
    """
    times = np.asarray(t, dtype=float)
    if not (np.isfinite(times).all() and (times >= 0).all()):
        raise ParameterError(
            f"{name}={t!r} must be finite and 0 or more, in the time unit of the model."
        )
    return times

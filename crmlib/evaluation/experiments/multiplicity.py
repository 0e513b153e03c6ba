"""Many comparisons at once: p values that allow for it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import DataRejectedError

__all__ = ["benjamini_hochberg", "holm"]


def holm(p_values: npt.ArrayLike | pd.Series) -> pd.Series:
    """Adjust p values so that any false alarm among them is as rare as for one.

    For a few comparisons each of which may lead to a decision.

    Parameters
    ----------
    p_values
        One per comparison; a Series keeps its index.

    Returns
    -------
    pandas.Series
        `p_adjusted`, in the order given.

    Raises
    ------
    DataRejectedError
        If one is missing or outside 0-1.

    References
    ----------
    S. Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p, order = _ordered(p_values)
    steps = np.arange(len(p), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(p.to_numpy()[order] * steps), 1.0)
    return _in_place(p, order, adjusted)


def benjamini_hochberg(p_values: npt.ArrayLike | pd.Series) -> pd.Series:
    """Adjust p values so that a threshold bounds the share of false ones among the findings.

    For long lists from which a few are picked for a closer look, such as pairs of products.

    Parameters
    ----------
    p_values
        One per comparison; a Series keeps its index.

    Returns
    -------
    pandas.Series
        `p_adjusted`, in the order given.

    Raises
    ------
    DataRejectedError
        If one is missing or outside 0-1.

    References
    ----------
    Y. Benjamini & Y. Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300, eq.
    1.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    p, order = _ordered(p_values)
    n = len(p)
    scaled = p.to_numpy()[order] * n / np.arange(1, n + 1)
    adjusted = np.minimum.accumulate(scaled[::-1])[::-1]
    return _in_place(p, order, adjusted)


def _ordered(p_values: npt.ArrayLike | pd.Series) -> tuple[pd.Series, npt.NDArray[np.intp]]:
    """Check p values and say in which order they ascend."""
    p = pd.Series(p_values, dtype=float, name="p_adjusted")
    wrong = ~p.between(0, 1)
    if wrong.any():
        raise DataRejectedError(
            f"{int(wrong.sum())} of {len(p)} p values are missing or outside 0-1, the first at "
            f"{p.index[wrong][0]!r}. Leave out comparisons that were not made; do not count them."
        )
    return p, np.argsort(p.to_numpy(), kind="stable")


def _in_place(
    p: pd.Series, order: npt.NDArray[np.intp], adjusted: npt.NDArray[np.float64]
) -> pd.Series:
    """Put adjusted values back where their p values stood."""
    found = np.empty(len(p))
    found[order] = adjusted
    return pd.Series(found, index=p.index, name=p.name)

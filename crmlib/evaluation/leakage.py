"""Columns that know the future: found by cutting the data, and by being too good to be true."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.errors import ParameterError

__all__ = ["MIN_CUSTOMERS", "changed_by_the_cut", "disguised_outcomes", "require_no_leak"]

Array = npt.NDArray[np.float64]
MIN_CUSTOMERS = 40
"""Fewer customers than this cannot tell a good column from a disguised outcome."""
_TOLERANCE = 1e-9


def changed_by_the_cut(features: pd.DataFrame, cut: pd.DataFrame) -> pd.DataFrame:
    """Name the features that change when all data after `as_of` are taken away.

    A feature that is right at `as_of` does not depend on what happened later.

    Parameters
    ----------
    features
        Features at `as_of` made from all data, one row per customer, any order.
    cut
        The same features made from the data up to `as_of` only, same index.

    Returns
    -------
    pandas.DataFrame
        One row per column that differs: `column`, `n_changed` (customers), `example` (customer),
        `with_future`, `without`; columns or customers present on one side only are named too.
        Empty if nothing knows the future.

    Examples
    --------
    >>> whole = pd.DataFrame({"orders": [3, 1], "days_to_next": [9.0, None]}, index=["a", "b"])
    >>> cut = pd.DataFrame({"orders": [3, 1], "days_to_next": [None, None]}, index=["a", "b"])
    >>> changed_by_the_cut(whole, cut)[["column", "n_changed", "example"]].values.tolist()
    [['days_to_next', 1, 'a']]
    """
    rows: list[tuple[object, int, object, object, object]] = []
    for side, other, place in ((features, cut, "with_future"), (cut, features, "without")):
        strangers = side.index.difference(other.index)
        if len(strangers):
            rows.append((f"(customers only {place})", len(strangers), strangers[0], None, None))
        rows += [
            (column, len(side), None, f"only {place}", None)
            for column in side.columns.difference(other.columns, sort=False)
        ]
    shared = features.index.intersection(cut.index)
    for column in features.columns.intersection(cut.columns, sort=False):
        a, b = features.loc[shared, column], cut.loc[shared, column]
        differs = ~_same(a, b)
        if differs.any():
            k = int(np.argmax(differs))
            rows.append((column, int(differs.sum()), shared[k], a.iloc[k], b.iloc[k]))
    return pd.DataFrame(rows, columns=["column", "n_changed", "example", "with_future", "without"])


def _same(a: pd.Series, b: pd.Series) -> npt.NDArray[np.bool_]:
    """Compare two columns value by value; missing equals missing."""
    both_missing = (a.isna() & b.isna()).to_numpy()
    if pd.api.types.is_numeric_dtype(a) and pd.api.types.is_numeric_dtype(b):
        x, y = a.to_numpy(dtype=float, na_value=np.nan), b.to_numpy(dtype=float, na_value=np.nan)
        return np.isclose(x, y, rtol=_TOLERANCE, atol=_TOLERANCE, equal_nan=True)
    return both_missing | (a.astype(object).to_numpy() == b.astype(object).to_numpy())


def disguised_outcomes(
    features: pd.DataFrame, outcome: npt.ArrayLike, *, limit: float = 0.95
) -> pd.DataFrame:
    """Name the columns that alone tell the outcome so well that they must contain it.

    Guards against "days to the next order", "reason of leaving" and other columns that are filled
    in after the fact. Whether a value is missing counts as a value: a column that is empty exactly
    for those who did not buy is found too. Levels of text columns are judged on the half of the
    customers from which they were not learned, so that an identifier is not blamed.

    Parameters
    ----------
    features
        One row per customer, numbers or texts.
    outcome
        0/1 or an amount, one per customer, none missing.
    limit
        Strength (below) from which a column is named.

    Returns
    -------
    pandas.DataFrame
        One row per column, strongest first: `column`, `strength` (0-1: |2 AUC - 1| for a 0/1
        outcome, |rank correlation| otherwise; the better of value and missingness), `is_leak`.

    Raises
    ------
    ParameterError
        With fewer than 40 customers, a missing outcome, or the same outcome for all.

    Examples
    --------
    >>> bought = np.tile([0, 1], 50)
    >>> table = pd.DataFrame({"next_order_day": np.where(bought, 7, np.nan), "age": np.arange(100)})
    >>> disguised_outcomes(table, bought).query("is_leak")["column"].tolist()
    ['next_order_day']
    """
    y = np.asarray(outcome, dtype=float)
    if len(y) != len(features):
        raise ParameterError(f"features have {len(features)} rows, outcome {len(y)}: need the same")
    if len(y) < MIN_CUSTOMERS:
        raise ParameterError(
            f"Not enough data to look for leaks (have {len(y)} customers, need {MIN_CUSTOMERS})."
        )
    if not np.isfinite(y).all() or np.ptp(y) == 0:
        raise ParameterError(
            f"The outcome has {int((~np.isfinite(y)).sum())} missing values and "
            f"{len(np.unique(y))} different ones: it must be known for all and must vary."
        )
    strengths = [_strength(features[column], y) for column in features]
    table = pd.DataFrame({"column": list(features), "strength": strengths})
    table["is_leak"] = table["strength"] >= limit
    return table.sort_values("strength", ascending=False, kind="stable", ignore_index=True)


def _strength(column: pd.Series, y: Array) -> float:
    """Say how well a column, or its being missing, tells the outcome."""
    missing = column.isna().to_numpy()
    found = [_association(missing.astype(float), y)]
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column):
        known = column[~missing]
        values = known.astype("int64") if known.dtype.kind == "M" else known
        found.append(_association(values.to_numpy(dtype=float), y[~missing]))
    else:
        codes = pd.factorize(column.astype(object))[0]
        half = np.arange(len(y)) % 2 == 0
        expected = np.full(len(y), y.mean())
        for learn, judge in ((half, ~half), (~half, half)):
            means = pd.Series(y[learn]).groupby(codes[learn]).mean()
            expected[judge] = means.reindex(codes[judge]).fillna(y[learn].mean())
        found.append(_association(expected, y))
    return max(found)


def _association(x: Array, y: Array) -> float:
    """Rank association between 0 and 1; 0 where one of the two does not vary."""
    if len(x) < MIN_CUSTOMERS // 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return 0.0
    if len(np.unique(y)) > 2:
        return float(abs(stats.spearmanr(x, y).statistic))
    high = y == y.max()
    ranks = stats.rankdata(x)
    n_high, n_low = int(high.sum()), int((~high).sum())
    auc = (ranks[high].sum() - n_high * (n_high + 1) / 2) / (n_high * n_low)
    return float(abs(2 * auc - 1))


def require_no_leak(strengths: pd.DataFrame) -> None:
    """Stop if `disguised_outcomes` has named a column.

    Raises
    ------
    ParameterError
        With the names of the columns.
    """
    leaks = strengths[strengths["is_leak"]]
    if len(leaks):
        named = ", ".join(f"{r.column} ({r.strength:.3f})" for r in leaks.itertuples())
        raise ParameterError(
            f"{len(leaks)} columns tell the outcome almost alone: {named}. They are probably "
            "filled in after the outcome. Leave them out, or make them as of an earlier day."
        )

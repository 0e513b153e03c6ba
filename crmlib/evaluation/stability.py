"""Whether today's customers still look like those a model learned from: population stability."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.errors import ParameterError

__all__ = ["FAIL_FROM", "REVIEW_FROM", "population_stability", "stability_table"]

Array = npt.NDArray[np.float64]
REVIEW_FROM, FAIL_FROM = 0.1, 0.25
"""Usual limits of the index; see `stability_table` for what chance alone makes of it."""
MIN_CUSTOMERS = 50
_MAX_LEVELS = 20
_MISSING, _OTHER = "(missing)", "(other)"


def _groups(reference: pd.Series, current: pd.Series, n_groups: int) -> tuple[Array, Array]:
    """Count both sides in the same groups, made from the reference; missing is a group."""
    if pd.api.types.is_numeric_dtype(reference) and not pd.api.types.is_bool_dtype(reference):
        known = reference.dropna().to_numpy(dtype=float)
        quantiles = np.linspace(0, 1, n_groups + 1)[1:-1]
        edges = np.unique(np.quantile(known, quantiles)) if len(known) else np.array([])
        sides = [
            np.where(s.isna(), len(edges) + 1, np.searchsorted(edges, s.to_numpy(dtype=float)))
            for s in (reference, current)
        ]
        counts = [np.bincount(side, minlength=len(edges) + 2) for side in sides]
    else:
        texts = [s.astype(object).where(s.notna(), _MISSING) for s in (reference, current)]
        levels = texts[0].value_counts().index[:_MAX_LEVELS]
        named = [s.where(s.isin(levels), _OTHER).value_counts() for s in texts]
        every = [*levels, _OTHER]
        counts = [s.reindex(every, fill_value=0).to_numpy() for s in named]
    used = (counts[0] + counts[1]) > 0
    return counts[0][used].astype(float), counts[1][used].astype(float)


def population_stability(
    reference: npt.ArrayLike | pd.Series,
    current: npt.ArrayLike | pd.Series,
    *,
    n_groups: int = 10,
) -> float:
    """Measure how far the distribution of one column has moved.

    Groups are tenths of the reference (levels for texts); missing values are a group of their own,
    levels that are new or rare are one. Empty groups count half a customer, so the index is finite.

    Parameters
    ----------
    reference
        Values the model learned from.
    current
        Values of today.

    Returns
    -------
    float
        Population stability index: below .1 stable, from .25 moved.

    Raises
    ------
    ParameterError
        With fewer than 50 customers on a side.

    References
    ----------
    S. Kullback & R. Leibler (1951), Annals of Mathematical Statistics 22, 79-86, eq. 2.6 (the
    divergence J). B. Yurdakul & J. Naranjo (2020), Journal of Risk Model Validation 14(4), 89-100.

    Examples
    --------
    >>> a = np.repeat(["x", "y"], [50, 50])
    >>> b = np.repeat(["x", "y"], [75, 25])
    >>> round(population_stability(a, b), 4)  # .25 ln(.75/.5) - .25 ln(.25/.5)
    0.2747
    """
    before, after = _counted(reference, current, n_groups)
    return _index(before, after)


def _counted(reference: object, current: object, n_groups: int) -> tuple[Array, Array]:
    sides = [pd.Series(side).reset_index(drop=True) for side in (reference, current)]
    if min(len(side) for side in sides) < MIN_CUSTOMERS:
        raise ParameterError(
            f"Not enough data for population stability (have {len(sides[0])} customers before and "
            f"{len(sides[1])} now, need {MIN_CUSTOMERS} each)."
        )
    return _groups(sides[0], sides[1], n_groups)


def _index(before: Array, after: Array) -> float:
    p, q = (np.where(side == 0, 0.5, side) / side.sum() for side in (before, after))
    return float(((q - p) * np.log(q / p)).sum())


def stability_table(
    reference: pd.DataFrame, current: pd.DataFrame, *, n_groups: int = 10, level: float = 0.95
) -> pd.DataFrame:
    """Measure the stability of every feature and of the score, most moved first.

    Guards against the fixed limits in small groups: `by_chance` is what the index would exceed in
    5 % of all comparisons of customers from one and the same population.

    Parameters
    ----------
    reference, current
        Same columns (features, score), one row per customer.

    Returns
    -------
    pandas.DataFrame
        `column`, `psi`, `by_chance`, `missing_before`, `missing_now` (shares), `verdict`: PASS
        below .1 or below `by_chance`, FAIL from .25, REVIEW between.

    Raises
    ------
    ParameterError
        If the columns differ, or a side has fewer than 50 customers.

    References
    ----------
    As for `population_stability`; the index times the harmonic size is chi-squared by chance.
    """
    if set(reference) != set(current):
        strangers = sorted(map(str, set(reference) ^ set(current)))
        raise ParameterError(
            f"{len(strangers)} columns stand on one side only, such as {strangers[0]!r}. Compare "
            "the same features."
        )
    rows = []
    for column in reference:
        before, after = _counted(reference[column], current[column], n_groups)
        psi = _index(before, after)
        spread = 1 / before.sum() + 1 / after.sum()
        chance = float(stats.chi2.ppf(level, max(len(before) - 1, 1)) * spread)
        verdict = "PASS" if psi < max(REVIEW_FROM, chance) else "REVIEW"
        if verdict == "REVIEW" and psi >= FAIL_FROM:
            verdict = "FAIL"
        missing = reference[column].isna().mean(), current[column].isna().mean()
        rows.append((column, psi, chance, *missing, verdict))
    names = ["column", "psi", "by_chance", "missing_before", "missing_now", "verdict"]
    table = pd.DataFrame(rows, columns=names)
    return table.sort_values("psi", ascending=False, kind="stable", ignore_index=True)

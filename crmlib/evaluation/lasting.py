"""Whether what customers preferred in the first half of a window shows in the second half too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.evaluation.preferences import Array, Choices, likeness

__all__ = ["WORDS", "agreement", "habit_agreement", "lasting_table"]

WORDS = {
    "category": "category",
    "price_band": "price class",
    "brand": "brand",
    "weekday": "weekday",
    "day_part": "part of the day",
    "basket_lines": "size of the basket",
    "gap_median_days": "rhythm of buying",
}
"""Aspects and habits in words."""

LASTS_FROM = 0.3
"""Agreement of the halves from which a preference is said to last."""
_Z = float(stats.norm.isf(0.025))
_MIN_CUSTOMERS = 10
_ROUNDING = 1e-10  # expected shares are in millionths: squares below come from rounding


def agreement(choices: Choices, *, min_choices: int) -> tuple[float, float, float, int]:
    """Correlate share less expected share of the first half with that of the second.

    Guards against patterns that are found because they were looked for in the same data: chance
    does not repeat itself, so that without preferences the correlation is 0. With few choices per
    customer it stays below 1 even if nobody ever changes.

    With a, b, c the sums over the values of products and squares of a customer, the correlation
    is r = sum a / sqrt(sum b sum c); its standard error follows by linearisation from the spread
    over customers.

    Parameters
    ----------
    choices
        From `crmlib.evaluation.preferences.choices_of`.
    min_choices
        Choices in each half that a customer needs to count.

    Returns
    -------
    tuple
        Correlation, ends of its 95 % interval, number of customers; missing (NaN) with fewer than
        10 customers.

    References
    ----------
    B. Efron & R. Tibshirani (1993), An Introduction to the Bootstrap, Chapman & Hall, section
    21.9 (the infinitesimal jackknife).
    """
    has_enough = (choices.n >= min_choices).all(axis=0)
    n = int(has_enough.sum())
    if n < _MIN_CUSTOMERS or not choices.options:
        return float("nan"), float("nan"), float("nan"), n
    first, second = (
        (choices.counted[half] - choices.expected[half])[has_enough]
        / choices.n[half][has_enough, None]
        for half in (0, 1)
    )
    a, b, c = ((x * y).sum(axis=1) for x, y in ((first, second), (first, first), (second, second)))
    return (*_ratio_with_interval(a, b, c), n)


def _ratio_with_interval(a: Array, b: Array, c: Array) -> tuple[float, float, float]:
    """Give sum a / sqrt(sum b sum c) with a 95 % interval."""
    square = float(b.sum() * c.sum())
    if min(b.mean(), c.mean()) < _ROUNDING:
        return float("nan"), float("nan"), float("nan")
    scale = float(np.sqrt(square))
    r = float(a.sum()) / scale
    ratio = float(np.sqrt(c.sum() / b.sum()))
    influence = (a - r / 2 * (b * ratio + c / ratio)) / scale
    half_width = _Z * float(np.sqrt((influence**2).sum()))
    return r, max(r - half_width, -1.0), min(r + half_width, 1.0)


def habit_agreement(habits: pd.DataFrame, *, habit: str) -> tuple[float, float, float, int]:
    """Correlate the ranks of a habit in the two halves, over the customers who show it in both.

    Parameters
    ----------
    habits
        From `crmlib.features.habits.habits_by_half`.
    habit
        Column such as `basket_lines`.

    Returns
    -------
    tuple
        Spearman's correlation, ends of its 95 % interval, number of customers.

    References
    ----------
    D. G. Bonett & T. A. Wright (2000), Psychometrika 65, 23-28, eq. 6.
    """
    halves = {
        half: rows.set_index("customer_id")[habit].astype(float)
        for half, rows in habits.groupby("half")
    }
    wide = pd.DataFrame(halves, columns=["first", "second"]).dropna()
    n = len(wide)
    if n < _MIN_CUSTOMERS or (wide.nunique() < 2).any():
        return float("nan"), float("nan"), float("nan"), n
    ranks = wide.rank()
    r = float(ranks["first"].corr(ranks["second"]))
    half_width = _Z * np.sqrt((1 + r**2 / 2) / (n - 3))
    middle = np.arctanh(min(max(r, -0.999999), 0.999999))
    low, high = np.tanh([middle - half_width, middle + half_width])
    return r, float(low), float(high), n


def lasting_table(
    aspects: Sequence[Choices], habits: pd.DataFrame, *, min_choices: int
) -> pd.DataFrame:
    """Say of each aspect how much customers differ in it, and whether the difference lasts.

    Returns
    -------
    pandas.DataFrame
        One row per aspect and habit: `aspect` (in words), `n_customers` (with enough choices in
        both halves), `likeness` (how alike the choices of a customer are, 0-1; missing for habits),
        `agreement`, `low`, `high` (correlation of the halves, 95 % interval) and `outcome`:
        `lasts` where even the low end is above .3, `weak` where it is above 0, `not shown`.
    """
    rows = [
        (WORDS[one.aspect], likeness(one), *agreement(one, min_choices=min_choices))
        for one in aspects
    ]
    rows += [
        (WORDS[habit], float("nan"), *habit_agreement(habits, habit=habit))
        for habit in ("basket_lines", "gap_median_days")
    ]
    columns = ["aspect", "likeness", "agreement", "low", "high", "n_customers"]
    table = pd.DataFrame(rows, columns=columns).astype({"n_customers": "int64"})
    verdict = np.select(
        [table["low"] > LASTS_FROM, table["low"] > 0], ["lasts", "weak"], "not shown"
    )
    table["outcome"] = verdict
    table[columns[1:5]] = table[columns[1:5]].round(3)
    return table[["aspect", "n_customers", *columns[1:5], "outcome"]]

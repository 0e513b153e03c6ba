"""On whom a measure works: its effect in groups of customers, as its own control group tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from crmlib.evaluation.experiments.multiplicity import holm

__all__ = ["GROUP_COLUMNS", "effect_by_group"]

Array = npt.NDArray[np.float64]
GROUP_COLUMNS = ["dimension", "part", "n_customers", "effect_share", "effect_low_share",
                 "effect_high_share", "other_share", "other_low_share", "other_high_share",
                 "p_adjusted"]  # fmt: skip

_LEAST = 100
"""Customers of either arm that a group and its rest need."""
_LEAST_OF_A_DRAW = 20
_MAX_LEVELS = 12


def effect_by_group(
    features: pd.DataFrame,
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    draw: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Compare the effect of a measure on a group of customers with that on the others.

    Every group is made from one column: of a number those above the median, of a text those with
    one value. Within a group the assignment is as random as in the whole, so the difference of the
    rates of treated and control is the effect there; no model is needed. Many groups are looked
    at, so the p value of the difference between group and others allows for all of them (Holm).

    Parameters
    ----------
    features
        One row per customer, known before the assignment.
    outcome
        0/1 for each.
    treated
        Whether treated; drawn by chance, with the same chance for all of a draw.
    draw
        Which campaign drew the customer, where there are several: treated are compared with the
        control group of their own campaign.

    Returns
    -------
    pandas.DataFrame
        `dimension` (the column), `part` (such as `1` or `above 4`), `n_customers`, `effect_share`
        with interval (points of the outcome added), `other_share` with interval (the same among
        the others), `p_adjusted`; the surest difference first, one group per column.
    """
    y, t = np.asarray(outcome, dtype=float), np.asarray(treated, dtype=bool)
    codes = np.zeros(len(y), dtype=int) if draw is None else pd.factorize(np.asarray(draw))[0]
    half = float(stats.norm.ppf((1 + level) / 2))
    rows = []
    for name in features:
        for group, inside in _groups(features[name]):
            own, rest = (_effect(y, t, codes, part) for part in (inside, ~inside))
            if own is None or rest is None:
                continue
            z = (own[0] - rest[0]) / max(np.hypot(own[1], rest[1]), 1e-12)
            ends = [(one[0], *(one[0] + side * half * one[1] for side in (-1, 1)))
                    for one in (own, rest)]  # fmt: skip
            p_value = float(2 * stats.norm.sf(abs(z)))
            rows.append((str(name), group, int(inside.sum()), *ends[0], *ends[1], p_value))
    table = pd.DataFrame(rows, columns=GROUP_COLUMNS)
    table["p_adjusted"] = holm(table["p_adjusted"]).to_numpy() if len(table) else []
    order = table["p_adjusted"].to_numpy(float)
    gap = -np.abs(table["effect_share"] - table["other_share"])
    ranked = table.assign(_p=order, _gap=gap).sort_values(["_p", "_gap"], kind="stable")
    return ranked[GROUP_COLUMNS].drop_duplicates("dimension").reset_index(drop=True)


def _groups(values: pd.Series) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Cut the customers in two by one column, in as many ways as it has levels."""
    known = values.dropna()
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(float, na_value=np.nan)
    else:
        levels = known.astype(str).value_counts()
        numbers = None
        if len(levels) > _MAX_LEVELS:
            found = pd.to_numeric(values.astype(object), errors="coerce")
            if found.notna().sum() < len(known):
                return
            numbers = found.to_numpy(float)
    if numbers is None or known.nunique() == 2:
        texts = values.astype(object).where(values.notna(), "").astype(str).to_numpy()
        names = sorted(known.astype(str).unique())
        for name in names[1:] if len(names) == 2 else names:
            yield name, texts == name
        return
    if known.nunique() > 2:
        middle = float(np.nanmedian(numbers))
        yield f"above {middle:,.4g}", np.nan_to_num(numbers, nan=-np.inf) > middle


def _effect(
    y: Array, treated: npt.NDArray[np.bool_], codes: npt.NDArray[np.int_], inside: npt.NDArray[Any]
) -> tuple[float, float] | None:
    """Give the effect in a group and its standard error; None where either arm is too small."""
    if min((inside & treated).sum(), (inside & ~treated).sum()) < _LEAST:
        return None
    effect, variance, total = 0.0, 0.0, 0
    for code in range(int(codes.max()) + 1):
        here = inside & (codes == code)
        arms = [y[here & treated], y[here & ~treated]]
        if min(len(arm) for arm in arms) < _LEAST_OF_A_DRAW:
            continue
        n = len(arms[0]) + len(arms[1])
        effect += n * float(arms[0].mean() - arms[1].mean())
        variance += n**2 * float(sum(arm.var(ddof=1) / len(arm) for arm in arms))
        total += n
    return (effect / total, float(np.sqrt(variance)) / total) if total else None

"""Forecasts of the last weeks as if they had not happened, held against what came."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.evaluation.experiments import benjamini_hochberg
from crmlib.evaluation.weekly import QUANTITIES, without_last
from crmlib.models.sales_forecast import MEAN, PATH, ahead, path

__all__ = ["held_out", "held_out_weeks"]

_SURPRISE = 0.05
HELD_OUT = [
    "dimension", "part", "quantity", "model", "actual", "forecast", "low", "high", "naive",
    "error_share", "naive_error_share", "is_inside", "p_adjusted", "is_surprise",
]  # fmt: skip
LOOK_BACK = [*PATH, "actual", "naive"]


def held_out_weeks(
    weeks: pd.DataFrame, choice: pd.DataFrame, *, horizon_weeks: int
) -> pd.DataFrame:
    """Forecast the last weeks of all sales as if they had not happened.

    Parameters
    ----------
    choice
        From `choose`, made without the last weeks.

    Returns
    -------
    pandas.DataFrame
        Columns of `path`, with `actual` and `naive` (the naive forecast compared with).
    """
    known = without_last(weeks, n_weeks=horizon_weeks)
    made = path(known, choice, horizon_weeks=horizon_weeks)
    naive = path(known, _naive(choice), horizon_weeks=horizon_weeks)
    total = weeks[weeks["dimension"] == "total"]
    keys = ["quantity", "week_ends_on"]
    actual = total.melt("week_ends_on", list(QUANTITIES), var_name="quantity", value_name="actual")
    naive = naive[[*keys, "forecast"]].rename(columns={"forecast": "naive"})
    return made.merge(actual, on=keys).merge(naive, on=keys)[LOOK_BACK]


def held_out(weeks: pd.DataFrame, choice: pd.DataFrame, *, horizon_weeks: int) -> pd.DataFrame:
    """Hold forecasts of the last weeks, made without them, against what happened.

    Parameters
    ----------
    choice
        From `choose`, made without the last weeks.

    Returns
    -------
    pandas.DataFrame
        One row per dimension, part and quantity: `dimension`, `part`, `quantity`, `model`,
        `actual`, `forecast`, `low`, `high`, `naive` (sums of the weeks, of active customers the
        mean), `error_share`, `naive_error_share` (forecast over actual - 1), `is_inside` (the
        interval holds the actual), `p_adjusted` (Benjamini-Hochberg over the sales of all parts;
        missing elsewhere), `is_surprise` (below .05: sales were not as was to be expected).
    """
    known = without_last(weeks, n_weeks=horizon_weeks)
    made = ahead(known, choice, horizon_weeks=horizon_weeks)
    naive = ahead(known, _naive(choice), horizon_weeks=horizon_weeks)
    if made.empty:
        return pd.DataFrame(columns=HELD_OUT)
    keys = ["dimension", "part", "quantity"]
    last = weeks[weeks["week_ends_on"] > known["week_ends_on"].max()]
    actual = last.groupby(["dimension", "part"])[list(QUANTITIES)].sum()
    actual[MEAN] = actual[MEAN] / horizon_weeks
    actual = actual.reset_index().melt(keys[:2], var_name="quantity", value_name="actual")
    naive = naive[[*keys, "forecast"]].rename(columns={"forecast": "naive"})
    table = made.merge(actual, on=keys).merge(naive, on=keys)
    happened = table["actual"].where(table["actual"] > 0)
    return table.assign(
        error_share=table["forecast"] / happened - 1,
        naive_error_share=table["naive"] / happened - 1,
        is_inside=(table["low"] <= table["actual"]) & (table["actual"] <= table["high"]),
        p_adjusted=_surprise(table),
        is_surprise=_surprise(table) < _SURPRISE,
    )[HELD_OUT]


def _surprise(table: pd.DataFrame) -> pd.Series:
    """Give the p value of what happened to the sales of each part, corrected for many looks."""
    is_part = (table["dimension"] != "total") & (table["quantity"] == "net_amount")
    gap = (table["actual"] - table["forecast"]).abs()
    sure = gap > 0  # a constant series has no error
    ratio = (
        (gap / table["error"].where(table["error"] > 0))
        .fillna(0.0)
        .mask(sure & (table["error"] == 0), np.inf)
    )
    p = pd.Series(2 * stats.t.sf(ratio, table["freedom"]), index=table.index).where(is_part)
    p[is_part] = benjamini_hochberg(p[is_part]).to_numpy()
    return p.round(6)


def _naive(choice: pd.DataFrame) -> pd.DataFrame:
    """Choose the naive forecast that the others were compared with: the first of a quantity."""
    return choice.assign(is_used=~choice.duplicated("quantity") & (choice["model"] != ""))

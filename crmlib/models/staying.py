"""How long customers stay, by group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.evaluation.experiments import holm
from crmlib.models.survival import KaplanMeier, log_rank_test

__all__ = ["EVERYBODY", "GROUPS", "clearest_dimension", "grouped", "stay_curves", "stay_summary"]

GROUPS = {
    "region": "region", "kind": "kind of customer", "first_channel": "channel of the first order",
    "household_size": "household size", "income_band": "income",
}  # fmt: skip
"""Columns by which customers are told apart, with the words for them."""

EVERYBODY = "all customers"
_MIN_CUSTOMERS, _MIN_LOSSES, _MAX_VALUES = 30, 5, 8
_MIN_GROUPS = 2
_SURE = 0.05
_STEP_DAYS = 30
_CURVES = ["dimension", "group", "days", "stays_share", "low_share", "high_share", "n_watched"]
_SUMMARY = ["dimension", "group", "n_customers", "n_left", "half_year_share", "year_share",
            "low_share", "high_share", "p_adjusted"]  # fmt: skip


def grouped(lives: pd.DataFrame) -> pd.DataFrame:
    """Make the columns of `GROUPS` fit to compare: rare values are pooled, useless columns empty.

    A value needs 30 customers and 5 losses; the most frequent eight are kept and the rest is
    `other`. A column with one value left is emptied.

    Parameters
    ----------
    lives
        From `crmlib.evaluation.exposure.with_event`.

    Returns
    -------
    pandas.DataFrame
        The same rows; columns of `GROUPS` that tell nobody apart are empty texts.
    """
    table = lives.copy()
    for name in GROUPS:
        values = table[name].astype("str").fillna("not known")
        counts = table.groupby(values)["is_event"].agg(["size", "sum"])
        enough = (counts["size"] >= _MIN_CUSTOMERS) & (counts["sum"] >= _MIN_LOSSES)
        kept = counts[enough].reset_index(names="value")
        kept = kept.sort_values(["size", "value"], ascending=[False, True]).head(_MAX_VALUES)
        pooled = values.where(values.isin(kept["value"]), "other")
        rest = table.loc[pooled == "other", "is_event"]
        if len(rest) and (len(rest) < _MIN_CUSTOMERS or rest.sum() < _MIN_LOSSES) and len(kept):
            pooled = pooled.where(pooled != "other", str(kept["value"].iloc[0]))
        is_useful = pooled.nunique() >= _MIN_GROUPS
        table[name] = pooled if is_useful else ""
    return table


def stay_curves(lives: pd.DataFrame) -> pd.DataFrame:
    """Estimate the share of customers who stay longer than so many days, by group (Kaplan-Meier).

    Parameters
    ----------
    lives
        From `grouped`.

    Returns
    -------
    pandas.DataFrame
        One row per dimension, group and 30 days: `dimension` (`all customers` first), `group`,
        `days`, `stays_share`, `low_share`, `high_share`, `n_watched` (still watched then).
    """
    parts = []
    for dimension, group, part in _parts(lives):
        curve = KaplanMeier().fit(part["until_day"] - part["start_day"], part["is_event"])
        last = float(curve.table_.index[-1])
        days = np.arange(0, last + 1, _STEP_DAYS)
        found = curve.survival_at(days).reset_index()
        place = curve.table_.index.searchsorted(days)
        parts.append(
            pd.DataFrame(
                {
                    "dimension": dimension,
                    "group": group,
                    "days": days.astype(int),
                    "stays_share": found["survival"],
                    "low_share": found["low"],
                    "high_share": found["high"],
                    "n_watched": curve.table_["n_at_risk"].to_numpy()[place].astype(int),
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_CURVES)


def stay_summary(lives: pd.DataFrame) -> pd.DataFrame:
    """Say which share stays half a year and a year, by group, and whether the groups differ.

    Parameters
    ----------
    lives
        From `grouped`.

    Returns
    -------
    pandas.DataFrame
        `dimension`, `group`, `n_customers`, `n_left`, `half_year_share`, `year_share` with
        `low_share`, `high_share` (missing where nobody was watched so long), `p_adjusted`
        (log-rank test of the dimension, Holm over the dimensions).
    """
    rows = []
    for dimension, group, part in _parts(lives):
        curve = KaplanMeier().fit(part["until_day"] - part["start_day"], part["is_event"])
        last = curve.table_.index[-1]
        unknown = pd.Series(np.nan, curve.table_.columns)
        half, year = (
            curve.survival_at([days]).iloc[0] if days <= last else unknown for days in (182, 365)
        )
        rows.append(
            (dimension, group, len(part), int(part["is_event"].sum()), half["survival"],
             year["survival"], year["low"], year["high"], np.nan)
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=_SUMMARY)
    tests = {
        words: log_rank_test(
            lives["until_day"] - lives["start_day"], lives["is_event"], lives[name]
        )
        for name, words in GROUPS.items()
        if words in set(table["dimension"])
    }
    if tests:
        p_values = holm(pd.Series({words: test.p_value for words, test in tests.items()}))
        table["p_adjusted"] = table["dimension"].map(p_values)
    return table


def clearest_dimension(curves: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """Keep the curves of the dimension whose groups differ most surely, of ties the first.

    Where no groups differ beyond chance, the curve of all customers is kept.

    Parameters
    ----------
    curves
        From `stay_curves`.
    summary
        From `stay_summary`.
    """
    if summary["p_adjusted"].min() < _SURE:
        wanted = summary.loc[summary["p_adjusted"].idxmin(), "dimension"]
    else:
        wanted = EVERYBODY
    return curves[curves["dimension"] == wanted].reset_index(drop=True)


def _parts(lives: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Give all customers, and those of each group."""
    if not lives["is_event"].any():
        return []
    parts = [(EVERYBODY, EVERYBODY, lives)]
    for name, words in GROUPS.items():
        if (lives[name] != "").any():
            parts += [(words, str(key), part) for key, part in lives.groupby(name, sort=True)]
    return parts

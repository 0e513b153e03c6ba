"""How long answers take while some are still due, and how a complaint changes the hazard."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.features.complaint_spells import STATES
from crmlib.models.survival import DiscreteHazard, KaplanMeier

__all__ = ["answer_curve", "answer_times", "hazard_ratios"]

_NAMES = dict(
    zip(STATES, ("complaint not answered yet", "answered", "answered and compensated"), strict=True)
)
_ANY = "any complaint"
_MIN_LOSSES = 5
_STEPS = 20
_TIMES = [
    "complaint_reason", "n_complaints", "complaint_share", "n_open", "median_days", "low_days",
    "high_days", "in_time_share", "low_share", "high_share",
]  # fmt: skip
_RATIOS = ["event", "n_losses", "hazard_ratio", "low", "high"]
ALL, OTHER = "all reasons", "other reasons"


def answer_curve(cases: pd.DataFrame) -> pd.DataFrame:
    """Estimate the share of complaints that are answered within so many days.

    Guards against the mean of those that were answered, which leaves out all that still wait:
    an open complaint counts as one that was not answered up to its age (Kaplan-Meier).

    Parameters
    ----------
    cases
        From `crmlib.features.complaints.complaint_cases`, collected.

    Returns
    -------
    pandas.DataFrame
        `days`, `answered_share`, `low_share`, `high_share`, `n_waiting` (complaints that were at
        least so old and not answered before); no row if no day of an answer is known.
    """
    days, is_answered = _durations(cases)
    names = ["days", "answered_share", "low_share", "high_share", "n_waiting"]
    if not is_answered.any():
        return pd.DataFrame(columns=names, dtype=float)
    table = KaplanMeier().fit(days, is_answered).table_.reset_index()
    found = pd.DataFrame(
        {
            "days": table["time"],
            "answered_share": 1 - table["survival"],
            "low_share": 1 - table["high"],
            "high_share": 1 - table["low"],
            "n_waiting": table["n_at_risk"],
        }
    )
    return found[names]


def answer_times(cases: pd.DataFrame, *, answer_days: int, n_reasons: int = 10) -> pd.DataFrame:
    """Say per reason how many complaints there are, and how long answers take.

    Reasons that differ in upper and lower case only are one.

    Parameters
    ----------
    cases
        From `crmlib.features.complaints.complaint_cases`, collected.
    answer_days
        An answer within so many days is in time.
    n_reasons
        Reasons shown, most complaints first; the rest is put together.

    Returns
    -------
    pandas.DataFrame
        `complaint_reason` (`all reasons` first), `n_complaints`, `complaint_share`, `n_open`,
        `median_days` until half are answered (with `low_days`, `high_days`; missing where the end
        is not reached), `in_time_share` with `low_share`, `high_share`.

    Raises
    ------
    ParameterError
        If `answer_days` or `n_reasons` is below 1.
    """
    if answer_days < 1 or n_reasons < 1:
        raise ParameterError(f"answer_days={answer_days}, n_reasons={n_reasons}: from 1 on.")
    reasons = _spelt_alike(cases["reason"])
    counts = reasons.value_counts(sort=False).rename("n").rename_axis("reason").reset_index()
    counts = counts.sort_values(["n", "reason"], ascending=[False, True])
    shown = list(counts["reason"].iloc[:n_reasons])
    parts = {ALL: cases} | {name: cases[reasons == name] for name in shown}
    rest = cases[~reasons.isin(shown)]
    if len(rest):
        parts[OTHER] = rest
    rows = [
        (name, len(part), len(part) / len(cases), int(part["is_open"].sum()),
         *_times(part, answer_days=answer_days))
        for name, part in parts.items()
        if len(part)
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=_TIMES)


def _spelt_alike(reasons: pd.Series) -> pd.Series:
    """Give texts that differ in case and outer blanks only their most frequent spelling."""
    key = reasons.astype(str).str.strip().str.casefold()
    spelling = pd.DataFrame({"key": key, "reason": reasons.astype(str).str.strip()})
    counts = spelling.value_counts().reset_index()
    counts = counts.sort_values(["count", "reason"], ascending=[False, True])
    return key.map(counts.drop_duplicates("key").set_index("key")["reason"])


def _times(part: pd.DataFrame, *, answer_days: int) -> tuple[float, ...]:
    """Give median and share answered in time, each with its interval."""
    days, is_answered = _durations(part)
    if not is_answered.any():
        return (math.nan,) * 6
    curve = KaplanMeier().fit(days, is_answered)
    median = curve.quantile(0.5).replace(math.inf, math.nan)
    known = min(float(answer_days), float(curve.table_.index[-1]))
    at = curve.survival_at([known]).iloc[0]
    if known < answer_days and at["survival"] > 0:  # nobody waited so long yet
        return (*median, math.nan, math.nan, math.nan)
    return (*median, 1 - at["survival"], 1 - at["high"], 1 - at["low"])


def _durations(cases: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Give days waited and whether the answer came; closed ones without a day are left out."""
    took = (cases["resolved_day"] - cases["opened_day"]).astype(float)
    known = took.notna() | (cases["is_open"] == 1)
    return took.fillna(cases["age_days"].astype(float))[known], took.notna()[known]


def hazard_ratios(counts: pd.DataFrame) -> pd.DataFrame:
    """Say how many times as often customers leave after a complaint as without one. Observational.

    Compared are customers as long with us on days with and without a complaint behind them, in a
    discrete-time hazard model with periods of a day; the state after a complaint changes with the
    answer. Only the first complaint of a customer counts.

    Parameters
    ----------
    counts
        From `crmlib.features.complaint_spells.complaint_spells`, collected.

    Returns
    -------
    pandas.DataFrame
        `event` (any complaint; not answered yet; answered; compensated), `n_losses` in that state,
        `hazard_ratio` with its 95 % interval `low`, `high`; missing where fewer than 5 left.

    References
    ----------
    R. L. Prentice and L. A. Gloeckler (1978), Biometrics 34, 57-67, eq. 3.
    """
    any_ = counts.assign(is_any=counts[list(STATES)].sum(axis=1))
    table = pd.concat([_ratios(any_, {"is_any": _ANY}), _ratios(counts, _NAMES)], ignore_index=True)
    return table[_RATIOS]


def _ratios(counts: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Fit one model to the columns with enough losses; rows of other states are left out."""
    losses = {name: int(counts.loc[counts[name] == 1, "n_events"].sum()) for name in names}
    used = [name for name, n in losses.items() if n >= _MIN_LOSSES]
    rare = [name for name in names if name not in used]
    kept = counts[(counts[rare] == 0).all(axis=1)]
    rows = pd.DataFrame({"event": names, "n_losses": losses}).rename_axis("column")
    found = pd.DataFrame(index=rows.index, columns=["ratio", "low", "high", "p_value"], dtype=float)
    n_losses = int(kept["n_events"].sum())
    if used and n_losses - sum(losses[name] for name in used) >= _MIN_LOSSES:
        model = DiscreteHazard(min_events=max(10, n_losses // _STEPS))
        try:
            found.loc[used] = model.fit(kept, covariates=used).ratios().loc[used]
        except ParameterError:  # a column tells exactly who leaves
            found.loc[used] = np.nan
    return rows.join(found).rename(columns={"ratio": "hazard_ratio"})

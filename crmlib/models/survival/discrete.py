"""The hazard of leaving per period, from counts: a million customers cost as much as a hundred."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from statsmodels.genmod.families import links
from threadpoolctl import threadpool_limits

from crmlib.errors import ParameterError
from crmlib.evaluation.intervals import wilson_interval
from crmlib.models.survival.observations import Array

__all__ = ["DiscreteHazard", "life_table"]

_COUNTS = ["n_entered", "n_events", "n_censored"]
_LINKS = {"cloglog": links.CLogLog, "logit": links.Logit}
_HUGE_ERROR = 50.0
"""A standard error of a coefficient (of a standardised column) that no data with a maximum give."""


def life_table(
    counts: pd.DataFrame, *, by: Sequence[str] = (), level: float = 0.95
) -> pd.DataFrame:
    """Give the hazard of each period of life and the share that stays to its end.

    Parameters
    ----------
    counts
        Result of `crmlib.features.person_periods.person_periods`, collected.
    by
        Columns that name the groups in `counts`.
    level
        Nominal coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        Columns of `by`, `period` (all from 0 to the last of the group in which somebody is at
        risk), `n_at_risk`, `n_events`, `hazard` (0-1) with its Wilson interval `low, high`, and
        `survival` at the end of the period.

    Raises
    ------
    ParameterError
        If a column is missing or nobody is at risk.

    References
    ----------
    D. Collett (2015), Modelling Survival Data in Medical Research, 3rd ed., section 2.1.1.

    Examples
    --------
    >>> counts = pd.DataFrame({"period": [0, 2], "n_entered": [4, 0], "n_events": [1, 1],
    ...                        "n_censored": [0, 2]})
    >>> life_table(counts)[["period", "n_at_risk", "survival"]].round(4).to_dict("list")
    {'period': [0, 1, 2], 'n_at_risk': [4, 3, 3], 'survival': [0.75, 0.75, 0.5]}
    """
    at_risk = _at_risk(counts, by)
    table = at_risk.assign(hazard=at_risk["n_events"] / at_risk["n_at_risk"])
    bounds = wilson_interval(table["n_events"], table["n_at_risk"], level=level)
    table = table.assign(low=bounds["low"].to_numpy(), high=bounds["high"].to_numpy())
    stays = 1 - table["hazard"]
    keys = [table[name] for name in by]
    return table.assign(survival=stays.groupby(keys).cumprod() if keys else stays.cumprod())


class DiscreteHazard:
    """Regress the hazard of leaving in each period on covariates, from counts.

    The baseline is a step per period; periods that follow each other are joined until each step
    holds `min_events` losses, so that no step is infinite.

    Parameters
    ----------
    link
        `cloglog`: coefficients are logarithms of hazard ratios, as in a Cox model whose times are
        cut into periods; `logit`: of odds ratios of leaving in a period.
    min_events
        Losses per step of the baseline, from 1.
    level
        Nominal coverage of the intervals.

    Attributes
    ----------
    params_, standard_errors_
        Coefficients: the steps (`period 0`, `period 1-3`, ...) and the covariates; a text column
        has one per value but the first (`contract=Two year`).
    log_likelihood_
        Of the rows customer x period that the counts stand for.
    steps_
        First period of each step.

    References
    ----------
    R. L. Prentice and L. A. Gloeckler (1978), Biometrics 34, 57-67, eq. 3 (cloglog). P. D. Allison
    (1982), Sociological Methodology 13, eq. 9 and 12 (likelihood as a binomial regression).
    """

    def __init__(self, *, link: str = "cloglog", min_events: int = 10, level: float = 0.95) -> None:
        self.link = link
        self.min_events = min_events
        self.level = level

    def fit(self, counts: pd.DataFrame, *, covariates: Sequence[str] = ()) -> DiscreteHazard:
        """Estimate the coefficients.

        Parameters
        ----------
        counts
            Result of `crmlib.features.person_periods.person_periods` with `by=covariates`,
            collected.
        covariates
            Columns of it: numbers, truth values or text.

        Raises
        ------
        ParameterError
            If a column is missing or constant, a value of a text column has no losses or nobody who
            stays, there are fewer losses than coefficients, or the estimate is infinite.
        """
        if self.link not in _LINKS:
            raise ParameterError(f"link={self.link!r}: it must be one of {sorted(_LINKS)}.")
        rows = _at_risk(counts, covariates)
        self.covariates_ = list(covariates)
        self.steps_ = _steps(rows, min_events=self.min_events)
        self._values = {
            name: sorted(rows[name].unique())
            for name in covariates
            if not pd.api.types.is_numeric_dtype(rows[name])
        }
        self._check(rows)
        design = self._design(rows)
        if rows["n_events"].sum() < design.shape[1]:
            raise ParameterError(
                f"Not enough data for a hazard model (have {rows['n_events'].sum()} losses, need "
                f"{design.shape[1]}, one per coefficient)."
            )
        events = rows["n_events"].to_numpy()
        outcome = np.column_stack([events, rows["n_at_risk"].to_numpy() - events])
        family = sm.families.Binomial(_LINKS[self.link]())
        with threadpool_limits(1):
            result = sm.GLM(outcome, design.to_numpy(), family=family).fit(
                tol=1e-10, tol_criterion="params"
            )
        spread = design.std().replace(0, 1.0)
        if not result.converged or (np.asarray(result.bse) * spread > _HUGE_ERROR).any():
            raise ParameterError(
                f"The hazard model of {self.covariates_} has no finite estimate: a combination of "
                "columns tells exactly who leaves. Leave columns out or pool their values."
            )
        self.params_ = pd.Series(result.params, index=design.columns)
        self.standard_errors_ = pd.Series(result.bse, index=design.columns)
        hazard = np.clip(np.asarray(result.mu), 1e-300, 1 - 1e-16)
        self.log_likelihood_ = float(
            outcome[:, 0] @ np.log(hazard) + outcome[:, 1] @ np.log1p(-hazard)
        )
        return self

    def ratios(self) -> pd.DataFrame:
        """Give by how much each covariate multiplies the hazard (cloglog) or its odds (logit).

        Returns
        -------
        pandas.DataFrame
            Per covariate `ratio, low, high, p_value`.
        """
        beta = self.params_.iloc[len(self.steps_) :]
        errors = self.standard_errors_.iloc[len(self.steps_) :]
        reach = stats.norm.isf((1 - self.level) / 2) * errors
        limits = {"ratio": np.exp(beta), "low": np.exp(beta - reach), "high": np.exp(beta + reach)}
        return pd.DataFrame(limits).assign(p_value=2 * stats.norm.sf((beta / errors).abs()))

    def hazard(self, frame: pd.DataFrame) -> pd.Series:
        """Give the probability of leaving in `period` of those who came so far.

        Parameters
        ----------
        frame
            Columns `period` (beyond the last of the fit: as in the last step) and the covariates.
        """
        linear = self._design(frame).to_numpy() @ self.params_.to_numpy()
        hazard = _LINKS[self.link]().inverse(linear)
        return pd.Series(hazard, index=frame.index, name="hazard")

    def survival(self, frame: pd.DataFrame, *, n_periods: int) -> pd.DataFrame:
        """Give the probability of staying to the end of each of the first `n_periods` periods.

        Returns
        -------
        pandas.DataFrame
            A row per row of `frame` (covariates), a column per period.
        """
        columns: dict[int, Any] = {}
        stays = pd.Series(1.0, index=frame.index)
        for period in range(n_periods):
            stays = stays * (1 - self.hazard(frame.assign(period=period)))
            columns[period] = stays
        return pd.DataFrame(columns, index=frame.index)

    def _design(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Turn steps of the baseline and covariates into numbers."""
        missing = [name for name in ["period", *self.covariates_] if name not in frame]
        if missing:
            raise ParameterError(f"Columns {missing} are missing, which the model needs.")
        place = np.searchsorted(self.steps_, frame["period"].to_numpy(), side="right") - 1
        ends = [*(first - 1 for first in self.steps_[1:]), None]
        design = {}
        for k, (first, end) in enumerate(zip(self.steps_, ends, strict=True)):
            name = (
                f"period {first}"
                if end == first
                else f"period {first}-{'' if end is None else end}"
            )
            design[name] = (place == k).astype(float)
        for name in self.covariates_:
            if name not in self._values:
                design[name] = frame[name].to_numpy(dtype=float)
                continue
            unknown = sorted(set(frame[name]) - set(self._values[name]))
            if unknown:
                raise ParameterError(f"{name} has values the model has not seen: {unknown[:5]}.")
            for value in self._values[name][1:]:
                design[f"{name}={value}"] = (frame[name] == value).to_numpy(dtype=float)
        return pd.DataFrame(design, index=frame.index)

    def _check(self, rows: pd.DataFrame) -> None:
        """Raise if a covariate has no estimate."""
        for name in self.covariates_:
            if rows[name].isna().any():
                raise ParameterError(f"{name} is missing in {int(rows[name].isna().sum())} groups.")
            if (rows[name] == rows[name].iloc[0]).all():
                raise ParameterError(f"{name} is constant ({rows[name].iloc[0]!r}): leave it out.")
            if name not in self._values:
                continue
            totals = rows.groupby(name)[["n_events", "n_at_risk"]].sum()
            wrong = (totals["n_events"] == 0) | (totals["n_events"] == totals["n_at_risk"])
            if wrong.any():
                value = totals.index[wrong.to_numpy().argmax()]
                raise ParameterError(
                    f"Of {int(totals.loc[value, 'n_at_risk'])} periods with {name} {value!r}, "
                    f"{int(totals.loc[value, 'n_events'])} end with a loss: none or all gives no "
                    "finite estimate. Pool this value with another."
                )


def _at_risk(counts: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Per group and period who is at risk and who leaves, periods without change filled in."""
    missing = [name for name in [*by, "period", *_COUNTS] if name not in counts]
    if missing:
        raise ParameterError(f"The counts of person-periods lack the columns {missing}.")
    parts = []
    for key, part in counts.groupby(list(by), sort=True) if by else [((), counts)]:
        last = int(part["period"].max()) if len(part) else -1
        sums = part.groupby("period")[_COUNTS].sum().reindex(range(last + 1), fill_value=0)
        gone = (sums["n_events"] + sums["n_censored"]).cumsum().shift(fill_value=0)
        named = dict(zip(by, key, strict=True))
        columns = {
            "period": np.arange(last + 1),
            "n_at_risk": (sums["n_entered"].cumsum() - gone).to_numpy(),
            "n_events": sums["n_events"].to_numpy(),
        }
        parts.append(pd.DataFrame({**named, **columns}))
    rows = pd.concat(parts, ignore_index=True)
    rows = rows[rows["n_at_risk"] > 0].reset_index(drop=True)
    if rows.empty:
        raise ParameterError("Not enough data for a hazard (have 0 customers at risk, need 1).")
    return rows


def _steps(rows: pd.DataFrame, *, min_events: int) -> npt.NDArray[np.int64]:
    """First periods of the steps, each with at least so many losses and someone who stays."""
    totals = rows.groupby("period")[["n_events", "n_at_risk"]].sum()
    events: Array = totals["n_events"].to_numpy()
    stays: Array = totals["n_at_risk"].to_numpy() - events
    firsts, n_events, n_stays = [0], 0, 0
    for position in range(len(totals)):
        rest_events, rest_stays = events[position:].sum(), stays[position:].sum()
        full = n_events >= min_events and n_stays > 0
        if full and rest_events >= min_events and rest_stays > 0:
            firsts.append(int(totals.index[position]))
            n_events = n_stays = 0
        n_events += events[position]
        n_stays += stays[position]
    return np.array(firsts)

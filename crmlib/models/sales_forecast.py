"""Weekly sales ahead: tried against the naive forecast, with parts that add up."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.evaluation.weekly import QUANTITIES, YEAR_WEEKS
from crmlib.features.weekly import ALL
from crmlib.models.forecast import Forecaster, project
from crmlib.models.projection import Projection

__all__ = ["MEAN", "PATH", "ahead", "choose", "path"]

MEAN = "n_customers"
"""The quantity of which weeks are averaged, as they cannot be added up."""
_TRIED = ["naive", "grown_season", "mean_level"]
_LEAST_SKILL = 0.05
"""Error that a model must save to be worth more than a forecast anybody can check."""
_LEAST_FILLED = 0.5
"""Share of the weeks in which something must have been sold."""
_TEST = [
    "mae", "mase", "bias", "coverage_share", "skill_share", "better_in_share",
    "total_coverage_share",
]  # fmt: skip
CHOICE = ["quantity", "model", "is_used", "n_trials", *_TEST, "reason"]
AHEAD = [
    "dimension", "part", "quantity", "model", "forecast", "low", "high", "last_weeks",
    "change_share", "error", "freedom", "adds_up",
]  # fmt: skip
_RARELY = 0.05
PATH = ["quantity", "week_ends_on", "forecast", "low", "high"]


def choose(weeks: pd.DataFrame, *, horizon_weeks: int, n_trials: int) -> pd.DataFrame:
    """Let a few models forecast the past of all sales, and take the naive one unless one is better.

    The naive forecast is the last week or, once the first trial knows two years, the same week of
    the year before. The week of a year ago times the growth since takes part from 71 weeks on.

    Parameters
    ----------
    weeks
        From `weekly_series`.
    horizon_weeks
        Weeks ahead that matter.
    n_trials
        How many times the past is forecast, each trial one week later.

    Returns
    -------
    pandas.DataFrame
        One row per quantity and model tried: `quantity`, `model`, `is_used`, `n_trials`, `mae`,
        `mase`, `bias` (of a week; units of the quantity), `coverage_share` (of the 95 % intervals),
        `skill_share` (error saved against the naive forecast), `better_in_share` (of the trials),
        `total_coverage_share` (of the intervals of the sum of the weeks; the model used alone),
        `reason` (empty). Of a quantity that cannot be forecast one row without a model, with the
        `reason`.
    """
    total = weeks[weeks["dimension"] == "total"]
    tables = []
    for quantity in QUANTITIES:
        series = total[quantity].astype(float).reset_index(drop=True)
        if quantity == "margin_amount" and series.isna().any():
            tables.append(_not_possible(quantity, "The costs of most sales are not known."))
            continue
        n_filled = int((series > 0).sum())
        if len(series) and n_filled < _LEAST_FILLED * len(series):
            reason = f"Only {n_filled} of {len(series)} weeks have any: too few to forecast weeks."
            tables.append(_not_possible(quantity, reason))
            continue
        model = Forecaster(
            season_length=YEAR_WEEKS, n_origins=n_trials, models=_TRIED, least_skill=_LEAST_SKILL
        )
        try:
            model.fit(series, horizon=horizon_weeks)
        except ParameterError as error:
            tables.append(_not_possible(quantity, str(error)))
            continue
        table = model.back_test_.rename_axis("model").reset_index()
        table = table.rename(
            columns={name: f"{name}_share" for name in ("coverage", "skill", "better_in")}
        )
        used = table["model"] == model.chosen_
        held = _total_coverage(series, model.chosen_, horizon_weeks, n_trials)
        table["total_coverage_share"] = np.where(used, held, np.nan)
        tables.append(table.assign(quantity=quantity, is_used=used, n_trials=n_trials, reason=""))
    return pd.concat(tables, ignore_index=True)[CHOICE]


def _total_coverage(series: pd.Series, model: str, horizon_weeks: int, n_trials: int) -> float:
    """Say in how many trials the interval of the sum of the weeks held what happened."""
    first = len(series) - horizon_weeks - n_trials + 1
    inside = []
    for origin in range(first, first + n_trials):
        total = _sum_ahead(series.iloc[:origin], model, horizon_weeks)
        actual = series.iloc[origin : origin + horizon_weeks].sum()
        inside.append(total["low"] <= actual <= total["high"])
    return float(np.mean(inside))


def _not_possible(quantity: str, reason: str) -> pd.DataFrame:
    row = {"quantity": quantity, "model": "", "is_used": False, "n_trials": 0, "reason": reason}
    return pd.DataFrame([row | dict.fromkeys(_TEST, np.nan)])


def ahead(weeks: pd.DataFrame, choice: pd.DataFrame, *, horizon_weeks: int) -> pd.DataFrame:
    """Forecast the sum of the weeks ahead, of all and of each part.

    Parts are forecast by the model that was chosen for all. Where the parts of the past add up to
    the whole (sales and margin always, orders and customers as a rule not by category), their
    forecasts are multiplied by one factor so that they add up too.

    Parameters
    ----------
    weeks
        From `weekly_series`.
    choice
        From `choose`.

    Returns
    -------
    pandas.DataFrame
        One row per dimension, part and quantity that can be forecast: `dimension`, `part`,
        `quantity`, `model`, `forecast`, `low`, `high` (95 % interval; sum of the weeks, of active
        customers their mean), `last_weeks` (the same of as many weeks before), `change_share`,
        `error` and `freedom` (standard error of the forecast, degrees of freedom), `adds_up`.

    References
    ----------
    R. J. Hyndman and G. Athanasopoulos (2021), Forecasting: principles and practice, 3rd ed.,
    section 11.2 (top-down by forecast proportions).
    """
    chosen = choice[choice["is_used"]].set_index("quantity")["model"]
    tables = []
    for quantity, model in chosen.items():
        wide = weeks.pivot_table(
            index="week_ends_on", columns=["dimension", "part"], values=quantity, aggfunc="sum"
        ).astype(float)
        made = [_sum_ahead(wide[column], str(model), horizon_weeks) for column in wide.columns]
        table = pd.DataFrame(made, index=wide.columns).reset_index()
        table = table.assign(quantity=quantity, model=model, adds_up=_adds_up(wide))
        table["last_weeks"] = wide.iloc[-horizon_weeks:].sum().to_numpy()
        table = _reconciled(table)
        if quantity == MEAN:
            sums = ["forecast", "low", "high", "error", "last_weeks"]
            table[sums] = table[sums] / horizon_weeks
        tables.append(table)
    if not tables:
        return pd.DataFrame(columns=AHEAD)
    table = pd.concat(tables, ignore_index=True)
    before = table["last_weeks"].where(table["last_weeks"] > 0)
    return table.assign(change_share=table["forecast"] / before - 1)[AHEAD]


def _projected(series: pd.Series, model: str, horizon_weeks: int) -> Projection:
    """Forecast by the model chosen, or naively where it has no fit to this series."""
    values = series.to_numpy()
    try:
        return project(values, model=model, horizon=horizon_weeks, season_length=YEAR_WEEKS)
    except ParameterError:
        return project(values, model="naive", horizon=horizon_weeks)


def _sum_ahead(series: pd.Series, model: str, horizon_weeks: int) -> pd.Series:
    made = _projected(series, model, horizon_weeks)
    total = made.in_total(at_least=_at_least(series))
    return pd.concat([total, pd.Series({"freedom": float(made.freedom)})])


def _at_least(series: pd.Series) -> float | None:
    """Nothing falls further below nought than it did, unless it is often there."""
    return min(0.0, float(series.min())) if (series < 0).mean() <= _RARELY else None


def _adds_up(wide: pd.DataFrame) -> list[bool]:
    """Say for each column whether the parts of its dimension added up to all in every week."""
    total = wide[("total", ALL)]
    found = {
        name: np.allclose(wide[name].sum(axis=1), total, rtol=1e-9, atol=0.01)
        for name in wide.columns.unique("dimension")
    }
    return [found[name] for name, _part in wide.columns]


def _reconciled(table: pd.DataFrame) -> pd.DataFrame:
    """Multiply the forecasts of parts that must add up by one factor per dimension."""
    total = float(table.loc[table["dimension"] == "total", "forecast"].iloc[0])
    sums = table.groupby("dimension")["forecast"].transform("sum")
    can = table["adds_up"] & (sums > 0) & (total > 0)
    factor = np.where(can, total / sums.where(sums > 0, 1.0), 1.0)
    names = ["forecast", "low", "high", "error"]
    return table.assign(**{name: table[name] * factor for name in names})


def path(weeks: pd.DataFrame, choice: pd.DataFrame, *, horizon_weeks: int) -> pd.DataFrame:
    """Forecast all sales week by week.

    Returns
    -------
    pandas.DataFrame
        One row per quantity and week ahead: `quantity`, `week_ends_on`, `forecast`, `low`, `high`.
    """
    total = weeks[weeks["dimension"] == "total"]
    tables = []
    for quantity, model in choice[choice["is_used"]].set_index("quantity")["model"].items():
        series = total[quantity].astype(float)
        made = _projected(series, str(model), horizon_weeks)
        table = made.by_step(at_least=_at_least(series)).reset_index(drop=True)
        last = pd.Timestamp(total["week_ends_on"].iloc[-1])
        ends = [str((last + pd.Timedelta(weeks=k)).date()) for k in range(1, horizon_weeks + 1)]
        tables.append(table.assign(quantity=quantity, week_ends_on=ends))
    return pd.concat(tables, ignore_index=True)[PATH] if tables else pd.DataFrame(columns=PATH)

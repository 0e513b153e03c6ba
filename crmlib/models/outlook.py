"""Where sales will stand at the end of the planning year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.evaluation.sales_plan import Periods, planned
from crmlib.evaluation.weekly import YEAR_WEEKS
from crmlib.models.forecast import project
from crmlib.periods import Window, day_number, parse_day

__all__ = ["outlook"]

LAST_YEAR = "last year's rest times growth so far"
WEEKS = "the rule of the weeks ahead"
COLUMNS = [
    "period", "rule", "sales_amount", "low_amount", "high_amount", "planned_amount",
    "deviation_amount", "reached_share",
]  # fmt: skip


def outlook(
    sold: pd.DataFrame,
    rest_before: pd.DataFrame,
    weeks: pd.DataFrame,
    choice: pd.DataFrame,
    plan: pd.DataFrame,
    *,
    periods: Periods,
) -> pd.DataFrame:
    """Add the rest of the year to the sales so far.

    Guards against a projection that leaves out the season, or how far chance reaches. With a year
    before in the data the rest is what was sold then, times the growth of all sales so far; the
    interval allows for chance among customers, not for growth that changes. Without one, the rest
    is forecast by the rule chosen for the weeks ahead, which knows no season.

    Parameters
    ----------
    sold
        From `crmlib.features.controlling.cell_sales`, collected, with `year` = `periods.so_far`.
    rest_before
        From `crmlib.features.controlling.month_sales`, of `periods.rest_a_year_ago`.
    weeks, choice
        From `crmlib.evaluation.weekly.weekly_series`, `crmlib.models.sales_forecast.choose`.
    plan
        The table `sales_plan` with companions; may be empty.

    Returns
    -------
    pandas.DataFrame
        `period` ("so far", "still to come", "in all"), `rule` (of what is to come),
        `sales_amount`, `low_amount`, `high_amount` (95 % interval), `planned_amount`,
        `deviation_amount`, `reached_share` (probability that sales in all reach the plan, as far
        as the rule knows; missing without a plan). Without a rule only "so far"; at the end of the
        year only "in all".
    """
    total = sold[sold["dimension"] == "total"]
    amount = float(total["year_cents"].sum()) / 100
    rest = _rest(total, rest_before, weeks, choice, periods)
    if rest is None:
        is_over = periods.so_far.last_day >= periods.year.last_day
        rows, windows = [_row("in all" if is_over else "so far", amount)], [periods.so_far]
    else:
        rows = [
            _row("so far", amount),
            _row("still to come", rest.amount, rest, rule=rest.rule),
            _row("in all", amount + rest.amount, rest, rule=rest.rule),
        ]
        to_come = Window(periods.so_far.last_day + 1, periods.year.last_day)
        windows = [periods.so_far, to_come, periods.year]
    table = pd.DataFrame(rows)
    amounts = [planned(plan, window=window, by=[])["planned_amount"] for window in windows]
    table["planned_amount"] = [one.iloc[0] if len(one) else np.nan for one in amounts]
    table["deviation_amount"] = table["sales_amount"] - table["planned_amount"]
    table["reached_share"] = np.nan
    if rest is not None and rest.error > 0:
        ratio = table["deviation_amount"].iloc[-1] / rest.error
        table.loc[table.index[-1], "reached_share"] = stats.t.cdf(ratio, rest.freedom)
    return table[COLUMNS]


@dataclass(frozen=True)
class _Rest:
    """What is still to come, its standard error, and by which rule."""

    amount: float
    error: float
    freedom: float
    rule: str

    @property
    def reach(self) -> float:
        return float(stats.t.isf(0.025, self.freedom)) * self.error


def _row(
    period: str, amount: float, rest: _Rest | None = None, *, rule: str = ""
) -> dict[str, Any]:
    reach = rest.reach if rest else 0.0
    least = amount - min(reach, rest.amount) if rest and rest.amount > 0 else amount - reach
    ends = {"low_amount": least, "high_amount": amount + reach}
    return {"period": period, "rule": rule, "sales_amount": amount} | ends


def _rest(
    total: pd.DataFrame,
    rest_before: pd.DataFrame,
    weeks: pd.DataFrame,
    choice: pd.DataFrame,
    periods: Periods,
) -> _Rest | None:
    """Choose the rule and use it; None where nothing is left or no rule is known."""
    if periods.so_far.last_day >= periods.year.last_day:
        return None
    before = float(rest_before["net_cents"].sum())
    if before > 0 and (total[["now_cents", "before_cents"]] > 0).all(axis=None):
        return _by_last_year(total.iloc[0], before)
    used = choice[choice["is_used"] & (choice["quantity"] == "net_amount")]
    of_all = weeks[weeks["dimension"] == "total"]
    if used.empty or of_all.empty:
        return None
    end = day_number(parse_day(str(of_all["week_ends_on"].iloc[-1])))
    days_left = periods.year.last_day - max(end, periods.so_far.last_day)
    return _by_weeks(of_all["net_amount"], str(used["model"].iloc[0]), days_left=days_left)


def _by_last_year(row: pd.Series, rest_before: float) -> _Rest:
    """Move last year's rest by the growth so far; chance is that of customers, in both."""
    now, before = float(row["now_cents"]), float(row["before_cents"])
    growth = now / before
    squares = row["now_squared"] - 2 * growth * row["now_before"]
    growth_variance = max(float(squares + growth**2 * row["before_squared"]), 0.0) / before**2
    amount = growth * rest_before
    own = amount * float(row["now_squared"]) / now
    error = np.sqrt(rest_before**2 * growth_variance + own)
    return _Rest(amount / 100, float(error) / 100, np.inf, LAST_YEAR)


def _by_weeks(amounts: pd.Series, model: str, *, days_left: int) -> _Rest:
    """Forecast the sum of so many days, the last week in part."""
    n_weeks = -(-days_left // 7)
    weights = np.ones(n_weeks)
    weights[-1] = (days_left - 7 * (n_weeks - 1)) / 7
    values = amounts.to_numpy(dtype=float)
    made = project(values, model=model, horizon=n_weeks, season_length=YEAR_WEEKS)
    total = made.in_total(weights=weights)
    return _Rest(float(total["forecast"]), float(total["error"]), made.freedom, WEEKS)

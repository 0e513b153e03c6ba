"""Where sales will stand at the end of the planning year."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from crmlib.evaluation.sales_plan import Periods, planned
from crmlib.evaluation.weekly import YEAR_WEEKS
from crmlib.models.forecast import project
from crmlib.periods import Window, day_number, parse_day

__all__ = ["outlook"]

COLUMNS = [
    "period", "sales_amount", "low_amount", "high_amount", "planned_amount", "deviation_amount",
    "reached_share",
]  # fmt: skip


def outlook(
    sold: pd.DataFrame,
    weeks: pd.DataFrame,
    choice: pd.DataFrame,
    plan: pd.DataFrame,
    *,
    periods: Periods,
) -> pd.DataFrame:
    """Add the forecast of the rest of the year to the sales so far.

    Guards against a projection that multiplies the year so far and leaves out how far chance
    reaches. The rest is forecast by the rule that was chosen for the weeks ahead.

    Parameters
    ----------
    sold
        From `crmlib.features.controlling.cell_sales`, collected, with `year` = `periods.so_far`.
    weeks, choice
        From `crmlib.evaluation.weekly.weekly_series`, `crmlib.models.sales_forecast.choose`.
    plan
        The table `sales_plan` with companions; may be empty.

    Returns
    -------
    pandas.DataFrame
        `period` ("so far", "still to come", "in all"), `sales_amount`, `low_amount`,
        `high_amount` (95 % interval), `planned_amount`, `deviation_amount`, `reached_share`
        (probability that sales in all reach the plan, as far as the rule knows; missing without
        a plan). Without a rule only "so far"; at the end of the year only "in all".
    """
    first, last = periods.so_far.first_day, periods.year.last_day
    if len(plan):
        last = min(last, int(plan["period_end_day"].max()))
    total = weeks[weeks["dimension"] == "total"]
    ends = [day_number(parse_day(str(end))) for end in total["week_ends_on"].tail(1)]
    days_left = last - max([*ends, periods.so_far.last_day])
    of_all = sold.loc[sold["dimension"] == "total", "year_cents"]
    so_far_amount = float(of_all.sum()) / 100
    rows = [_row("so far", pd.Series(so_far_amount, ["forecast", "low", "high"]))]
    windows = [periods.so_far]
    used = choice[choice["is_used"] & (choice["quantity"] == "net_amount")]
    if days_left <= 0:
        rows[0]["period"] = "in all"
    elif len(used):
        rest = _rest(total["net_amount"], str(used["model"].iloc[0]), days_left=days_left)
        rows += [_row("still to come", rest), _row("in all", rest + so_far_amount)]
        windows += [Window(periods.so_far.last_day + 1, last), Window(first, last)]
    table = pd.DataFrame(rows)
    amounts = [planned(plan, window=window, by=[])["planned_amount"] for window in windows]
    table["planned_amount"] = [one.iloc[0] if len(one) else np.nan for one in amounts]
    table["deviation_amount"] = table["sales_amount"] - table["planned_amount"]
    table["reached_share"] = np.nan
    if len(table) > 1 and rest["error"] > 0:
        ratio = table["deviation_amount"].iloc[-1] / rest["error"]
        table.loc[table.index[-1], "reached_share"] = stats.t.cdf(ratio, rest["freedom"])
    return table[COLUMNS]


def _row(period: str, amounts: pd.Series) -> dict[str, object]:
    names = {"forecast": "sales_amount", "low": "low_amount", "high": "high_amount"}
    return {"period": period} | {new: float(amounts[old]) for old, new in names.items()}


def _rest(amounts: pd.Series, model: str, *, days_left: int) -> pd.Series:
    """Forecast the sum of so many days, the last week in part."""
    n_weeks = -(-days_left // 7)
    weights = np.ones(n_weeks)
    weights[-1] = (days_left - 7 * (n_weeks - 1)) / 7
    values = amounts.to_numpy(dtype=float)
    made = project(values, model=model, horizon=n_weeks, season_length=YEAR_WEEKS)
    at_least = 0.0 if values.min() >= 0 else None
    total = made.in_total(weights=weights, at_least=at_least)
    return pd.concat([total, pd.Series({"freedom": float(made.freedom)})])

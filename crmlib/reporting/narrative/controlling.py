"""Sentences of the chapter on sales controlling."""

from __future__ import annotations

import pandas as pd

from crmlib.evaluation.sales_plan import Periods
from crmlib.evaluation.variance import EFFECTS
from crmlib.reporting import text

__all__ = ["against_forecast", "forecast_table", "headline", "outlook", "pareto"]

_NAMED = 3
_COMPARABLE = 2


def headline(
    plan: pd.DataFrame,
    before: pd.DataFrame,
    causes: pd.DataFrame,
    outlook_: pd.DataFrame,
    *,
    periods: Periods,
    currency: str,
) -> list[str]:
    """Say where sales stand against plan and before, why, what is off, and where the year ends.

    Parameters
    ----------
    plan, before
        From `crmlib.evaluation.deviations`; either may be empty.
    causes
        From `crmlib.evaluation.variance.change_by_cause`.
    outlook_
        From `crmlib.models.outlook.outlook`.
    """
    sentences = [
        *_total(plan, f"Sales of {periods.so_far}", "the plan", currency=currency),
        *_total(before, f"Sales of {periods.current}", periods.name, currency=currency),
    ]
    if not sentences:
        sold = text.money(float(outlook_["sales_amount"].iloc[0]), currency)
        return [
            f"Sales of {periods.so_far} are {sold}; there is no plan, and the data hold no period "
            "before to compare with."
        ]
    return [
        *sentences,
        *_causes(causes, currency=currency),
        *_off(plan, "the plan", currency=currency),
        *_off(before, periods.name, currency=currency),
        *outlook(outlook_, currency=currency),
    ]


def _total(table: pd.DataFrame, subject: str, reference: str, *, currency: str) -> list[str]:
    rows = table[table["dimension"] == "total"]
    if rows.empty or not rows["reference_amount"].iloc[0] > 0:
        return []
    row = rows.iloc[0]
    low, high = row["low_amount"], row["high_amount"]
    ends = text.interval(text.money(low, currency), text.money(high, currency))
    chance = "" if low > 0 or high < 0 else ", which is within chance"
    return [
        f"{subject} are {text.money(row['actual_amount'], currency)}, "
        f"{text.percent(row['deviation_share'], signed=True)} "
        f"({text.money(row['deviation_amount'], currency)}; {ends}{chance}) against {reference}."
    ]


def _causes(causes: pd.DataFrame, *, currency: str) -> list[str]:
    """Name what moved sales, the largest effect first."""
    rows = causes[causes["dimension"] == "total"]
    if rows.empty:
        return []
    effects = rows.iloc[0][list(EFFECTS)].astype(float).round(2)
    order = effects[effects != 0].abs().sort_values(ascending=False, kind="stable").index
    if order.empty:
        return []
    words = ", ".join(f"{EFFECTS[name]} {_signed(effects[name], currency)}" for name in order)
    return [f"What moved them: {words}."]


def _signed(value: float, currency: str) -> str:
    return f"{'+' if value > 0 else ''}{text.money(value, currency)}"


def _off(table: pd.DataFrame, reference: str, *, currency: str) -> list[str]:
    """Name the parts that are off beyond what moved all and beyond chance."""
    tested = table[table["p_adjusted"].notna()]
    if tested.empty:
        return []
    found = tested[tested["is_different"].astype(bool)]
    compared = f"Against {reference}, beyond what moved all parts alike and beyond chance,"
    if found.empty and len(tested) < _COMPARABLE:
        return []
    if found.empty:
        return [f"{compared} none of {text.count(len(tested))} parts is off."]
    largest = found.loc[
        found["own_deviation_amount"].abs().sort_values(ascending=False).index
    ].head(_NAMED)
    names = "; ".join(
        f"{text.literal(row.dimension)} {text.literal(row.part)} "
        f"{_signed(row.own_deviation_amount, currency)}"
        for row in largest.itertuples()
    )
    more = ", first of all" if len(found) > _NAMED else ""
    verb = "is" if len(found) == 1 else "are"
    return [
        f"{compared} {len(found)} of {text.count(len(tested))} parts {verb} off{more}: {names}."
    ]


def outlook(table: pd.DataFrame, *, currency: str) -> list[str]:
    """Say where the year ends, as far as the forecast knows."""
    row = table.iloc[-1]
    planned = row["planned_amount"]
    if len(table) == 1:
        if row["period"] == "in all":
            return ["The year is over as far as it is planned: nothing is left to project."]
        return ["The rest of the year cannot be projected: there are too few weeks for a forecast."]
    if_so = f"are to be expected by {row['rule']}"
    ends = text.interval(
        text.money(row["low_amount"], currency), text.money(row["high_amount"], currency)
    )
    said = f"At the end of the year sales of {text.money(row['sales_amount'], currency)} ({ends})"
    if pd.isna(planned):
        return [f"{said} {if_so}."]
    gap = _signed(row["deviation_amount"], currency)
    reach = "" if pd.isna(row["reached_share"]) else (
        f"; the plan is reached in {text.percent(row['reached_share'], digits=0)} of cases"
    )  # fmt: skip
    return [f"{said} {if_so}, {gap} against the plan of {text.money(planned, currency)}{reach}."]


def pareto(cells: pd.DataFrame, *, reference: str) -> list[str]:
    """Say how few cells make up most of the deviation, and how many are beyond chance."""
    if len(cells) < _COMPARABLE:
        return []
    n, n_main = len(cells), int(cells["is_main"].sum())
    share = text.percent(cells.loc[cells["is_main"], "absolute_share"].sum(), digits=0)
    n_sure = int(cells.loc[cells["is_main"], "is_different"].astype(bool).sum())
    loose = cells[cells["reference_amount"] <= 0]
    sentence = (
        f"{text.count(n_main)} of {text.count(n)} cells make up {share} of the absolute deviation "
        f"from {reference}; {text.count(n_sure)} of them {'is' if n_sure == 1 else 'are'} off "
        "beyond what moved all and beyond chance. The others may well be chance."
    )
    if loose.empty or reference != "the plan":
        return [sentence]
    return [sentence, f"{text.count(len(loose))} cells have sales but no plan."]


def against_forecast(past: pd.DataFrame) -> list[str]:
    """Say how many parts came inside the interval of the forecast made before."""
    sold = past[(past["quantity"] == "net_amount") & (past["dimension"] != "total")]
    if sold.empty and past.empty:
        return ["There is no forecast of the last weeks to hold sales against."]
    if sold.empty:
        return []
    n_inside = int(sold["is_inside"].astype(bool).sum())
    n_off = int(sold["is_surprise"].astype(bool).sum())
    return [
        f"{n_inside} of {len(sold)} parts came inside the interval of the forecast; {n_off} are "
        "off beyond chance after correction for so many looks."
    ]


def forecast_table(past: pd.DataFrame) -> pd.DataFrame:
    """Lay out sales of the last weeks beside the forecast made without them, all first."""
    sold = past[past["quantity"] == "net_amount"]
    names = ["forecast", "low", "high", "actual"]
    table = sold.rename(columns={name: f"{name}_amount" for name in names})
    table = table.assign(
        deviation_amount=sold["actual"] - sold["forecast"], place=table["dimension"] != "total"
    )
    columns = ["dimension", "part", *(f"{name}_amount" for name in names), "deviation_amount"]
    ordered = table.sort_values(
        ["place", "dimension", "actual_amount"], ascending=[True, True, False], kind="stable"
    )
    return ordered[[*columns, "p_adjusted"]].reset_index(drop=True)

"""Sentences of the chapter on the forecast."""

from __future__ import annotations

import math

import pandas as pd

from crmlib.evaluation.sales_plan import DIMENSIONS
from crmlib.evaluation.weekly import QUANTITIES
from crmlib.features.dimensions import named
from crmlib.models.forecast import MODELS
from crmlib.reporting import text

__all__ = ["headline", "look_back", "parts", "totals", "trials"]

_SIDES = {named([name]): place for place, name in enumerate(DIMENSIONS)}
_NUMBERS = ["forecast", "low", "high", "last_weeks"]
_RULES = {
    **MODELS,
    "naive": "every week like the last one",
    "seasonal_naive": "every week like the same week a year ago",
    "grown_season": "every week like the same week a year ago, times the growth since",
    "mean_level": "every week like a mean of the past in which recent weeks count more",
}


def headline(
    forecasts: pd.DataFrame,
    choice: pd.DataFrame,
    past: pd.DataFrame,
    *,
    season: float,
    horizon_weeks: int,
    currency: str,
) -> list[str]:
    """Say what is to be expected, whether it beats the naive forecast, and how it went last time.

    Parameters
    ----------
    forecasts, choice, past
        From `crmlib.models.sales_forecast`: `ahead`, `choose`, `held_out`.
    season
        From `crmlib.models.sales_forecast.season_hint`.
    """
    total = forecasts[forecasts["dimension"] == "total"].set_index("quantity")
    if "net_amount" not in total.index:
        reason = choice.set_index("quantity")["reason"].get("net_amount", "There are no sales.")
        return [f"Sales cannot be forecast. {reason}"]
    return [
        _expected(total.loc["net_amount"], horizon_weeks=horizon_weeks, currency=currency),
        _verdict(choice[choice["quantity"] == "net_amount"]),
        *_beside(total, horizon_weeks=horizon_weeks, currency=currency),
        *_how_it_went(past, horizon_weeks=horizon_weeks, currency=currency),
        *_season(season, str(total.loc["net_amount", "model"]), horizon_weeks=horizon_weeks),
    ]


def _expected(row: pd.Series, *, horizon_weeks: int, currency: str) -> str:
    ends = text.interval(text.money(row["low"], currency), text.money(row["high"], currency))
    return (
        f"In the next {horizon_weeks} weeks sales of {text.money(row['forecast'], currency)} are "
        f"to be expected ({ends}), {text.percent(row['change_share'], signed=True)} against the "
        f"last {horizon_weeks} weeks."
    )


def _verdict(choice: pd.DataFrame) -> str:
    """Say plainly whether any model beats the naive forecast."""
    row, naive = choice[choice["is_used"]].iloc[0], choice.iloc[0]
    tried = f"In {text.count(row['n_trials'])} forecasts of the past"
    if row["model"] == naive["model"]:
        return (
            f"{tried} no model was better than the naive forecast by more than a trifle: the naive "
            f"forecast is as good, use it. It says: {_RULES[naive['model']]}."
        )
    return (
        f"{tried} the rule used ({_RULES[row['model']]}) erred "
        f"{text.percent(row['skill_share'], digits=0)} less than the naive forecast "
        f"({_RULES[naive['model']]}), and less in {text.percent(row['better_in_share'], digits=0)} "
        "of them."
    )


def _beside(total: pd.DataFrame, *, horizon_weeks: int, currency: str) -> list[str]:
    """Name what is forecast beside sales."""
    said = []
    for quantity in ("n_orders", "n_customers", "margin_amount"):
        if quantity in total.index:
            row = total.loc[quantity]
            is_money = quantity == "margin_amount"
            value, low, high = (
                text.money(row[name], currency) if is_money else text.count(row[name])
                for name in ("forecast", "low", "high")
            )
            said.append(f"{value} {QUANTITIES[quantity]} ({low} to {high})")
    return [f"With them: {', '.join(said)}."] if said else []


def _how_it_went(past: pd.DataFrame, *, horizon_weeks: int, currency: str) -> list[str]:
    """Hold the forecast made before the last weeks against what happened."""
    total = past[past["dimension"] == "total"].set_index("quantity")
    if "net_amount" not in total.index:
        return []
    row = total.loc["net_amount"]
    same = row["forecast"] == row["naive"]
    off, off_naive = (
        text.percent(row[n], signed=True) for n in ("error_share", "naive_error_share")
    )
    won = abs(row["forecast"] - row["actual"]) < abs(row["naive"] - row["actual"])
    against = (
        "it was the naive forecast"
        if same
        else f"the naive forecast by {off_naive}: it {'won' if won else 'did not win'}"
    )
    return [
        f"The last {horizon_weeks} weeks, forecast as if they had not happened: "
        f"{text.money(row['forecast'], currency)} against {text.money(row['actual'], currency)} "
        f"that came; the forecast was off by {off}, {against}. What came lies "
        f"{'inside' if row['is_inside'] else 'outside'} its interval."
    ]


def _season(season: float, model: str, *, horizon_weeks: int) -> list[str]:
    """Warn that the forecast knows no season, and say what the season did a year ago."""
    if model in ("seasonal_naive", "grown_season"):
        return []
    if math.isnan(season):
        return ["The forecast knows no season: the data do not hold the same weeks a year ago."]
    return [
        f"The forecast knows no season. A year ago the {horizon_weeks} weeks that lie ahead now "
        f"brought {text.percent(season, signed=True)} against the {horizon_weeks} before them."
    ]


def trials(choice: pd.DataFrame) -> list[str]:
    """Say how often the intervals held in the forecasts of the past, and what has no forecast."""
    sentences = [
        f"{QUANTITIES[row.quantity].capitalize()}: {_RULES[row.model]}. In {row.n_trials} "
        f"forecasts of the past the 95 % intervals held {text.percent(row.coverage_share)} of the "
        f"weeks and {text.percent(row.total_coverage_share)} of the totals."
        for row in choice[choice["is_used"]].itertuples()
    ]
    missing = choice[choice["model"] == ""]
    return sentences + [
        f"{QUANTITIES[row.quantity].capitalize()}: no forecast. {row.reason}"
        for row in missing.itertuples()
    ]


def look_back(past: pd.DataFrame, found: pd.DataFrame) -> list[str]:
    """Say how many parts were not as was to be expected."""
    sold = past[(past["dimension"] != "total") & (past["quantity"] == "net_amount")]
    if sold.empty:
        return ["Nothing is known by which sales could be split into parts and forecast."]
    inside = text.percent(sold["is_inside"].astype(float).mean(), digits=0)
    said = f"The 95 % intervals held what came in {inside} of {len(sold)} parts"
    if found.empty:
        return [f"{said}; none is off beyond chance after correction for so many looks."]
    names = "; ".join(
        f"{text.literal(row.dimension)} {text.literal(row.part)}"
        for row in found.head(5).itertuples()
    )
    return [f"{said}; {len(found)} are off beyond chance after correction: {names}."]


def totals(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Lay out what is to be expected in all, with quantities in words."""
    table = _worded(forecasts[forecasts["dimension"] == "total"])
    return table[["quantity", *_NUMBERS, "change_share"]]


def parts(forecasts: pd.DataFrame) -> pd.DataFrame:
    """Lay out what is to be expected of the parts, sales before all else, the largest first."""
    known = forecasts[forecasts["dimension"] != "total"]
    places = {
        "place": known["quantity"].map(list(QUANTITIES).index),
        "side": known["dimension"].map(_SIDES).fillna(len(_SIDES)),
    }
    ordered = known.assign(**places).sort_values(
        ["place", "side", "last_weeks"], ascending=[True, True, False], kind="stable"
    )
    return _worded(ordered)[["dimension", "part", "quantity", *_NUMBERS, "change_share"]]


def _worded(table: pd.DataFrame) -> pd.DataFrame:
    """Say quantities in words, and leave out decimals that nobody needs."""
    words = table["quantity"].map(QUANTITIES)
    rounded = {name: table[name].astype(float).round(0) for name in _NUMBERS}
    return table.assign(quantity=words, **rounded).reset_index(drop=True)

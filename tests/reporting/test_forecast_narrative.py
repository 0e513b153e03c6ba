"""Sentences of forecast and controlling: plain about the naive forecast, about chance, escaped."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.sales_plan import Periods
from crmlib.periods import Window
from crmlib.reporting.narrative import controlling, forecast

NEXT = {"horizon_weeks": 8, "currency": "USD"}
PERIODS = Periods(
    Window(19_723, 20_088), Window(19_723, 19_783), Window(19_723, 19_783),
    Window(19_358, 19_417), "the same days a year ago",
)  # fmt: skip


def choice(model):
    return pd.DataFrame(
        {
            "quantity": "net_amount",
            "model": ["naive", "mean_level"],
            "is_used": [model == "naive", model == "mean_level"],
            "n_trials": 12,
            "skill_share": [0.0, 0.24],
            "better_in_share": [0.0, 0.75],
            "coverage_share": 0.95,
            "total_coverage_share": 0.9,
            "reason": "",
        }
    )


def expected(model):
    row = {"dimension": "total", "part": "all", "quantity": "net_amount", "model": model}
    numbers = {"forecast": 1_000.0, "low": 800.0, "high": 1_200.0, "change_share": -0.02}
    return pd.DataFrame([row | numbers])


def past(forecast_, naive):
    row = {"dimension": "total", "part": "all", "quantity": "net_amount", "is_inside": True}
    numbers = {"forecast": forecast_, "naive": naive, "actual": 1_000.0}
    errors = {
        "error_share": forecast_ / 1000 - 1, "naive_error_share": naive / 1000 - 1,
        "is_surprise": False,
    }  # fmt: skip
    return pd.DataFrame([row | numbers | errors])


def told(model, *, look=(950.0, 900.0), season=np.nan):
    return forecast.headline(expected(model), choice(model), past(*look), season=season, **NEXT)


def test_a_rule_that_wins():
    sentences = told("mean_level")
    assert sentences[0] == (
        "In the next 8 weeks sales of $1,000 are to be expected (95 % interval $800 to $1,200), "
        "-2.0 % against the last 8 weeks."
    )
    assert "erred 24 % less than the naive forecast" in sentences[1]
    assert "off by -5.0 %, the naive forecast by -10.0 %: it won" in sentences[2]


def test_the_naive_forecast_is_said_to_be_as_good():
    sentences = told("naive", look=(900.0, 900.0))
    assert (
        "the naive forecast is as good, use it. It says: every week like the last" in sentences[1]
    )
    assert "it was the naive forecast" in sentences[2]


def test_a_rule_that_did_not_win_the_last_weeks():
    assert "it did not win" in told("mean_level", look=(1_200.0, 1_100.0))[2]


@pytest.mark.parametrize(
    ("season", "words"),
    [(np.nan, "do not hold the same weeks a year ago"), (-0.174, r"brought -17.4 % against")],
)
def test_season_is_named(season, words):
    assert words in told("naive", season=season)[-1]


def test_no_forecast_says_why():
    none = choice("x").assign(reason="Only 3 of 60 weeks have any.").tail(1)
    sentences = forecast.headline(
        expected("x").iloc[:0], none, past(1.0, 1.0).iloc[:0], season=0.1, **NEXT
    )
    assert sentences == ["Sales cannot be forecast. Only 3 of 60 weeks have any."]


def deviations(share, own, *, off):
    return pd.DataFrame(
        {
            "dimension": ["total", "category"],
            "part": ["all", "Tea *<b>*"],
            "reference_amount": [1_000.0, 500.0],
            "actual_amount": [1_000 * (1 + share)] * 2,
            "deviation_amount": [1_000 * share, own],
            "deviation_share": share,
            "low_amount": [-50.0, 0.0],
            "high_amount": [150.0, 0.0],
            "own_deviation_amount": [0.0, own],
            "p_adjusted": [np.nan, 0.01],
            "is_different": [False, off],
            "absolute_share": 0.9,
            "is_main": True,
        }
    )


CAUSES = pd.DataFrame(
    {
        "dimension": ["total"], "new_customers_amount": [40.0], "lost_customers_amount": [-60.0],
        "volume_amount": [0.0], "mix_amount": [0.001], "price_amount": [5.0],
        "returns_amount": [0.0],
    }
)  # fmt: skip
OVER = pd.DataFrame({"period": ["in all"], "sales_amount": [1_050.0], "planned_amount": [1_000.0]})
AHEAD = pd.DataFrame(
    {
        "period": ["so far", "still to come", "in all"], "sales_amount": [900.0, 100, 1_000],
        "low_amount": [900.0, 50, 950], "high_amount": [900.0, 150, 1_050],
        "planned_amount": [880.0, 100, 980], "deviation_amount": [20.0, 0, 20],
        "reached_share": [np.nan, np.nan, 0.78], "rule": ["", "some rule", "some rule"],
    }
)  # fmt: skip


def controlled(plan, before, outlook=OVER, causes=CAUSES):
    return controlling.headline(plan, before, causes, outlook, periods=PERIODS, currency="USD")


def test_headline_of_controlling():
    sentences = controlled(deviations(0.05, -70.0, off=True), deviations(0.05, 9.0, off=False))
    assert sentences[0] == (
        "Sales of 2024-01-01 to 2024-03-01 are $1,050, +5.0 % ($50; 95 % interval -$50 to $150, "
        "which is within chance) against the plan."
    )
    assert sentences[1].endswith("against the same days a year ago.")
    assert sentences[2] == "What moved them: lost customers -$60, new customers +$40, price +$5."
    assert "1 of 1 parts is off: category Tea \\*\\<b\\>\\* -$70." in sentences[3]
    assert sentences[4] == "The year is over as far as it is planned: nothing is left to project."


def test_a_single_part_has_nothing_to_be_off_against():
    two = deviations(0.05, 9.0, off=False).assign(p_adjusted=1.0)
    assert "none of 2 parts is off" in controlled(two, two)[3]
    one = deviations(0.05, 9.0, off=False)
    assert not any("parts is off" in sentence for sentence in controlled(one, one))
    assert controlling.pareto(one.head(1), reference="the plan") == []


def test_projection_says_how_likely_the_plan_is():
    nothing = deviations(0, 0, off=False).iloc[:0]
    last = controlled(deviations(0.05, -70.0, off=True), nothing, AHEAD, CAUSES.iloc[:0])[-1]
    assert "+$20 against the plan of $980; the plan is reached in 78 % of cases" in last
    without = AHEAD.assign(planned_amount=np.nan)
    assert controlling.outlook(without, currency="USD")[0].endswith("expected by some rule.")


def test_neither_plan_nor_before():
    nothing = deviations(0, 0, off=False).iloc[:0]
    (sentence,) = controlled(nothing, nothing)
    assert "there is no plan, and the data hold no period before" in sentence


def test_pareto_says_how_many_are_sure():
    (sentence,) = controlling.pareto(deviations(0.1, 5.0, off=True), reference="the plan")
    assert sentence.startswith("2 of 2 cells make up 180 % of the absolute deviation")
    assert "1 of them is off" in sentence
    unplanned = deviations(0.1, 5.0, off=False).assign(reference_amount=0.0)
    assert controlling.pareto(unplanned, reference="the plan")[1] == (
        "2 cells have sales but no plan."
    )
    assert controlling.pareto(unplanned.iloc[:0], reference="the plan") == []


def test_against_the_forecast():
    table = past(950.0, 900.0).assign(dimension="region", low=900.0, high=1_000.0, p_adjusted=0.4)
    assert controlling.against_forecast(table) == [
        "1 of 1 parts came inside the interval of the forecast; 0 are off beyond chance after "
        "correction for so many looks."
    ]
    assert controlling.forecast_table(table)["deviation_amount"].tolist() == [50]
    assert controlling.against_forecast(table.iloc[:0]) == [
        "There is no forecast of the last weeks to hold sales against."
    ]
    assert controlling.against_forecast(table.assign(dimension="total")) == []

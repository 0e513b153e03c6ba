"""The end of the year: so far plus the rest, half weeks in half, and the plan reached or not."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.sales_plan import planning_periods
from crmlib.models.outlook import LAST_YEAR, WEEKS, outlook
from crmlib.periods import Window, day_number, parse_day

DAY = day_number(parse_day("2024-11-30"))
KNOWN = Window(DAY - 300, DAY)  # no year before
TWO_YEARS = Window(DAY - 730, DAY)
NO_PLAN = pd.DataFrame(columns=["period_start_day", "period_end_day", "planned_cents"])
YEAR_PLAN = pd.DataFrame(
    {
        "period_start_day": [day_number(parse_day("2024-01-01"))],
        "period_end_day": [day_number(parse_day("2024-12-31"))],
        "planned_cents": [36_600_00],
    }
)
CHOICE = pd.DataFrame({"quantity": ["net_amount"], "model": ["naive"], "is_used": [True]})
SOLD = pd.DataFrame(
    {
        "dimension": ["total", "region"],
        "year_cents": 34_000_00,
        "now_cents": 34_000_00,
        "before_cents": 32_000_00,
        "now_squared": 34_000_00 * 400.0,
        "now_before": 0.0,
        "before_squared": 32_000_00 * 400.0,
    }
)
NO_REST = pd.DataFrame({"month": [], "net_cents": []})


def weeks(values, *, until="2024-11-30"):
    ends = pd.date_range(end=until, periods=len(values), freq="7D").strftime("%Y-%m-%d")
    return pd.DataFrame({"dimension": "total", "week_ends_on": ends, "net_amount": values})


def found(plan=NO_PLAN, *, choice=CHOICE, as_of=DAY, known=KNOWN, rest=NO_REST):
    periods = planning_periods(as_of, known=known, plan=plan)
    past = weeks(np.array([600.0, 800.0, 600.0, 700.0]))
    return outlook(SOLD, rest, past, choice, plan, periods=periods)


def test_december_is_31_days_of_the_last_week():
    table = found(YEAR_PLAN).set_index("period")
    assert table["sales_amount"].tolist() == pytest.approx(
        [34_000, 700 * 31 / 7, 34_000 + 700 * 31 / 7]
    )
    assert table["planned_amount"].tolist() == pytest.approx([33_500, 3_100, 36_600])
    assert table.loc["so far", "low_amount"] == 34_000
    rest, in_all = table.loc["still to come"], table.loc["in all"]
    assert in_all["low_amount"] == pytest.approx(34_000 + rest["low_amount"])
    assert rest["low_amount"] < rest["sales_amount"] < rest["high_amount"]
    assert 0.5 < in_all["reached_share"] < 0.9  # 500 ahead of the plan, which is within chance
    assert in_all["rule"] == WEEKS


def test_with_a_year_before_the_rest_is_what_came_then_times_growth():
    rest = pd.DataFrame({"month": [12 * 2023 + 11], "net_cents": [6_400_00]})
    table = found(YEAR_PLAN, known=TWO_YEARS, rest=rest).set_index("period")
    to_come = table.loc["still to come"]
    assert to_come["rule"] == LAST_YEAR
    assert to_come["sales_amount"] == pytest.approx(6_400 * 34 / 32)
    assert table.loc["in all", "sales_amount"] == pytest.approx(34_000 + 6_800)
    # chance among customers: of the growth, and of the rest itself; squares are 4.00 of each unit
    growth = 34 / 32
    error_of_growth = np.sqrt(34_000 * 4 + growth**2 * 32_000 * 4) / 32_000
    error = np.sqrt((6_400 * error_of_growth) ** 2 + 6_800 * 4)
    assert to_come["high_amount"] - 6_800 == pytest.approx(1.96 * error, rel=1e-3)
    assert table.loc["in all", "reached_share"] > 0.99


def test_days_of_the_rest_a_year_ago():
    periods = planning_periods(DAY, known=TWO_YEARS, plan=NO_PLAN)
    assert str(periods.rest_a_year_ago) == "2023-12-01 to 2023-12-31"
    assert planning_periods(DAY, known=KNOWN, plan=NO_PLAN).rest_a_year_ago.n_days == 0


def test_without_a_plan_there_is_a_projection_only():
    table = found()
    assert table["planned_amount"].isna().all()
    assert table["reached_share"].isna().all()
    assert len(table) == 3


def test_the_last_day_of_the_year_leaves_nothing_to_project():
    table = found(as_of=day_number(parse_day("2024-12-31")))
    assert table["period"].tolist() == ["in all"]
    assert table["low_amount"].tolist() == table["high_amount"].tolist() == [34_000]


def test_without_a_rule_there_is_no_projection():
    assert found(choice=CHOICE.assign(is_used=False))["period"].tolist() == ["so far"]
    empty = weeks(np.array([])).iloc[:0]
    periods = planning_periods(DAY, known=KNOWN, plan=NO_PLAN)
    table = outlook(SOLD, NO_REST, empty, CHOICE.iloc[:0], NO_PLAN, periods=periods)
    assert table["period"].tolist() == ["so far"]

"""The end of the year: so far plus the rest, half weeks in half, and the plan reached or not."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.sales_plan import planning_periods
from crmlib.models.outlook import outlook
from crmlib.periods import Window, day_number, parse_day

DAY = day_number(parse_day("2024-11-30"))
KNOWN = Window(DAY - 700, DAY)
NO_PLAN = pd.DataFrame(columns=["period_start_day", "period_end_day", "planned_cents"])
YEAR_PLAN = pd.DataFrame(
    {
        "period_start_day": [day_number(parse_day("2024-01-01"))],
        "period_end_day": [day_number(parse_day("2024-12-31"))],
        "planned_cents": [36_600_00],
    }
)
CHOICE = pd.DataFrame({"quantity": ["net_amount"], "model": ["naive"], "is_used": [True]})
SOLD = pd.DataFrame({"dimension": ["total", "region"], "year_cents": [34_000_00, 34_000_00]})


def weeks(values, *, until="2024-11-30"):
    ends = pd.date_range(end=until, periods=len(values), freq="7D").strftime("%Y-%m-%d")
    return pd.DataFrame({"dimension": "total", "week_ends_on": ends, "net_amount": values})


def found(plan=NO_PLAN, values=(600.0, 800.0, 600.0, 700.0), *, choice=CHOICE, as_of=DAY):
    periods = planning_periods(as_of, known=KNOWN, plan=plan)
    return outlook(SOLD, weeks(np.array(values)), choice, plan, periods=periods)


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
    table = outlook(SOLD, empty, CHOICE.iloc[:0], NO_PLAN, periods=periods)
    assert table["period"].tolist() == ["so far"]

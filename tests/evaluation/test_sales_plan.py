"""The plan over days and parts, and the windows that are compared."""

import pandas as pd
import pytest

from crmlib.evaluation.sales_plan import (
    Periods,
    finest,
    groups,
    month_window,
    months,
    planned,
    planning_periods,
)
from crmlib.periods import Window, day_number, parse_day

NO_PLAN = pd.DataFrame(
    columns=["period_start_day", "period_end_day", "planned_cents", "category", "region"]
)


def day(text: str) -> int:
    return day_number(parse_day(text))


def plan(*rows) -> pd.DataFrame:
    """Rows of (first day, last day, amount, category, region)."""
    frame = pd.DataFrame(rows, columns=["first", "last", "amount", "category", "region"])
    return frame.assign(
        period_start_day=frame["first"].map(day),
        period_end_day=frame["last"].map(day),
        planned_cents=(frame["amount"] * 100).astype("int64"),
    )


def periods(as_of, known_from="2020-01-01", table=NO_PLAN, **options) -> Periods:
    known = Window(day(known_from), day("2026-12-31"))
    return planning_periods(day(as_of), known=known, plan=table, **options)


def test_the_year_so_far_against_the_same_days_a_year_ago():
    found = periods("2024-03-10")
    assert str(found.current) == str(found.so_far) == "2024-01-01 to 2024-03-10"
    assert str(found.before) == "2023-01-01 to 2023-03-10"
    assert str(found.year) == "2024-01-01 to 2024-12-31"


def test_a_planning_year_that_begins_in_july():
    found = periods("2024-03-10", first_month=7)
    assert str(found.year) == "2023-07-01 to 2024-06-30"
    assert str(found.before) == "2022-07-01 to 2023-03-10"


def test_29_february_is_compared_with_the_28th():
    assert str(periods("2024-02-29").before) == "2023-01-01 to 2023-02-28"


@pytest.mark.parametrize(
    ("known_from", "before", "name"),
    [
        ("2023-01-03", "2023-01-01 to 2023-09-30", "the same days a year ago"),
        ("2023-02-01", "2024-04-02 to 2024-07-01", "the 91 days before"),
        ("2024-06-01", None, "nothing"),
    ],
)
def test_what_the_data_do_not_hold_whole_is_not_compared_with(known_from, before, name):
    found = periods("2024-09-30", known_from)
    assert found.name == name
    assert found.before.n_days == 0 if before is None else str(found.before) == before


def test_so_far_is_cut_to_the_days_that_are_planned():
    table = plan(("2024-02-01", "2024-04-30", 10, None, None))
    assert str(periods("2024-09-30", table=table).so_far) == "2024-02-01 to 2024-04-30"
    old = plan(("2019-02-01", "2019-04-30", 10, None, None))
    assert str(periods("2024-09-30", table=old).so_far) == "2024-01-01 to 2024-09-30"


QUARTERS = plan(
    ("2024-01-01", "2024-03-31", 910, "Tea", "North"),
    ("2024-01-01", "2024-03-31", 91, "Tea", "South"),
    ("2024-04-01", "2024-06-30", 9100, "Tea", "North"),
)


def test_a_period_that_is_not_over_counts_with_its_days():
    window = Window(day("2024-01-01"), day("2024-04-10"))
    found = planned(QUARTERS, window=window, by=[("category",), ("category", "region")])
    amounts = found.set_index(["dimension", "part"])["planned_amount"]
    assert amounts["total", "all"] == pytest.approx(910 + 91 + 1000)
    assert amounts["category", "Tea"] == pytest.approx(2001)
    assert amounts["category x region", "Tea / North"] == pytest.approx(1910)


def test_another_cut_of_the_same_plan_is_never_added():
    by_manager = plan(("2024-01-01", "2024-03-31", 1001, None, None)).assign(
        account_manager="Zoë"
    )  # fmt: skip
    both = pd.concat([QUARTERS.head(2), by_manager], ignore_index=True)
    window = Window(day("2024-01-01"), day("2024-03-31"))
    found = planned(both, window=window, by=[("region",), ("account_manager",), ("channel",)])
    amounts = found.set_index(["dimension", "part"])["planned_amount"].to_dict()
    assert amounts == {
        ("total", "all"): 1001, ("region", "North"): 910, ("region", "South"): 91,
        ("account manager", "Zoë"): 1001,
    }  # fmt: skip
    assert finest(both) == ("category", "region")


def test_cells_are_those_of_the_plan_else_category_by_region():
    by_channel = QUARTERS.assign(region=None, channel="shop")
    assert groups(by_channel)[-1] == ("category", "channel")
    assert groups(NO_PLAN)[-1] == ("category", "region")


def test_no_plan_for_these_days_no_row():
    window = Window(day("2025-01-01"), day("2025-03-31"))
    assert planned(QUARTERS, window=window, by=[]).empty
    assert planned(NO_PLAN, window=window, by=[]).empty


def test_months_beside_plan_and_year_before():
    found = periods("2024-02-10", "2022-12-15", QUARTERS)
    window = month_window(found, known=Window(day("2022-12-15"), day("2024-02-10")))
    assert str(window) == "2023-01-01 to 2024-02-10"
    sold = pd.DataFrame(
        {"month": [12 * 2023, 12 * 2024, 12 * 2024 + 1], "net_cents": [100, 200, 300]}
    )
    table = months(sold, QUARTERS, periods=found)
    assert table["month_on"].tolist() == ["2024-01", "2024-02"]
    assert table["actual_amount"].tolist() == [2, 3]
    assert table["planned_amount"].tolist() == pytest.approx([11 * 31, 11 * 10])
    assert table["year_ago_amount"].fillna(-1).tolist() == [1, -1]

"""Stages, transitions, retention and weeks in a few rows."""

import pandas as pd
import pytest

from crmlib.evaluation import customer_base as base


def test_stage_summary_shows_empty_stages_too():
    customers = pd.DataFrame({"stage": ["new", "active", "active"], "net_amount": [1.0, 2.0, 5.0]})
    found = base.stage_summary(customers).set_index("stage")
    assert found["n_customers"].to_dict() == {
        "new": 1,
        "active": 2,
        "returned": 0,
        "lapsing": 0,
        "lapsed": 0,
    }
    assert found["net_share"].sum() == pytest.approx(1)


def test_transitions_count_every_customer_of_today_once():
    before = pd.DataFrame({"customer_id": ["a", "b"], "stage": ["active", "active"]})
    now = pd.DataFrame({"customer_id": ["a", "b", "c"], "stage": ["active", "lapsed", "new"]})
    found = base.stage_transitions(before, now).set_index("stage_before")
    assert found.loc["active", "lapsed"] == 1
    assert found.loc["not yet a customer", "new"] == 1
    assert found.to_numpy().sum() == 3


def test_retention_leaves_out_the_first_month_and_months_not_over():
    cohorts = pd.DataFrame(
        [(10, 0, 99), (10, 1, 98), (11, 0, 4), (11, 1, 3), (11, 2, 1), (12, 0, 6), (12, 1, 2)],
        columns=["cohort_month", "months_since", "n_active"],
    )
    found = base.retention_curve(cohorts, last_complete_month=13)
    assert found["n_cohort"].tolist() == [10, 4]
    assert found["n_active"].tolist() == [5, 1]
    assert found["retention_rate"].tolist() == [0.5, 0.25]
    assert (found["low_rate"] < found["retention_rate"]).all()


def test_a_month_without_any_order_counts_as_nought():
    cohorts = pd.DataFrame(
        [(1, 0, 5), (2, 0, 4), (2, 2, 1)], columns=["cohort_month", "months_since", "n_active"]
    )
    found = base.retention_curve(cohorts, last_complete_month=4)
    assert found["n_active"].tolist() == [0, 1]


def test_without_a_second_month_there_is_no_curve():
    cohorts = pd.DataFrame([(1, 0, 5)], columns=["cohort_month", "months_since", "n_active"])
    assert base.retention_curve(cohorts, last_complete_month=1).empty


def test_weeks_end_on_the_snapshot_day_and_empty_weeks_are_nought():
    daily = pd.DataFrame(
        {"occurred_day": [1, 2, 20, 21], "n_orders": 1, "net_cents": [100, 200, 300, 400]}
    )
    found = base.whole_weeks(daily, as_of_day=21)
    assert found["week_ends_on"].tolist() == ["1970-01-08", "1970-01-15", "1970-01-22"]
    assert found["net_amount"].tolist() == [3.0, 0.0, 7.0]


def test_less_than_a_week_gives_no_week():
    daily = pd.DataFrame({"occurred_day": [5], "n_orders": [1], "net_cents": [1]})
    assert base.whole_weeks(daily, as_of_day=7).empty

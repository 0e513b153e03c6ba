"""Expectation less perception: paired intervals, groups, employees, answers that say little."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlib.evaluation.satisfaction import (
    answer_quality,
    attribute_gaps,
    by_kind,
    employee_view,
    group_gaps,
    overall_points,
    ratings,
)
from crmlib.features.collect import collect
from crmlib.features.surveys import latest_answers
from crmlib.models.satisfaction import main_outcome, satisfaction_drivers, scale_usage_check
from crmlib.periods import Window
from tests.models.test_complaints import of
from tests.sources.mapped import take_in_public

ATTRIBUTES = {"speed": ("process", 1.0), "taste": ("product", 0.0), "range": ("product", -0.4)}


def answered(seed, *, n=200, kind="customer", more=0.0):
    """Answers of respondents who expect 7 and miss what `ATTRIBUTES` says, and a little more."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        for name, (group, gap) in ATTRIBUTES.items():
            expected = rng.normal(7, 1)
            found = expected - gap - more + rng.normal(0, 1)
            rows.append((kind, f"{number:04d}", name, group, expected, found))
        rows.append((kind, f"{number:04d}", "all in all", "overall", 7.5, rng.normal(7, 1)))
    names = ["respondent_kind", "respondent_id", "attribute", "attribute_group", "expectation",
             "perception"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(importance=5.0, recommend_0_10=np.nan, answered_day=10)


class TestGaps:
    def test_paired_interval_by_hand(self):
        answers = answered(1)
        found = attribute_gaps(answers).set_index("attribute")
        part = answers[answers["attribute"] == "speed"]
        gap = part["expectation"] - part["perception"]
        interval = stats.ttest_1samp(gap, 0).confidence_interval()
        assert found.loc["speed", "gap_points"] == pytest.approx(gap.mean())
        assert found.loc["speed", "low_points"] == pytest.approx(interval.low)
        assert found.loc["speed", "high_points"] == pytest.approx(interval.high)
        assert found["is_below"].to_dict() == {"speed": True, "taste": False, "range": False}
        assert "all in all" not in found.index

    def test_a_group_counts_each_respondent_once(self):
        found = group_gaps(answered(2)).set_index("attribute_group")
        assert found["n_answers"].eq(200).all()
        assert found.index[0] == "process"
        assert found.loc["product", "low_points"] < -0.2 < found.loc["product", "high_points"]

    def test_nothing_is_found_where_nothing_is(self):
        alarms = []
        for seed in range(60):
            answers = answered(seed, n=60)
            shift = answers["attribute"].map({name: gap for name, (_, gap) in ATTRIBUTES.items()})
            level = answers.assign(perception=answers["perception"] + shift.fillna(0))
            alarms.append((attribute_gaps(level)["p_adjusted"] < 0.05).any())
        assert np.mean(alarms) <= 0.1

    def test_few_or_equal_answers_have_no_interval(self):
        found = attribute_gaps(answered(1, n=2))
        assert found["low_points"].isna().all()
        flat = answered(1).assign(expectation=8.0, perception=7.0)
        assert attribute_gaps(flat)["gap_points"].eq(1).all()
        assert attribute_gaps(flat)["low_points"].isna().all()
        assert attribute_gaps(answered(1).iloc[:0]).empty
        assert group_gaps(answered(1).iloc[:0]).empty


class TestEmployees:
    def test_a_planted_difference_is_covered_and_kinds_are_told_apart(self):
        both = pd.concat([answered(3), answered(4, n=50, kind="employee", more=-0.8)])
        customers, employees = by_kind(both)
        found = employee_view(customers, employees)
        assert found["n_employees"].eq(50).all()
        assert ((found["low_points"] < 0.8) & (found["high_points"] > 0.8)).all()
        assert found["is_different"].all()

    def test_no_difference_is_found_where_there_is_none(self):
        alarms = [
            employee_view(answered(seed, n=60), answered(seed + 500, n=40))["is_different"].any()
            for seed in range(150)
        ]
        assert np.mean(alarms) <= 0.1

    def test_nobody_asked(self):
        assert employee_view(answered(1), answered(1).iloc[:0]).empty
        assert employee_view(answered(1), answered(1, n=2)).empty


class TestRatings:
    def test_where_nobody_was_asked_what_he_expects_perception_stands_alone(self):
        answers = answered(5, n=20)
        assert ratings(answers)["speed"].mean() == pytest.approx(-1, abs=0.6)
        alone = answers.assign(expectation=10.0)
        assert ratings(alone)["speed"].mean() == pytest.approx(6, abs=0.6)
        assert overall_points(answers).index.equals(ratings(answers).index)

    def test_straight_liners_and_the_end_of_the_scale(self):
        answers = answered(6, n=4)
        answers["perception"] = answers["perception"].clip(upper=9.0)
        flat = answers["respondent_id"] == "0001"
        answers.loc[flat, "perception"] = 10.0
        row = answer_quality(answers).iloc[0]
        assert (row["n_respondents"], row["n_straight_liners"]) == (4, 1)
        assert row["top_share"] == pytest.approx(0.25)
        assert answer_quality(answers.iloc[:0]).empty


class TestAdvertisers:
    """The public survey through its mapping: figures published with it, and what drives q1."""

    @pytest.fixture
    def answers(self, tmp_path):
        taken = take_in_public("customer_satisfaction", "customer_satisfaction", tmp_path)
        window = Window(11_000, 11_999)
        return by_kind(collect(latest_answers(of(taken, "surveys"), window=window)))[0]

    def test_figures(self, answers):
        means = answers.groupby("attribute")["perception"].mean().round(2)
        assert (means["overall satisfaction"], means["distribution"]) == (6.07, 7.89)
        gaps = attribute_gaps(answers).set_index("attribute")
        assert gaps.index[0] == "price for the volume"
        assert gaps.loc["price for the volume", "gap_points"] == pytest.approx(10 - 5.56, abs=5e-3)
        row = answer_quality(answers).iloc[0]
        assert (row["n_respondents"], row["n_straight_liners"]) == (1_811, 102)
        assert row["top_attribute"] == "distribution"
        assert row["top_attribute_share"] == pytest.approx(0.308, abs=5e-4)
        drivers = satisfaction_drivers(
            answers, followed=answers.iloc[:0], rng=np.random.default_rng(1),
            after=pd.DataFrame({"respondent_id": [], "n_orders_after": []}),
        )  # fmt: skip
        assert main_outcome(drivers) == "overall satisfaction"
        assert set(drivers["outcome"]) == {"overall satisfaction"}
        assert drivers["attribute"].tolist()[:3] == [
            "price for the volume", "number of customers reached", "competitive prices",
        ]  # fmt: skip
        check = scale_usage_check(answers, drivers)
        assert check["level_rank"].tolist() == [1, 2, 3, 5, 4, 6, 7, 8, 9]

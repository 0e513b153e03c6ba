"""Sentences about satisfaction and complaints: figures, chance, nothing invented, text escaped."""

import numpy as np
import pandas as pd
import pytest

from crmlib.reporting.narrative import complaints, satisfaction

TIMES = pd.DataFrame(
    {
        "complaint_reason": ["all reasons"],
        "median_days": [8.0],
        "in_time_share": [0.4],
        "low_share": [0.3],
        "high_share": [0.5],
    }
)
WAITING = pd.DataFrame({"customer_id": ["a", "a", "b"], "net_amount": [10.0, 10.0, 5.0]})
COST = pd.DataFrame(
    {
        "n_days": [365],
        "n_complaints": [40],
        "cost_amount": [800.0],
        "low_amount": [-100.0],
        "high_amount": [1700.0],
    }
)
RATIOS = pd.DataFrame(
    [("complaint not answered yet", 4.0, 3.0, 5.5), ("answered", 1.4, 0.9, 2.1)],
    columns=["event", "hazard_ratio", "low", "high"],
)


def headline(waiting=WAITING, times=TIMES, ratios=RATIOS, cost=COST):
    return complaints.headline(waiting, times, ratios, cost, currency="USD")


class TestComplaints:
    def test_headline(self):
        first, second, third, fourth = headline()
        assert first.startswith("3 complaints wait for an answer for too long, from 2 customers")
        assert "$15" in first
        assert "40 times in 365 days" in first
        assert (
            "40.0 % of complaints are answered in time (95 % interval 30.0 % to 50.0 %)" in second
        )
        assert "while it is not answered 4.0 times as often (3.0 to 5.5)" in third
        assert "1.4 times as often (0.9 to 2.1, within chance)" in third
        assert "Observational" in third
        assert "for $20 less than like customers" in fourth
        assert "$800 less (95 % interval -$100 to $1,700, which is within chance)" in fourth

    def test_more_sales_after_a_complaint_are_called_more(self):
        more = COST.assign(cost_amount=-800.0, low_amount=-900.0, high_amount=-700.0)
        assert "$800 more (95 % interval $700 to $900)" in headline(cost=more)[-1]

    def test_what_is_not_known_is_not_said(self):
        unknown = COST.assign(cost_amount=np.nan)
        bare = TIMES.assign(in_time_share=np.nan)
        found = headline(WAITING.iloc[:0], bare.assign(n_open=2), RATIOS.iloc[:0], unknown)
        assert found == [
            "Customers complained 40 times in 365 days; no complaint waits for too long."
        ]
        silent = headline(WAITING.iloc[:0], bare.assign(n_open=0), RATIOS.iloc[:0], unknown)
        assert silent == [
            "Customers complained 40 times in 365 days. When a complaint is answered is not on "
            "record."
        ]
        assert headline(times=TIMES.iloc[:0]) == ["Nobody has complained."]

    def test_fewer_than_half_answered(self):
        assert "less than half" in headline(times=TIMES.assign(median_days=np.nan))[1]

    @pytest.mark.parametrize(
        ("low", "high", "verdict"),
        [(-0.1, 0.1, "leaves it open"), (0.01, 0.1, "speaks for"), (-0.2, -0.1, "speaks against")],
    )
    def test_service_paradox(self, low, high, verdict):
        effects = pd.DataFrame(
            {
                "comparison": ["answered in time against no complaint"],
                "difference_share": [(low + high) / 2],
                "low_share": [low],
                "high_share": [high],
            }
        )
        options = {"window_days": 365, "answer_days": 7, "after_days": 60}
        (said,) = complaints.effects_in_words(effects, pd.DataFrame(), **options)
        assert verdict in said

    def test_groups_beyond_chance_are_named_and_escaped(self):
        rates = pd.DataFrame(
            {
                "dimension": ["region", "region"],
                "group": ["<b>N</b>", "S"],
                "shrunk_per_1000": [30.0, 10.0],
                "low_per_1000": [25.0, 8.0],
                "high_per_1000": [36.0, 12.0],
                "is_different": [True, False],
            }
        )
        (said,) = complaints.rates_in_words(rates)
        assert said.startswith("1 of 2 groups")
        assert "<b>" not in said
        (none,) = complaints.rates_in_words(rates.assign(is_different=False))
        assert none.startswith("None of 2 groups")
        assert complaints.rates_in_words(rates.iloc[:0]) == []


GAPS = pd.DataFrame(
    {
        "attribute": ["speed*"],
        "n_answers": [200],
        "gap_points": [1.5],
        "low_points": [1.2],
        "high_points": [1.8],
    }
)
TOP = GAPS.assign(
    priority="mend first", importance_share=0.3, low_share=0.2, high_share=0.4, stated_rank=5.0,
    importance_rank=1.0,
)  # fmt: skip
VIEW = pd.DataFrame(
    {
        "attribute": ["speed*"],
        "difference_points": [1.1],
        "low_points": [0.8],
        "high_points": [1.4],
        "is_different": [True],
    }
)
SALES = pd.DataFrame(
    {
        "n_below": [3],
        "n_respondents": [5],
        "below_share": [0.6],
        "low_share": [0.3],
        "high_share": [0.9],
        "projected_amount": [120.0],
        "all_amount": [200.0],
    }
)


class TestSatisfaction:
    def said(self, gaps=GAPS, top=TOP, sales=SALES, view=VIEW):
        return satisfaction.headline(gaps, top, sales, view, outcome="satisfaction", currency="EUR")

    def test_headline(self):
        first, money, stated, employees = self.said()
        assert first == (
            r"Mend speed\* first: customers find 1.5 points less than they expect (95 % interval "
            "1.2 to 1.8), and it makes up 30.0 % of what explains satisfaction (95 % interval "
            "20.0 % to 40.0 %)."
        )
        assert "€120 of €200" in money
        assert "not what mending it earns" in money
        assert "number 5 of what they call important and number 1" in stated
        assert "Customers miss 1.1 points more" in employees

    def test_without_a_priority_the_widest_gap_is_named(self):
        found = self.said(top=TOP.assign(priority="no need"), sales=SALES.iloc[:0])
        assert found[0].startswith(r"The widest gap is speed\*")
        within = GAPS.assign(low_points=-0.1)
        found = self.said(within, TOP.assign(priority="no need"), SALES.iloc[:0], VIEW.iloc[:0])
        assert "within chance" in found[0]
        assert self.said(GAPS.iloc[:0]) == [
            "No customer has answered a survey in the period looked at."
        ]

    def test_other_outcomes_and_answering(self):
        drivers = pd.DataFrame(
            {
                "outcome": ["recommendation", "ordering again"],
                "attribute": ["speed", "speed"],
                "is_driver": [True, False],
                "r2_share": [0.4, 0.01],
                "n_answers": [100, 90],
            }
        )
        first, second = satisfaction.other_outcomes(drivers)
        assert first.startswith("Recommendation goes with speed; all")
        assert "none of the attributes beyond chance" in second
        assert "before the latest survey" in satisfaction.answering(pd.DataFrame(), (1.0, 2.0))[0]

    def test_scale_usage(self):
        quality = pd.DataFrame(
            {
                "n_respondents": [50],
                "n_straight_liners": [5],
                "straight_share": [0.1],
                "top_share": [0.2],
                "top_attribute": ["speed"],
                "top_attribute_share": [0.3],
            }
        )
        check = pd.DataFrame({"importance_rank": [1, 2, 3], "level_rank": [1, 3, 2]})
        first, second = satisfaction.scale_usage(check, quality)
        assert first.startswith("5 of 50 respondents (10.0 %)")
        assert "change ranks" in second
        assert "keep" in satisfaction.scale_usage(check.iloc[:1], quality)[1]

"""Answers while some are due, hazards after a complaint, and two real companies."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.evaluation.complaint_effects import leaving
from crmlib.evaluation.complaint_rates import group_rates, monthly_rates
from crmlib.evaluation.experiments import overlap_weighted_comparison
from crmlib.features.collect import collect
from crmlib.features.complaint_spells import complaint_spells
from crmlib.features.complaints import (
    complaint_cases,
    complaint_counts,
    complaint_months,
    leavers_by_complaint,
)
from crmlib.models.complaints import answer_curve, answer_times, hazard_ratios
from crmlib.periods import Window, day_number, parse_day
from tests.features.made_complaints import complaints, departures, lines
from tests.sources.mapped import take_in_public


def cases(rows):
    """Complaints of a reason, with the days to the answer or, if none, the age."""
    frame = pd.DataFrame(rows, columns=["reason", "took", "age_days"])
    return frame.assign(
        opened_day=0,
        resolved_day=frame["took"].astype(float),
        is_open=frame["took"].isna().astype(int),
    )


ROWS = [
    ("late", 1, 9),
    ("Late ", 3, 9),
    ("late", None, 2),
    ("broken", 5, 9),
    ("broken", None, 9),
]


class TestAnswers:
    def test_kaplan_meier_by_hand(self):
        """At risk 5, 4 after one answer; one aged 2 waits; then 3, 2: 0.8, 0.533, 0.267 wait."""
        curve = answer_curve(cases(ROWS)).set_index("days")
        assert curve["answered_share"].round(4).to_dict() == {
            0.0: 0.0, 1.0: 0.2, 2.0: 0.2, 3.0: 0.4667, 5.0: 0.7333, 9.0: 0.7333,
        }  # fmt: skip
        found = answer_times(cases(ROWS), answer_days=3).set_index("complaint_reason")
        assert found.loc["all reasons", "in_time_share"] == pytest.approx(0.4667, abs=5e-5)
        assert found.loc["all reasons", "median_days"] == 5
        assert found.loc["all reasons", "n_open"] == 2

    def test_the_mean_of_the_answered_would_look_faster(self):
        assert pd.DataFrame(ROWS)[1].mean() < 5

    def test_spellings_are_one_reason_and_many_reasons_are_put_together(self):
        found = answer_times(cases(ROWS), answer_days=3, n_reasons=1)
        assert found["complaint_reason"].tolist() == ["all reasons", "late", "other reasons"]
        assert found["n_complaints"].tolist() == [5, 3, 2]

    def test_without_a_known_day_of_an_answer(self):
        none = cases([("late", None, 4), ("late", None, 5)])
        assert answer_curve(none).empty
        assert answer_times(none, answer_days=3)["in_time_share"].isna().all()
        assert answer_times(none.iloc[:0], answer_days=3).empty

    def test_refuses_no_days(self):
        with pytest.raises(ParameterError, match="answer_days=0"):
            answer_times(cases(ROWS), answer_days=0)


def company(seed, *, n=3_000, unanswered=4.0, answered=2.0, hazard=1 / 900):
    """Customers with a constant hazard, multiplied after a complaint until and after its answer."""
    rng = np.random.default_rng(seed)
    n_days, window = 600, 90
    opened = np.where(rng.random(n) < 0.4, rng.integers(10, 500, n), 10**6)
    settled = opened + np.where(rng.random(n) < 0.6, rng.geometric(0.1, n), 10**6)
    end = np.minimum(opened + window, 10**6)
    left = np.full(n, 10**6)
    for day in range(1, n_days + 1):
        open_ = (opened < day) & (day <= np.minimum(settled, end))
        done = (settled < day) & (day <= end)
        rate = hazard * np.where(open_, unanswered, np.where(done, answered, 1.0))
        gone = (left == 10**6) & (rng.random(n) < rate)
        left[gone] = day
    who = [f"{k:05d}" for k in range(n)]
    made = [
        (who[k], int(opened[k]), int(settled[k]) if settled[k] < min(left[k], n_days) else None)
        for k in range(n)
        if opened[k] < left[k]
    ]
    lost = [(who[k], int(left[k])) for k in range(n) if left[k] <= n_days]
    bought = [(one, 0) for one in who]
    found = complaint_spells(
        lines(*bought), complaints(*made), departures(*lost), as_of_day=n_days, effect_days=window
    )
    return hazard_ratios(collect(found)).set_index("event")


class TestHazards:
    def test_planted_ratios_lie_in_their_intervals(self):
        found = company(1)
        for event, truth in (("complaint not answered yet", 4.0), ("answered", 2.0)):
            assert found.loc[event, "low"] < truth < found.loc[event, "high"]
            assert found.loc[event, "low"] > 1

    def test_complaints_without_consequence_have_a_ratio_of_one(self):
        found = company(2, unanswered=1.0, answered=1.0)
        for event in ("any complaint", "complaint not answered yet", "answered"):
            assert found.loc[event, "low"] < 1 < found.loc[event, "high"]

    def test_states_with_few_losses_have_no_ratio(self):
        found = company(3, n=150)
        assert found.loc["answered and compensated", "n_losses"] == 0
        assert np.isnan(found.loc["answered and compensated", "hazard_ratio"])

    def test_no_life_at_all(self):
        none = complaint_spells(lines(("a", 0)), complaints(), departures(), as_of_day=9)
        assert hazard_ratios(collect(none))["hazard_ratio"].isna().all()

    @pytest.mark.slow
    def test_intervals_cover_in_nineteen_of_twenty(self):
        found = [company(seed, n=1_500).loc["complaint not answered yet"] for seed in range(60)]
        hits = [row["low"] < 4 < row["high"] for row in found]
        assert 0.88 <= np.mean(hits) <= 1.0


def of(taken, name):
    return nw.from_native(taken.connection.table(name))


@pytest.fixture(scope="module")
def comcast(tmp_path_factory):
    return take_in_public(
        "comcast", "comcast_complaints", tmp_path_factory.mktemp("comcast"),
        time_zone="America/New_York",
    )  # fmt: skip


@pytest.fixture(scope="module")
def iranian(tmp_path_factory):
    return take_in_public(
        "iranian_churn", "iranian_churn", tmp_path_factory.mktemp("iran"), currency="IRR",
        time_zone="Asia/Tehran",
    )  # fmt: skip


class TestComcast:
    LAST = day_number(parse_day("2015-12-31"))

    def test_share_that_waits_and_the_month_of_most(self, comcast):
        found = collect(complaint_cases(of(comcast, "complaints"), as_of_day=self.LAST))
        assert len(found) == 2_224
        assert found["is_open"].mean() == pytest.approx(0.2325, abs=5e-5)
        lines_ = nw.from_native(comcast.connection.sql(LINES))
        months = collect(complaint_months(lines_, of(comcast, "complaints"), as_of_day=self.LAST))
        rates = monthly_rates(months, last_complete_month=12 * 2015 + 11)
        peak = rates.loc[rates["n_complaints"].idxmax()]
        assert (peak["month_on"], peak["n_complaints"]) == ("2015-06", 1_046)

    def test_ways_and_states(self, comcast):
        lines_ = nw.from_native(comcast.connection.sql(LINES))
        counts = collect(
            complaint_counts(
                lines_, of(comcast, "complaints"), of(comcast, "customers"),
                window=Window(self.LAST - 364, self.LAST), by=["received_via", "region"],
            )
        ).set_index(["dimension", "group"])["n_complaints"]  # fmt: skip
        assert counts["received_via"].to_dict() == {"Customer Care Call": 1_119, "Internet": 1_105}
        assert counts["region"].idxmax() == "Georgia"
        assert counts["region"].nlargest(3).tolist() == [288, 240, 220]

    def test_spellings_of_reasons_are_put_together(self, comcast):
        found = collect(complaint_cases(of(comcast, "complaints"), as_of_day=self.LAST))
        times = answer_times(found, answer_days=7, n_reasons=3)
        assert times["n_complaints"].iloc[1:4].tolist() == [102, 30, 29]
        assert times["complaint_reason"].iloc[1] == "Comcast"

    def test_one_complaint_per_customer_makes_no_group_different(self, comcast):
        lines_ = nw.from_native(comcast.connection.sql(LINES))
        counts = collect(
            complaint_counts(
                lines_, of(comcast, "complaints"), of(comcast, "customers"),
                window=Window(self.LAST - 364, self.LAST), by=["region"],
            )
        )  # fmt: skip
        assert not group_rates(counts)["is_different"].any()


LINES = """select null::varchar as transaction_id, null::varchar as customer_id,
    null::varchar as product_id, null::integer as occurred_day, null::double as quantity,
    null::bigint as net_cents where false"""


class TestIranianChurn:
    def test_complainers_leave_eight_times_as_often(self, iranian):
        counts = leavers_by_complaint(
            nw.from_native(iranian.connection.sql(LINES)), of(iranian, "complaints"),
            of(iranian, "customers"), of(iranian, "departures"),
            as_of_day=day_number(parse_day("2019-12-31")),
        )  # fmt: skip
        row = leaving(collect(counts)).iloc[0]
        assert (row["n_complainers"], row["n_others"]) == (241, 2_909)
        assert row["complainers_left_share"] == pytest.approx(0.8299, abs=5e-5)
        assert row["others_left_share"] == pytest.approx(0.1014, abs=5e-5)
        assert row["difference_share"] == pytest.approx(0.7285, abs=5e-5)
        assert (round(row["low_share"], 3), round(row["high_share"], 3)) == (0.675, 0.772)

    def test_like_customers_differ_less_but_still_by_half(self, iranian):
        """Complainers use less and fail more: allowing for that takes some of the difference."""
        table = iranian.connection.sql(
            """select customers.*, complaint_id is not null as complained,
                (left_on is not null)::int as has_left
            from customers left join complaints using (customer_id)
            left join departures using (customer_id) order by customer_id"""
        ).df()
        used = ["subscription_months", "seconds_of_use", "calls", "messages", "call_failures",
                "charge_class"]  # fmt: skip
        covariates = np.log1p(table[used].astype(float))
        found = overlap_weighted_comparison(
            table["has_left"], is_treated=table["complained"].to_numpy(dtype=bool),
            covariates=covariates,
        )  # fmt: skip
        assert not found.is_randomised
        assert 0.4 < found.low < found.high < 0.75

"""Complaints: their state at a day, exposure by state, and whom complainers are set beside."""

import duckdb
import narwhals as nw
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.features.around import around_moment
from crmlib.features.collect import collect
from crmlib.features.complaint_comparison import complaint_comparison
from crmlib.features.complaint_spells import STATES, complaint_spells
from crmlib.features.complaints import (
    complaint_cases,
    complaint_counts,
    complaint_months,
    leavers_by_complaint,
)
from crmlib.periods import Window
from tests.features.made_complaints import complaints, departures, lazy, lines

NOBODY = lazy(pd.DataFrame({"customer_id": pd.Series([], dtype="str")}))


def spelt(*made, bought=(("a", 0),), left=(), as_of_day=29, effect_days=10):
    found = complaint_spells(
        lines(*bought),
        complaints(*made),
        departures(*left),
        as_of_day=as_of_day,
        effect_days=effect_days,
    )
    return collect(found)


def days_in(spells, **state):
    """Days of life in a state: at risk from the first to the last period."""
    marks = dict.fromkeys(STATES, 0) | state
    part = spells[(spells[list(marks)] == pd.Series(marks)).all(axis=1)]
    ends = (part["n_events"] + part["n_censored"]) * part["period"]
    starts = part["n_entered"] * (part["period"] - 1)
    return int((ends - starts).sum())


class TestCases:
    def test_an_answer_after_the_day_is_not_known_yet(self):
        made = complaints(("a", 5, 9), ("b", 6, None), ("c", 12, 13))
        cases = collect(complaint_cases(made, departures(("b", 8)), as_of_day=8))
        assert cases["customer_id"].tolist() == ["a", "b"]
        assert cases["is_open"].tolist() == [1, 1]
        assert cases["age_days"].tolist() == [3, 2]
        assert cases["has_left"].tolist() == [0, 1]

    def test_a_complaint_that_ended_on_an_unknown_day_is_not_open(self):
        made = lazy(
            pd.DataFrame(
                {
                    "complaint_id": ["1", "2"],
                    "customer_id": ["a", "b"],
                    "reason": ["late", "late"],
                    "opened_day": [1, 2],
                    "resolution": ["solved", None],
                }
            )
        )
        cases = collect(complaint_cases(made, as_of_day=9))
        assert cases["is_open"].tolist() == [0, 1]
        assert cases["resolved_day"].isna().all()
        silent = collect(complaint_cases(made.drop("resolution"), as_of_day=9))
        assert silent["is_open"].tolist() == [0, 0]  # nothing says that nobody answered


class TestAround:
    def test_knows_before_and_counts_after(self):
        moments = lazy(pd.DataFrame({"customer_id": ["a", "b"], "moment_day": [50, 50]}))
        bought = lines(("a", 10), ("a", 50), ("a", 53), ("a", 60), ("a", 81), ("b", 51))
        found = collect(
            around_moment(bought, moments, as_of_day=99, before_days=40, after_days=30, wait_days=3)
        )
        assert found["customer_id"].tolist() == ["a"]  # b had bought nothing before
        row = found.iloc[0].drop("customer_id").astype(int).to_dict()
        assert row == {
            "moment_day": 50, "tenure_days": 40, "recency_days": 0, "n_orders_before": 1,
            "net_cents_before": 500, "n_orders_after": 1, "net_cents_after": 500,
        }  # fmt: skip

    @pytest.mark.parametrize("options", [{"wait_days": 90}, {"before_days": 0}])
    def test_refuses_days_that_do_not_fit(self, options):
        moments = lazy(pd.DataFrame({"customer_id": ["a"], "moment_day": [5]}))
        with pytest.raises(ParameterError, match="must be at least 1"):
            around_moment(lines(("a", 1)), moments, as_of_day=9, **options)


class TestSpells:
    def test_days_of_a_life_by_hand(self):
        """Complaint on day 5 answered on day 8: 5 days without, 3 unanswered, 7 answered."""
        spells = spelt(("a", 5, 8))
        assert days_in(spells) == 5 + 14  # up to the complaint, and from day 16 to 29
        assert days_in(spells, is_unanswered=1) == 3
        assert days_in(spells, is_answered=1) == 7
        assert spells["n_events"].sum() == 0

    def test_a_loss_counts_in_the_state_on_its_day(self):
        spells = spelt(("a", 5, None), left=[("a", 9)])
        assert days_in(spells, is_unanswered=1) == 4
        assert spells.loc[spells["n_events"] == 1, "is_unanswered"].tolist() == [1]
        assert days_in(spells) == 5

    def test_from_the_second_complaint_on_a_life_is_no_longer_looked_at(self):
        spells = spelt(("a", 5, 6), ("a", 10, None), left=[("a", 12)])
        assert days_in(spells, is_unanswered=1) == 1
        assert days_in(spells, is_answered=1) == 4
        assert spells["n_events"].sum() == 0

    def test_no_day_is_lost_or_counted_twice(self):
        spells = spelt(
            ("a", 5, 6), ("a", 5, None), ("a", 7, 40), ("b", 3, 3), ("c", 20, 25),
            bought=[("a", 0), ("b", 2), ("c", 10), ("d", 4)], left=[("c", 22), ("d", 29)],
        )  # fmt: skip
        ends = (spells["n_events"] + spells["n_censored"]) * spells["period"]
        at_risk = int((ends - spells["n_entered"] * (spells["period"] - 1)).sum())
        assert at_risk == 7 + 27 + 12 + 25
        assert spells["n_events"].sum() == 2

    def test_refuses_no_days(self):
        with pytest.raises(ParameterError, match="at least one day"):
            spelt(effect_days=0)


BOUGHT = [(f"c{k}", day) for k in range(60) for day in range(k % 7, 400, 20 + k % 5)]
MADE = [(f"c{k}", 200 + k, 203 + k) for k in range(0, 60, 3)]
OPTIONS = {"as_of_day": 399, "window_days": 200, "after_days": 60, "answer_days": 5}


def beside(*, bought=BOUGHT, left=()):
    frames = lines(*bought), complaints(*MADE), departures(*left)
    return collect(complaint_comparison(*frames, **OPTIONS))


class TestComparison:
    def test_complainers_stand_on_the_day_of_the_complaint(self):
        cases = beside()
        cases = cases[cases["is_complaint"] == 1]
        opened = {customer: day for customer, day, _ in MADE}
        assert dict(zip(cases["customer_id"], cases["moment_day"], strict=True)) == opened
        assert cases["is_in_time"].tolist() == [1] * 20

    def test_nobody_who_complained_of_late_stands_on_the_other_side(self):
        others = beside()
        others = others[others["is_complaint"] == 0].set_index("customer_id")["moment_day"]
        for customer, opened, _ in MADE:
            if customer in others:
                assert not 0 <= others[customer] - opened < 60

    def test_what_follows_a_day_does_not_move_it(self):
        """Orders after the days drawn change what is counted after, not who stands where."""
        names = ["customer_id", "moment_day", "is_complaint", "recency_days", "n_orders_before"]
        all_ = beside()[names]
        last = all_["moment_day"].max()
        cut = beside(bought=[(who, day) for who, day in BOUGHT if day <= last])[names]
        pd.testing.assert_frame_equal(all_, cut)

    def test_who_left_before_is_not_described(self):
        found = beside(left=[("c0", 130), ("c3", 206)])
        assert "c0" not in set(found["customer_id"])
        assert found.loc[found["customer_id"] == "c3", "has_left"].max() == 1

    def test_refuses_a_window_without_days(self):
        with pytest.raises(ParameterError, match="at least one day"):
            complaint_comparison(
                lines(("a", 1)), complaints(), as_of_day=9, window_days=0, after_days=3,
                answer_days=1,
            )  # fmt: skip


class TestCounts:
    def test_customers_orders_and_complaints_by_region_and_category(self):
        people = lazy(pd.DataFrame({"customer_id": ["a", "b", "c"], "region": ["N", "S", None]}))
        goods = lazy(pd.DataFrame({"product_id": ["p"], "category": ["Bread"]}))
        made = complaints(("a", 5, None), ("a", 6, None), ("b", 99, None))
        made = made.with_columns(product_id=nw.lit("p"))
        counts = collect(
            complaint_counts(
                lines(("a", 1), ("a", 2), ("b", 3)), made, people, goods,
                window=Window(0, 30), by=["region", "kind"],
            )
        )  # fmt: skip
        names = ["n_customers", "n_orders", "n_complaints", "n_complainers"]
        by = counts.set_index(["dimension", "group"])[names]
        assert by.loc[("all", "all")].tolist() == [3, 3, 2, 1]
        assert by.loc[("region", "N")].tolist() == [1, 2, 2, 1]
        assert by.loc[("region", "not known")].tolist() == [1, 0, 0, 0]
        assert by.loc[("category", "Bread")].tolist() == [2, 3, 2, 1]
        squares = counts.set_index("dimension").loc["all"]
        assert (squares["orders_squared"], squares["complaints_squared"]) == (5, 4)

    def test_months_hold_orders_and_complaints(self):
        found = collect(
            complaint_months(lines(("a", 0), ("a", 31)), complaints(("a", 40, None)), as_of_day=60)
        )
        assert found["month"].tolist() == [12 * 1970, 12 * 1970 + 1]
        assert found["n_orders"].tolist() == [1, 1]
        assert found["n_complaints"].tolist() == [0, 1]

    def test_a_complaint_after_leaving_is_none(self):
        found = leavers_by_complaint(
            lines(("a", 0), ("b", 0)), complaints(("a", 9, None), ("b", 3, None)), NOBODY,
            departures(("a", 5), ("b", 5)), as_of_day=30,
        )  # fmt: skip
        assert collect(found).to_dict("list") == {
            "has_complained": [0, 1],
            "n_customers": [1, 1],
            "n_left": [1, 1],
        }


def test_the_engine_gives_empty_tables_of_everything(tmp_path):
    """No orders and no complaints at all: every query runs and has no row or only counts of 0."""
    connection = duckdb.connect()
    empty = {
        "lines": "customer_id varchar, transaction_id varchar, product_id varchar, "
        "occurred_day integer, quantity double, net_cents bigint",
        "made": "complaint_id varchar, customer_id varchar, reason varchar, opened_day integer, "
        "resolved_day integer, compensation_cents bigint, product_id varchar",
        "gone": "customer_id varchar, left_day integer",
        "people": "customer_id varchar, region varchar",
    }
    for name, columns in empty.items():
        connection.execute(f"create table {name} ({columns})")
    lines_, made, gone, people = (nw.from_native(connection.table(name)) for name in empty)
    assert collect(complaint_cases(made, gone, as_of_day=9)).empty
    assert collect(complaint_spells(lines_, made, gone, as_of_day=9)).empty
    assert collect(complaint_comparison(lines_, made, gone, as_of_day=900)).empty
    assert collect(complaint_counts(lines_, made, people, window=Window(0, 9))).empty
    assert collect(leavers_by_complaint(lines_, made, people, gone, as_of_day=9)).empty

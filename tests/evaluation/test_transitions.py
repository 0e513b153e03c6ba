"""Transitions: counts by hand, intervals that cover, one and the same customer again."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation import transitions as t
from crmlib.evaluation.intervals import wilson_interval


def walks(rows) -> pd.DataFrame:
    """Standings from customer and stages, the latest first."""
    flat = [
        (name, back, stage, "why", 1, 1, 1, 5.0, 4.0)
        for name, stages in rows.items()
        for back, stage in enumerate(stages)
        if stage
    ]
    names = ["customer_id", "periods_back", "stage", "reason", "silence_days", "n_orders",
             "n_orders_before", "now_amount", "before_amount"]  # fmt: skip
    return pd.DataFrame(flat, columns=names)


WALKS = walks(
    {
        "a": ["lost", "leaving", "maintained"],
        "b": ["maintained", "maintained", "maintained"],
        "c": ["leaving", "maintained", "won"],
        "d": ["won", "", ""],
    }
)


def test_rates_by_hand():
    rates = t.transition_rates(t.steps(WALKS)).set_index(["stage_before", "stage"])
    stays = rates.loc[("maintained", "maintained")]
    assert stays[["n_before", "n_moved"]].tolist() == [4, 2]
    assert stays["move_rate"] == 0.5
    assert rates.loc[("leaving", "lost"), "move_rate"] == 1
    sums = rates.groupby(level=0)["move_rate"].sum()
    assert sums.tolist() == pytest.approx([1.0] * len(sums))
    assert set(sums.index) == {"won", "maintained", "leaving"}


def test_today_names_the_stage_before():
    found = t.of_today(WALKS).set_index("customer_id")["stage_before"]
    assert found.to_dict() == {
        "a": "leaving", "b": "maintained", "c": "maintained", "d": "not yet a customer",
    }  # fmt: skip
    alone = t.of_today(WALKS[WALKS["periods_back"] == 0])
    assert set(alone["stage_before"]) == {"not known"}


def test_leaving_by_step_counts_those_who_were_staying():
    found = t.leaving_by_step(t.steps(WALKS), as_of_day=20, period_days=10)
    assert found["period_ends_on"].tolist() == ["1970-01-11", "1970-01-21"]
    assert found["n_before"].tolist() == [3, 2]
    assert found["n_left"].tolist() == [1, 1]


def test_summary_counts_everybody_once():
    found = t.lifecycle_summary(WALKS, t.steps(WALKS)).set_index("stage")
    assert found["n_customers"].to_dict() == {
        "won": 1, "developing": 0, "maintained": 1, "leaving": 1, "lost": 1,
    }  # fmt: skip
    assert found.loc["maintained", "leave_rate"] == 0.5
    assert found.loc["developing", ["leave_rate", "low_rate", "high_rate"]].isna().all()
    assert found["change_amount"].sum() == pytest.approx(4.0)


def test_once_each_gives_the_wilson_interval():
    hits = np.array([1.0] * 30 + [0.0] * 70)
    rate, low, high = t.clustered_rate(hits, np.ones(100))
    expected = wilson_interval([30], [100]).iloc[0]
    assert (rate, low, high) == pytest.approx((0.3, expected["low"], expected["high"]), rel=1e-9)


def test_nobody_moved_and_nobody_there():
    rate, low, high = t.clustered_rate(np.zeros(10), np.ones(10))
    assert (rate, low) == (0, 0)
    assert 0.2 < high < 0.35
    assert np.isnan(t.clustered_rate(np.zeros(3), np.zeros(3))[0])


@pytest.mark.parametrize("spread", [0.0, 0.8])
def test_intervals_cover_though_customers_differ_and_come_again(spread):
    """Customers with probabilities of their own, seen four times: 95 % of intervals cover."""
    rng = np.random.default_rng(8)
    truth = np.clip(0.3 + spread * (np.linspace(0, 1, 10_001) - 0.5), 0, 1).mean()
    covered, naive = 0, 0
    for _ in range(300):
        p = np.clip(0.3 + spread * (rng.random(150) - 0.5), 0, 1)
        hits = rng.binomial(4, p).astype(float)
        _, low, high = t.clustered_rate(hits, np.full(150, 4.0))
        covered += (
            low <= np.clip(0.3 + spread * (np.linspace(0, 1, 10_001) - 0.5), 0, 1).mean() <= high
        )
        plain = wilson_interval([hits.sum()], [600]).iloc[0]
        naive += plain["low"] <= truth <= plain["high"]
    assert covered / 300 >= 0.92
    if spread:
        assert naive / 300 < 0.92  # what this guards against


def test_change_of_leaving_needs_two_periods():
    by_step = t.leaving_by_step(t.steps(WALKS), as_of_day=20, period_days=10)
    found = t.leaving_change(by_step).iloc[0]
    assert found["change"] == pytest.approx(1 / 2 - 1 / 3)
    assert found["low"] < found["change"] < found["high"]
    assert t.leaving_change(by_step.iloc[:1]).empty


def test_nobody_known_gives_empty_tables():
    nobody = WALKS.iloc[:0]
    assert t.transition_rates(t.steps(nobody)).empty
    assert t.leaving_by_step(t.steps(nobody), as_of_day=1, period_days=1).empty
    assert t.lifecycle_summary(nobody, t.steps(nobody))["n_customers"].sum() == 0
    assert t.of_today(nobody).empty

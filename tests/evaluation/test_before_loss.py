"""Lost against alike who stayed: planted differences found, none where none is planted."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.before_loss import compare_with_stayers, order_places, trouble_around

NO_COMPLAINTS = pd.DataFrame(
    columns=["customer_id", "opened_day", "resolved_day", "is_compensated"]
)


def world(n, *, seed, extra):
    """Customers of whom some are lost; a return is likelier with more orders, and before a loss."""
    rng = np.random.default_rng(seed)
    is_lost = rng.random(n) < 0.4
    n_recent = 1 + rng.poisson(np.where(is_lost, 2.0, 3.0))  # the lost order less: a confounder
    ids = [f"c{k}" for k in range(n)]
    lives = pd.DataFrame(
        {
            "customer_id": ids, "is_lost": is_lost.astype(int), "usual_gap_days": 20,
            "region": rng.choice(["N", "S"], n), "kind": "person",
        }
    )  # fmt: skip
    before = pd.DataFrame(
        {
            "customer_id": ids, "moment_day": rng.integers(500, 700, n),
            "tenure_days": rng.integers(200, 400, n), "n_orders_before": n_recent + 5,
            "n_recent": n_recent, "n_earlier": 1 + rng.poisson(2.0, n),
            "n_categories_recent": 3, "n_categories_earlier": 3, "price_change": np.nan,
        }
    )  # fmt: skip
    returned = rng.random(n) < 0.05 * n_recent + extra * is_lost
    signs = pd.DataFrame({"customer_id": ids, "kind": "return", "day": before["moment_day"] - 10})[
        returned
    ]
    return lives, before, NO_COMPLAINTS, signs


def test_a_planted_difference_lies_in_its_interval_whatever_else_differs():
    found = compare_with_stayers(*world(4_000, seed=2, extra=0.1), history_days=90)
    row = found.set_index("event").loc["sent something back"]
    assert row["low_share"] < 0.1 < row["high_share"]
    assert row["p_adjusted"] < 0.001
    # as counted, the difference is smaller: who stayed ordered more
    assert row["leaver_share"] - row["stayed_share"] < row["difference_share"]


def test_no_difference_is_found_where_none_is_planted():
    alarms = 0
    for seed in range(20):
        found = compare_with_stayers(*world(800, seed=seed, extra=0.0), history_days=90)
        returned = found.set_index("event").loc["sent something back"]
        alarms += bool(returned["p_adjusted"] < 0.05)
    assert alarms <= 2


def test_what_happened_to_nobody_is_left_out_and_what_cannot_be_compared_says_why():
    lives, before, complaints, signs = world(400, seed=4, extra=0.0)
    found = compare_with_stayers(lives, before, complaints, signs.head(3), history_days=90)
    assert "complained" not in set(found["event"])
    row = found.set_index("event").loc["sent something back"]
    assert row["remark"] == "happened to 3 of 400 customers"
    assert pd.isna(row["difference_share"])


def test_empty_tables_give_no_row():
    lives, before, complaints, signs = world(10, seed=5, extra=0.0)
    found = compare_with_stayers(
        lives.iloc[:0], before.iloc[:0], complaints, signs.iloc[:0], history_days=90
    )
    assert found["difference_share"].isna().all()


def test_trouble_around_the_moment_by_hand():
    moments = pd.DataFrame({"customer_id": ["a", "b"], "moment_day": [100, 100]})
    signs = pd.DataFrame(
        [("a", "return", 11), ("a", "return", 10), ("a", "problem", 114), ("b", "problem", 115)],
        columns=["customer_id", "kind", "day"],
    )
    complaints = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "opened_day": [50, 60, 100],
            "resolved_day": [114.0, 115.0, None],
            "is_compensated": 0,
        }
    )
    found = trouble_around(moments, signs, complaints, history_days=90, after_days=14)
    assert found["n_returns"].tolist() == [1, 0]  # day 10 is 90 days back
    assert found["n_problems"].tolist() == [1, 0]  # day 115 is beyond the two weeks
    assert found["n_unanswered"].tolist() == [1, 1]


def test_the_lost_are_looked_at_on_their_last_order_and_a_sample_is_one():
    rng = np.random.default_rng(1)
    lives = pd.DataFrame(
        {
            "customer_id": [f"c{k:03d}" for k in range(200)],
            "is_lost": [0, 1] * 100,
            "start_day": rng.integers(19_000, 19_700, 200),
            "year_cents": rng.integers(-100, 50_000, 200),
            "n_order_days": rng.integers(1, 10, 200),
        }
    )
    places = order_places(lives, rng=np.random.default_rng(0))
    both = lives.merge(places, on="customer_id")
    lost = both["is_lost"] == 1
    assert (both.loc[lost, "place"] == both.loc[lost, "n_order_days"]).all()
    assert both["place"].between(1, both["n_order_days"]).all()
    assert both.loc[~lost, "place"].mean() == pytest.approx(3, abs=0.6)  # from 1 to 9, not the last
    few = order_places(lives, max_customers=30, rng=np.random.default_rng(0))
    assert few.merge(lives)["is_lost"].value_counts().to_dict() == {0: 30, 1: 30}

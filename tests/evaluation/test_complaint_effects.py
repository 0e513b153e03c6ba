"""What follows a complaint: planted effects are covered, none is found where none is."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.complaint_effects import COMPARISONS, balance, effects, leaving

FIRST, PARADOX, LATE, PAID = COMPARISONS


def customers(seed, *, n=3_000, all_=0.0, late=0.0):
    """Frequent buyers complain more and stay more; a complaint takes away, a late answer more."""
    rng = np.random.default_rng(seed)
    size = rng.gamma(2, 3, n)
    case = rng.random(n) < 0.02 + 0.03 * np.minimum(size, 15)
    in_time = case & (rng.random(n) < 0.6)
    stay = 0.45 + 0.4 * size / (size + 4) - all_ * case - late * (case & ~in_time)
    again = rng.random(n) < stay
    return pd.DataFrame(
        {
            "customer_id": [f"{k:05d}" for k in range(n)],
            "moment_day": rng.integers(19_000, 19_365, n),
            "is_complaint": case.astype(int),
            "is_in_time": in_time.astype(int),
            "is_compensated": (in_time & (rng.random(n) < 0.5)).astype(int),
            "has_left": 0,
            "n_complaints_before": (rng.random(n) < 0.1).astype(int),
            "tenure_days": rng.integers(10, 700, n),
            "recency_days": rng.integers(0, 15, n),
            "n_orders_before": rng.poisson(size) + 1,
            "net_cents_before": rng.integers(1_000, 60_000, n),
            "n_orders_after": again * (1 + rng.poisson(1, n)),
            "net_cents_after": again * rng.integers(500, 5_000, n),
        }
    )


def test_planted_effects_lie_in_their_intervals():
    found = effects(customers(3, n=8_000, all_=0.1, late=0.15)).set_index("comparison")
    for name, truth in ((FIRST, -0.1 - 0.4 * 0.15), (PARADOX, -0.1), (LATE, -0.15)):
        assert found.loc[name, "low_share"] < truth < found.loc[name, "high_share"]
        assert found.loc[name, "p_adjusted"] < 0.05
    assert found.loc[PAID, "low_share"] < 0 < found.loc[PAID, "high_share"]
    assert found.loc[FIRST, "difference_amount"] < 0


def test_complainers_are_not_called_better_because_they_buy_more():
    """Without any effect the plain difference is positive, the weighted one is not."""
    table = customers(4, n=8_000)
    again = table.groupby("is_complaint")["n_orders_after"].agg(lambda n: (n > 0).mean())
    assert again[1] - again[0] > 0.03
    found = effects(table).set_index("comparison").loc[FIRST]
    assert found["low_share"] < 0 < found["high_share"]


def test_nothing_is_found_where_nothing_is():
    alarms = [(effects(customers(seed, n=1_200))["p_adjusted"] < 0.05).any() for seed in range(30)]
    assert np.mean(alarms) <= 0.1


@pytest.mark.slow
def test_intervals_cover_in_nineteen_of_twenty():
    hits = []
    for seed in range(200):
        found = effects(customers(seed, n=2_000, all_=0.1)).set_index("comparison").loc[FIRST]
        hits.append(found["low_share"] < -0.1 < found["high_share"])
    assert 0.91 <= np.mean(hits) <= 0.99


def test_too_few_are_said_so_in_place_of_a_number():
    found = effects(customers(1, n=40))
    assert found["difference_share"].isna().all()
    assert found["remark"].str.contains("Not enough data|have").all()
    assert balance(customers(1, n=40)).empty


def test_row_order_does_not_matter_and_who_left_is_left_out():
    table = customers(2, n=800)
    pd.testing.assert_frame_equal(effects(table), effects(table.sample(frac=1, random_state=1)))
    gone = table.assign(has_left=table["is_complaint"])
    assert effects(gone)["n_with"].eq(0).all()


def test_balance_names_every_covariate():
    found = balance(customers(2))
    assert found["is_balanced"].all()
    assert found.loc[found["covariate"] == "log_orders", "difference_sd"].item() > 0.2


def test_leaving_by_hand():
    counts = pd.DataFrame({"has_complained": [0, 1], "n_customers": [80, 70], "n_left": [48, 56]})
    row = leaving(counts).iloc[0]
    assert row["difference_share"] == pytest.approx(0.2)
    assert (round(row["low_share"], 4), round(row["high_share"], 4)) == (0.0524, 0.3339)
    assert leaving(counts.iloc[:1]).empty

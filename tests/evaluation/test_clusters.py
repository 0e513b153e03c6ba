"""Rates whose trials come in clusters: intervals that cover, groups that differ or do not."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from crmlib.errors import SchemaError
from crmlib.evaluation.clusters import against_the_rest, clustered_rates, rates_at_both_ends
from crmlib.evaluation.intervals import wilson_interval
from crmlib.features.clusters import cluster_sums
from crmlib.features.collect import collect


def sums(rows: pd.DataFrame, *by: str) -> pd.DataFrame:
    return collect(cluster_sums(nw.from_native(rows).lazy(), by=by, cluster="who"))


def test_trials_of_different_people_give_the_interval_of_wilson():
    rows = pd.DataFrame({"who": range(50), "g": "x", "is_success": [1] * 20 + [0] * 30})
    found = clustered_rates(sums(rows, "g")).iloc[0]
    assert found["success_rate"] == 0.4
    expected = wilson_interval([20], [50]).iloc[0]
    assert (found["low_rate"], found["high_rate"]) == pytest.approx(tuple(expected))


def test_ten_trials_that_always_end_alike_count_as_one():
    """50 people whose ten trials are all alike: as sure as 50 trials, not 500."""
    rows = pd.DataFrame({"who": np.repeat(range(50), 10), "g": "x"})
    rows["is_success"] = (rows["who"] < 20).astype(int)
    found = clustered_rates(sums(rows, "g")).iloc[0]
    expected = wilson_interval([20], [50]).iloc[0]
    ends = (found["low_rate"], found["high_rate"])
    assert ends == pytest.approx(tuple(expected), abs=0.003)


def test_no_success_at_all_is_no_certainty():
    rows = pd.DataFrame({"who": np.repeat(range(5), 20), "g": "x", "is_success": 0})
    found = clustered_rates(sums(rows, "g")).iloc[0]
    assert (found["low_rate"], found["success_rate"]) == (0.0, 0.0)
    assert found["high_rate"] == pytest.approx(wilson_interval([0], [5])["high"][0])


def test_interval_covers_where_people_differ():
    """Rates of people vary (beta) and some have many trials: plain Wilson covers 60 %, this 90+."""
    rng = np.random.default_rng(5)
    covered = naive = 0
    n_samples = 300
    for _ in range(n_samples):
        n = 1 + rng.geometric(0.1, 150)
        y = rng.binomial(n, rng.beta(0.6, 1.4, 150))
        frame = pd.DataFrame(
            {
                "n_clusters": [150], "n_trials": [n.sum()], "n_successes": [y.sum()],
                "trials_squared": [(n * n).sum()], "successes_squared": [(y * y).sum()],
                "both": [(n * y).sum()],
            }
        )  # fmt: skip
        found = clustered_rates(frame).iloc[0]
        covered += found["low_rate"] <= 0.3 <= found["high_rate"]
        plain = wilson_interval([y.sum()], [n.sum()]).iloc[0]
        naive += plain["low"] <= 0.3 <= plain["high"]
    assert naive / n_samples < 0.75
    assert covered / n_samples > 0.90


def groups(rates: list[float], rng: np.random.Generator, *, n_each: int = 200) -> pd.DataFrame:
    g = np.repeat(range(len(rates)), n_each)
    frame = pd.DataFrame({"g": g, "who": rng.integers(0, n_each // 2, len(g)) + 1000 * g})
    frame["is_success"] = (rng.random(len(g)) < np.array(rates)[g]).astype(int)
    return frame


def test_the_group_that_differs_is_found():
    found = against_the_rest(sums(groups([0.2] * 7 + [0.4], np.random.default_rng(1)), "g"))
    assert found["verdict"].eq("higher").tolist() == [False] * 7 + [True]


def test_groups_alike_are_not_called_different():
    """Among 20 groups of one rate, a sample with any finding comes in at most 10 % of samples."""
    rng = np.random.default_rng(2)
    alarms = sum(
        (against_the_rest(sums(groups([0.15] * 20, rng), "g"))["verdict"] != "as the rest").any()
        for _ in range(40)
    )
    assert alarms <= 4


def test_groups_are_compared_within_their_part_only():
    frame = pd.DataFrame(
        {
            "part": ["a", "a", "b", "b"], "g": ["1", "2", "1", "2"], "n_clusters": 100,
            "n_trials": 100, "n_successes": [10, 10, 90, 90], "trials_squared": 100,
            "successes_squared": [10, 10, 90, 90], "both": [10, 10, 90, 90],
        }
    )  # fmt: skip
    found = against_the_rest(frame, within="part")
    assert (found["verdict"] == "as the rest").all()
    assert found["rest_rate"].tolist() == [0.1, 0.1, 0.9, 0.9]


def test_one_group_has_nothing_to_be_compared_with():
    rows = pd.DataFrame({"who": range(9), "g": "x", "is_success": [1, 0, 0] * 3})
    found = against_the_rest(sums(rows, "g")).iloc[0]
    assert found["verdict"] == "as the rest"
    assert np.isnan(found["q_value"])


def test_no_group_gives_no_row():
    none = pd.DataFrame({"who": [1], "g": ["x"], "is_success": [None]}).astype({"is_success": "f8"})
    assert against_the_rest(sums(none, "g")).empty
    assert clustered_rates(sums(none, "g")).empty


def test_missing_sums_are_refused():
    with pytest.raises(SchemaError, match="both"):
        clustered_rates(pd.DataFrame({"n_trials": [1]}))


def uncertain(rng: np.random.Generator, *, high: float, low: float) -> pd.DataFrame:
    """Trials of 400 people; whether something holds is known with a chance only."""
    p = rng.beta(0.5, 0.5, 400)
    holds = rng.random(400) < p
    n = rng.integers(1, 5, 400)
    return pd.DataFrame(
        {
            "customer_id": np.arange(400),
            "p": p,
            "n_trials": n,
            "n_successes": rng.binomial(n, np.where(holds, high, low)),
        }
    )


def test_rates_at_both_ends_cover_though_nobody_knows_who_is_who():
    rng = np.random.default_rng(8)
    covered = np.zeros(3)
    for _ in range(200):
        found = rates_at_both_ends(uncertain(rng, high=0.4, low=0.1), share="p")
        truth = np.array([0.4, 0.1, 0.3])
        covered += (found["low_rate"].to_numpy() <= truth) & (truth <= found["high_rate"])
    assert (covered / 200 > 0.90).all()


def test_a_difference_that_is_not_there_is_seldom_claimed():
    rng = np.random.default_rng(9)
    alarms = 0
    for _ in range(100):
        gap = rates_at_both_ends(uncertain(rng, high=0.2, low=0.2), share="p").iloc[2]
        alarms += not gap["low_rate"] <= 0 <= gap["high_rate"]
    assert alarms <= 11


@pytest.mark.parametrize("p", [[0.5, 0.5, 0.5], [1.0, 1.0, 1.0]])
def test_chances_that_are_all_alike_tell_no_difference(p):
    frame = pd.DataFrame({"customer_id": list("abc"), "n_trials": 1, "n_successes": 1, "p": p})
    assert rates_at_both_ends(frame, share="p").empty
    assert rates_at_both_ends(frame.iloc[:0], share="p").empty

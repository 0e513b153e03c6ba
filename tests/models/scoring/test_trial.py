"""Trials: later days, simpler ways, leaks; a score that fails says why."""

import numpy as np
import pandas as pd
import pytest

from crmlib.models.scoring import Occasions, cross_trial, time_trial
from tests.models.scoring.test_additive import people


def occasions(n: int, *, seed: int, shift: float = 0.0) -> Occasions:
    frame, p = people(n, seed=seed)
    drawn = np.random.default_rng(seed + 1).random(n)
    outcome = pd.Series((drawn < np.clip(p + shift, 0, 1)).astype(int))
    return Occasions(frame, outcome, pd.DataFrame({"recency rule": -frame["recency_days"]}))


@pytest.fixture(scope="module")
def sound():
    return time_trial(occasions(4_000, seed=1), occasions(3_000, seed=4))


def test_a_sound_score_passes_and_shows_all_its_tables(sound):
    assert (sound.verdict, sound.reason) == ("PASS", "")
    assert sound.is_usable
    assert 0.9 < sound.calibrated.slope < 1.1
    ways = sound.table("comparison").set_index("way")
    assert list(ways.index) == ["score", "recency rule", "naive rate"]
    assert ways.loc["recency rule", "ahead_low_share"] > 0
    for name in ("deciles", "gains", "reliability", "stability", "drivers", "checks"):
        assert len(sound.table(name)), name
    assert (sound.n_train, sound.n_test) == (4_000, 3_000)


def test_a_score_that_only_repeats_a_rule_is_not_better_than_it():
    """The rule is the truth, the features know nothing else: no gain is claimed."""
    train, test = occasions(1_500, seed=21), occasions(1_500, seed=24)
    truth = [people(1_500, seed=seed)[1] for seed in (21, 24)]
    made = [
        Occasions(one.features[["noise"]], one.outcome, pd.DataFrame({"truth": p}))
        for one, p in zip((train, test), truth, strict=True)
    ]
    trial = time_trial(*made)
    assert trial.verdict == "FAIL"
    assert "AUC above the rule of thumb" in trial.reason
    assert not trial.is_usable


def test_the_outcome_in_disguise_is_named_and_stops_the_score():
    train, test = occasions(1_000, seed=31), occasions(1_000, seed=34)
    for one in (train, test):
        one.features["next_order_days"] = np.where(one.outcome == 1, 12.0, np.nan)
    trial = time_trial(train, test)
    assert trial.verdict == "FAIL"
    assert "next_order_days (1.000)" in trial.reason
    assert trial.model is None
    assert trial.table("leaks")["column"].iloc[0] == "next_order_days"


def test_a_world_that_changed_fails_on_calibration():
    trial = time_trial(occasions(2_000, seed=41), occasions(2_000, seed=44, shift=0.3))
    assert trial.verdict == "FAIL"
    assert "Calibration intercept" in trial.reason


@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_a_population_too_small_has_a_reason(n):
    trial = time_trial(occasions(n, seed=51), occasions(n, seed=54))
    assert trial.verdict == "FAIL"
    assert "Not enough data" in trial.reason
    assert trial.table("deciles").empty
    assert list(trial.table("deciles").columns)[:2] == ["decile", "n"]


@pytest.mark.parametrize("value", [0, 1])
def test_all_or_none_with_the_outcome_has_a_reason(value):
    train, test = occasions(500, seed=61), occasions(500, seed=64)
    train.outcome[:] = value
    trial = time_trial(train, test)
    assert trial.verdict == "FAIL"
    assert trial.reason


def test_a_test_without_the_outcome_cannot_judge_and_says_so():
    train, test = occasions(1_000, seed=71), occasions(500, seed=74)
    test.outcome[:] = 0
    trial = time_trial(train, test)
    assert trial.reason.startswith("The score cannot be judged: Not enough data")
    assert trial.model is not None
    assert not trial.is_usable


def test_customers_left_out_judge_where_there_is_no_time():
    trial = cross_trial(occasions(2_000, seed=81))
    assert trial.is_usable
    assert trial.n_test == 2_000


def test_two_days_under_each_other_keep_every_row():
    a, b = occasions(30, seed=1), occasions(20, seed=2)
    both = Occasions.together(a, b)
    assert len(both.features) == len(both.outcome) == len(both.rules) == 50

"""Who answered: rates, differences beyond chance, and what weighting changes."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.respondents import latest_wave, reweighted_mean, who_answered
from crmlib.periods import Window


def customers(n=400):
    return pd.DataFrame(
        {
            "customer_id": [f"{k:04d}" for k in range(n)],
            "stage": np.where(np.arange(n) % 4 == 0, "lapsed", "active"),
            "net_amount": np.where(np.arange(n) % 5 == 0, 0.0, np.arange(n) + 1.0),
        }
    )


def test_groups_are_counted_and_the_best_quarter_is_one():
    people = customers()
    found = who_answered(people, people["customer_id"].iloc[::8]).set_index(["dimension", "group"])
    assert found.loc[("all", "all customers"), "n_answered"] == 50
    assert found.loc[("sales", "no sales"), "n_customers"] == 80
    quarters = found.loc["sales"].drop("no sales")["n_customers"]
    assert quarters.tolist() == [80] * 4
    assert found.loc["stage"]["customer_share"].sum() == pytest.approx(1)
    assert found.loc[("stage", "lapsed"), "n_answered"] == 50
    assert found.loc[("stage", "lapsed"), "is_different"]


def test_nothing_is_found_where_everybody_answers_alike():
    people, rng = customers(), np.random.default_rng(1)
    alarms = [
        who_answered(people, people["customer_id"][rng.random(400) < 0.2])["is_different"].any()
        for _ in range(40)
    ]
    assert np.mean(alarms) <= 0.1


def test_weighting_gives_each_group_its_share():
    """Lapsed customers, a quarter of all, give 4 points and answer half as often: 7, not 7.43."""
    people = customers(800)
    lapsed = people["stage"] == "lapsed"
    answers = people[~lapsed | (people.index % 8 == 0)]
    points = pd.Series(np.where(answers["stage"] == "lapsed", 4.0, 8.0), answers["customer_id"])
    plain, weighted = reweighted_mean(people, points)
    assert plain == pytest.approx(7.43, abs=5e-3)
    assert weighted == pytest.approx(7.0)


def test_nobody_asked_or_answered():
    people, none = customers(), pd.Series([], dtype="str")
    assert who_answered(people.iloc[:0], none).empty
    assert who_answered(people, none)["n_answered"].eq(0).all()
    for mean in reweighted_mean(people, pd.Series([], index=none, dtype=float)):
        assert np.isnan(mean)
    assert np.isnan(reweighted_mean(people.iloc[:0], pd.Series({"a": 1.0}))).all()


def test_the_latest_wave_is_that_of_customers():
    waves = pd.DataFrame(
        {
            "survey_id": ["S1", "S2", "S3"],
            "respondent_kind": ["customer", "customer", "employee"],
            "first_day": [5, 50, 90],
            "last_day": [9, 60, 99],
        }
    )
    assert latest_wave(waves, otherwise_day=1) == Window(50, 60)
    assert latest_wave(waves.iloc[2:], otherwise_day=1) == Window(1, 1)

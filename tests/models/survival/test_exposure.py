"""Hazard ratios from exposure: closed form, the Cox model, planted and absent effects, refusals."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.models.survival import CoxModel
from crmlib.models.survival.exposure import ExposureHazard, independent_columns


def counts(rows):
    return pd.DataFrame(rows, columns=["step", "complaint", "n_days", "n_events"])


def test_one_step_is_the_ratio_of_two_rates():
    """20 in 1,000 days against 15 in 250: ratio 3, variance of its logarithm 1/20 + 1/15."""
    model = ExposureHazard().fit(
        counts([(0, "none", 1000, 20), (0, "open", 250, 15)]), covariates={"complaint": "none"}
    )
    found = model.ratios().loc["complaint=open"]
    reach = 1.959964 * np.sqrt(1 / 20 + 1 / 15)
    assert found["hazard_ratio"] == pytest.approx(3.0)
    assert found["low"] == pytest.approx(3 * np.exp(-reach), rel=1e-5)
    assert found["n_events"] == 15


def lives(n, *, seed, ratio):
    rng = np.random.default_rng(seed)
    exposed = rng.random(n) < 0.3
    time = np.ceil(rng.exponential(400 / np.where(exposed, ratio, 1.0)))
    until = np.minimum(time, 365)
    return exposed, until, time <= 365


def by_step(exposed, until, event, *, step=91):
    parts = []
    for k in range(5):
        days = np.clip(until - k * step, 0, step)
        for value in (False, True):
            own = exposed == value
            inside = own & event & (until > k * step) & (until <= (k + 1) * step)
            parts.append((k, "open" if value else "none", int(days[own].sum()), int(inside.sum())))
    return counts(parts)


def test_it_agrees_with_the_cox_model():
    exposed, until, event = lives(3_000, seed=1, ratio=2.0)
    model = ExposureHazard().fit(by_step(exposed, until, event), covariates={"complaint": "none"})
    cox = CoxModel().fit(pd.DataFrame({"x": exposed.astype(float)}), until, event)
    assert model.params_.iloc[0] == pytest.approx(cox.params_.iloc[0], abs=0.01)
    assert model.standard_errors_.iloc[0] == pytest.approx(cox.standard_errors_.iloc[0], rel=0.02)


@pytest.mark.parametrize("ratio", [1.0, 3.0])
def test_intervals_cover_the_planted_ratio_as_often_as_they_say(ratio):
    inside = 0
    for seed in range(60):
        model = ExposureHazard().fit(
            by_step(*lives(600, seed=seed, ratio=ratio)), covariates={"complaint": "none"}
        )
        found = model.ratios().iloc[0]
        inside += found["low"] <= ratio <= found["high"]
    assert inside >= 53  # 95 % of 60 is 57, and fewer than 53 come up once in a hundred


def test_a_ratio_that_changes_with_time_is_told():
    steady = counts(
        [(0, "none", 4000, 80), (0, "open", 1000, 40), (1, "none", 4000, 40), (1, "open", 1000, 20)]
    )
    fading = counts(
        [(0, "none", 4000, 80), (0, "open", 1000, 60), (1, "none", 4000, 40), (1, "open", 1000, 8)]
    )
    for table, changes in ((steady, False), (fading, True)):
        model = ExposureHazard().fit(table, covariates={"complaint": "none"})
        assert (model.time_test_.loc["complaint", "p_value"] < 0.01) == changes


def test_rare_values_stay_with_the_reference():
    table = counts([(0, "none", 1000, 20), (0, "open", 250, 15), (0, "rare", 10, 1)])
    model = ExposureHazard().fit(table, covariates={"complaint": "none"})
    assert model.pooled_ == ["complaint=rare"]
    assert list(model.params_.index) == ["complaint=open"]


def test_columns_that_say_the_same_are_left_out():
    table = counts([(0, "none", 1000, 20), (0, "open", 250, 15)])
    table["also"] = [0, 1]
    model = ExposureHazard().fit(table, covariates={"complaint": "none", "also": None})
    assert model.pooled_ == ["also"]
    assert independent_columns(pd.DataFrame({"a": [1, 1]})) == []


def test_too_few_losses_are_refused():
    table = counts([(0, "none", 1000, 2), (0, "open", 250, 1)])
    with pytest.raises(ParameterError, match=r"have 3 losses and 0 terms"):
        ExposureHazard().fit(table, covariates={"complaint": "none"})
    with pytest.raises(ParameterError, match=r"lack the columns \['price'\]"):
        ExposureHazard().fit(table, covariates={"price": None})

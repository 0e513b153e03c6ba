"""Competing causes: statsmodels, the sum with those who stay, coverage, refusals."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import CumIncidenceRight

from crmlib.errors import ParameterError
from crmlib.models.survival import CumulativeIncidence, KaplanMeier, cause_specific_cox

CAUSES = np.array([None, "competitor", "moved"], dtype=object)


def lives(rng, n, *, digits=1):
    first, second = rng.exponential(1.0, n), rng.exponential(2.0, n)
    seen = rng.uniform(0.2, 3.0, n)
    times = np.minimum(np.minimum(first, second), seen)
    status = np.where(times == seen, 0, np.where(first < second, 1, 2))
    return times.round(digits), status


def test_incidence_and_its_error_are_those_of_statsmodels():
    times, status = lives(np.random.default_rng(2), 300, digits=3)
    found = CumulativeIncidence().fit(times, CAUSES[status]).table_
    other = CumIncidenceRight(times, status)
    for k, cause in enumerate(["competitor", "moved"]):
        np.testing.assert_allclose(found.loc[cause, "incidence"], other.cinc[k], rtol=1e-10)
        own = found.loc[cause, "standard_error"].to_numpy()
        np.testing.assert_allclose(own, other.cinc_se[k], atol=1e-7)


def test_incidences_and_survival_add_up_to_one():
    times, status = lives(np.random.default_rng(3), 200)
    found = CumulativeIncidence().fit(times, CAUSES[status])
    at = np.arange(0, times.max(), 0.17)
    gone = found.incidence_at(at)["incidence"].groupby("time").sum()
    stays = KaplanMeier().fit(times, status > 0).survival_at(at)["survival"]
    np.testing.assert_allclose(gone + stays, 1, atol=1e-12)


def test_hazard_of_a_cause():
    found = CumulativeIncidence().fit([1, 2, 2, 3], ["a", "b", "a", None]).table_
    assert found.loc["a", "hazard"].tolist() == pytest.approx([1 / 4, 1 / 3, 0])
    total = found.loc["a", "cumulative_hazard"].tolist()
    assert total == pytest.approx([1 / 4, 7 / 12, 7 / 12])
    assert (found["cumulative_hazard_low"] <= found["cumulative_hazard"]).all()
    assert found.notna().all(axis=None)


def test_all_left_at_once_for_one_reason():
    found = CumulativeIncidence().fit([2, 2], ["a", "a"])
    assert found.incidence_at([1, 2])["incidence"].tolist() == [0, 1]
    assert found.table_.notna().all(axis=None)


def coverage(n_repetitions, *, n):
    rng = np.random.default_rng(5)
    truth = 2 / 3 * (1 - np.exp(-1.5))  # hazards 1 and 1/2, until t = 1
    hits = np.zeros(2)
    for _ in range(n_repetitions):
        times, status = lives(rng, n, digits=9)
        found = CumulativeIncidence().fit(times, CAUSES[status])
        bounds = found.incidence_at([1.0]).loc["competitor"].iloc[0]
        table = found.table_.loc["competitor"]
        hazard = table.iloc[table.index.searchsorted(1.0, side="right") - 1]
        hits += [
            bounds["low"] <= truth <= bounds["high"],
            hazard["cumulative_hazard_low"] <= 1 <= hazard["cumulative_hazard_high"],
        ]
    return hits / n_repetitions


@pytest.mark.slow
def test_intervals_cover():
    assert coverage(800, n=100) == pytest.approx(0.95, abs=0.02)


def test_intervals_cover_in_a_small_run():
    assert (coverage(100, n=80) > 0.88).all()


def test_cox_models_of_two_causes_find_what_drives_each():
    rng = np.random.default_rng(6)
    x = rng.integers(0, 2, 4000)
    first, second = rng.exponential(np.exp(-0.8 * x)), rng.exponential(np.exp(0.5 * x))
    causes = np.where(first < second, "competitor", "moved")
    models = cause_specific_cox(pd.DataFrame({"x": x}), np.minimum(first, second), causes)
    assert models["competitor"].params_["x"] == pytest.approx(0.8, abs=0.15)
    assert models["moved"].params_["x"] == pytest.approx(-0.5, abs=0.15)


@pytest.mark.parametrize(
    ("causes", "message"),
    [([None, None], r"have 0 losses, need 1"), (["a"], r"2 durations but 1 causes")],
)
def test_refused_causes(causes, message):
    with pytest.raises(ParameterError, match=message):
        CumulativeIncidence().fit([1, 2], causes)


def test_times_beyond_the_last_are_refused():
    with pytest.raises(ParameterError, match=r"from 0 to 2"):
        CumulativeIncidence().fit([1, 2], ["a", "b"]).incidence_at([3])

"""Published parameters, standard errors, log-likelihoods and expectations, to the digits printed.

Sources: `truth.md` names the paper of each number.
"""

import numpy as np
import pandas as pd
import pytest

from crmlib.models.btyd import BetaGeo, BetaGeoBetaBinomial, ModifiedBetaGeo, ParetoNBD


def close(model, published, *, digits):
    """Every parameter rounds to what was printed."""
    for (name, value), places in zip(published.items(), digits, strict=True):
        assert model.params_[name] == pytest.approx(value, abs=0.51 * 10.0**-places)
    assert model.converged_


def test_bg_nbd_on_cdnow(cdnow):
    model = BetaGeo().fit(cdnow)
    close(model, {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}, digits=[4] * 4)
    assert model.log_likelihood_ == pytest.approx(-9582.43, abs=0.005)
    errors = model.standard_errors_
    assert errors["r"] == pytest.approx(0.0126, abs=5e-5)
    assert errors.to_numpy()[1:] == pytest.approx([0.378, 0.186, 0.705], abs=5e-4)
    assert (model.time_unit_, model.n_customers_) == ("week", 2357)


def test_bg_nbd_expectations_on_cdnow(cdnow):
    model = BetaGeo().fit(cdnow)
    assert model.expected_purchases([1, 3, 32]) == pytest.approx([0.0532, 0.1506, 1.0437], abs=5e-5)
    assert model.expected_purchases(78) == pytest.approx(1.8576, abs=5e-4)
    known = pd.DataFrame({"btyd_frequency": [2], "btyd_recency": 30.43, "btyd_T": 38.86})
    assert model.conditional_expected_purchases(known, 39)[0] == pytest.approx(1.226, abs=5e-4)
    rounded = BetaGeo.from_params({"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
    assert rounded.purchase_count_pmf([0], 39)[0] == pytest.approx(0.5737864, abs=5e-8)


def test_bg_nbd_tracks_the_purchases_of_cdnow(cdnow):
    """Both ends of the tracking plot: 2,457 repeat purchase days by week 39, 4,339 by week 78."""
    tracked = BetaGeo().fit(cdnow).cumulative_purchases(cdnow, [39, 78])
    assert tracked.to_numpy() == pytest.approx([2457, 2457 + 1882], rel=0.05)


def test_mbg_nbd_on_cdnow(cdnow):
    model = ModifiedBetaGeo().fit(cdnow)
    close(model, {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}, digits=[3] * 4)
    assert model.log_likelihood_ == pytest.approx(-9582.13, abs=0.01)


def test_pareto_nbd_on_cdnow(cdnow):
    model = ParetoNBD().fit(cdnow)
    published = {"r": 0.5532, "alpha": 10.578, "s": 0.6062, "beta": 11.67}
    close(model, published, digits=[3, 3, 3, 2])
    assert model.log_likelihood_ == pytest.approx(-9594.98, abs=0.005)
    known = pd.DataFrame({"btyd_frequency": [26], "btyd_recency": 30.86, "btyd_T": 31.0})
    assert model.probability_alive(known)[0] == pytest.approx(0.9979, abs=5e-5)
    assert model.conditional_expected_purchases(known, 52)[0] == pytest.approx(25.46, abs=5e-3)


def test_bg_bb_on_donations(donations):
    model = BetaGeoBetaBinomial().fit(donations, donations["weights"])
    published = {"alpha": 1.204, "beta": 0.750, "gamma": 0.657, "delta": 2.783}
    close(model, published, digits=[3] * 4)
    assert model.log_likelihood_ == pytest.approx(-33225.6, abs=0.05)
    assert model.n_customers_ == 11_104
    known = pd.DataFrame({"btyd_frequency": [0, 2, 6], "btyd_recency": [0, 4, 6], "btyd_T": 6})
    assert model.probability_alive(known).round(2).tolist() == [0.11, 0.59, 0.93]
    expected = model.conditional_expected_purchases(donations, 5)
    assert float(expected @ donations["weights"]) == pytest.approx(12_884.2, abs=0.05)


@pytest.mark.parametrize("model", [BetaGeo, ModifiedBetaGeo, ParetoNBD])
def test_weights_stand_for_customers_and_the_unit_only_scales_times(cdnow, model):
    one = model().fit(cdnow)
    columns = ["btyd_frequency", "btyd_recency", "btyd_T", "time_unit"]
    counted = cdnow.groupby(columns, as_index=False).size()
    grouped = model().fit(counted, counted["size"])
    np.testing.assert_allclose(grouped.params_, one.params_, rtol=1e-6)
    days = cdnow.assign(time_unit="day")
    days[["btyd_recency", "btyd_T"]] *= 7
    by_day = model().fit(days)
    scale = [7 if name in ("alpha", "beta") else 1 for name in model.param_names]
    np.testing.assert_allclose(by_day.params_, one.params_ * scale, rtol=1e-5)
    np.testing.assert_allclose(by_day.expected_purchases(70), one.expected_purchases(10), rtol=1e-6)


@pytest.mark.parametrize("model", [BetaGeo, ParetoNBD])
def test_rows_in_another_order_give_the_same_model_to_the_last_bit(cdnow, model):
    shuffled = cdnow.sample(frac=1, random_state=3)
    one, other = model().fit(cdnow), model().fit(shuffled)
    pd.testing.assert_series_equal(other.params_, one.params_, check_exact=True)
    alive = other.probability_alive(shuffled).sort_index()
    pd.testing.assert_series_equal(alive, one.probability_alive(cdnow), check_exact=True)

"""Shifted-beta-geometric: published cohort, limits and refusals."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.models.contractual import ShiftedBetaGeometric

REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]


def test_regular_cohort():
    """Fader and Hardie (2007): parameters, log-likelihood, and the years 8 to 12 ahead."""
    model = ShiftedBetaGeometric().fit(REGULAR)
    assert model.params_["alpha"] == pytest.approx(0.704, abs=5e-4)
    assert model.params_["beta"] == pytest.approx(1.182, abs=5e-4)
    assert model.log_likelihood_ == pytest.approx(-1680.27, abs=0.005)
    assert model.converged_
    assert (100 * model.survival(range(8, 13))).round(1).tolist() == [22.0, 20.4, 19.1, 18.0, 17.0]


def test_retention_rises_with_age_and_multiplies_to_survival():
    model = ShiftedBetaGeometric().fit(REGULAR)
    rates = model.retention_rate(range(1, 40))
    assert (np.diff(rates) > 0).all()
    np.testing.assert_allclose(np.cumprod(rates), model.survival(range(1, 40)), rtol=1e-10)
    assert model.survival(0) == 1


def test_expected_renewals_are_the_discounted_survivors():
    model = ShiftedBetaGeometric().fit(REGULAR)
    found = model.expected_renewals([0, 3], 50, discount_rate=0.1)
    ahead = np.arange(1, 51)
    for renewals, value in found.items():
        left = model.survival(renewals + ahead) / model.survival(renewals)
        assert value == pytest.approx(float(left @ 1.1**-ahead), rel=1e-10)
    assert found[3] > found[0]
    plain = model.expected_renewals(0, 4, discount_rate=0)
    assert plain[0] == pytest.approx(float(model.survival([1, 2, 3, 4]).sum()))


def test_parameters_come_back():
    rng = np.random.RandomState(1)
    leaves = rng.geometric(rng.beta(1.2, 4.0, size=50_000))
    survivors = [(leaves > renewals).sum() for renewals in range(9)]
    inside = ShiftedBetaGeometric().fit(survivors).confidence_intervals(level=0.999)
    truth = pd.Series({"alpha": 1.2, "beta": 4.0})
    assert ((inside["lower"] < truth) & (truth < inside["upper"])).all()


@pytest.mark.parametrize(
    ("survivors", "error", "message"),
    [
        ([1000, 631], NotEnoughDataError, "have 1 renewals, need at least 2"),
        ([1000, 631, 700], DataRejectedError, "rise from 631 to 700 at renewal 2"),
        ([1000, -1, -2], DataRejectedError, "finite numbers, 0 or more"),
        ([1000, np.nan, 3], DataRejectedError, "finite numbers, 0 or more"),
        ([1000, 1000, 1000], NotEnoughDataError, "of 1000 customers 0 left"),
        ([1000, 0, 0], NotEnoughDataError, "and 0 renewed once"),
        ([0, 0, 0], NotEnoughDataError, "of 0 customers 0 left"),
    ],
)
def test_what_is_no_cohort_is_refused(survivors, error, message):
    with pytest.raises(error, match=message):
        ShiftedBetaGeometric().fit(survivors)


def test_questions_are_checked():
    model = ShiftedBetaGeometric().fit(REGULAR)
    with pytest.raises(ParameterError, match=r"renewals=1.5 must be whole numbers, 0 or more"):
        model.survival(1.5)
    with pytest.raises(ParameterError, match="renewals=0 must be whole numbers, 1 or more"):
        model.retention_rate(0)
    with pytest.raises(ParameterError, match="horizon=0 must be"):
        model.expected_renewals(1, 0, discount_rate=0.1)
    with pytest.raises(ParameterError, match="discount_rate=-1 must be above -1"):
        model.expected_renewals(1, 5, discount_rate=-1)

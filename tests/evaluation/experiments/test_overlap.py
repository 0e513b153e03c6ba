"""Overlap weighting: a planted effect, double robustness, balance, refusals."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments import (
    balance_table,
    compare_means,
    overlap_weighted_comparison,
)
from crmlib.evaluation.experiments.propensity import groups_of


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def called(rng, n=800, *, effect=2.0, bent_outcome=False, bent_choice=False):
    """Customers whom salesmen called: the large and recent ones, who buy more anyway."""
    size, recency = rng.normal(0, 1, n), rng.normal(0, 1, n)
    region = rng.choice(["north", "south", "west"], n)
    odds = 0.8 * size - 0.5 * recency + 0.5 * (region == "south") - 0.3
    if bent_choice:
        odds = odds + 0.5 * np.abs(size) - 0.4
    treated = rng.random(n) < sigmoid(odds)
    sales = 10 + 3 * size - 2 * recency + (region == "west") + rng.normal(0, 2, n)
    if bent_outcome:
        sales = sales + 2 * size**2
    sales = sales + effect * treated
    covariates = pd.DataFrame({"size": size, "recency": recency, "region": region})
    return sales, treated, covariates


def recovered(repetitions, *, seed=1, **kind):
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(repetitions):
        sales, treated, covariates = called(rng, **kind)
        found.append(overlap_weighted_comparison(sales, is_treated=treated, covariates=covariates))
    bias = np.mean([one.estimate for one in found]) - 2
    hits = np.mean([one.low <= 2 <= one.high for one in found])
    error = np.std([one.estimate for one in found])
    return bias, hits, error, float(np.mean([one.standard_error for one in found]))


@pytest.mark.parametrize(
    "repetitions", [200, pytest.param(1500, marks=pytest.mark.slow)], ids=["few", "many"]
)
@pytest.mark.parametrize(
    "kind",
    [{}, {"bent_outcome": True}, {"bent_choice": True}],
    ids=["both right", "choice right", "outcome right"],
)
def test_planted_effect_is_recovered_and_covered_if_one_model_is_right(kind, repetitions):
    bias, hits, error, stated = recovered(repetitions, **kind)
    assert abs(bias) < 4 * error / repetitions**0.5
    assert hits == pytest.approx(0.95, abs=0.04 if repetitions < 1000 else 0.02)
    assert stated == pytest.approx(error, rel=0.15 if repetitions < 1000 else 0.06)


def test_plain_comparison_is_far_off():
    sales, treated, _ = called(np.random.default_rng(2))
    assert compare_means(sales[treated], sales[~treated]).low > 3.5


def test_what_is_not_among_the_covariates_biases_without_a_sign():
    """The limit of every observational comparison, stated in its assumptions."""
    sales, treated, covariates = called(np.random.default_rng(3), 4000)
    found = overlap_weighted_comparison(
        sales, is_treated=treated, covariates=covariates[["recency", "region"]]
    )
    assert found.low > 3
    assert not found.is_randomised
    assert "among recency, region" in found.assumptions


def test_hillstrom_split_at_random_gives_the_randomised_effect(hillstrom):
    """Covariates that decide nothing change next to nothing."""
    both = pd.concat([hillstrom["mens"], hillstrom["none"]], ignore_index=True)
    treated = (both["segment"] == "Mens E-Mail").to_numpy()
    covariates = both[["recency", "history", "mens", "newbie", "channel"]]
    found = overlap_weighted_comparison(both["visit"], is_treated=treated, covariates=covariates)
    assert found.estimate == pytest.approx(0.0766, abs=0.001)
    assert (found.low, found.high) == pytest.approx((0.0700, 0.0832), abs=0.001)


def test_propensity_is_that_of_an_unpenalised_logistic_regression():
    _, treated, covariates = called(np.random.default_rng(4))
    groups = groups_of(covariates, treated)
    numbers = groups.design[:, 1:]
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(numbers, treated)
    assert groups.propensity == pytest.approx(oracle.predict_proba(numbers)[:, 1], abs=1e-6)


def test_unit_and_scale_of_covariates_do_not_matter():
    sales, treated, covariates = called(np.random.default_rng(5))
    scaled = covariates.assign(size=1e6 * covariates["size"] + 5e6)
    one, other = (
        overlap_weighted_comparison(sales, is_treated=treated, covariates=table)
        for table in (covariates, scaled)
    )
    assert (one.low, one.high) == pytest.approx((other.low, other.high), rel=1e-8)


def test_balance_before_and_after():
    _, treated, covariates = called(np.random.default_rng(6), 2000)
    table = balance_table(covariates, is_treated=treated).set_index("covariate")
    assert list(table.index) == ["size", "recency", "region_south", "region_west"]
    assert table.loc["size", "difference_sd"] > 0.5
    # exact balance of means (Li, Morgan & Zaslavsky 2018, theorem 3)
    assert table["weighted_difference_sd"].abs().max() < 1e-8
    assert table["is_balanced"].all()


def test_a_spread_that_weighting_does_not_mend_is_shown():
    rng = np.random.default_rng(7)
    treated = rng.random(2000) < 0.5
    size = rng.normal(0, np.where(treated, 3, 1))
    table = balance_table(pd.DataFrame({"size": size}), is_treated=treated)
    assert not table.loc[0, "is_balanced"]


def test_refusals():
    sales, treated, covariates = called(np.random.default_rng(8), 400)

    def compare(sales=sales, treated=treated, covariates=covariates):
        return overlap_weighted_comparison(sales, is_treated=treated, covariates=covariates)

    with pytest.raises(
        DataRejectedError, match=r"without error who was treated, most of all 'called_by'"
    ):
        compare(covariates=covariates.assign(called_by=treated))
    with pytest.raises(DataRejectedError, match=r"combinations of others: (twice|size)"):
        compare(covariates=covariates.assign(twice=2 * covariates["size"]))
    with pytest.raises(DataRejectedError, match=r"same for everybody: one"):
        compare(covariates=covariates.assign(one=1))
    with pytest.raises(DataRejectedError, match=r"missing values: size"):
        compare(covariates=covariates.mask(covariates["size"] > 2))
    with pytest.raises(DataRejectedError, match=r"covariate is infinite"):
        compare(covariates=covariates.assign(size=np.inf))
    with pytest.raises(DataRejectedError, match=r"1 of 400 outcomes are missing"):
        compare(sales=np.append(sales[1:], np.nan))
    with pytest.raises(ParameterError, match=r"outcome of shape \(399,\)"):
        compare(sales=sales[1:])
    with pytest.raises(ParameterError, match=r"is_treated has type float64"):
        compare(treated=treated.astype(float))
    with pytest.raises(ParameterError, match=r"different indexes"):
        compare(sales=pd.Series(sales, index=np.arange(1, 401)))
    with pytest.raises(
        NotEnoughDataError, match=r"treated group for 4 covariates \(have 3 .*need 50"
    ):
        compare(treated=np.arange(400) < 3)


def test_too_little_overlap_is_stated():
    rng = np.random.default_rng(9)
    size = rng.normal(0, 1, 300)
    treated = rng.random(300) < sigmoid(40 * size)
    with pytest.raises(NotEnoughDataError, match=r"worth \d+ and \d+ customers .*need 20"):
        overlap_weighted_comparison(
            size, is_treated=treated, covariates=pd.DataFrame({"size": size})
        )

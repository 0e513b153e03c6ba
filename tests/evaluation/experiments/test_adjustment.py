"""CUPED and post-stratification: oracles, what they gain, refusals."""

import numpy as np
import pytest
import statsmodels.api as sm

from crmlib.errors import DataRejectedError, NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments import compare_means, cuped, post_stratify


def customers(rng, n, *, lift=0.0, noise=1.0):
    before = rng.gamma(2, 5, n)
    return before + rng.normal(0, noise, n) + lift, before


def adjusted(treated, control, **options):
    return cuped(
        treated[0], control[0], treatment_before=treated[1], control_before=control[1], **options
    )


def test_same_estimate_as_a_regression_with_a_slope_for_each_arm():
    """Lin (2013): the coefficient of the arm when pre-period data are centred and interacted."""
    rng = np.random.default_rng(1)
    treated, control = customers(rng, 150, lift=2, noise=4), customers(rng, 400, noise=2)
    before = np.concatenate([treated[1], control[1]])
    arm = np.repeat([1.0, 0.0], [150, 400])
    centred = before - before.mean()
    design = sm.add_constant(np.column_stack([arm, centred, arm * centred]))
    fit = sm.OLS(np.concatenate([treated[0], control[0]]), design).fit(cov_type="HC2")
    found = adjusted(treated, control)
    assert found.estimate == pytest.approx(fit.params[1], rel=1e-10)
    # HC2 takes the customers as given, ours as drawn: a little wider
    assert found.standard_error == pytest.approx(fit.bse[1], rel=0.02)


def test_the_variance_falls_by_the_squared_correlation():
    rng = np.random.default_rng(2)
    treated, control = customers(rng, 4000, noise=7), customers(rng, 4000, noise=7)
    explained = np.corrcoef(*treated)[0, 1] ** 2
    raw = compare_means(treated[0], control[0])
    ratio = (adjusted(treated, control).standard_error / raw.standard_error) ** 2
    assert ratio == pytest.approx(1 - explained, abs=0.02)


def test_useless_data_cost_next_to_nothing():
    rng = np.random.default_rng(3)
    outcome = [rng.normal(0, 1, n) for n in (900, 100)]
    noise = [rng.normal(0, 1, n) for n in (900, 100)]
    found = cuped(*outcome, treatment_before=noise[0], control_before=noise[1])
    assert found.standard_error <= 1.01 * compare_means(*outcome).standard_error


def test_several_columns_and_new_customers():
    """New customers have 0 before and a column of their own."""
    rng = np.random.default_rng(4)

    def arm(n, lift):
        is_new = rng.random(n) < 0.3
        before = np.where(is_new, 0, rng.gamma(2, 5, n))
        outcome = np.where(is_new, 20, before) + rng.normal(0, 1, n) + lift
        return outcome, np.column_stack([before, is_new])

    found = adjusted(arm(500, 0.5), arm(500, 0))
    assert found.low < 0.5 < found.high
    assert found.high - found.low < 0.3


@pytest.mark.parametrize(
    "repetitions", [300, pytest.param(2000, marks=pytest.mark.slow)], ids=["few", "many"]
)
def test_cuped_covers_an_effect_with_unequal_arms_and_slopes(repetitions):
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(repetitions):
        outcome, before = customers(rng, 300)
        outcome = outcome + 0.3 * before  # the effect grows with the customer: mean .3 x 10
        found = adjusted((outcome, before), customers(rng, 60, noise=3))
        hits += found.low <= 3.0 <= found.high
    assert hits / repetitions == pytest.approx(0.95, abs=0.04 if repetitions < 1000 else 0.02)


def test_post_stratification_by_hand():
    """Strata of 3 + 2 and 2 + 3 customers weigh 1/2 each: ((2 - 1) + (11 - 5)) / 2."""
    found = post_stratify(
        [1, 2, 3, 10, 12],
        [0, 2, 5, 5, 5],
        treatment_strata=list("aaabb"),
        control_strata=list("aabbb"),
    )
    assert found.estimate == pytest.approx(3.5)
    # variances 1/3, 2/2, 2/2, 0/3 of the means, each times 1/4
    assert found.standard_error**2 == pytest.approx((1 / 3 + 1 + 1 + 0) / 4)


def test_post_stratification_takes_out_the_mix():
    """Big customers are nine tenths of one arm and half of the other; the effect is 1."""
    rng = np.random.default_rng(6)
    big = [np.arange(400) < 360, np.arange(400) < 200]
    outcome = [np.where(b, 100, 10) + rng.normal(0, 5, 400) for b in big]
    outcome[0] = outcome[0] + 1
    found = post_stratify(*outcome, treatment_strata=big[0], control_strata=big[1])
    assert found.low < 1 < found.high
    assert found.high - found.low < 4
    assert compare_means(*outcome).low > 20


def test_cuped_refusals():
    rng = np.random.default_rng(7)
    values = rng.normal(0, 1, 30)
    with pytest.raises(ParameterError, match=r"control arm has 30 outcomes and 29 rows"):
        cuped(values, values, treatment_before=values, control_before=values[1:])
    with pytest.raises(DataRejectedError, match=r"Column 0 of the pre-period data is 1 for every"):
        cuped(values, values, treatment_before=np.ones(30), control_before=np.ones(30))
    gap = np.append(values[1:], np.nan)
    with pytest.raises(DataRejectedError, match=r"1 of 30 customers of the treatment arm have no"):
        cuped(values, values, treatment_before=gap, control_before=values)
    wide = rng.normal(0, 1, (30, 4))
    with pytest.raises(NotEnoughDataError, match=r"for 4 columns.*have 30 customers, need 40"):
        cuped(values, values, treatment_before=wide, control_before=wide)


def test_post_stratification_refusals():
    with pytest.raises(NotEnoughDataError, match=r"1 of 2 strata.*'b' \(have 0 customers.*need 2"):
        post_stratify(
            [1, 2], [1, 2, 3, 4], treatment_strata=["a", "a"], control_strata=list("aabb")
        )
    with pytest.raises(ParameterError, match=r"treatment arm has 2 values and 1 strata"):
        post_stratify([1, 2], [1, 2], treatment_strata=["a"], control_strata=["a", "a"])
    with pytest.raises(DataRejectedError, match=r"1 customers of the control arm have no stratum"):
        post_stratify([1, 2], [1, 2], treatment_strata=["a", "a"], control_strata=["a", None])

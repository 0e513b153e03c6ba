"""Cox models, their check and concordance: published fits, numeric derivatives, refusals."""

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from crmlib.errors import ParameterError
from crmlib.models.survival import CoxModel, concordance_index
from tests.models.survival.lives import proportional, telco, trial


def test_published_trial():
    # R's coxph (Efron) on Gehan's data: coefficient 1.5721, standard error .4124; LR test 16.35
    frame = trial()
    model = CoxModel().fit(frame[["placebo"]], frame["weeks"], frame["relapsed"])
    assert model.params_["placebo"] == pytest.approx(1.5721, abs=5e-5)
    assert model.standard_errors_["placebo"] == pytest.approx(0.4124, abs=5e-5)
    ratio = 2 * (model.log_likelihood_ - model.log_likelihood_null_)
    assert ratio == pytest.approx(16.35, abs=0.005)
    assert model.hazard_ratios().loc["placebo", "hazard_ratio"] == pytest.approx(4.817, abs=5e-4)


def test_telco_as_an_independent_fit():
    # lifelines 0.30.3 on the same columns: coefficients, errors, likelihood, concordance
    frame = telco()
    columns = {
        "one": frame["Contract"] == "One year",
        "two": frame["Contract"] == "Two year",
        "fiber": frame["InternetService"] == "Fiber optic",
        "charges": frame["MonthlyCharges"],
    }
    model = CoxModel().fit(pd.DataFrame(columns), frame["tenure"], frame["left"])
    expected = [-2.04124, -4.01923, 1.22973, -0.01835]
    np.testing.assert_allclose(model.params_, expected, atol=6e-6)
    expected = [0.08464, 0.15794, 0.09968, 0.00173]
    np.testing.assert_allclose(model.standard_errors_, expected, atol=6e-6)
    assert model.log_likelihood_ == pytest.approx(-14260.87435, abs=6e-6)
    assert model.concordance_ == pytest.approx(0.81631, abs=6e-6)


def efron(beta, x, times, left):
    """Partial log-likelihood as the papers write it, covariates x(t) of shape (times, n, p)."""
    total = 0.0
    for k, time in enumerate(np.unique(times[left])):
        linear = x[k] @ beta
        risk = np.exp(linear)
        now = left & (times == time)
        for part in range(now.sum()):
            inner = risk[times >= time].sum() - part / now.sum() * risk[now].sum()
            total -= np.log(inner)
        total += linear[now].sum()
    return total


def hessian(function, at, step=1e-3):
    p = len(at)
    found = np.empty((p, p))
    for j in range(p):
        for k in range(p):
            a, b = np.eye(p)[j] * step, np.eye(p)[k] * step
            corners = (
                function(at + a + b) - function(at + a - b) - function(at - a + b)
                + function(at - a - b)
            )  # fmt: skip
            found[j, k] = corners / (4 * step**2)
    return found


@pytest.mark.parametrize("transform", ["identity", "log", "km"])
def test_check_is_the_score_test_of_a_covariate_that_changes_with_time(transform):
    frame = proportional(np.random.default_rng(8), 60, round_to=1).query("time > 0")
    times, left = frame["time"].to_numpy(), frame["left"].to_numpy() == 1
    model = CoxModel().fit(frame[["x1", "x2"]], times, left)
    event_times = np.unique(times[left])
    if transform == "km":
        survival = model._curve.table_["survival"]
        g = np.array([1 - survival[survival.index < time].iloc[-1] for time in event_times])
    else:
        g = event_times if transform == "identity" else np.log(event_times)
    x = frame[["x1", "x2"]].to_numpy(dtype=float)
    extended = np.stack([np.column_stack([x, x * value]) for value in g])

    def likelihood(beta):
        return efron(beta, extended, times, left)

    at = np.concatenate([model.params_, [0, 0]])
    assert likelihood(at) == pytest.approx(model.log_likelihood_)
    score = optimize.approx_fprime(at, likelihood, 1e-6)[2:]
    information = -hessian(likelihood, at)
    inner = information[2:, 2:] - information[2:, :2] @ np.linalg.solve(
        information[:2, :2], information[:2, 2:]
    )
    found = model.proportional_hazards_test(transform=transform)
    np.testing.assert_allclose(found["chi2"].iloc[:2], score**2 / np.diag(inner), rtol=2e-3)
    joint = score @ np.linalg.solve(inner, score)
    assert found.loc["(all)", "chi2"] == pytest.approx(joint, rel=2e-3)


def repeated(n_repetitions):
    """Share of simulations in which the check alarms, and in which each interval covers."""
    rng = np.random.default_rng(9)
    alarms, hits = 0, np.zeros(2)
    for _ in range(n_repetitions):
        frame = proportional(rng, 150)
        model = CoxModel().fit(frame[["x1", "x2"]], frame["time"], frame["left"])
        alarms += model.proportional_hazards_test().loc["(all)", "p_value"] < 0.05
        found, truth = model.hazard_ratios(), np.exp([0.7, -0.4])
        hits += (found["low"] <= truth) & (truth <= found["high"])
    return alarms / n_repetitions, hits / n_repetitions


@pytest.mark.slow
def test_false_alarms_of_the_check_and_coverage_of_the_ratios():
    alarms, covered = repeated(600)
    assert alarms == pytest.approx(0.05, abs=0.025)
    assert covered.tolist() == pytest.approx([0.95, 0.95], abs=0.02)


def test_false_alarms_and_coverage_in_a_small_run():
    alarms, covered = repeated(60)
    assert alarms < 0.13
    assert (covered > 0.87).all()


def test_check_sees_an_effect_that_ends():
    rng = np.random.default_rng(19)
    x = rng.integers(0, 2, 3000)
    early = rng.exponential(1 / np.where(x == 1, 3.0, 1.0))
    times = np.where(early < 0.4, early, 0.4 + rng.exponential(1.0, 3000))  # same hazard after .4
    model = CoxModel().fit(pd.DataFrame({"x": x}), times, np.ones(3000))
    assert model.proportional_hazards_test().loc["x", "p_value"] < 1e-6


def test_predicted_survival_is_right_on_average():
    rng = np.random.default_rng(11)
    frame = proportional(rng, 5000)
    model = CoxModel().fit(frame[["x1", "x2"]], frame["time"], frame["left"])
    found = model.predict_survival(pd.DataFrame({"x1": [0, 1], "x2": [0, 1]}), [0.5, 1.0])
    hazard = np.outer(np.exp([0, 0.3]), [0.5, 1.0])
    np.testing.assert_allclose(found, np.exp(-hazard), atol=0.03)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"x": [1, 1, 1, 1, 1, 1]}, r"'x' is constant \(1\)"),
        ({"x": [1, 2, None, 1, 1, 1]}, r"'x' has 1 missing"),
        ({"x": list("abcabc")}, r"'x' is .*not a number: encode"),
        ({"x": [6, 5, 4, 3, 2, 1]}, r"'x' separates: whoever left had the highest"),
        ({"x": [1, 2, 3, 4, 5, 6]}, r"'x' separates: whoever left had the lowest"),
        ({"x": [1, 3, 2, 5, 1, 4], "y": [2, 6, 4, 10, 2, 8]}, r"combination of the others"),
        ({"x": [1, 3]}, r"2 rows of covariates, 6 durations"),
        ({k: range(6) for k in "abcdef"}, r"have 6 events, need 7"),
    ],
)
def test_refused_covariates(columns, message):
    with pytest.raises(ParameterError, match=message):
        CoxModel().fit(pd.DataFrame(columns), [1, 2, 3, 4, 5, 6], [1] * 6)


def test_columns_that_separate_together_are_refused():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 40))
    times = 10 - (x + y)
    with pytest.raises(ParameterError, match=r"no finite estimate: together they separate"):
        CoxModel().fit(pd.DataFrame({"x": x, "y": y}), times, np.ones(40))


def test_refused_questions():
    frame = trial()
    model = CoxModel().fit(frame[["placebo"]], frame["weeks"], frame["relapsed"])
    with pytest.raises(ParameterError, match=r"transform='rank'"):
        model.proportional_hazards_test(transform="rank")
    with pytest.raises(ParameterError, match=r"lack \['placebo'\]"):
        model.log_hazard(frame[["weeks"]])


def by_pairs(times, left, risk):
    won = pairs = 0.0
    for i in np.flatnonzero(left):
        for j in range(len(times)):
            if times[j] > times[i] or (times[j] == times[i] and not left[j]):
                pairs += 1
                won += (risk[i] > risk[j]) + (risk[i] == risk[j]) / 2
    return won / pairs


def test_concordance_counts_every_pair():
    rng = np.random.default_rng(12)
    for n in (2, 3, 17, 80):
        times = rng.integers(0, 8, n)
        left = rng.random(n) < 0.6
        left[0], times[0] = True, 0
        risk = rng.integers(-3, 4, n) / 2
        expected = by_pairs(times, left, risk)
        assert concordance_index(times, left, risk) == pytest.approx(expected, abs=1e-12)


def test_concordance_of_perfect_reversed_and_constant_risk():
    times = np.arange(1000.0)
    assert concordance_index(times, np.ones(1000), -times) == 1
    assert concordance_index(times, np.ones(1000), times) == 0
    assert concordance_index(times, np.ones(1000), np.zeros(1000)) == 0.5


def test_concordance_without_pairs_is_refused():
    with pytest.raises(ParameterError, match=r"0 comparable pairs among 2 customers, 0 of whom"):
        concordance_index([1, 2], [0, 0], [1, 2])
    with pytest.raises(ParameterError, match=r"1 known risks"):
        concordance_index([1, 2], [1, 1], [1, np.nan])

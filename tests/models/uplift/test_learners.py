# ruff: noqa: N806 (X as scikit-learn writes it)
"""Uplift learners: planted effects, agreement where they must agree, refusals, coverage."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, LogisticRegression

from crmlib.errors import ParameterError, SchemaError
from crmlib.models.uplift import DRLearner, SLearner, TLearner, XLearner, best_arm

LEARNERS = [SLearner, TLearner, XLearner, DRLearner]


def experiment(seed, *, n=6000, shares=(0.4, 0.4, 0.2), binary=True):
    """Effects of 0 (mail) and of .2 + .2 x (call), x uniform in -1..1; noise in z."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"x": rng.uniform(-1, 1, n), "z": rng.normal(size=n)})
    arm = rng.choice(["control", "mail", "call"], n, p=shares)
    effect = (arm == "call") * (0.2 + 0.2 * X["x"])
    mean = 0.3 + 0.1 * X["x"] + effect
    y = (rng.random(n) < mean) * 1.0 if binary else 50 * mean + rng.normal(size=n) * 5
    return X, np.asarray(y), arm


@pytest.mark.parametrize("learner", LEARNERS)
@pytest.mark.parametrize("binary", [True, False])
def test_planted_effects_are_found_in_every_arm_and_kind_of_outcome(learner, binary):
    X, y, arm = experiment(1, binary=binary)
    effects = learner().fit(X, y, treatment=arm).predict(X)
    assert list(effects) == ["call", "mail"]
    unit = 1 if binary else 50
    truth = 0.2 + 0.2 * X["x"]
    assert effects["call"].mean() == pytest.approx(0.2 * unit, abs=0.04 * unit)
    assert effects["mail"].mean() == pytest.approx(0, abs=0.04 * unit)
    assert np.corrcoef(effects["call"], truth)[0, 1] > 0.75
    error = np.sqrt(((effects["call"] / unit - truth) ** 2).mean())
    assert error < 0.2 / np.sqrt(3)  # what one average effect for all would leave


def test_without_features_to_use_all_learners_give_the_difference_of_means():
    X, y, arm = experiment(2)
    X = X.assign(x=0.0, z=0.0)
    difference = y[arm == "call"].mean() - y[arm == "control"].mean()
    for learner in (TLearner, SLearner, XLearner, DRLearner):
        effects = learner(LinearRegression()).fit(X, y, treatment=arm).predict(X)
        assert effects["call"].to_numpy() == pytest.approx(difference, abs=2e-3)


def test_t_learner_is_the_difference_of_two_models_fitted_by_hand():
    X, y, arm = experiment(3)
    effects = TLearner(LogisticRegression()).fit(X, y, treatment=arm).predict(X)
    one = LogisticRegression().fit(X[arm == "mail"], y[arm == "mail"])
    none = LogisticRegression().fit(X[arm == "control"], y[arm == "control"])
    expected = one.predict_proba(X)[:, 1] - none.predict_proba(X)[:, 1]
    assert effects["mail"].to_numpy() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("learner", LEARNERS)
def test_fits_are_repeatable_and_leave_the_data_and_the_given_model_alone(learner):
    X, y, arm = experiment(4, n=900)
    before = X.copy()
    given = LinearRegression()
    first = learner(given, random_state=3).fit(X, y, treatment=arm)
    again = clone(first).fit(X, y, treatment=arm)
    pd.testing.assert_frame_equal(first.predict(X), again.predict(X), check_exact=True)
    pd.testing.assert_frame_equal(X, before)
    assert not hasattr(given, "coef_")
    assert first.predict(X.iloc[::-1]).index.equals(X.index[::-1])


def test_x_learner_profits_from_the_large_control_arm():
    """With 3 % treated and an effect without shape, X is nearer the truth than T (Künzel 2019)."""
    X, y, arm = experiment(5, n=8000, shares=(0.94, 0.03, 0.03), binary=False)
    errors = {
        learner: np.sqrt((learner().fit(X, y, treatment=arm).predict(X)["mail"] ** 2).mean())
        for learner in (TLearner, XLearner)
    }
    assert errors[XLearner] < 0.6 * errors[TLearner]


def stratified(rng, n):
    """Two strata, 20 % and 80 % treated, other level of outcome: the plain difference is wrong."""
    stratum = rng.integers(0, 2, n)
    x = rng.normal(size=n)
    treated = rng.random(n) < np.where(stratum, 0.8, 0.2)
    y = 2.0 * stratum + x + treated * (1 + 0.5 * x) + rng.normal(size=n)
    return pd.DataFrame({"x": x}), y, np.where(treated, "mail", "control"), stratum


def test_strata_with_unequal_chances_do_not_bias_the_doubly_robust_effect():
    X, y, arm, stratum = stratified(np.random.default_rng(6), 4000)
    settings = {"estimator": LinearRegression(), "effect_estimator": LinearRegression()}
    found = DRLearner(**settings).fit(X, y, treatment=arm, strata=stratum).average_effects_
    assert found.loc["mail", "effect"] == pytest.approx(
        1.0, abs=4 * found["standard_error"].iloc[0]
    )
    naive = DRLearner(**settings).fit(X, y, treatment=arm).average_effects_
    assert naive.loc["mail", "low"] > 1.5


def coverage(n_repetitions, *, n):
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(n_repetitions):
        X, y, arm, stratum = stratified(rng, n)
        learner = DRLearner(LinearRegression(), effect_estimator=LinearRegression(), n_folds=2)
        found = learner.fit(X, y, treatment=arm, strata=stratum).average_effects_.iloc[0]
        hits += found["low"] <= 1.0 <= found["high"]
    return hits / n_repetitions


def test_interval_of_the_average_effect_covers_in_a_small_run():
    assert coverage(80, n=600) == pytest.approx(0.95, abs=0.07)


@pytest.mark.slow
def test_interval_of_the_average_effect_covers():
    assert coverage(1000, n=600) == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm": np.repeat("mail", 300)}, r"arms are \['mail'\], the control is called 'control'"),
        ({"arm": np.repeat("control", 300)}, r"Both a control and a treated arm are needed"),
        ({"y": np.zeros(300)}, r"have 0 customers with the rarer outcome, need 5"),
        ({"y": np.full(300, 3.5)}, r"outcome is 3\.5 for all 150 customers"),
        ({"y": np.r_[np.nan, np.ones(299)]}, r"1 of 300 customers have no finite outcome, 0 no"),
        ({"arm": np.r_[[None], np.repeat("mail", 299)]}, r"0 of 300 .*outcome, 1 no arm"),
        ({"y": np.ones(299)}, r"X has 300 rows, y 299, treatment 300"),
        ({"arm": np.r_[np.repeat("control", 260), np.repeat("mail", 40)]}, r"have 40 .*need 50"),
    ],
)
def test_what_teaches_nothing_is_refused(change, message):
    rng = np.random.default_rng(8)
    good = {"y": rng.integers(0, 2, 300) * 1.0, "arm": np.tile(["control", "mail"], 150)}
    data = good | change
    with pytest.raises(ParameterError, match=message):
        TLearner().fit(pd.DataFrame({"x": rng.normal(size=300)}), data["y"], treatment=data["arm"])


def test_absent_features_folds_and_empty_strata_are_named():
    X, y, arm = experiment(9, n=600)
    learner = DRLearner(LinearRegression(), effect_estimator=LinearRegression())
    with pytest.raises(SchemaError, match=r"lack 1 of 2 features, such as 'z'"):
        learner.fit(X, y, treatment=arm).predict(X[["x"]])
    with pytest.raises(ParameterError, match=r"n_folds=9: choose 2 to 5"):
        XLearner(n_folds=9).fit(X, y, treatment=arm)
    with pytest.raises(ParameterError, match=r"1 strata have an empty arm \(for example \[1\]\)"):
        learner.fit(
            X,
            y,
            treatment=arm,
            strata=(arm == "mail").astype(int) * (X["x"] > 2) + (np.arange(600) == 0),
        )
    with pytest.raises(ParameterError, match=r"strata has 3 values for 600 customers"):
        learner.fit(X, y, treatment=arm, strata=[1, 2, 3])


def test_an_arm_must_earn_its_cost():
    effects = pd.DataFrame({"mail": [0.02, 0.01, -0.1], "call": [0.08, 0.02, 0.3]}, index=[7, 8, 9])
    chosen = best_arm(
        effects,
        margin_amount=pd.Series([50.0, 100.0, 1.0], index=[7, 8, 9]),
        cost_amounts={"mail": 0.8, "call": 3.5},
    )
    assert chosen["arm"].tolist() == ["call", "mail", "control"]
    assert chosen["gain_amount"].tolist() == pytest.approx([0.5, 0.2, 0.0])
    with pytest.raises(ParameterError, match=r"No cost is given for the arms \['call'\]"):
        best_arm(effects, margin_amount=1.0, cost_amounts={"mail": 0.1})
    with pytest.raises(ParameterError, match=r"3 of 3 customers have no expected gain"):
        best_arm(effects, margin_amount=np.nan, cost_amounts={"mail": 0.1, "call": 1.0})

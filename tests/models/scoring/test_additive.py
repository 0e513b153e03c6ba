"""Scores that know the truth: right curves, honest intervals, and a reason where nothing can be."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from crmlib.errors import DataRejectedError, SchemaError
from crmlib.models.files import load_model, save_model
from crmlib.models.scoring import AdditiveScore, Basis, driver_table, main_reasons


def people(n: int, *, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Make customers whose probability is a known sum of curves."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "recency_days": rng.exponential(60, n).round(),
            "net_cents": rng.lognormal(8, 1.2, n).round(),
            "kind": rng.choice(["person", "company"], n, p=[0.8, 0.2]),
            "noise": rng.normal(size=n),
        }
    )
    odds = 1.0 - 0.9 * np.log1p(frame["recency_days"]) + 0.35 * np.log(frame["net_cents"])
    odds = odds + 0.8 * (frame["kind"] == "company")
    return frame, expit(odds - odds.mean()).to_numpy()


@pytest.fixture(scope="module")
def learned():
    frame, p = people(6_000, seed=1)
    y = (np.random.default_rng(2).random(len(p)) < p).astype(int)
    return AdditiveScore(random_state=3).fit(frame, y), frame, p, y


def test_probabilities_are_close_to_the_true_ones(learned):
    model = learned[0]
    frame, p = people(4_000, seed=7)
    made = model.predict_interval(frame)
    assert np.abs(made["predicted"] - p).mean() < 0.03
    y = (np.random.default_rng(8).random(len(p)) < p).astype(int)
    assert roc_auc_score(y, p) - roc_auc_score(y, made["predicted"]) < 0.005


def test_intervals_cover_the_true_probability():
    """Over fresh draws of the outcome, 95 % intervals cover on average over the customers."""
    frame, p = people(1_500, seed=11)
    rng = np.random.default_rng(12)
    covered = []
    for _ in range(20):
        y = (rng.random(len(p)) < p).astype(int)
        made = AdditiveScore(random_state=0).fit(frame, y).predict_interval(frame)
        covered.append(((made["low"] <= p) & (p <= made["high"])).mean())
    assert 0.88 <= np.mean(covered) <= 0.99


@pytest.mark.slow
def test_intervals_cover_over_400_repetitions():
    """They cover 92.8 %: straight lines between kinks are not the true curve."""
    frame, p = people(1_500, seed=11)
    rng = np.random.default_rng(13)
    covered = []
    for _ in range(400):
        y = (rng.random(len(p)) < p).astype(int)
        made = AdditiveScore(random_state=0).fit(frame, y).predict_interval(frame)
        covered.append(((made["low"] <= p) & (p <= made["high"])).mean())
    assert 0.91 <= np.mean(covered) <= 0.97


def test_contributions_add_up_to_the_score(learned):
    model, frame = learned[:2]
    odds = model.contributions(frame).sum(axis=1) + model.intercept_
    np.testing.assert_allclose(expit(odds), model.predict_interval(frame)["predicted"], atol=1e-12)


def test_what_matters_is_named_first_and_noise_last(learned):
    table = driver_table(learned[0], learned[1], words={"recency_days": "days of silence"})
    assert table["driver"].iloc[0] == "days of silence"
    assert table["column"].iloc[-1] == "noise"
    assert table["importance_share"].sum() == pytest.approx(1)
    first = table.iloc[0]
    assert first["low_rate"] > first["high_rate"], "longer silence, fewer orders"
    kind = table.set_index("column").loc["kind"]
    assert (kind["low_value"], kind["high_value"]) == ("person", "company")


def test_reasons_name_the_values_of_the_customer(learned):
    rows = pd.DataFrame(
        {"recency_days": [0.0], "net_cents": [9e4], "kind": ["person"], "noise": [0.0]}
    )
    (reason,) = main_reasons(learned[0], rows, words={"recency_days": "days of silence"})
    assert reason.startswith("days of silence: 0; net amount: 900"), "cents read as amounts"


def test_order_of_rows_and_columns_does_not_matter(learned):
    model, frame = learned[:2]
    turned = frame[frame.columns[::-1]].iloc[::-1]
    made = model.predict_interval(turned).sort_index()
    pd.testing.assert_frame_equal(made, model.predict_interval(frame))


def test_a_customer_beyond_all_before_gets_the_score_of_the_largest(learned):
    model, frame = learned[:2]
    rows = frame.iloc[[0, 0]].assign(net_cents=[frame["net_cents"].max(), 1e15])
    predicted = model.predict_interval(rows)["predicted"]
    assert predicted.iloc[0] == predicted.iloc[1]


def test_gaps_new_levels_and_infinite_numbers_have_a_score(learned):
    rows = learned[1].head(3).copy()
    rows["recency_days"] = [np.nan, np.inf, 5.0]
    rows["kind"] = [None, "reseller", "person"]
    assert np.isfinite(learned[0].predict_interval(rows).to_numpy()).all()


def test_being_missing_is_information():
    rng = np.random.default_rng(5)
    x = rng.normal(size=2_000)
    gaps = rng.random(2_000) < 0.3
    y = (rng.random(2_000) < np.where(gaps, 0.8, 0.2)).astype(int)
    model = AdditiveScore().fit(pd.DataFrame({"x": np.where(gaps, np.nan, x)}), y)
    made = model.predict_interval(pd.DataFrame({"x": [np.nan, 0.0]}))["predicted"]
    assert made.iloc[0] == pytest.approx(0.8, abs=0.05)
    assert made.iloc[1] == pytest.approx(0.2, abs=0.05)


def test_a_text_of_100000_levels_and_a_constant_teach_nothing():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(
        {"x": rng.normal(size=100_000), "id": "c" + pd.Series(np.arange(100_000)).astype(str)}
    )
    frame["same"] = 1
    basis = Basis().fit(frame)
    assert basis.dropped_ == ["id", "same"]


@pytest.mark.parametrize(
    ("frame", "outcome", "message"),
    [
        (pd.DataFrame({"x": []}), [], "have 0 customers with the outcome and 0 without, need 30"),
        (pd.DataFrame({"x": [1.0, 2.0]}), [0, 1], "have 1 customers with the outcome and 1"),
        (pd.DataFrame({"x": np.arange(99.0)}), np.ones(99), "have 99 customers .* and 0 without"),
        (pd.DataFrame({"x": np.ones(99)}), np.arange(99) % 2, "none of 1 columns varies among 99"),
        (pd.DataFrame({"x": [1.0, 2.0]}), [0, 2], "1 of them neither 0 nor 1"),
    ],
)
def test_a_population_that_teaches_nothing_is_refused_with_its_numbers(frame, outcome, message):
    with pytest.raises(DataRejectedError, match=message):
        AdditiveScore().fit(frame, outcome)


def test_a_frame_without_a_learned_column_is_refused(learned):
    with pytest.raises(SchemaError, match="lacks the column"):
        learned[0].predict_interval(learned[1].drop(columns="kind"))


def test_nobody_to_score_is_no_error(learned):
    assert learned[0].predict_interval(learned[1].head(0)).empty


def test_a_stored_score_scores_the_same(learned, tmp_path):
    model, frame = learned[:2]
    save_model(model, tmp_path / "score.model")
    again = load_model(tmp_path / "score.model")
    pd.testing.assert_frame_equal(again.predict_interval(frame), model.predict_interval(frame))

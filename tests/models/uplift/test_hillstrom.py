"""The Hillstrom e-mail test: where uplift targeting wins, and where it does not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from crmlib.evaluation.uplift import uplift_scores
from crmlib.models.uplift import DRLearner, SLearner, TLearner, XLearner

HILLSTROM = Path(__file__).resolve().parents[4] / "shared" / "data" / "hillstrom" / "hillstrom.csv"
FEATURES = ["recency", "history", "mens", "womens", "newbie", "Urban", "Rural", "Web", "Phone"]


@pytest.fixture(scope="module")
def customers() -> pd.DataFrame:
    if not HILLSTROM.exists():
        pytest.skip("the Hillstrom e-mail test is not in ../shared/data")
    table = pd.read_csv(HILLSTROM)
    for column, level in [("zip_code", "Urban"), ("zip_code", "Rural"), ("channel", "Web"),
                          ("channel", "Phone")]:  # fmt: skip
        table[level] = (table[column] == level) * 1.0
    table["history"] = np.log(table["history"])
    table["arm"] = table["segment"].map(
        {"No E-Mail": "control", "Mens E-Mail": "mens mail", "Womens E-Mail": "womens mail"}
    )
    return table.assign(is_test=np.random.default_rng(0).random(len(table)) < 0.5)


@pytest.fixture(scope="module")
def effects(customers) -> pd.DataFrame:
    """Effects on the half that was not learned from, from both mails at once."""
    learn = customers[~customers["is_test"]]
    learner = SLearner().fit(learn[FEATURES], learn["visit"], treatment=learn["arm"])
    return learner.predict(customers.loc[customers["is_test"], FEATURES])


def test_the_womens_mail_works_on_past_womens_buyers(customers, effects):
    """Published lifts: +.0731 among past womens buyers, +.0111 among the others."""
    by_past = effects["womens mail"].groupby(customers["womens"]).mean()
    assert by_past[1] == pytest.approx(0.0731, abs=0.02)
    assert by_past[0] == pytest.approx(0.0111, abs=0.02)
    best = effects["womens mail"] >= effects["womens mail"].quantile(0.5)
    assert customers.loc[effects.index, "womens"][best].mean() > 0.95


def against_response(customers, effects, mail):
    """Score uplift and response targeting on the unseen half of one mail and its control."""
    learn = customers[~customers["is_test"] & (customers["arm"] == mail)]
    response = LogisticRegression(max_iter=2000).fit(learn[FEATURES], learn["visit"])
    judge = customers[customers["is_test"] & customers["arm"].isin(["control", mail])]
    scores = pd.DataFrame(
        {
            "uplift": effects.loc[judge.index, mail],
            "response": response.predict_proba(judge[FEATURES])[:, 1],
        }
    )
    found = uplift_scores(
        scores, judge["visit"], judge["arm"] == mail, rng=np.random.default_rng(1),
        response="response", n_resamples=199,
    )  # fmt: skip
    return found.set_index(["model", "measure"])


def test_on_the_womens_mail_uplift_targeting_beats_response_targeting(customers, effects):
    found = against_response(customers, effects, "womens mail")
    assert found.loc[("uplift", "qini"), "low"] > 0.004
    assert found.loc[("uplift", "qini_minus_response"), "low"] > 0


def test_on_the_mens_mail_uplift_targeting_does_not_beat_response_targeting(customers, effects):
    found = against_response(customers, effects, "mens mail")
    assert found.loc[("uplift", "qini_minus_response"), "low"] < 0
    assert found.loc[("uplift", "qini"), "p_value"] > 0.05


@pytest.mark.slow
@pytest.mark.parametrize("learner", [TLearner, XLearner, DRLearner])
def test_every_learner_finds_the_same(customers, learner):
    learn = customers[~customers["is_test"]]
    fitted = learner().fit(learn[FEATURES], learn["visit"], treatment=learn["arm"])
    effects = fitted.predict(customers.loc[customers["is_test"], FEATURES])
    womens = against_response(customers, effects, "womens mail")
    assert womens.loc[("uplift", "qini_minus_response"), "low"] > 0
    mens = against_response(customers, effects, "mens mail")
    assert mens.loc[("uplift", "qini_minus_response"), "low"] < 0

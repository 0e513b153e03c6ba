"""Scores of a company whose rates are known: calibrated, and close to an oracle."""

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from crmlib.database import load
from crmlib.evaluation.calibration import calibration
from crmlib.features.activity import orders_after
from crmlib.features.score_features import SCORE_TABLES, score_features
from crmlib.models.scoring import AdditiveScore, hold_score, purchase_rules, score_days
from crmlib.periods import day_number, parse_day
from crmlib.run.tables import Tables
from crmlib.settings import Settings
from crmlib.simulation.company import simulate_company

HORIZON = 91
RATES = ["purchase_rate_per_day", "dropout_rate_per_day", "segment", "incident_probability"]
SEEN = ["recency_days", "overdue_ratio", "n_orders_91", "tenure_days"]


def test_the_score_is_calibrated_and_as_good_as_an_oracle(tmp_path):
    """The oracle knows the true rates of every customer, and how long he has been silent."""
    simulate_company(tmp_path / "company", n_customers=5_000, n_months=24, seed=7)
    snapshot = load(Settings(folder=tmp_path, source=str(tmp_path / "company")))
    truth = pd.read_parquet(tmp_path / "company" / "truth" / "customers.parquet")
    truth = truth.set_index("customer_id")
    day = day_number(parse_day("2024-09-30"))
    tables = Tables(snapshot, as_of_day=day)
    days = score_days(day, known=tables.known, horizon_days=HORIZON)
    features = tables.on_days(score_features, *SCORE_TABLES, days=(*days.past, day))
    happened = tables.on_days(orders_after, "transactions", days=days.past, horizon_days=HORIZON)
    score = hold_score(days, features, happened, features[day], rules=purchase_rules)
    later = Tables(snapshot, as_of_day=day + HORIZON)
    future = later.on_days(orders_after, "transactions", days=[day], horizon_days=HORIZON)[day]
    bought = features[day].index.isin(future.index).astype(int)
    made = score.scores["predicted"].to_numpy()

    def told(one: int) -> pd.DataFrame:
        return truth.reindex(features[one].index)[RATES].join(features[one][SEEN])

    known = pd.concat([told(days.test), told(days.train[0])])
    outcome = pd.concat(
        [pd.Series(features[one].index.isin(happened[one].index).astype(int)) for one in
         (days.test, days.train[0])]
    )  # fmt: skip
    oracle = AdditiveScore().fit(known, outcome).predict_interval(told(day))["predicted"]
    assert roc_auc_score(bought, oracle) - roc_auc_score(bought, made) < 0.01
    assert 0.9 < calibration(made, bought).slope < 1.1
    n = score.expected[0]
    assert n == pytest.approx(bought.sum(), rel=0.1)
    tables.close()
    later.close()

"""The ledger: predictions that can be held against an outcome, of all notebooks in one file."""

import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.loop.ledger import LEDGER, Prediction, prediction_rows, write_ledger

PURCHASE = Prediction("logistic", "abc", "purchase", "probability", horizon_days=28)


def made(**columns):
    frame = {"subject_id": ["b", "a"], "predicted": [0.2, 0.5], "low": [0.1, 0.4]}
    return pd.DataFrame(frame | {"high": [0.3, 0.6]} | columns)


def test_rows_stand_in_the_order_of_their_subjects_and_say_all_of_the_prediction():
    rows = prediction_rows(made(), PURCHASE, as_of="2024-12-31")
    assert list(rows["subject_id"]) == ["a", "b"]
    first = rows.iloc[0].to_dict()
    assert first == {
        "model": "logistic",
        "model_version": "abc",
        "subject_kind": "customer",
        "subject_id": "a",
        "quantity": "purchase",
        "unit": "probability",
        "as_of": "2024-12-31",
        "horizon_days": 28,
        "predicted": 0.5,
        "low": 0.4,
        "high": 0.6,
        "level": 0.95,
    }


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"subject_id": ["a", None]}, "of 2 predictions 1 stand without a subject"),
        ({"subject_id": ["a", "a"]}, "1 stand for a subject that has one already"),
        ({"predicted": [float("nan"), 0.5]}, "1 stand without a finite value"),
        ({"low": [0.25, 0.4]}, "1 stand outside its interval"),
        ({"high": [1.5, 0.6]}, "1 stand outside 0 to 1"),
    ],
)
def test_what_no_outcome_could_be_held_against_is_refused(columns, message):
    with pytest.raises(ParameterError, match=message):
        prediction_rows(made(**columns), PURCHASE, as_of="2024-12-31")


def test_a_prediction_without_a_horizon_is_refused():
    with pytest.raises(ParameterError, match="horizon_days=0"):
        Prediction("m", "1", "orders", "orders", horizon_days=0)


def test_the_file_of_a_run_holds_the_rows_of_all_notebooks(tmp_path):
    parts = []
    for name, day in (("50_a", 28), ("52_b", 90)):
        what = Prediction(name, "1", "purchase", "probability", horizon_days=day)
        path = tmp_path / f"{name}.parquet"
        prediction_rows(made(), what, as_of="2024-12-31").to_parquet(path, index=False)
        parts.append(path)
    path = write_ledger(tmp_path / "ledger", parts, run_id="2024-12-31-r007", as_of="2024-12-31")
    found = pd.read_parquet(path)
    assert list(found.columns) == LEDGER.names
    assert list(found["model"]) == ["50_a", "50_a", "52_b", "52_b"]
    assert set(found["run_id"]) == {"2024-12-31-r007"}
    assert set(found["iteration"]) == {"2024-12-31"}


def test_a_run_without_predictions_has_an_empty_ledger(tmp_path):
    path = write_ledger(tmp_path / "ledger", [], run_id="2024-12-31-r001", as_of="2024-12-31")
    assert list(pd.read_parquet(path).columns) == LEDGER.names

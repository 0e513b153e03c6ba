"""Forecasts in the ledger: one per quantity and part, nothing that no outcome can be held to."""

import pandas as pd

from crmlib.features.weekly import OTHERS
from crmlib.loop.forecasts import frozen
from crmlib.loop.ledger import prediction_rows

FORECASTS = pd.DataFrame(
    [
        ("total", "all", "net_amount", "naive", 100.0),
        ("total", "all", "n_customers", "mean_level", 9.0),
        ("account manager", "Zoë", "net_amount", "naive", 60.0),
        ("account manager", OTHERS, "net_amount", "naive", 40.0),
    ],
    columns=["dimension", "part", "quantity", "model", "forecast"],
).assign(low=1.0, high=200.0)
OPTIONS = {"horizon_weeks": 8, "currency": "EUR"}


def rows(table, **options):
    frames, whats = frozen(table, **OPTIONS, **options)
    made = [prediction_rows(frame, what, as_of="2024-12-31")
            for frame, what in zip(frames, whats, strict=True)]  # fmt: skip
    return pd.concat(made, ignore_index=True)


def test_every_forecast_but_that_of_the_rest_is_frozen():
    found = rows(FORECASTS, is_current=True).set_index(["subject_kind", "quantity"])
    assert len(found) == 3
    assert (found["horizon_days"] == 56).all()
    assert found.loc[("total", "net_amount"), "unit"] == "EUR"
    assert found.loc[("total", "active_customers"), "unit"] == "customers per week"
    manager = found.loc[("account_manager", "net_amount")]
    assert (manager["subject_id"], manager["predicted"]) == ("Zoë", 60)
    assert manager["model"] == "weekly forecast: naive"


def test_weeks_that_do_not_begin_after_the_day_are_not_frozen():
    assert rows(FORECASTS, is_current=False).empty


def test_nothing_forecast_is_a_ledger_without_rows():
    assert rows(FORECASTS.iloc[:0], is_current=True).empty

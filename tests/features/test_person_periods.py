"""Counts of person-periods: by hand, on both engines, whatever comes after the day, refusals."""

import narwhals as nw
import pandas as pd
import pytest

from crmlib.errors import ParameterError, SchemaError
from crmlib.features.collect import collect
from crmlib.features.person_periods import person_periods

LIVES = pd.DataFrame(
    {
        "start_day": [0, 0, 5, 25, 31, 0],
        "end_day": [12.0, None, None, 40.0, None, 0.0],
        "region": ["N", "N", "S", "S", "S", "S"],
    }
)


def test_counts_by_hand(lazy):
    found = collect(person_periods(lazy(LIVES), as_of_day=29, period_days=10))
    # left in periods 1 and 0; seen for 3 and 2 full periods; one not for a full period; one not yet
    assert found.to_dict("list") == {
        "period": [0, 1, 2],
        "n_entered": [4, 0, 0],
        "n_events": [1, 1, 0],
        "n_censored": [0, 1, 1],
    }


def test_counts_by_group_add_up(lazy):
    found = collect(person_periods(lazy(LIVES), as_of_day=60, period_days=10, by=["region"]))
    whole = collect(person_periods(lazy(LIVES), as_of_day=60, period_days=10))
    summed = found.drop(columns="region").groupby("period", as_index=False).sum()
    pd.testing.assert_frame_equal(summed, whole)


def test_losses_after_the_day_change_nothing(lazy):
    known = LIVES.assign(end_day=LIVES["end_day"].where(LIVES["end_day"] <= 29))
    now = collect(person_periods(lazy(LIVES), as_of_day=29, period_days=7))
    pd.testing.assert_frame_equal(
        now, collect(person_periods(lazy(known), as_of_day=29, period_days=7))
    )


def test_customers_seen_late_enter_with_the_first_full_period(lazy):
    lives = LIVES.head(2).assign(seen_from_day=[None, 11.0])
    found = collect(person_periods(lazy(lives), as_of_day=39, period_days=10))
    assert found.set_index("period")["n_entered"].to_dict() == {0: 1, 1: 0, 2: 1, 3: 0}


def test_refusals():
    lives = nw.from_native(LIVES).lazy()
    with pytest.raises(ParameterError, match=r"period_days=0"):
        person_periods(lives, as_of_day=9, period_days=0)
    with pytest.raises(SchemaError, match=r"contract"):
        person_periods(lives, as_of_day=9, period_days=10, by=["contract"])

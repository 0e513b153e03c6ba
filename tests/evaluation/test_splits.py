"""Time splits: what was known when, worked by hand and for every length."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.errors import ParameterError
from crmlib.evaluation.splits import rolling_splits, time_split

lengths = st.fixed_dictionaries(
    {
        "history_days": st.integers(1, 400), "horizon_days": st.integers(1, 100),
        "gap_days": st.integers(0, 30),
    }
)  # fmt: skip


@given(lengths, st.integers(0, 20000))
def test_training_is_over_when_the_test_begins(days, last_day):
    split = time_split(last_day=last_day, **days)
    assert split.test.outcome.last_day == last_day
    assert split.train.outcome.last_day == split.test.as_of_day
    for occasion in (split.train, split.test):
        assert occasion.history.n_days == days["history_days"]
        assert occasion.outcome.n_days == days["horizon_days"]
        assert occasion.outcome.first_day - occasion.as_of_day == days["gap_days"] + 1


@given(lengths, st.integers(0, 1500), st.integers(1, 50))
def test_rolling_splits_use_all_that_fits_and_nothing_outside(days, n_days, step):
    need = days["history_days"] + 2 * (days["horizon_days"] + days["gap_days"])
    settings = {"first_day": 100, "last_day": 99 + n_days, "step_days": step} | days
    if n_days < need:
        with pytest.raises(ParameterError, match=rf"have {n_days} days, need {need}"):
            rolling_splits(**settings)
        return
    splits = rolling_splits(**settings)
    assert len(splits) == (n_days - need) // step + 1
    assert splits[-1].test.outcome.last_day == 99 + n_days
    assert splits[0].train.history.first_day >= 100
    assert splits[0].train.history.first_day - step < 100


def test_without_a_step_no_outcome_day_is_judged_twice():
    splits = rolling_splits(first_day=0, last_day=999, history_days=90, horizon_days=60)
    outcomes = [split.test.outcome for split in splits]
    assert all(a.last_day + 1 == b.first_day for a, b in pairwise(outcomes))
    assert str(splits[-1].test) == "as of 1972-07-28, outcome 1972-07-29 to 1972-09-26"


@pytest.mark.parametrize("change", [{"horizon_days": 0}, {"history_days": 0}, {"gap_days": -1}])
def test_lengths_that_are_none_are_refused(change):
    settings = {"last_day": 10, "history_days": 3, "horizon_days": 2} | change
    with pytest.raises(ParameterError, match=r"history and horizon need at least one day"):
        time_split(**settings)


def test_a_step_of_none_is_refused():
    with pytest.raises(ParameterError, match=r"step_days=0: splits must move"):
        rolling_splits(first_day=0, last_day=99, history_days=3, horizon_days=2, step_days=0)

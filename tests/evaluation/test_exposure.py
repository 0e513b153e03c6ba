"""Days at risk by what happened: by hand, against a count day by day, refusals."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.evaluation.exposure import exposure_counts, states_at, with_event
from crmlib.periods import Window

LIVES = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "start_day": [0, 10, 20],
        "last_day": [90, 30, 40],
        "pause_days": [10, 5, 5],
        "end_day": [None, 50.0, 45.0],
        "is_recorded": [0, 1, 0],
        "is_lost": [0, 1, 1],
        "region": ["N", "S", "S"],
    }
)
COMPLAINTS = pd.DataFrame(
    {
        "customer_id": ["a", "b"],
        "opened_day": [10, 40],
        "resolved_day": [14.0, None],
        "is_compensated": [1, 0],
    }
)
SIGNS = pd.DataFrame(
    {
        "customer_id": ["a"] * 4 + ["x"],
        "kind": "return",
        "day": [5, 9, 20, 30, 1],  # days 5 and 9 are one incident
    }
)


def test_records_decide_where_there_are_any():
    found = with_event(LIVES, as_of_day=100)
    assert found["until_day"].tolist() == [100, 50, 45]
    assert found["is_event"].tolist() == [False, True, False]


def test_silence_decides_where_there_are_none():
    found = with_event(LIVES.assign(is_recorded=0), as_of_day=100)
    assert found["until_day"].tolist() == [100, 50, 45]  # a: one pause after the last order
    assert found["is_event"].tolist() == [False, True, True]
    every = with_event(LIVES, as_of_day=98, every_loss=True)
    assert every["until_day"].tolist() == [98, 50, 45]
    assert every["is_event"].tolist() == [False, True, True]


def test_counts_by_hand():
    lives = with_event(LIVES, as_of_day=100)
    found = exposure_counts(lives, COMPLAINTS, SIGNS, effect_days=20, many=3, step_days=1000)
    table = found.set_index(["complaint", "has_many_troubles"])[["n_days", "n_events"]]
    # a complains on day 10: days 11-14 unanswered, 15-30 compensated; third incident on day 30
    assert table.loc[("compensated", 0)].tolist() == [16, 0]
    assert table.loc[("unanswered", 0)].tolist() == [4 + 10, 1]  # b leaves on day 50
    assert table.loc[("none", 1)].tolist() == [70, 0]
    assert table.loc[("none", 0)].tolist() == [10 + 30 + 25, 0]
    assert found["n_days"].sum() == (lives["until_day"] - lives["start_day"]).sum()


def brute_force(lives, complaints, signs, *, effect_days, many, step_days):
    """Count every day of every customer one by one."""
    cells: dict[tuple, list[int]] = {}
    for life in lives.itertuples():
        own = complaints[complaints["customer_id"] == life.customer_id]
        days = sorted(set(signs.loc[signs["customer_id"] == life.customer_id, "day"]))
        incidents = [d for k, d in enumerate(days) if k == 0 or d - days[k - 1] > 7]
        third = incidents[many - 1] if len(incidents) >= many else 10**9
        for day in range(life.start_day + 1, life.until_day + 1):
            state = "none"
            before = own[own["opened_day"] < day]
            if len(before):
                last = before.loc[before["opened_day"].idxmax()]
                answered = last["resolved_day"]
                if day <= last["opened_day"] + effect_days:
                    waits = pd.isna(answered) or day <= answered
                    after = "compensated" if last["is_compensated"] else "answered"
                    state = "unanswered" if waits else after
            key = ((day - 1 - life.start_day) // step_days, state, int(day > third), life.region)
            cell = cells.setdefault(key, [0, 0])
            cell[0] += 1
            cell[1] += int(life.is_event and day == life.until_day)
    rows = [(*key, *cell) for key, cell in cells.items()]
    names = ["step", "complaint", "has_many_troubles", "region", "n_days", "n_events"]
    return pd.DataFrame(rows, columns=names)


def test_counts_are_those_of_a_count_day_by_day():
    rng = np.random.default_rng(4)
    n = 40
    start = rng.integers(0, 100, n)
    lives = pd.DataFrame(
        {
            "customer_id": [f"c{k}" for k in range(n)], "start_day": start,
            "until_day": start + rng.integers(0, 300, n), "is_event": rng.random(n) < 0.5,
            "region": rng.choice(["N", "S"], n),
        }
    )  # fmt: skip
    who = rng.integers(0, n, 60)
    opened, waited = start[who] + rng.integers(0, 200, 60), rng.integers(0, 60, 60)
    complaints = pd.DataFrame(
        {
            "customer_id": lives["customer_id"].to_numpy()[who], "opened_day": opened,
            "resolved_day": np.where(rng.random(60) < 0.7, opened + waited, np.nan),
            "is_compensated": rng.integers(0, 2, 60),
        }
    ).drop_duplicates(["customer_id", "opened_day"])  # fmt: skip
    who = rng.integers(0, n, 150)
    signs = pd.DataFrame(
        {
            "customer_id": lives["customer_id"].to_numpy()[who], "kind": "return",
            "day": start[who] + rng.integers(0, 250, 150),
        }
    )  # fmt: skip
    options = {"effect_days": 40, "many": 2, "step_days": 50}
    found = exposure_counts(lives, complaints, signs, by=["region"], **options)
    expected = brute_force(lives, complaints, signs, **options)
    keys = ["step", "complaint", "has_many_troubles", "region"]
    both = [frame.sort_values(keys, ignore_index=True) for frame in (found, expected)]
    pd.testing.assert_frame_equal(*both, check_dtype=False)


def test_days_left_out_are_not_counted():
    lives = with_event(LIVES, as_of_day=100)
    window = [Window(48, 52)]
    found = exposure_counts(lives, COMPLAINTS, SIGNS, left_out=window)
    whole = exposure_counts(lives, COMPLAINTS, SIGNS)
    assert whole["n_days"].sum() - found["n_days"].sum() == 5 + 3  # a, and b up to his loss
    assert found["n_events"].sum() == 0


def test_the_state_of_a_day_is_the_one_counted():
    lives = with_event(LIVES, as_of_day=100)
    days = pd.Series([14, 50, 30])
    found = states_at(lives, COMPLAINTS, SIGNS, days=days, effect_days=20)
    assert found["complaint"].tolist() == ["unanswered", "unanswered", "none"]
    later = states_at(lives, COMPLAINTS, SIGNS, days=pd.Series([31, 40, 30]), effect_days=20)
    assert later["complaint"].tolist() == ["none", "none", "none"]
    assert later["has_many_troubles"].tolist() == [1, 0, 0]


def test_nobody_and_nothing_give_no_rows():
    lives = with_event(LIVES.iloc[:0], as_of_day=9)
    assert exposure_counts(lives, COMPLAINTS.iloc[:0], SIGNS.iloc[:0]).empty


def test_lengths_below_a_day_are_refused():
    lives = with_event(LIVES, as_of_day=100)
    with pytest.raises(ParameterError, match=r"effect_days=0"):
        exposure_counts(lives, COMPLAINTS, SIGNS, effect_days=0)

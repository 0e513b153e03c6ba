"""Losses by reason, by definition and in waves: by hand, planted waves found, none else."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.losses import (
    NOT_RECORDED,
    definition_sensitivity,
    loss_waves,
    reason_table,
    wave_windows,
)
from crmlib.periods import day_number, parse_day

LIVES = pd.DataFrame(
    {
        "customer_id": list("abcdefg"),
        "reason": ["price", "price", "moved", None, None, None, "price"],
        "is_recorded": [1, 1, 1, 1, 0, 0, 0],
        "is_lost": [1, 1, 1, 1, 1, 0, 0],
        "year_cents": [3_000, 4_000, 100, 200, 300, 999, 999],
        "year_margin_cents": [1_000.0, None, 50.0, None, None, 1.0, 1.0],
    }
)


def test_reasons_by_hand():
    found = reason_table(LIVES).set_index("cause")
    assert found.index.tolist() == ["price", "moved", NOT_RECORDED, "unknown"]
    assert found.loc["price", "reason_share"] == pytest.approx(2 / 3)
    assert found["reason_share"].isna().tolist() == [False, False, True, True]
    price = found.loc["price"]
    assert price["lost_amount"] == 70
    assert price["high_amount"] - 70 == pytest.approx(1.959964 * np.hypot(30, 40), rel=1e-6)
    assert price["lost_margin_amount"] == 10
    assert pd.isna(found.loc["unknown", "lost_margin_amount"])
    assert found["n_left"].sum() == 5


def test_nobody_lost_gives_no_row():
    assert reason_table(LIVES.assign(is_lost=0)).empty
    assert reason_table(LIVES.iloc[:0]).empty


def test_a_definition_is_judged_by_who_came_back():
    now = pd.DataFrame(
        {
            "customer_id": list("abc"), "last_day": [100, 20, 70], "silence_days": [0, 80, 30],
            "usual_gap_days": 10, "year_cents": 1_000, "is_recorded": [0, 1, 0],
        }
    )  # fmt: skip
    then = now.assign(last_day=[5, 20, 44], silence_days=[45, 30, 6])
    found = definition_sensitivity(now, then, silence_factor=2, min_silence_days=5).set_index(
        "silence_factor"
    )
    # a and b had been silent for longer than 20 days; a ordered again
    assert found.loc[2, ["n_left", "n_left_before", "back_share"]].tolist() == [2, 2, 0.5]
    assert found.loc[2, "is_chosen"]
    assert found.loc[4, ["n_left", "n_left_before", "back_share"]].tolist() == [1, 1, 1.0]
    assert found.loc[2, "found_share"] == 1.0
    assert found["is_chosen"].sum() == 1


def company(n, *, seed, wave=0.0):
    """Customers who leave at a steady rate, and some in one month for a reason of its own."""
    rng = np.random.default_rng(seed)
    start = rng.integers(19_000, 19_400, n)
    end = start + np.ceil(rng.exponential(900, n)).astype(int)
    reason = rng.choice(["gradual", "moved"], n).astype(object)
    hit = (rng.random(n) < wave) & (start < 19_350) & (end > 19_364)
    end[hit] = 19_357 + rng.integers(1, 29, hit.sum())
    reason[hit] = "our error"
    until = np.minimum(end, 19_728)
    lives = pd.DataFrame({"customer_id": np.arange(n).astype(str), "start_day": start})
    return lives.assign(until_day=until, is_event=end <= 19_728, reason=reason)


def test_a_planted_wave_is_found_with_its_days_and_size():
    lives = company(3_000, seed=1, wave=0.03)
    n_hit = int((lives["is_event"] & (lives["reason"] == "our error")).sum())
    found = loss_waves(lives, as_of_day=19_728)
    first = found.iloc[0]
    assert first["cause"] == "our error"
    assert abs(day_number(parse_day(first["first_date"])) - 19_358) <= 7
    assert first["low_more"] < n_hit <= first["high_more"] + 1
    (window,) = wave_windows(found.head(1))
    assert window.n_days == 28


def test_no_wave_is_found_where_none_is_planted():
    alarms = sum(len(loss_waves(company(1_500, seed=s), as_of_day=19_728)) > 0 for s in range(30))
    assert alarms <= 3


def test_too_few_losses_give_no_row():
    lives = company(40, seed=3)
    assert loss_waves(lives.iloc[:0], as_of_day=19_728).empty
    assert loss_waves(lives.assign(is_event=False), as_of_day=19_728).empty

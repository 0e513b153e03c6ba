"""Causes of a change by hand, and that nothing is ever left over."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.variance import EFFECTS, change_by_cause


def cube(rows):
    names = [
        "category", "region", "new_cents", "lost_cents", "returns_cents", "price_cents",
        "kept_now_cents", "kept_before_cents", "n_lines", "n_lines_before",
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=names)
    kept = frame["kept_now_cents"] - frame["kept_before_cents"]
    change = frame[["new_cents", "lost_cents", "returns_cents"]].sum(axis=1) + kept
    before = frame["kept_before_cents"] - frame["lost_cents"]
    return frame.assign(before_cents=before, now_cents=before + change)


BY_HAND = cube(
    [
        ("Tea", "North", 5_000, -2_000, -100, 300.0, 12_000, 10_000, 110, 100),
        ("Wine", "North", 0, 0, 0, 0.0, 60_000, 50_000, 60, 50),
    ]
)


def test_causes_by_hand():
    table = change_by_cause(BY_HAND, by=["category", "region"]).set_index("part")
    tea = table.loc["Tea"]
    assert tea["volume_amount"] == pytest.approx(10 * 1.00)  # 10 purchases more of 1.00 each
    assert tea["price_amount"] == 3
    assert tea["mix_amount"] == pytest.approx(20 - 10 - 3)
    assert tea["change_amount"] == 50 - 20 - 1 + 20
    everything = table.loc["all"]
    assert everything["volume_amount"] == pytest.approx(20 * 4.00)  # 170 purchases against 150
    assert everything["mix_amount"] == pytest.approx(120 - 80 - 3)
    assert table.loc["Wine", "mix_amount"] == pytest.approx(0)


def test_nothing_is_left_over_and_parts_add_up():
    rng = np.random.default_rng(1)
    rows = [
        (f"c{k % 7}", f"r{k % 3}", *rng.integers(0, 9_000, 1), *rng.integers(-9_000, 0, 2),
         rng.normal(0, 500), *rng.integers(1, 90_000, 2), *rng.integers(0, 90, 2))
        for k in range(40)
    ]  # fmt: skip
    table = change_by_cause(cube(rows), by=["category", "region", "channel"])
    effects = table[list(EFFECTS)]
    np.testing.assert_allclose(effects.sum(axis=1), table["change_amount"])
    total = table[table["dimension"] == "total"].iloc[0]
    for _, parts in table[table["dimension"] != "total"].groupby("dimension"):
        sums = parts[list(EFFECTS)].sum()
        for name in ("new_customers_amount", "lost_customers_amount", "price_amount"):
            assert sums[name] == pytest.approx(total[name])
        both = ["volume_amount", "mix_amount"]
        assert sums[both].sum() == pytest.approx(total[both].sum())
    assert set(table["dimension"]) == {"total", "category", "region"}


def test_more_of_the_same_is_volume_and_dearer_goods_are_mix():
    more = cube([("Tea", "North", 0, 0, 0, 0.0, 20_000, 10_000, 200, 100)])
    dearer = cube([("Tea", "North", 0, 0, 0, 0.0, 20_000, 10_000, 100, 100)])
    names = ["volume_amount", "mix_amount", "price_amount"]
    assert change_by_cause(more, by=[]).iloc[0][names].tolist() == [100, 0, 0]
    assert change_by_cause(dearer, by=[]).iloc[0][names].tolist() == [0, 100, 0]


def test_nothing_before_nothing_to_split():
    only_new = cube([("Tea", "North", 500, 0, 0, 0.0, 0, 0, 0, 0)])
    assert change_by_cause(only_new, by=["category"]).empty
    assert change_by_cause(only_new.iloc[:0], by=["category"]).empty

"""Basket rules: published groceries, every set counted by hand, false discoveries, refusals."""

from itertools import combinations
from pathlib import Path

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from crmlib.errors import DataRejectedError, ParameterError
from crmlib.features.baskets import basket_pairs
from crmlib.features.collect import collect
from crmlib.models.baskets import count_pairs, frequent_item_sets, item_set_rules, pair_rules

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "groceries_arules"


@pytest.fixture(scope="module")
def groceries() -> pd.DataFrame:
    if not DATA.exists():
        pytest.skip("the groceries are not there")
    frame = pd.read_parquet(DATA / "basket_items.parquet")
    return frame.rename(columns={"basket_id": "transaction_id", "item": "product_id"})


def counted(lines: pd.DataFrame, min_baskets: int = 1) -> pd.DataFrame:
    lazy = nw.from_native(lines.assign(occurred_day=1, quantity=1)).lazy()
    return collect(basket_pairs(lazy, as_of_day=1, min_baskets=min_baskets))


@pytest.mark.parametrize(
    ("support", "confidence", "n_sets", "n_rules"),
    [(0.006, 0.25, 747, 463), (0.001, 0.5, 13492, 5668)],
)
def test_published_numbers_of_rules(groceries, support, confidence, n_sets, n_rules):
    sets = frequent_item_sets(groceries, min_support=support)
    # an empty left side is no rule: all rules have at least two items
    assert len(sets) == n_sets
    assert len(item_set_rules(sets, min_confidence=confidence)) == n_rules


def test_published_pair(groceries):
    rules = pair_rules(counted(groceries, min_baskets=10))
    pair = rules.set_index(["antecedent", "consequent"]).loc[("whole milk", "other vegetables")]
    assert pair["support"] == pytest.approx(0.07483, abs=5e-6)
    assert pair["lift"] == pytest.approx(1.5136, abs=5e-5)
    assert pair["confidence"] == pytest.approx(736 / 2513)


def test_pairs_from_the_engine_and_from_item_sets_are_the_same(groceries):
    sets = frequent_item_sets(groceries, min_support=0.004, max_items=2)
    by_sets = item_set_rules(sets, min_confidence=0.1)
    by_pairs = pair_rules(counted(groceries), min_support=0.004, min_confidence=0.1)
    by_sets["antecedent"] = by_sets["antecedent"].str[0].astype("str")
    by_sets["consequent"] = by_sets["consequent"].astype("str")
    names = ["antecedent", "consequent", "n_both", "confidence", "lift", "confidence_high"]
    pd.testing.assert_frame_equal(
        by_sets.sort_values(names[:2])[names].reset_index(drop=True),
        by_pairs.sort_values(names[:2])[names].reset_index(drop=True),
    )


@pytest.mark.parametrize("least", [1, 60])
def test_pairs_counted_in_memory_are_those_of_the_engine(groceries, least):
    twice = pd.concat([groceries, groceries.head(500)])
    pd.testing.assert_frame_equal(
        count_pairs(twice, min_baskets=least), counted(groceries, least), check_dtype=False
    )


def random_lines(rng, n_baskets, n_items, share):
    held = rng.random((n_baskets, n_items)) < share
    baskets, items = np.nonzero(held)
    return pd.DataFrame({"transaction_id": baskets, "product_id": [f"p{k:03d}" for k in items]})


def test_every_set_counted_by_hand():
    lines = random_lines(np.random.default_rng(1), 70, 7, 0.4)
    held = {basket: set(part) for basket, part in lines.groupby("transaction_id")["product_id"]}
    least = int(np.ceil(0.1 * len(held)))
    expected = {}
    for size in range(1, 8):
        for items in combinations(sorted(lines["product_id"].unique()), size):
            count = sum(set(items) <= basket for basket in held.values())
            if count >= least:
                expected[items] = count
    found = frequent_item_sets(pd.concat([lines, lines.head(9)]), min_support=0.1)
    assert dict(zip(found["items"], found["n_baskets"], strict=True)) == expected
    assert found["n_items"].max() >= 3
    rules = item_set_rules(found, min_confidence=0.5)
    for rule in rules.itertuples():
        both = tuple(sorted((*rule.antecedent, rule.consequent)))
        assert rule.confidence == expected[both] / expected[rule.antecedent]


def test_order_of_the_rows_does_not_matter():
    lines = random_lines(np.random.default_rng(2), 50, 6, 0.4)
    shuffled = lines.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(
        frequent_item_sets(lines, min_support=0.05),
        frequent_item_sets(shuffled, min_support=0.05),
    )


def test_p_value_is_that_of_fishers_exact_test(groceries):
    pairs = counted(groceries, min_baskets=50).sample(20, random_state=4)
    rules = pair_rules(pairs, n_tests=len(pairs)).set_index(["antecedent", "consequent"])
    for pair in pairs.itertuples():
        table = [
            [pair.n_both, pair.n_a - pair.n_both],
            [pair.n_b - pair.n_both, pair.n_baskets - pair.n_a - pair.n_b + pair.n_both],
        ]
        expected = stats.fisher_exact(table, alternative="greater").pvalue
        found = rules.loc[(pair.item_a, pair.item_b), "p_value"]
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-300)


def test_q_values_are_those_of_scipy_when_every_pair_is_there():
    pairs = counted(random_lines(np.random.default_rng(5), 500, 12, 0.3))
    assert len(pairs) == 66
    rules = pair_rules(pairs)
    once = rules[rules["antecedent"] < rules["consequent"]]
    np.testing.assert_allclose(once["q_value"], stats.false_discovery_control(once["p_value"]))


def discoveries(rng, n_repetitions):
    """Share of repetitions with any discovery among pairs of items bought independently."""
    found = 0
    for _ in range(n_repetitions):
        rules = pair_rules(counted(random_lines(rng, 400, 20, 0.15)))
        found += (rules["q_value"] < 0.05).any()
    return found / n_repetitions


def test_few_discoveries_where_nothing_belongs_together():
    # every discovery is false here, so the rate is the chance of any; the exact test keeps below it
    assert discoveries(np.random.default_rng(6), 40) < 0.13


@pytest.mark.slow
def test_false_discoveries_stay_below_the_rate():
    assert discoveries(np.random.default_rng(7), 400) <= 0.05 + 0.022


def test_a_planted_pair_is_found():
    rng = np.random.default_rng(8)
    lines = random_lines(rng, 400, 20, 0.1)
    cutter = (
        lines.query("product_id == 'p003'")
        .assign(product_id="p004")
        .sample(frac=0.6, random_state=1)
    )
    rules = pair_rules(counted(pd.concat([lines, cutter])))
    strong = rules[rules["q_value"] < 0.05]
    assert set(strong["antecedent"]) == {"p003", "p004"}
    assert (strong["lift_low"] > 1).all()


def coverage(n_repetitions):
    rng = np.random.default_rng(9)
    hits = np.zeros(2)
    for _ in range(n_repetitions):
        a = rng.random(2000) < 0.1
        b = rng.random(2000) < np.where(a, 0.3, 0.1)
        pair = {
            "item_a": ["a"], "item_b": ["b"], "n_both": [(a & b).sum()], "n_a": [a.sum()],
            "n_b": [b.sum()], "n_baskets": [2000],
        }  # fmt: skip
        rule = pair_rules(pd.DataFrame(pair)).set_index("antecedent").loc["a"]
        hits += [
            rule["lift_low"] <= 0.3 / 0.12 <= rule["lift_high"],
            rule["confidence_low"] <= 0.3 <= rule["confidence_high"],
        ]
    return hits / n_repetitions


def test_intervals_of_lift_and_confidence_cover():
    assert coverage(400) == pytest.approx(0.95, abs=0.03)


PAIR = pd.DataFrame(
    {"item_a": ["a"], "item_b": ["b"], "n_both": [3], "n_a": [5], "n_b": [4], "n_baskets": [9]}
)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (PAIR.drop(columns="n_a"), r"lack the columns \['n_a'\]"),
        (PAIR.head(0), r"have 0 pairs, need 1"),
        (PAIR.assign(n_both=6), r"1 of 1 pairs have counts that contradict"),
        (PAIR.assign(n_baskets=5), r"contradict"),
    ],
)
def test_refused_counts(pairs, message):
    with pytest.raises(DataRejectedError, match=message):
        pair_rules(pairs)


def test_refused_parameters():
    with pytest.raises(ParameterError, match=r"n_tests=0: 1 pairs"):
        pair_rules(PAIR, n_tests=0)
    lines = random_lines(np.random.default_rng(1), 5, 3, 0.9)
    with pytest.raises(ParameterError, match=r"min_support=0"):
        frequent_item_sets(lines, min_support=0)
    with pytest.raises(DataRejectedError, match=r"0 rows of baskets"):
        frequent_item_sets(lines.head(0), min_support=0.1)
    with pytest.raises(DataRejectedError, match=r"missing: \['product'\]"):
        frequent_item_sets(lines, min_support=0.1, item="product")

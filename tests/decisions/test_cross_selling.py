"""Pairs, offers and actions of cross-selling, by hand and on nothing at all."""

import pandas as pd
import pytest

from crmlib.decisions import cross_selling
from crmlib.evaluation.followers import FOLLOWER_COLUMNS
from crmlib.features.baskets import NO_CATEGORY
from crmlib.periods import Window

PAIRS = pd.DataFrame(
    [
        ("bread", "milk", 900, 2000, 3000, 10_000),
        ("bread", "sauce", 100, 2000, 110, 10_000),
        ("noodles", "sauce", 70, 100, 110, 10_000),
        ("bread", NO_CATEGORY, 90, 2000, 100, 10_000),
        ("milk", "noodles", 30, 3000, 100, 10_000),
    ],
    columns=["item_a", "item_b", "n_both", "n_a", "n_b", "n_baskets"],
)
FOLLOWERS = pd.DataFrame(
    {
        "first": ["box", "tea"],
        "second": ["cutter", "milk"],
        "n_buyers": [200, 300],
        "effect_share": [0.2, 0.01],
        "effect_low_share": [0.15, -0.02],
        "effect_high_share": [0.25, 0.04],
        "is_found": [True, False],
    }
)
TOTALS = pd.DataFrame(
    {"item": ["cutter", "milk"], "n_order_days": [10, 100], "net_cents": [30_000, 10_000]}
)
NONE = pd.DataFrame({name: [] for name in FOLLOWER_COLUMNS}).astype({"is_found": bool})


def test_rules_that_hold_mostly_come_first_and_chance_is_left_out():
    rules = cross_selling.strong_rules(PAIRS, min_confidence=0.3)
    found = list(zip(rules["antecedent"], rules["consequent"], strict=True))
    # milk and noodles are together as chance has it; nobody wants rules about no category
    assert found == [
        ("noodles", "sauce"), ("sauce", "noodles"), ("sauce", "bread"), ("bread", "milk"),
        ("milk", "bread"),
    ]  # fmt: skip
    first = rules.iloc[0]
    assert first["confidence_share"] == pytest.approx(0.7)
    assert first["lift"] == pytest.approx(0.7 / 0.011)
    assert first["n_extra"] == round(70 - 100 * 110 / 10_000)
    assert list(rules) == list(cross_selling.RULE_COLUMNS)


def test_no_pair_gives_no_rule():
    for pairs in (PAIRS.head(0), PAIRS[PAIRS["item_b"] == NO_CATEGORY]):
        rules = cross_selling.strong_rules(pairs, min_confidence=0.3)
        assert rules.empty
        assert list(rules) == list(cross_selling.RULE_COLUMNS)


def test_worth_is_buyers_times_effect_times_sales_of_a_day():
    worth = cross_selling.followers_worth(FOLLOWERS, TOTALS, TOTALS[["net_cents"]])
    assert worth["extra_amount"].tolist() == pytest.approx([200 * 0.2 * 30, 300 * 0.01 * 1])
    assert cross_selling.total_worth(worth) == pytest.approx((1200, 900, 1500))
    nothing = cross_selling.followers_worth(NONE, TOTALS, TOTALS[["net_cents"]].head(0))
    assert cross_selling.total_worth(nothing) == (0, 0, 0)


def test_worth_of_a_sample_is_that_of_all_customers():
    half = pd.DataFrame({"net_cents": [TOTALS["net_cents"].sum() // 2]})
    worth = cross_selling.followers_worth(FOLLOWERS, TOTALS, half)
    assert cross_selling.total_worth(worth) == pytest.approx((2400, 1800, 3000), rel=1e-3)


def test_pairs_found_come_before_rules_and_none_twice():
    rules = cross_selling.strong_rules(PAIRS, min_confidence=0.3)
    found = cross_selling.pairs_to_offer(FOLLOWERS, rules)
    assert found.head(2).to_numpy().tolist() == [["box", "cutter"], ["noodles", "sauce"]]
    assert len(found.drop_duplicates()) == len(found) == 6


def test_only_fresh_first_buyers_are_offered_what_follows():
    waiting = pd.DataFrame(
        [
            ("box", "cutter", "fresh", 95, 95, 1, 500),
            ("box", "cutter", "late", 10, 96, 4, 900),
            ("tea", "milk", "rich", 5, 99, 9, 9000),
        ],
        columns=["first", "second", "customer_id", "first_day", "last_day", "n_order_days",
                 "net_cents"],
    )  # fmt: skip
    offers = cross_selling.customers_to_offer(waiting, FOLLOWERS, window=Window(90, 99))
    assert offers["customer_id"].tolist() == ["fresh", "rich"]
    assert offers["basis"].tolist() == ["follows a first purchase", "bought together"]
    assert offers["net_amount"].tolist() == [5.0, 90.0]
    slow = pd.DataFrame({"n_customers": [40], "rest_amount": [10.0], "n_orders": [50]})
    actions = cross_selling.actions_from_cross_selling(offers, FOLLOWERS, slow)
    assert actions["n_customers"].tolist() == [1, 1, 40]
    assert actions["net_amount"].tolist() == [5.0, 90.0, 500.0]
    assert "1 of 2 pairs" in actions["evidence"].iloc[0]
    nobody = cross_selling.actions_from_cross_selling(offers.head(0), NONE, slow.head(0))
    assert nobody.empty


def test_products_get_their_category_and_slow_sellers_what_the_master_says():
    products = pd.DataFrame({"product_id": ["p", "q"], "category": ["tea", None]})
    rules = pd.DataFrame({"antecedent": ["p"], "consequent": ["q"], "lift": [2.0]})
    named = cross_selling.with_kinds(rules, products)
    assert named.iloc[0].tolist() == ["p, tea", "q", 2.0]
    assert cross_selling.with_kinds(rules, products[["product_id"]]) is rules
    columns = ["n_baskets", "n_customers", "own_amount", "rest_amount", "expected_amount",
               "excess_amount", "excess_low_amount", "excess_high_amount",
               "total_amount"]  # fmt: skip
    value = pd.DataFrame({name: [1.0, 2.0] for name in columns})
    value = value.assign(item=["p", "q"], is_found=[True, False])
    slow = cross_selling.slow_sellers(value, products)
    assert slow[["product_id", "category", "n_orders"]].to_numpy().tolist() == [["p", "tea", 1.0]]

"""Reasons, potential and actions of white spots, by hand and on nothing at all."""

import numpy as np
import pandas as pd
import pytest

from crmlib.decisions import reasons, white_spots

GAPS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d", "e", "f", "g"],
        "item": ["tea", "jam", "tea", "ice", "tea", "jam", "salt"],
        "expected_rate": 0.6,
        "spend_share": 0.1,
        "spend_amount": 252.0,
        "next_rate": 0.1,
    }
)
FACTS = {
    "of_customers": pd.DataFrame(
        {"customer_id": list("abcdefg"), "n_lines": 10, "n_discounted": [0, 0, 0, 8, 0, 0, 0]}
    ),
    "of_items": pd.DataFrame(
        {"category": ["tea", "jam", "ice"], "n_lines": 100, "n_discounted": [10, 10, 30]}
    ),
    "sold:store_id": pd.DataFrame(
        {
            "place": ["s1", "s1", "s1", "s2", "s2"],
            "item": ["tea", "jam", None, "tea", None],
            "n_customers": [60, 40, 100, 10, 50],
        }
    ),
    "main:store_id": pd.DataFrame(
        {"customer_id": list("abcdefg"), "place": ["s1", "s2", "s1", "s1", "s1", "s1", None]}
    ),
    "complained": pd.DataFrame({"customer_id": ["a"], "item": ["tea"], "n_complaints": [2]}),
    "held": pd.DataFrame({"customer_id": ["c", "a"], "item": ["coffee", "coffee"]}),
    "on_offer": pd.DataFrame({"offer_id": ["o1", "o2"], "item": ["tea", "jam"]}),
    "in_campaigns": pd.DataFrame({"campaign_id": ["m1"], "offer_id": ["o1"]}),
    "offered": pd.DataFrame({"customer_id": ["e", "a"], "item": ["tea", "tea"], "n_offers": 1}),
}
INSTEAD = pd.DataFrame(
    {"item": ["tea"], "instead": ["coffee"], "partial_correlation": [-0.2]}
)  # fmt: skip


@pytest.fixture
def spots() -> pd.DataFrame:
    told = reasons.with_reasons(GAPS, FACTS, INSTEAD)
    return white_spots.with_potential(told, window_days=252)


def test_each_white_spot_gets_the_most_particular_reason(spots):
    assert spots["reason"].tolist() == [
        "complaint",  # though he was offered it and buys coffee
        "not sold there",  # 13 of the 50 customers of that shop should buy jam
        "substitute owned",
        "price",
        "no need seen",
        "unknown",  # jam was on offer for everybody
        "never offered",
    ]
    assert spots["evidence"].tolist() == [
        "complaints about it: 2",
        "store s2",
        "buys coffee",
        "at a discount: 80 % of all, 30 % of this",
        "offered to the customer: 1 times",
        "",
        "no offer of it",
    ]
    assert spots.loc[0, ["has_substitute_owned", "has_no_need_seen"]].all()


def test_reasons_are_counted_and_add_up(spots):
    table = white_spots.by_reason(spots).set_index("reason")
    assert table.index.tolist() == list(reasons.REASONS)
    assert table["n_white_spots"].sum() == len(spots)
    assert table.loc["no need seen", ["n_white_spots", "n_hold"]].tolist() == [1, 2]
    assert table["potential_amount"].sum() == pytest.approx(spots["potential_amount"].sum())


def test_potential_is_share_times_spend_of_a_year(spots):
    assert spots["potential_amount"].tolist() == pytest.approx([36.5] * 7)


def test_sources_that_tell_nothing_leave_all_unknown():
    facts = {name: FACTS[name] for name in ("of_customers", "of_items")}
    facts["of_customers"] = facts["of_customers"].assign(n_discounted=0)
    told = reasons.with_reasons(GAPS, facts, INSTEAD.head(0))
    assert set(told["reason"]) == {"unknown"}


def test_total_counts_customers_without_a_white_spot_and_has_an_interval():
    rng = np.random.default_rng(1)
    spots = pd.DataFrame(
        {"customer_id": np.arange(60).astype(str), "potential_amount": rng.gamma(2, 50, 60)}
    )
    categories = pd.DataFrame({"n_best": [100]})
    total = white_spots.total_with_interval(spots, categories, rng=rng)
    assert total["value"] == pytest.approx(spots["potential_amount"].sum())
    assert total["low"] < total["value"] < total["high"]
    few = white_spots.total_with_interval(spots.head(3), categories, rng=rng)
    assert np.isnan(few["low"])


def test_categories_and_list_and_actions(spots):
    by_item = pd.DataFrame(
        {
            "item": ["ice", "jam", "salt", "tea", "wine"],
            "n_best": 10,
            "n_buyers": [5, 6, 7, 4, 9],
            "expected_rate": [0.6, 0.6, 0.6, 0.6, 0.6],
        }
    )
    table = white_spots.categories(spots, by_item).set_index("item")
    assert table.index[0] == "tea"
    assert table.loc["tea", ["n_white_spots", "gap_share"]].tolist() == pytest.approx([3, 0.2])
    assert table.loc["jam", "reason"] == "not sold there"
    assert table.loc["wine", ["n_white_spots", "potential_amount"]].tolist() == [0, 0]
    listed = white_spots.customers_to_act_on(spots)
    assert listed["customer_id"].tolist() == list("abdefg")  # c has a substitute
    actions = white_spots.actions_from_white_spots(white_spots.by_reason(spots))
    assert actions["n_customers"].tolist() == [1] * 6
    assert not actions["who"].str.contains("substitute").any()


def test_no_white_spot_at_all():
    none = reasons.with_reasons(GAPS.head(0), FACTS, INSTEAD)
    none = white_spots.with_potential(none, window_days=252)
    table = white_spots.by_reason(none)
    assert table["n_white_spots"].sum() == 0
    assert white_spots.actions_from_white_spots(table).empty
    assert white_spots.customers_to_act_on(none).empty
    by_item = pd.DataFrame(
        {"item": ["tea"], "n_best": [10], "n_buyers": [10], "expected_rate": [0.9]}
    )
    assert white_spots.categories(none, by_item)["n_white_spots"].tolist() == [0]
    assert white_spots.categories(none, by_item.head(0)).empty

"""White spots of the best tenth of 2,469 households: reasons counted, checked on later weeks."""

import pytest

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("complete_journey")]

CHAPTER = "20_white_spots"


def test_reasons_are_counted_and_unknown_is_said(complete_journey):
    reasons = complete_journey.table(f"{CHAPTER}/reasons").set_index("reason")
    assert reasons["n_white_spots"].sum() > 4_000
    assert reasons.loc["unknown", "n_white_spots"] > 1_000
    for code in ("never offered", "substitute owned", "price"):
        assert reasons.loc[code, "n_white_spots"] > 20
    assert "the data show a reason" in complete_journey.headline(CHAPTER)[2]


def test_white_spots_are_bought_more_often_in_the_next_weeks_than_matched_gaps(complete_journey):
    against = complete_journey.table(f"{CHAPTER}/against_matched").iloc[0]
    assert against["n_white_spots"] > 10_000
    assert against["low_share"] > 0.05
    assert against["white_spot_rate"] > 1.8 * against["matched_rate"]


def test_what_was_foretold_came_true(complete_journey):
    bands = complete_journey.table(f"{CHAPTER}/gaps_closed")
    assert bands["bought_rate"].is_monotonic_increasing
    assert (bands["promised_rate"] - bands["bought_rate"]).abs().max() < 0.03
    assert bands["bought_rate"].iloc[-1] > 5 * bands["bought_rate"].iloc[0]


def test_list_names_customers_categories_and_what_to_do(complete_journey):
    listed = complete_journey.table(f"{CHAPTER}/white_spots")
    assert (listed["expected_rate"] >= 0.5).all()
    assert not listed.duplicated(["customer_id", "item"]).any()
    assert listed["what_to_do"].str.len().min() > 10
    assert listed["potential_amount"].is_monotonic_decreasing


def test_butter_and_margarine_or_salads_are_bought_instead_of_each_other(complete_journey):
    listed = complete_journey.table(f"{CHAPTER}/categories")
    owned = listed[listed["reason"] == "substitute owned"]["item"]
    assert set(owned) & {"SALAD MIX", "VEGETABLES SALAD", "BUTTER", "MARGARINES"}

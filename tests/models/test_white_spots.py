"""Expected purchases: the closed form, calibration on other customers and later weeks, refusals."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import NotEnoughDataError, SchemaError
from crmlib.evaluation.calibration import calibration
from crmlib.models.expected_purchases import (
    ExpectedPurchases,
    NextPurchase,
    gaps_of_best,
    open_cells,
    substitutes,
)
from crmlib.models.purchases import purchases
from crmlib.models.white_spots import find_white_spots

N_ITEMS = 12
NAMES = ["customer_id", "item", "n_lines", "net_cents", "value_cents", "n_ahead"]


def shop(rng, *, n=1500, lines=14.0, white=0.0, rivals=False) -> pd.DataFrame:
    """Customers of three tastes who buy more or less; some items are never bought though liked.

    With `white`, this share of what is liked is never bought here. With `rivals`, who takes the
    first item takes the second one a fifth as often.
    """
    taste = rng.integers(0, 3, n)
    rate = np.full((n, N_ITEMS), 0.3)
    rate[np.arange(N_ITEMS)[None, :] % 3 == taste[:, None]] = 1.6
    rate *= rng.gamma(4, 0.25, (n, N_ITEMS)) * rng.gamma(4, 0.25, n)[:, None] * lines / 14
    rate[rng.random((n, N_ITEMS)) < white] = 0
    if rivals:
        takes = rng.random(n) < 0.5
        rate[takes, 1] *= 0.05
        rate[~takes, 0] *= 0.05
    count, ahead = rng.poisson(rate), rng.poisson(rate * 0.2)
    customer, item = np.nonzero(count + ahead)
    cents = (count * rng.integers(200, 900, (n, N_ITEMS)))[customer, item]
    return pd.DataFrame(
        {
            "customer_id": [f"c{k:05d}" for k in customer],
            "item": [f"i{k:02d}" for k in item],
            "n_lines": count[customer, item],
            "net_cents": cents,
            "value_cents": cents // 3,
            "n_ahead": ahead[customer, item],
        }
    )


def test_matrix_by_hand():
    rows = pd.DataFrame(
        [
            ("b", "tea", 2, 500, 100, 1),
            ("b", None, 1, 100, 20, 0),
            ("a", "jam", 1, 300, 300, 0),
            ("a", "tea", 0, 0, 0, 2),
            ("a", "salt", 1, 50, 5, 0),
            ("new", "tea", 0, 0, 0, 1),  # nothing in the window
        ],
        columns=NAMES,
    )
    data = purchases(rows, n_items=2, drop=["salt"])
    assert data.customers.tolist() == ["a", "b"]
    assert data.items.tolist() == ["jam", "tea"]
    assert data.held.toarray().tolist() == [[1, 0], [0, 1]]
    assert data.ahead.toarray().tolist() == [[0, 1], [0, 1]]
    assert data.spend.tolist() == [3.5, 6.0]
    assert data.best(0.5).tolist() == [0]  # a has the greater margin
    with pytest.raises(SchemaError, match="n_ahead"):
        purchases(rows.drop(columns="n_ahead"), n_items=2)


def test_weights_are_those_of_one_ridge_regression_per_item():
    data = purchases(shop(np.random.default_rng(1), n=400), n_items=N_ITEMS)
    held = data.held.toarray()
    shares = data.net.toarray() / data.spend[:, None]
    model = ExpectedPurchases().fit(data)
    for item in (0, 7):
        others = np.delete(np.arange(N_ITEMS), item)
        x = held[:, others] - held[:, others].mean(axis=0)
        inverse = np.linalg.inv(x.T @ x + 0.2 * len(held) * np.eye(N_ITEMS - 1))
        expected = inverse @ x.T @ held[:, item]
        np.testing.assert_allclose(model.weights_[others, item], expected, rtol=1e-8)
        on_share = inverse @ x.T @ shares[:, item]
        np.testing.assert_allclose(model.share_weights_[others, item], on_share, rtol=1e-8)
        assert model.weights_[item, item] == model.share_weights_[item, item] == 0


def test_probabilities_hold_for_other_customers():
    rng = np.random.default_rng(2)
    known, others = (purchases(shop(rng), n_items=N_ITEMS) for _ in range(2))
    model = ExpectedPurchases().fit(known)
    rows = np.arange(len(others.customers))
    found = calibration(model.predict(others, rows).ravel(), others.held.toarray().ravel())
    assert found.slope == pytest.approx(1, abs=0.12)
    assert found.intercept == pytest.approx(0, abs=0.12)
    assert found.brier < 0.93 * found.brier_of_base_rate


def test_shares_of_spend_add_up_to_what_is_spent():
    data = purchases(shop(np.random.default_rng(3)), n_items=N_ITEMS)
    model = ExpectedPurchases().fit(data)
    share = model.predict_share(data, np.arange(len(data.customers)))
    actual = data.net.toarray() / data.spend[:, None]
    np.testing.assert_allclose(share.mean(axis=0), actual.mean(axis=0), rtol=0.05)


def test_chance_of_the_weeks_ahead_holds_later():
    rng = np.random.default_rng(4)
    earlier, later = (purchases(shop(rng, n=3000), n_items=N_ITEMS) for _ in range(2))
    cells = [open_cells(one, ExpectedPurchases().fit(one), one.sample(5000))
             for one in (earlier, later)]  # fmt: skip
    chance = NextPurchase().fit(cells[0]).predict(cells[1])
    found = calibration(chance, cells[1]["is_ahead"])
    assert found.slope == pytest.approx(1, abs=0.15)
    assert found.intercept == pytest.approx(0, abs=0.1)


def test_planted_white_spots_are_found_more_often_than_by_chance():
    data = purchases(shop(np.random.default_rng(5), white=0.1), n_items=N_ITEMS)
    model = ExpectedPurchases().fit(data)
    gaps, by_item = gaps_of_best(data, model, best_share=0.2, min_expected=0.5)
    cells = open_cells(data, model, data.best(0.2))
    assert len(gaps) == (cells["expected_rate"] >= 0.5).sum()
    assert (gaps["expected_rate"] >= 0.5).all()
    assert set(gaps["customer_id"]) <= set(data.customers[data.best(0.2)])
    assert by_item["n_best"].eq(len(data.best(0.2))).all()
    rate = by_item["n_buyers"] / by_item["n_best"]
    assert (by_item["expected_rate"] - rate).abs().max() < 0.12
    # planted ones are never bought later, so fewer white spots than promised fill themselves
    assert gaps.merge(cells, on=["customer_id", "item"])["is_ahead"].mean() < 0.25


def test_rivals_are_found_and_nothing_else():
    data = purchases(shop(np.random.default_rng(6), n=4000, rivals=True), n_items=N_ITEMS)
    found = substitutes(data)
    assert set(zip(found["item"], found["instead"], strict=True)) == {
        ("i00", "i01"), ("i01", "i00"),
    }  # fmt: skip
    assert (found["partial_correlation"] <= -0.1).all()
    alike = purchases(shop(np.random.default_rng(6), n=4000), n_items=N_ITEMS)
    assert not set(substitutes(alike)["item"])


def test_study_learns_checks_and_foretells():
    rng = np.random.default_rng(7)
    now, later, earlier = (purchases(shop(rng), n_items=N_ITEMS) for _ in range(3))
    found = find_white_spots(now, later=later, earlier=earlier, best_share=0.1, min_expected=0.5)
    assert found.gaps["next_rate"].between(0, 1).all()
    assert found.checked["is_ahead"].mean() == pytest.approx(found.checked["next_rate"].mean(),
                                                             abs=0.02)  # fmt: skip
    assert set(found.held["customer_id"]) == set(found.gaps["customer_id"])


def test_too_few_customers_give_no_gap_and_no_check():
    few = purchases(shop(np.random.default_rng(8), n=20), n_items=N_ITEMS)
    with pytest.raises(NotEnoughDataError, match="have 20 customers and 12 items"):
        ExpectedPurchases().fit(few)
    found = find_white_spots(few, later=few, earlier=few, best_share=0.1, min_expected=0.5)
    assert found.gaps.empty
    assert found.by_item.empty
    assert found.checked.empty
    many = purchases(shop(np.random.default_rng(8)), n_items=N_ITEMS)
    unchecked = find_white_spots(many, later=few, earlier=few, best_share=0.1, min_expected=0.5)
    assert len(unchecked.gaps)
    assert unchecked.gaps["next_rate"].isna().all()
    nothing = purchases(shop(np.random.default_rng(8)).head(0), n_items=N_ITEMS)
    empty = find_white_spots(nothing, later=few, earlier=few, best_share=0.1, min_expected=0.5)
    assert empty.gaps.empty


def test_nothing_bought_later_is_nothing_to_learn_from():
    data = purchases(shop(np.random.default_rng(9), n=100).assign(n_ahead=0), n_items=N_ITEMS)
    cells = open_cells(data, ExpectedPurchases().fit(data), data.sample(100))
    with pytest.raises(NotEnoughDataError, match="have 0 of"):
        NextPurchase().fit(cells)

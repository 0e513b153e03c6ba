"""Slow sellers in large baskets: planted ones found, none among items put anywhere, by hand."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.slow_sellers import BASKET_COLUMNS, basket_value
from crmlib.features.collect import collect
from crmlib.features.companions import basket_companions
from crmlib.periods import Window

WINDOW = Window(0, 99)
N_SLOW = 40


def shop(rng, *, n_customers=400, drivers=0) -> pd.DataFrame:
    """Customers with baskets of their own size, staples in most, slow sellers dropped anywhere.

    Each further line of a basket is a slow seller with the same chance, so that large baskets hold
    more of them; rich customers have larger baskets of dearer things. The first `drivers` slow
    sellers come into the large ones of a customer's baskets more often.
    """
    rows = []
    size, price = rng.integers(2, 14, n_customers), rng.lognormal(5, 0.7, n_customers)
    for customer in range(n_customers):
        for basket in range(12):
            n = 1 + rng.poisson(size[customer])
            names = [f"staple{k}" for k in range(4) if rng.random() < 0.8]
            names += [f"some{rng.integers(30)}" for _ in range(n)]
            slow = np.flatnonzero(rng.random(N_SLOW) < 0.004 * n)
            extra = np.flatnonzero((rng.random(N_SLOW) < 0.3) & (np.arange(N_SLOW) < drivers))
            names += [f"slow{k}" for k in (*slow, *(extra if n > 1.3 * size[customer] else ()))]
            rows += [
                (f"{customer}-{basket}", str(customer), name, 8 * basket, price[customer])
                for name in names
            ]
    frame = pd.DataFrame(
        rows, columns=["transaction_id", "customer_id", "product_id", "occurred_day", "net_cents"]
    )
    own = frame["product_id"].str.startswith("slow")
    frame["net_cents"] = np.where(own, 90, frame["net_cents"]).round().astype(int)
    return frame.assign(quantity=1.0)


def valued(lines: pd.DataFrame, *, max_own_cents: int = 60_000) -> pd.DataFrame:
    lazy = nw.from_native(lines).lazy()
    counted = basket_companions(lazy, window=WINDOW, max_own_cents=max_own_cents, min_baskets=20)
    return basket_value(collect(counted), window=WINDOW)


def test_slow_sellers_dropped_anywhere_are_not_found_and_their_intervals_hold_nought():
    table = valued(shop(np.random.default_rng(1)))
    assert len(table) == N_SLOW
    assert table["is_found"].sum() <= 1
    holds = (table["excess_low_amount"] < 0) & (table["excess_high_amount"] > 0)
    assert holds.mean() > 0.85


def test_planted_ones_are_found_and_the_others_are_not():
    table = valued(shop(np.random.default_rng(2), drivers=4))
    found = set(table.loc[table["is_found"], "item"])
    assert found >= {f"slow{k}" for k in range(4)}
    assert len(found) <= 5
    assert list(table) == list(BASKET_COLUMNS)


def test_a_dear_taste_of_the_buyers_does_not_count():
    """One slow seller goes to the rich alone, who would have spent as much beside another one."""
    lines = shop(np.random.default_rng(3))
    rich = lines.groupby("customer_id")["net_cents"].max() > 250
    is_rich = lines["customer_id"].map(rich)
    lines = lines[(lines["product_id"] != "slow0") | is_rich]
    table = valued(lines).set_index("item")
    assert table.loc["slow0", "usual_share"] > 0.5
    assert table["usual_share"].drop("slow0").abs().max() < 0.3
    assert not table.loc["slow0", "is_found"]


@pytest.mark.slow
def test_false_findings_stay_below_the_rate():
    rng = np.random.default_rng(4)
    found = [valued(shop(rng, n_customers=150))["is_found"].any() for _ in range(60)]
    assert np.mean(found) <= 0.13


COUNTED = pd.DataFrame(
    {
        "item": ["x", "new", "rare"],
        "n_baskets": [40, 40, 40],
        "own_cents": [4000, 4000, 4000],
        "own_margin_cents": [1000.0, None, 1000.0],
        "first_day": [0, 80, 0],
        "n_compared": [40, 40, 40],
        "n_customers": [40, 40, 29],
        "rest_cents": [80_000, 80_000, 80_000],
        "expected_cents": [60_000, 60_000, 60_000],
        "baskets_squared": [40, 40, 40],
        "excess_baskets_cents": [20_000, 20_000, 20_000],
        "excess_squared_amount": [2_600, 2_600, 2_600],
        "all_rest_cents": [100_000] * 3,
        "n_all": [100] * 3,
    }
)


def test_amounts_and_interval_by_hand_new_and_rare_items_left_out():
    """Forty customers with one basket each, mean excess 5, mean square 65."""
    table = basket_value(COUNTED, window=WINDOW)
    assert table["item"].tolist() == ["x"]
    row = table.iloc[0]
    assert row[["rest_amount", "expected_amount", "excess_amount"]].tolist() == [20, 15, 5]
    assert row["usual_share"] == pytest.approx(0.5)
    assert row["total_amount"] == pytest.approx(200)
    error = ((65 - 25) * 40 / 39 / 40) ** 0.5
    assert row["excess_high_amount"] - 5 == pytest.approx(2.022691 * error, rel=1e-5)


def test_nothing_to_look_at_gives_an_empty_table():
    table = basket_value(COUNTED.head(0), window=WINDOW)
    assert table.empty
    assert list(table) == list(BASKET_COLUMNS)

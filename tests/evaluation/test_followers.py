"""What follows a first purchase: by hand, planted, and nothing where only taste or season is."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import ParameterError, SchemaError
from crmlib.evaluation import followers as module
from crmlib.evaluation.followers import FOLLOWER_COLUMNS, followers

ITEMS = list("abcdef")
N_DAYS = 700
OPTIONS = {"as_of_day": N_DAYS, "horizon_days": 60}


def visits_of(held: np.ndarray, buyer: np.ndarray, day: np.ndarray) -> pd.DataFrame:
    """One row per visit and item, and one for all else."""
    at, code = np.nonzero(held)
    at = np.concatenate([at, np.arange(len(held))])
    code = np.concatenate([code, np.full(len(held), -1)])
    return pd.DataFrame(
        {"buyer": buyer[at], "occurred_day": day[at], "code": code, "net_cents": 500}
    )


def shop(rng, *, n_buyers=1500, next_order=0.0, season=0.0, n_visits=14) -> pd.DataFrame:
    """Buyers of two tastes: `a` to `c` go together, `d` to `f` go together, and nothing helps.

    With `next_order`, an order with `a` gets a `b` into the next one with this probability; with
    `season`, this share buys `a` in one month only and `b` in the next one only.
    """
    buyer = np.repeat(np.arange(n_buyers), n_visits)
    gaps = rng.integers(8, 40, n_buyers * n_visits)
    day = gaps.reshape(n_buyers, n_visits).cumsum(axis=1).ravel()
    likes = rng.random(n_buyers) < 0.5
    strong, weak = rng.beta(2, 6, (n_buyers, 6)), rng.beta(1, 20, (n_buyers, 6))
    is_mine = np.where(likes[:, None], np.arange(6) < 3, np.arange(6) >= 3)
    share = np.where(is_mine, strong, weak)[buyer]
    if season:
        share[:, 0] = season * ((day > 200) & (day < 230))
        share[:, 1] = season * ((day > 230) & (day < 260))
    held = rng.random(share.shape) < share
    follows = held[:-1, 0] & (buyer[1:] == buyer[:-1]) & (rng.random(len(held) - 1) < next_order)
    held[1:, 1] |= follows & (day[1:] - day[:-1] <= 60)
    kept = day < N_DAYS
    return visits_of(held[kept], buyer[kept], day[kept])


def test_four_shares_and_effect_by_hand():
    """Nine buy `a` on the second of three visits; ninety never do. All are in one stratum."""
    plan = [(4, "b", "ab", ""), (6, "", "a", "b"), (2, "", "a", ""), (3, "b", "", "b")]
    plan += [(20, "b", "", ""), (30, "", "", "b"), (37, "", "", "")]
    rows = [
        (buyer, day, code, 500 * (code < 0))
        for buyer, visits in enumerate(visit for n, *visit in plan for _ in range(n))
        for day, held in zip((100, 110, 120), visits, strict=True)
        for code in (-1, *(ITEMS.index(item) for item in held))
    ]
    frame = pd.DataFrame(rows, columns=["buyer", "occurred_day", "code", "net_cents"])
    order = module._order(frame, n_items=2, as_of_day=130, horizon_days=60)
    table = module._effects(order, lead=0, level=0.95).set_index("second").loc[1]
    assert table["n_buyers"] == 12
    shares = ["before_rate", "after_rate", "matched_before_rate", "matched_after_rate"]
    assert table[shares].tolist() == pytest.approx([4 / 12, 6 / 12, 23 / 90, 33 / 90])
    effect = 2 / 12 - 10 / 90
    assert table["effect_share"] == pytest.approx(effect)
    assert table["gain_share"] == pytest.approx(effect / (1 - 4 / 12 - 10 / 90))
    # nobody had b both before and after: 10 of the buyers changed, and of the others 50
    variance = 10 / 144 - (2 / 12) ** 2 / 12 + 50 / 90**2
    half = table["effect_high_share"] - table["effect_share"]
    assert half == pytest.approx(1.959964 * variance**0.5, rel=1e-6)


def test_a_purchase_of_the_first_item_in_the_next_order_does_not_count():
    rows = [(0, 10, 0, 1), (0, 20, 0, 1), (0, 5, 1, 1), (1, 5, 1, 1), (1, 10, 1, 1), (1, 20, 1, 1)]
    frame = pd.DataFrame(rows, columns=["buyer", "occurred_day", "code", "net_cents"])
    order = module._order(frame, n_items=2, as_of_day=30, horizon_days=60)
    is_buyer, is_other = module._groups(order, 0, lead=0)
    assert order.framed.tolist() == [1, 4]
    assert is_buyer.tolist() == [False, False]
    assert is_other.tolist() == [False, True]


@pytest.mark.parametrize("next_order", [0.1, 0.3])
def test_planted_effect_is_found_and_covered(next_order):
    found = followers(shop(np.random.default_rng(5), next_order=next_order), ITEMS, **OPTIONS)
    pair = found.iloc[0]
    assert (pair["first"], pair["second"]) == ("a", "b")
    assert found["is_found"].sum() == 1
    assert pair["gain_low_share"] < next_order < pair["gain_high_share"]
    assert pair["placebo_low_share"] < 0 < pair["placebo_high_share"]
    assert list(found) == list(FOLLOWER_COLUMNS)


def test_taste_alone_looks_like_an_effect_to_matched_customers_only():
    found = followers(shop(np.random.default_rng(6)), ITEMS, **OPTIONS)
    friends = found[found["first"].isin(list("abc")) == found["second"].isin(list("abc"))]
    assert (friends["above_matched_low_share"] > 0).all()
    assert not found["is_found"].any()


def test_season_alone_is_no_effect():
    visits = shop(np.random.default_rng(7), n_buyers=3000, season=0.35)
    pair = followers(visits, ITEMS, **OPTIONS).set_index(["first", "second"]).loc[("a", "b")]
    own_change = pair["after_rate"] - pair["before_rate"]
    assert own_change > 0.15
    assert abs(pair["effect_share"]) < own_change / 5
    assert not pair["is_found"]


def false_findings(seed, n_repetitions):
    rng = np.random.default_rng(seed)
    tables = (followers(shop(rng, n_buyers=700), ITEMS, **OPTIONS) for _ in range(n_repetitions))
    return np.mean([table["is_found"].any() for table in tables])


def test_few_findings_where_nothing_is_planted():
    assert false_findings(8, 12) <= 0.17


@pytest.mark.slow
def test_false_findings_stay_below_the_rate():
    assert false_findings(9, 200) <= 0.08


@pytest.mark.slow
def test_intervals_cover_the_planted_effect_and_the_negative_control_nought():
    rng = np.random.default_rng(10)
    hits = np.zeros(2)
    for _ in range(150):
        table = followers(shop(rng, n_buyers=700, next_order=0.2), ITEMS, **OPTIONS)
        pair = table.set_index(["first", "second"]).loc[("a", "b")]
        hits += [
            pair["gain_low_share"] < 0.2 < pair["gain_high_share"],
            pair["placebo_low_share"] < 0 < pair["placebo_high_share"],
        ]
    assert hits / 150 == pytest.approx(0.95, abs=0.045)


def test_order_of_rows_does_not_matter():
    visits = shop(np.random.default_rng(11), n_buyers=400)
    shuffled = visits.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(
        followers(visits, ITEMS, **OPTIONS), followers(shuffled, ITEMS, **OPTIONS)
    )


def test_nothing_bought_gives_an_empty_table_of_the_same_columns():
    none = shop(np.random.default_rng(1), n_buyers=5).head(0)
    for visits, items in ((none, ITEMS), (shop(np.random.default_rng(1), n_buyers=5), ITEMS)):
        table = followers(visits, items, **OPTIONS)
        assert table.empty
        assert list(table) == list(FOLLOWER_COLUMNS)


def test_refusals():
    visits = shop(np.random.default_rng(1), n_buyers=5)
    with pytest.raises(ParameterError, match="horizon_days=0"):
        followers(visits, ITEMS, as_of_day=1, horizon_days=0)
    with pytest.raises(SchemaError, match="net_cents"):
        followers(visits.drop(columns="net_cents"), ITEMS, **OPTIONS)

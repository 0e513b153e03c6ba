"""Preferences: planted ones are found at their strength, none where there are none."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.favourites import (
    clear_favourites,
    favourite_groups,
    group_indices,
    later_index,
)
from crmlib.evaluation.lasting import agreement, habit_agreement, lasting_table
from crmlib.evaluation.preference_profiles import leanings, profiles
from crmlib.evaluation.preferences import (
    Choices,
    choices_of,
    likeness,
    preferred,
    shrinking_weight,
)

SHARES = np.array([0.5, 0.3, 0.15, 0.05])


def simulated(rng, *, rho, n_customers=400, n=(12, 15), is_stable=True, aspect="brand"):
    """Dirichlet-multinomial choices with a planted intraclass correlation."""

    def drawn():
        if rho == 0:
            return np.tile(SHARES, (n_customers, 1))
        return rng.dirichlet(SHARES * (1 / rho - 1), n_customers)

    own = drawn()
    halves = [own, own if is_stable else drawn()]
    counted = np.stack([rng.multinomial(n[half], halves[half]) for half in (0, 1)]).astype(float)
    times = np.tile(np.array(n, dtype=float)[:, None], (1, n_customers))
    share = counted.sum(axis=1) / counted.sum(axis=(1, 2))[:, None]
    names = np.array([f"c{k}" for k in range(n_customers)], dtype=object)
    return Choices(aspect, tuple("pqrs"), names, times, counted, times[..., None] * share[:, None])


@pytest.mark.parametrize("rho", [0.05, 0.2, 0.5])
def test_likeness_is_the_planted_one(rho):
    found = [likeness(simulated(np.random.default_rng(seed), rho=rho)) for seed in range(5)]
    assert np.mean(found) == pytest.approx(rho, rel=0.1)


def test_likeness_by_hand():
    """Two customers who choose twice, always the same: as alike as can be."""
    n = np.array([[1.0, 1.0], [1.0, 1.0]])
    counted = np.array([[[1, 0], [0, 1]], [[1, 0], [0, 1]]], dtype=float)
    made = Choices("brand", ("p", "q"), np.array(["a", "b"], dtype=object), n, counted,
                   np.full((2, 2, 2), 0.5))  # fmt: skip
    assert likeness(made) == 1.0


def test_nothing_planted_nothing_found():
    """Over 60 seeds of 400 customers at most one in ten has any clear preference."""
    alarms = sum(
        preferred(simulated(np.random.default_rng(seed), rho=0))["is_clear"].any()
        for seed in range(60)
    )
    assert alarms <= 6
    made = simulated(np.random.default_rng(99), rho=0, n_customers=4000)
    assert likeness(made) < 0.003
    assert preferred(made)["preference_index"].between(95, 110).all()


def test_planted_preferences_are_found_and_few_false_ones():
    """A tenth of the customers has switched to the rarest value; almost only they are named."""
    rng = np.random.default_rng(4)
    made = simulated(rng, rho=0)
    made.counted[:, :40] = rng.multinomial(13, [0.2, 0.2, 0.1, 0.5], size=(2, 40))
    made.n[:, :40] = 13
    found = preferred(made)
    clear = found[found["is_clear"]]
    assert clear["customer_id"].isin(made.customer_id[:40]).mean() > 0.9
    assert len(clear) > 30
    assert (clear["value"] == "s").mean() > 0.9


def test_shrunk_shares_are_nearer_to_the_truth_than_raw_ones():
    rng = np.random.default_rng(5)
    own = rng.dirichlet(SHARES * 9, 500)
    counted = np.stack([rng.multinomial(3, own)] * 1 + [rng.multinomial(4, own)]).astype(float)
    n = np.tile(np.array([[3.0], [4.0]]), (1, 500))
    names = np.arange(500).astype(object)
    made = Choices("brand", tuple("pqrs"), names, n, counted, n[..., None] * SHARES)
    raw = counted.sum(axis=0) / 7
    shrunk = SHARES + shrinking_weight(7, likeness(made)) * (raw - SHARES)
    errors = [float(((one - own) ** 2).sum()) for one in (raw, shrunk)]
    assert errors[1] < 0.6 * errors[0]


@pytest.mark.parametrize("is_stable", [True, False])
def test_agreement_tells_lasting_from_passing_preferences(is_stable):
    """The correlation of the halves is rho / sqrt(...) if stable, and its interval covers it."""
    rho, n = 0.3, (12, 15)
    expected = 0.0
    if is_stable:
        noise = [(1 + (size - 1) * rho) / (size * rho) for size in n]
        expected = 1 / np.sqrt(np.prod(noise))
    hits = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        made = simulated(rng, rho=rho, is_stable=is_stable, n_customers=200)
        r, low, high, count = agreement(made, min_choices=5)
        hits.append(low <= expected <= high)
    assert count == 200
    assert np.mean(hits) > 0.85
    assert abs(r - expected) < 0.15


def test_too_few_customers_say_nothing():
    made = simulated(np.random.default_rng(1), rho=0.3, n_customers=9)
    assert np.isnan(agreement(made, min_choices=5)[0])
    assert agreement(made, min_choices=13)[3] == 0


def test_habits_of_the_halves():
    rng = np.random.default_rng(2)
    size = rng.gamma(2, 2, 300)
    habits = pd.DataFrame(
        {
            "customer_id": [f"c{k}" for k in range(300)] * 2,
            "half": ["first"] * 300 + ["second"] * 300,
            "n_orders": 1,
            "basket_lines": [*size, *(size + rng.normal(0, 0.1, 300))],
            "gap_median_days": [*rng.permutation(300), *rng.permutation(300)],
        }
    )
    _, low, _, n = habit_agreement(habits, habit="basket_lines")
    assert (low > 0.9, n) == (True, 300)
    table = lasting_table([simulated(rng, rho=0.3)], habits, min_choices=5)
    assert table.set_index("aspect")["outcome"].to_dict() == {
        "brand": "lasts", "size of the basket": "lasts", "rhythm of buying": "not shown",
    }  # fmt: skip


FAVOURITES = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "category": ["Wine", "Wine", "Tea"],
        "n": [12, 1, 3],
        "cents": [5000, 500, 100],
        "own_n": [15, 2, 9],
        "own_cents": [6000, 1000, 900],
        "share_n": [100_000, 100_000, 300_000],
        "share_cents": [200_000, 200_000, 100_000],
    }
)


def test_clear_favourites_by_hand():
    """12 of 15 choices at an expected tenth are no chance, 1 of 2 is."""
    found = clear_favourites(FAVOURITES, n_categories=10, likeness=0.1).set_index("customer_id")
    assert found["is_clear"].to_dict() == {"a": True, "b": False, "c": False}
    assert found["above_amount"].to_dict() == pytest.approx({"a": 38.0, "b": 3.0, "c": 0.1})
    weight = 15 * 0.1 / (1 + 14 * 0.1)
    assert found.loc["a", "preference_index"] == pytest.approx(
        100 * (0.2 + weight * (5 / 6 - 0.2)) / 0.2
    )


def test_later_index_by_hand():
    """Twelve customers who spend 30 of 60 on wine later, of which all spend a quarter: 200."""
    later = pd.DataFrame(
        {
            "customer_id": [f"c{k}" for k in range(12)],
            "favourite": "Wine",
            "n": 9,
            "own_n": 10,
            "share_n": 100_000,
            "own_cents": 6000,
            "later_cents": [2000, 4000] * 6,
        }
    )
    mix = pd.DataFrame(
        {
            "favourite": ["Wine", "Wine", None],
            "category": ["Wine", "Tea", "Tea"],
            "net_amount": [360.0, 360.0, 720.0],
            "squares": [12_000.0, 12_000.0, 60_000.0],
            "products": [21_600.0, 21_600.0, 60_000.0],
        }
    )
    found = later_index(later, mix, n_categories=2)
    assert found["favourite"].tolist() == ["", "Wine"]
    assert found["later_index"].tolist() == pytest.approx([200.0, 200.0])
    half_width = 1.959964 * np.sqrt(12 * 10**2) / (12 * 15)
    assert found["low_index"].tolist() == pytest.approx([200 - 100 * half_width] * 2, rel=1e-5)
    indices = group_indices(mix, later, favourites=["Wine", "Tea"])
    wine = indices.iloc[0]
    assert wine["category_index"] == pytest.approx(200.0)
    assert wine["is_different"]
    assert wine["low_index"] == pytest.approx(found["low_index"].iloc[0])


def test_empty_data_give_empty_tables():
    nobody = choices_of(
        pd.DataFrame(columns=["customer_id", "n_first", "n_second"]), aspect="brand", values=[]
    )
    assert preferred(nobody).empty
    assert np.isnan(likeness(nobody))
    none = clear_favourites(FAVOURITES.iloc[:0], n_categories=0, likeness=float("nan"))
    sales = pd.DataFrame({"customer_id": [], "n_orders": [], "net_cents": []}).astype(
        {"customer_id": "str"}
    )
    habits = pd.DataFrame(
        {"customer_id": [], "half": [], "n_orders": [], "basket_lines": [], "gap_median_days": []}
    ).astype({"customer_id": "str"})
    gaps = habits[["customer_id", "gap_median_days"]]
    customers = profiles(sales, none, [nobody], habits, gaps)
    assert customers.empty
    mix = pd.DataFrame(columns=["favourite", "category", "net_amount", "squares", "products"])
    early = pd.DataFrame(
        columns=["customer_id", "favourite", "n", "own_n", "share_n", "own_cents", "later_cents"]
    )
    later = later_index(early, mix, n_categories=0)
    assert favourite_groups(customers, later).empty
    assert group_indices(mix, early, favourites=[]).empty
    assert leanings(customers, [nobody]).empty
    assert (lasting_table([nobody], habits, min_choices=5)["outcome"] == "not shown").all()


def test_profiles_name_only_what_is_clear():
    made = simulated(np.random.default_rng(1), rho=0, n_customers=3, aspect="price_band")
    made.counted[0, 0] = [0, 0, 0, 12]
    made.counted[1, 0] = [0, 0, 0, 15]
    made = Choices(made.aspect, made.options, np.array(["a", "b", "c"], dtype=object), made.n,
                   made.counted, made.n[..., None] * SHARES)  # fmt: skip
    clear = clear_favourites(FAVOURITES, n_categories=10, likeness=0.1)
    sales = pd.DataFrame({"customer_id": ["a", "b", "d"], "n_orders": [3, 1, 1],
                          "net_cents": [6000, 1000, 5]})  # fmt: skip
    habits = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "half": ["first", "second", "first"],
            "n_orders": [1, 2, 1],
            "basket_lines": [3.0, 6.0, 1.0],
            "gap_median_days": [np.nan, 4, np.nan],
        }
    )
    gaps = pd.DataFrame({"customer_id": ["a"], "gap_median_days": [7]})
    table = profiles(sales, clear, [made], habits, gaps)
    assert table["customer_id"].tolist() == ["a", "b", "d"]
    assert table["favourite"].tolist() == ["Wine", "", ""]
    assert table["price_band"].tolist() == ["s", "", ""]
    assert table["basket_lines"].tolist()[:2] == [5.0, 1.0]
    assert leanings(table, [made])[["value", "n_customers"]].to_numpy().tolist() == [["s", 1]]

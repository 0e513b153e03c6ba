"""Regions: intervals after shrinkage cover what is planted; nothing is found where nothing is."""

import numpy as np
import pandas as pd
import pytest

from crmlib.decisions.regions import actions_from_regions, regions_to_act_on
from crmlib.errors import ParameterError
from crmlib.evaluation.regions import (
    OTHERS,
    compare_places,
    mix_of_places,
    pooled_cells,
    pooled_places,
)
from crmlib.evaluation.shrinkage import draw_group_values, ratio_errors

SIZES = np.array([930, 780, 630, 450, 135, 75])
NEED = np.array([1.0, 1.1, 0.95, 0.85, 1.3, 0.7])
NAMES = np.array(["North", "South", "West", "East", "Islands", "Alps"], dtype=object)


def customers(rng, need=NEED) -> pd.DataFrame:
    """Gamma-Poisson orders, amounts of orders with a customer's own level, in six regions."""
    region = np.repeat(np.arange(6), SIZES)
    n = len(region)
    days = rng.integers(30, 366, n)
    rate = rng.gamma(1.6, 6 / 1.6, n) * need[region] / 365
    orders = rng.poisson(rate * days)
    amount = orders * rng.lognormal(3, 0.6, n)
    bought = (orders > 0) & (rng.random(n) < 0.7)
    return pd.DataFrame(
        {
            "place": NAMES[region], "exposure_days": days, "n_orders": orders, "amount": amount,
            "net_cents": np.rint(100 * amount).astype("int64"), "is_known": 1,
            "is_buying": bought.astype(int),
        }
    )  # fmt: skip


def totals(members: pd.DataFrame) -> pd.DataFrame:
    """Add up as `crmlib.features.places.place_totals` does."""
    d, n, a = (members[name] for name in ("exposure_days", "n_orders", "amount"))
    every = members.assign(
        n_customers=1, exposure_squares=d * d, order_squares=n * n, amount_squares=a * a,
        orders_exposure=n * d, amount_exposure=a * d, amount_orders=a * n,
    ).rename(columns={"is_known": "n_known", "is_buying": "n_buying"})  # fmt: skip
    return every.groupby("place", as_index=False).sum()


def test_intervals_cover_the_planted_differences():
    """In 60 companies they cover each region, the small ones that are unlike the rest included."""
    hits = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        found = totals(customers(rng))
        measures = compare_places(found, rng=rng).measures.set_index(["measure", "place"])
        days = found.set_index("place")["exposure_days"]
        need = pd.Series(NEED, index=NAMES)
        truth = 100 * need / ((need * days).sum() / days.sum())
        for measure in ("orders_per_year", "amount_per_year"):
            rows = measures.loc[measure].join(truth.rename("truth"))
            hits.append(rows["low_index"].le(rows["truth"]) & rows["truth"].le(rows["high_index"]))
    covered = pd.concat(hits, axis=1).mean(axis=1)
    assert covered.mean() >= 0.94
    assert covered.min() >= 0.88


def test_nothing_planted_nothing_found():
    """Regions drawn by lot: at most one company in ten has a region that seems to differ."""
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(1000 + seed)
        found = compare_places(totals(customers(rng, np.ones(6))), rng=rng)
        alarms += bool(found.measures["is_different"].any() or found.potential["is_below"].any())
    assert alarms <= 6


def test_small_regions_are_drawn_towards_the_whole():
    rng = np.random.default_rng(3)
    measures = compare_places(totals(customers(rng)), rng=rng).measures
    sales = measures[measures["measure"] == "amount_per_year"].set_index("place")
    moved = (sales["raw_index"] - sales["shrunk_index"]).abs()
    assert moved["Alps"] > moved["North"]
    width = sales["high_index"] - sales["low_index"]
    assert width["Alps"] > width["North"]


def test_potential_is_the_gap_at_the_own_number_of_customers():
    """East buys 30 % less for certain: its gap is that of its customers to the whole, in money."""
    rng = np.random.default_rng(8)
    need = np.array([1.0, 1.0, 1.0, 0.5, 1.0, 1.0])
    found = totals(customers(rng, need))
    compared = compare_places(found, rng=rng)
    east = compared.potential.set_index("place").loc["East"]
    by_place = found.set_index("place")
    year = 365.25 * found["amount"].sum() / found["exposure_days"].sum()
    own = 365.25 * by_place.loc["East", "amount"] / by_place.loc["East", "exposure_days"]
    gap = 450 * (year - own)
    assert east["gap_low_amount"] < gap < east["gap_high_amount"]
    assert east["gap_amount"] == pytest.approx(gap, rel=0.15)
    assert (east["is_below"], east["reason"]) == (True, "fewer orders")
    regions = regions_to_act_on(compared, mix_of_places(cells(rng), found, categories=3, rng=rng))
    assert regions.iloc[0]["place"] == "East"
    assert compared.total["gap_amount"] == pytest.approx(
        regions.loc[regions["is_below"], "gap_amount"].sum()
    )


def cells(rng, *, lost=("West", "Wine", 0.5)) -> pd.DataFrame:
    """Spending by category; in one region a part of the customers buys one of them elsewhere."""
    place, category, share = lost
    parts = []
    for name, size in zip(NAMES, SIZES, strict=True):
        spent = rng.gamma(0.8, 20, (size, 3))
        if name == place:
            spent[rng.random(size) < share, ["Tea", "Wine", "Bread"].index(category)] = 0
        own = spent.sum(axis=1)
        for k, what in enumerate(("Tea", "Wine", "Bread")):
            y = spent[:, k]
            parts.append((name, what, int((y > 0).sum()), y.sum(), (y**2).sum(), (y * own).sum(),
                          own.sum() / 3, (own**2).sum() / 3))  # fmt: skip
    names = ["place", "category", "n_customers", "net_amount", "squares", "products", "own_amount",
             "own_squares"]  # fmt: skip
    return pd.DataFrame(parts, columns=names)


def test_category_lost_in_one_region_is_found():
    """Half of the customers of the West buy wine elsewhere: a bit more than half is left of it."""
    rng = np.random.default_rng(6)
    found = totals(customers(rng))
    mix = mix_of_places(cells(rng), found, categories=3, rng=rng).set_index(["place", "category"])
    wine = mix.loc[("West", "Wine")]
    assert wine["is_different"]
    assert wine["low_index"] < 100 * 0.5 / ((1 + 1 + 0.5) / 3) / 0.93 < wine["high_index"]
    actions = actions_from_regions(
        regions_to_act_on(compare_places(found, rng=rng), mix.reset_index()),
        mix.reset_index(),
        where="regions",
    )
    assert actions["recommendation"].str.contains("categories that regions buy too little").any()


def test_mix_finds_nothing_where_nothing_is_planted():
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(2000 + seed)
        found = totals(customers(rng))
        mix = mix_of_places(cells(rng, lost=("West", "Wine", 0)), found, categories=3, rng=rng)
        alarms += bool(mix["is_different"].any())
    assert alarms <= 6


def test_small_places_are_taken_together():
    rng = np.random.default_rng(1)
    found = pooled_places(totals(customers(rng)), min_customers=140)
    assert found["place"].tolist() == ["North", "South", "West", "East", OTHERS]
    assert found["n_customers"].tolist() == [930, 780, 630, 450, 210]
    added = pooled_cells(cells(rng), found)
    assert set(added["place"]) == set(found["place"])
    assert len(added) == 15


@pytest.mark.parametrize("n_places", [0, 1, 2])
def test_few_places_are_no_crash(n_places):
    rng = np.random.default_rng(1)
    found = totals(customers(rng)).iloc[:n_places]
    made = cells(rng)
    made = made[made["place"].isin(found["place"])]
    compared = compare_places(found, rng=rng)
    mix = mix_of_places(made, found, categories=3, rng=rng)
    assert len(compared.potential) == n_places
    assert len(mix) == (6 if n_places == 2 else 0)
    assert actions_from_regions(regions_to_act_on(compared, mix), mix, where="regions").empty


def test_places_without_sales_are_no_crash():
    rng = np.random.default_rng(1)
    found = totals(customers(rng, np.zeros(6)))
    compared = compare_places(found, rng=rng)
    assert not compared.measures["is_different"].any()
    assert (compared.potential["gap_amount"].fillna(0) == 0).all()


def test_shrunk_values_of_equal_errors_by_hand():
    """With the spread known to be large, the values stay; without any, they become one."""
    rng = np.random.default_rng(1)
    far = draw_group_values([-10.0, 0.0, 10.0, 20.0], [0.1] * 4, rng=rng).mean(axis=0)
    assert far == pytest.approx([-10, 0, 10, 20], abs=0.05)
    near = draw_group_values([-0.1, 0.0, 0.1, 0.0], [5.0] * 4, rng=rng).mean(axis=0)
    assert near == pytest.approx([0, 0, 0, 0], abs=0.3)


def test_group_of_which_nothing_is_known_is_like_the_others():
    rng = np.random.default_rng(1)
    draws = draw_group_values([1.0, 1.1, 0.9, 1.0, 9.0], [0.1] * 4 + [np.inf], rng=rng)
    assert draws[:, 4].mean() == pytest.approx(1.0, abs=0.05)
    assert draws[:, 4].std() > draws[:, 0].std()


def test_two_groups_are_left_as_they_are():
    draws = draw_group_values([1.0, 2.0], [0.1, 0.2], rng=np.random.default_rng(1))
    assert draws.mean(axis=0) == pytest.approx([1, 2], abs=0.02)
    assert draws.std(axis=0) == pytest.approx([0.1, 0.2], rel=0.1)


@pytest.mark.parametrize("errors", [[0.1, 0.0, 0.1], [0.1, np.nan, 0.1]])
def test_wrong_errors_are_refused(errors):
    with pytest.raises(ParameterError, match="every error must be positive"):
        draw_group_values([1.0, 2.0, 3.0], errors, rng=np.random.default_rng(1))


def test_errors_of_ratios_are_those_of_repeated_samples():
    """The stated error of a logarithm and of a root is the spread over 400 samples."""
    for scale in ("log", "root"):
        logs, errors = [], []
        for seed in range(400):
            rng = np.random.default_rng(seed)
            x = rng.gamma(5, 1, (2, 80))
            y = rng.poisson(x * 0.8) * 1.0
            sums = (y.sum(axis=1), x.sum(axis=1))
            squares = ((y * y).sum(axis=1), (x * x).sum(axis=1), (x * y).sum(axis=1))
            one, error = ratio_errors(sums, squares, scale=scale)
            logs.append(one[0])
            errors.append(error[0])
        assert np.mean(errors) == pytest.approx(np.std(logs), rel=0.1)


def test_root_of_nothing_has_an_error():
    roots, errors = ratio_errors(([0.0, 50.0], [10.0, 60.0]), ([0.0, 600.0], [20.0, 90.0], [0, 70]),
                                 scale="root")  # fmt: skip
    assert roots[0] == 0
    assert np.isfinite(errors).all()
    _, errors = ratio_errors(([0.0, 50.0], [10.0, 60.0]), ([0.0, 600.0], [20.0, 90.0], [0, 70]))
    assert errors[0] == np.inf

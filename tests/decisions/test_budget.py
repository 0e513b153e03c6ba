"""Budgets: published optima, the conditions of an optimum, whole cents, and refusals."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from crmlib.decisions.budget import allocate
from crmlib.errors import ParameterError
from crmlib.models.curves import ExponentialCurves, HillCurves, PowerCurves


def test_published_square_roots():
    # truth: x_i is proportional to a_i squared, value sqrt(100 * 50)
    found = allocate(PowerCurves(scale=[3, 4, 5]), 100)
    np.testing.assert_allclose(found.table["optimum_amount"], [18, 32, 50], atol=1e-9)
    assert found.table["spend_cents"].tolist() == [1800, 3200, 5000]
    assert found.value == pytest.approx(70.7107, abs=5e-5)


def test_published_saturating_curves():
    curves = ExponentialCurves(scale=[100, 80, 60], rate=[0.05, 0.03, 0.10])
    found = allocate(curves, 60)
    expected = [26.0976, 19.0304, 14.8720]
    np.testing.assert_allclose(found.table["optimum_amount"], expected, atol=5e-5)
    assert found.shadow_price == pytest.approx(1.35602, abs=5e-6)
    assert found.value == pytest.approx(154.1184, abs=5e-5)
    assert found.table["spend_cents"].sum() == 6000
    assert curves.value(np.full(3, 20.0)).sum() == pytest.approx(151.1870, abs=5e-5)


def test_names_of_the_cells_are_kept_and_bounds_found_by_name():
    scale = pd.Series([3.0, 4.0], index=["mail", "telephone"])
    floors = pd.Series([60.0, 0.0], index=["mail", "telephone"]).iloc[::-1]
    found = allocate(PowerCurves(scale=scale), 100, floors=floors)
    assert found.table["spend_amount"].to_dict() == {"mail": 60.0, "telephone": 40.0}
    assert found.table["bound"].tolist() == ["floor", ""]


def test_no_split_into_cents_is_better():
    """Every split of 23 cents among three cells is tried."""
    for curves in (
        ExponentialCurves(scale=[2, 3, 1], rate=[9.0, 4.0, 30.0]),
        PowerCurves(scale=[1, 1.3, 0.4], exponent=[0.3, 0.5, 0.8]),
        HillCurves(scale=[1, 2, 3], half=[0.05, 0.1, 0.4]),
    ):
        splits = [
            (a, b, 23 - a - b) for a, b in itertools.product(range(24), repeat=2) if a + b <= 23
        ]
        best = max(curves.value(np.array(split) / 100).sum() for split in splits)
        assert allocate(curves, 0.23).value == pytest.approx(best, rel=1e-12)


def make_curves(family, rng, n):
    scale = rng.gamma(2.0, 50.0, n)
    if family == "power":
        return PowerCurves(scale=scale, exponent=rng.uniform(0.1, 0.9, n))
    if family == "hill":
        return HillCurves(scale=scale, half=rng.gamma(2, 40, n), shape=rng.uniform(0.3, 1.0, n))
    return ExponentialCurves(scale=scale, rate=rng.gamma(2.0, 0.02, n))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    family=st.sampled_from(["power", "hill", "exponential"]),
    n=st.integers(1, 40),
    cents=st.integers(1, 5_000_000),
)
@example(seed=0, family="exponential", n=1, cents=1_329_904)
def test_conditions_of_an_optimum(seed, family, n, cents):
    rng = np.random.default_rng(seed)
    curves = make_curves(family, rng, n)
    total = cents / 100
    floors = np.floor(rng.uniform(0, 0.5, n) * total / n)
    caps = np.ceil(floors + rng.uniform(1.0, 3.0, n) * total / np.sqrt(n) + 1)
    found = allocate(curves, total, floors=floors, caps=caps)
    table = found.table
    assert table["spend_cents"].sum() == cents
    assert table["optimum_amount"].sum() == pytest.approx(total, abs=1e-6)
    assert (table["spend_cents"] >= floors * 100).all()
    assert (table["spend_cents"] <= caps * 100).all()
    # Karush-Kuhn-Tucker: between the bounds the price, at the floor less, at the cap more
    optimum = table["optimum_amount"].to_numpy()
    # (the slope of some curves is infinite at 0, therefore it is taken just beside it)
    # (a price below the smallest number there is counts as that number)
    smallest = np.finfo(float).tiny
    slope = np.maximum(curves.log_slope(optimum + 1e-9), np.log(smallest))
    price = np.log(max(found.shadow_price, smallest))
    at_floor, at_cap = optimum <= floors + 1e-6, optimum >= np.minimum(caps, total) - 1e-9
    np.testing.assert_allclose(slope[~at_floor & ~at_cap], price, atol=1e-3)
    assert (slope[at_floor & ~at_cap] <= price + 1e-3).all()
    assert (slope[at_cap & ~at_floor] >= price - 1e-3).all()
    # rounding costs next to nothing
    assert found.value >= curves.value(optimum).sum() * (1 - 1e-9) - 0.02 * n * found.shadow_price


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    family=st.sampled_from(["power", "hill", "exponential"]),
    each=st.integers(1, 100_000),
)
def test_never_worse_than_the_equal_split(seed, family, each):
    curves = make_curves(family, np.random.default_rng(seed), 12)
    found = allocate(curves, 12 * each / 100)
    equal = curves.value(np.full(12, each / 100)).sum()
    assert found.value >= equal * (1 - 1e-12)


@pytest.mark.parametrize("family", ["power", "hill", "exponential"])
def test_spend_and_slope_are_inverse_and_slope_is_the_derivative(family):
    curves = make_curves(family, np.random.default_rng(5), 30)
    for log_price in (-4.0, -1.0, 0.3):
        spend = curves.spend_at(log_price)
        reached = spend > 0
        assert reached.any()
        spend = np.where(reached, spend, 1.0)
        np.testing.assert_allclose(curves.log_slope(spend)[reached], log_price, atol=1e-9)
        step = 1e-4 * spend
        numeric = (curves.value(spend + step) - curves.value(spend - step)) / (2 * step)
        np.testing.assert_allclose(np.exp(curves.log_slope(spend)), numeric, rtol=1e-5)


def test_s_shaped_curves_from_their_point_of_inflection_on():
    curves = HillCurves(scale=[50, 80], half=[40, 30], shape=[2.0, 3.0])
    start = curves.concave_from
    np.testing.assert_allclose(start, [40 / np.sqrt(3), 30 * 0.5 ** (1 / 3)])
    found = allocate(curves, 120, floors=start)
    np.testing.assert_allclose(np.diff(np.log(found.table["marginal_return"])), 0, atol=1e-3)
    with pytest.raises(ParameterError, match=r"2 of 2 response curves are S-shaped.*23\.09 on"):
        allocate(curves, 120)


def test_cells_that_bring_nothing_get_what_is_left_only():
    found = allocate(PowerCurves(scale=[0, 1]), 10, caps=[20, 20])
    assert found.table["spend_amount"].tolist() == [0.0, 10.0]
    found = allocate(PowerCurves(scale=[0, 1]), 10, caps=[20, 4])
    assert found.table["spend_amount"].tolist() == [6.0, 4.0]
    assert found.shadow_price == 0


def test_bounds_that_leave_no_choice():
    found = allocate(PowerCurves(scale=[3, 4]), 10, floors=[4, 6])
    assert found.table["spend_amount"].tolist() == [4.0, 6.0]
    assert found.shadow_price == pytest.approx(4 * 0.5 / np.sqrt(6))
    nothing = allocate(ExponentialCurves(scale=[3], rate=[1]), 0)
    assert nothing.value == 0


def test_a_hundred_thousand_cells_add_up():
    rng = np.random.default_rng(2)
    curves = make_curves("exponential", rng, 100_000)
    found = allocate(curves, 1_234_567.89, caps=rng.uniform(5, 200, 100_000))
    assert found.table["spend_cents"].sum() == 123_456_789
    inside = found.table["bound"] == ""
    assert inside.sum() > 1000
    spread = found.table.loc[inside, "marginal_return"] / found.shadow_price - 1
    assert spread.abs().max() < 0.01


def test_large_budgets_whose_cents_bring_less_than_rounding():
    rng = np.random.default_rng(3)
    curves = ExponentialCurves(scale=rng.gamma(2, 1e6, 500), rate=rng.gamma(2, 1e-7, 500))
    found = allocate(curves, 1_234_567_890.12)
    assert found.table["spend_cents"].sum() == 123_456_789_012
    inside = found.table["bound"] == ""
    slopes = found.table.loc[inside, "marginal_return"]
    np.testing.assert_allclose(slopes, found.shadow_price, rtol=1e-7)


def test_more_money_has_a_lower_price():
    curves = make_curves("exponential", np.random.default_rng(4), 50)
    prices = [allocate(curves, total).shadow_price for total in (10, 100, 1000, 10_000)]
    assert prices == sorted(prices, reverse=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"total": -1}, r"budget of -1 is no whole number of cents"),
        ({"total": 0.005}, r"budget of 0.005 is no whole number"),
        ({"total": float("nan")}, r"budget of nan"),
        ({"total": 10, "floors": 6}, r"floors add up to 12\.00, more than the total of 10\.00"),
        ({"total": 10, "caps": [4, 5]}, r"caps add up to 9\.00, less than the total of 10\.00"),
        ({"total": 10, "floors": [3, 0], "caps": [2, 20]}, r"1 of 2 cells.*floor 3\.00, cap 2\.00"),
        ({"total": 10, "floors": [1, 2, 3]}, r"one per cell \(2 cells.*shape \(3,\)"),
        ({"total": 10, "caps": [1, float("nan")]}, r"with 1 missing"),
    ],
)
def test_refusals(options, message):
    with pytest.raises(ParameterError, match=message):
        allocate(PowerCurves(scale=[1, 2]), **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PowerCurves(scale=[]), r"at least one cell"),
        (lambda: PowerCurves(scale=[1, -2]), r"scale of 1 of 2.*negative.*-2"),
        (lambda: PowerCurves(scale=[1], exponent=1.0), r"1 power curves is 1 or more"),
        (lambda: ExponentialCurves(scale=[1], rate=[0]), r"rate of 1 of 1.*not above 0"),
        (lambda: HillCurves(scale=[1], half=[float("inf")]), r"half of 1 of 1.*not finite.*inf"),
    ],
)
def test_refused_curves(make, message):
    with pytest.raises(ParameterError, match=message):
        make()

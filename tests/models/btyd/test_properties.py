"""What holds for any parameters: probabilities, monotony, limits, gradients, and no overflow."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from crmlib.models.btyd import BetaGeo, BetaGeoBetaBinomial, ModifiedBetaGeo, ParetoNBD

POSITIVE = st.floats(0.05, 30.0)
CONTINUOUS = st.sampled_from([BetaGeo, ModifiedBetaGeo, ParetoNBD])
ALL = st.sampled_from([BetaGeo, ModifiedBetaGeo, ParetoNBD, BetaGeoBetaBinomial])
QUICK = settings(max_examples=60, deadline=None, derandomize=True)

EXACT = [
    (0.243, 0.793, 2.426, 2, 0.9069767441860465, 1.6965312554263359),
    (0.243, 0.793, 2.426, 500, 5.0, 1087.0357391348834),
    (0.243, 0.793, 2.426, 2000, 500.0, 25347.677843373687),
    (0.05, 0.02, 0.03, 0, 1000.0, 26.786720908833765),
    (20.0, 40.0, 3.0, 50, 30.0, 2.358974358974359),
    (0.3, 90.0, 40.0, 0, 100000.0, 1.398169270386267),
    (0.3, 90.0, 0.5, 2, 1000000.0, 1.028089887640432),
    (2.0, 0.3, 0.4, 0, 0.01, 0.01987272566495495),
    (1.0, 1.0, 1.0, 0, 10.0, 2.3978952718892796),
]
PARETO_EXACT = [
    ((0.55, 10.6, 0.61, 11.7), 2, 30.4, 38.9, -9.561984835709895),
    ((0.55, 10.6, 0.61, 11.7), 0, 0.0, 38.9, -0.5170177024543172),
    ((0.55, 10.6, 0.61, 11.7), 2000, 500.0, 520.0, 718.9171389878941),
    ((0.2, 50.0, 3.0, 0.5), 0, 0.0, 200.0, -0.0009893204210262838),
    ((3.0, 0.5, 0.2, 80.0), 40, 3.0, 300.0, 52.608704956316124),
    ((0.55, 10.6, 0.61, 11.7), 5, 10.0, 100000.0, -14.662994788497548),
    ((20.0, 1.0, 8.0, 30.0), 300, 1.0, 1000.0, 1256.0600431153855),
]


def made(model, values, *, time_unit="week"):
    params = dict(zip(model.param_names, values, strict=True))
    return model.from_params(params, time_unit=time_unit)


def histories(x, t_x, seen):
    return pd.DataFrame({"btyd_frequency": x, "btyd_recency": t_x, "btyd_T": seen})


@QUICK
@given(
    CONTINUOUS,
    st.tuples(*[POSITIVE] * 4),
    st.integers(0, 2000),
    st.floats(0.01, 1),
    st.floats(0.1, 5000),
)
def test_probability_alive_lies_between_0_and_1_and_falls_with_silence(
    model, values, x, share, seen
):
    last = share * seen if x else 0.0
    silent = histories(x, last, [seen, 1.5 * seen, 4 * seen, 1e4 * seen])
    alive = made(model, values).probability_alive(silent)
    assert alive.between(0, 1).all()
    assert (np.diff(alive) <= 1e-12).all()


@QUICK
@given(
    CONTINUOUS,
    st.tuples(*[POSITIVE] * 4),
    st.integers(0, 2000),
    st.floats(0.01, 1),
    st.floats(0.1, 5000),
)
def test_expected_purchases_rise_with_the_horizon_and_are_concave(model, values, x, share, seen):
    known = histories([x], share * seen if x else 0.0, seen)
    asked = made(model, values)
    at = [asked.conditional_expected_purchases(known, t)[0] for t in (0.0, 1.0, 2.0, 3.0, 1e4)]
    steps = np.diff(at)
    tolerance = 1e-8 * max(at[-1], 1e-3)
    assert at[0] == pytest.approx(0, abs=1e-12)
    assert np.isfinite(at).all()
    assert (steps >= -tolerance).all()
    assert (np.diff(steps[:3]) <= tolerance).all()


@QUICK
@given(
    CONTINUOUS,
    st.tuples(st.floats(0.1, 3), st.floats(2, 30), POSITIVE, POSITIVE),
    st.floats(0.1, 20),
)
def test_counts_sum_to_1_and_their_mean_is_the_expectation(model, values, t):
    asked = made(model, values)
    pmf = asked.purchase_count_pmf(range(300), t)
    assert pmf.between(0, 1 + 1e-12).all()
    assert pmf.sum() == pytest.approx(1, abs=1e-8)
    mean = float(pmf @ pmf.index.to_numpy())
    assert mean == pytest.approx(float(asked.expected_purchases(t)), rel=1e-6, abs=1e-7)


@QUICK
@given(st.tuples(*[POSITIVE] * 4), st.integers(0, 30))
def test_occasions_sum_to_1_and_their_mean_is_the_expectation(values, n):
    asked = made(BetaGeoBetaBinomial, values)
    pmf = asked.purchase_count_pmf(range(n + 3), n)
    assert pmf.sum() == pytest.approx(1, abs=1e-10)
    assert pmf[n + 1 :].eq(0).all()
    mean = float(pmf @ pmf.index.to_numpy())
    assert mean == pytest.approx(float(asked.expected_purchases(n)), rel=1e-9, abs=1e-12)


@QUICK
@given(st.tuples(*[POSITIVE] * 4), st.integers(1, 8))
def test_bg_bb_likelihoods_of_all_histories_sum_to_1(values, n):
    """Each history counts as often as there are strings of purchases behind it."""
    every = [(0, 0, 1)] + [
        (x, last, special.comb(last - 1, x - 1))
        for last in range(1, n + 1)
        for x in range(1, last + 1)
    ]
    x, last, strings = np.array(every).T
    asked = made(BetaGeoBetaBinomial, values)
    total = 0.0
    for one in range(len(x)):
        rows = asked._histories(histories(x[[one]], last[[one]], float(n)))
        total += strings[one] * np.exp(asked._likelihood(rows)(np.array(values))[0])
    assert total == pytest.approx(1, abs=1e-9)


@QUICK
@given(ALL, st.tuples(*[POSITIVE] * 4), st.integers(0, 10_000))
def test_gradient_is_that_of_differences(model, values, seed):
    rng = np.random.RandomState(seed)
    seen = rng.randint(1, 60, size=30)
    x = rng.binomial(seen, 0.3)
    last = np.where(x > 0, rng.randint(np.maximum(x, 1), seen + 1), 0)
    asked = made(model, values)
    scored = asked._likelihood(asked._histories(histories(x, last, seen)))
    at = np.array(values)
    value, gradient = scored(at)
    for k, step in enumerate(1e-5 * np.diag(at)):
        slope = (scored(at + step)[0] - scored(at - step)[0]) / (2 * step[k])
        assert gradient[k] == pytest.approx(slope, rel=2e-5, abs=1e-6 * (1 + abs(value)) / at[k])


@pytest.mark.parametrize("model", [BetaGeo, ModifiedBetaGeo, ParetoNBD])
@pytest.mark.parametrize(
    "values", [(0.25, 4.4, 0.8, 2.4), (5.0, 0.1, 3.0, 50.0), (0.05, 90.0, 0.05, 0.1)]
)
def test_nothing_overflows_at_2000_purchases_or_a_million_weeks(model, values):
    known = histories(
        [2000, 2000, 2000, 1, 0, 500],
        [100.0, 1.0, 1e6, 1e-3, 0.0, 5e5],
        [100.0, 1e6, 1e6, 1e6, 1e6, 1e6],
    )
    asked = made(model, values)
    rows = asked._histories(known)
    value, gradient = asked._likelihood(rows)(np.array(values))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    for t in (1e-6, 52.0, 1e6):
        expected = asked.conditional_expected_purchases(known, t)
        assert (np.isfinite(expected) & (expected >= 0)).all()
    assert asked.probability_alive(known).between(0, 1).all()


def test_expectations_agree_with_forty_digits():
    """Made with mpmath at 60 digits from equation (10), without P(alive): (r, a, b, x, t, E)."""
    for r, a, b, x, t, expected in EXACT:
        asked = made(BetaGeo, (r, 1.0, a, b))
        rows = asked._histories(histories([x], 1e-9 if x else 0.0, 1e-9))
        found = asked._if_alive(rows, t)[0]
        assert found == pytest.approx(expected, rel=1e-7)


def test_pareto_nbd_likelihood_agrees_with_forty_digits():
    """Made with mpmath at 40 digits, by its own quadrature of the integral: (params, x, t_x, T)."""
    for values, x, last, seen, expected in PARETO_EXACT:
        asked = made(ParetoNBD, values)
        rows = asked._histories(histories([x], last, seen))
        assert asked._likelihood(rows)(np.array(values))[0] == pytest.approx(expected, rel=1e-10)


def test_without_dropout_every_model_is_the_negative_binomial():
    r, alpha, t = 0.6, 5.0, 20.0
    counts = np.arange(40)
    nbd = stats.nbinom(r, alpha / (alpha + t)).pmf(counts)
    for asked in (
        made(BetaGeo, (r, alpha, 1e-7, 1.0)),
        made(ModifiedBetaGeo, (r, alpha, 1e-7, 1.0)),
        made(ParetoNBD, (r, alpha, 1e-8, 1.0)),
    ):
        np.testing.assert_allclose(asked.purchase_count_pmf(counts, t), nbd, rtol=1e-5)
        assert asked.expected_purchases(t) == pytest.approx(r * t / alpha, rel=1e-5)


def test_the_poles_at_a_1_and_s_1_are_removed():
    for model in (BetaGeo, ModifiedBetaGeo, ParetoNBD):
        at = [
            made(model, (0.5, 4.0, a, 2.0)).expected_purchases(30.0) for a in (0.9999, 1.0, 1.0001)
        ]
        assert at[1] == pytest.approx((at[0] + at[2]) / 2, rel=1e-7)
    half = [
        made(BetaGeo, (0.5, 4.0, 0.5, b)).expected_purchases(30.0) for b in (0.4999, 0.5, 0.5001)
    ]
    assert half[1] == pytest.approx((half[0] + half[2]) / 2, rel=1e-7)


def test_only_mbg_doubts_customers_who_never_came_back():
    silent = histories([0, 0], 0.0, [10.0, 100.0])
    params = (0.5, 5.0, 0.9, 2.0)
    assert made(BetaGeo, params).probability_alive(silent).eq(1).all()
    assert made(ModifiedBetaGeo, params).probability_alive(silent).is_monotonic_decreasing

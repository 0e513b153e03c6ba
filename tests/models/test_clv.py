"""Customer lifetime value: by hand, in other units, its intervals, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import NotEnoughDataError, ParameterError, SchemaError
from crmlib.models.btyd import BetaGeo, BetaGeoBetaBinomial, ModifiedBetaGeo, ParetoNBD
from crmlib.models.clv import ValueTerms, customer_lifetime_value
from crmlib.models.spend import GammaGamma
from crmlib.periods import day_number, parse_day
from tests.models.btyd.simulated import (
    BETA_BINOMIAL,
    BETA_GEO,
    PARETO,
    SPEND,
    occasions,
    purchase_times,
    summary_of,
)
from tests.models.published import cdnow_lines, cdnow_summary

YEAR = {"discount_rate": 0.15, "discount_period": "year", "margin_rate": 0.3}
KINDS = {
    "after a repeat": (BetaGeo, BETA_GEO),
    "after any": (ModifiedBetaGeo, BETA_GEO),
    "any time": (ParetoNBD, PARETO),
}


def terms(**changed) -> ValueTerms:
    return ValueTerms(**{"horizon": 52, "time_unit": "week", **YEAR, **changed})


def company(kind: str, n: int, seed: int, *, ahead: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Summary of simulated customers with amounts, and each purchase of the time after it."""
    rng = np.random.RandomState(seed)
    seen = rng.uniform(20, 80, size=n)
    customers, times = purchase_times(kind, KINDS[kind][1], n, 80 + ahead, rng)
    scale = rng.gamma(SPEND["q"], size=n) / SPEND["v"]
    amounts = rng.gamma(SPEND["p"], size=len(times)) / scale[customers]
    summary = summary_of(customers, times, seen)
    x = summary["btyd_frequency"].to_numpy()
    before = times < seen[customers]
    total = np.bincount(customers[before], weights=amounts[before], minlength=n)
    summary["monetary_amount"] = total / np.maximum(x, 1)
    after = times - seen[customers]
    later = (after >= 0) & (after < ahead)
    bought = pd.DataFrame({"customer": customers, "after": after, "amount": amounts})[later]
    return summary, bought


def fitted(kind: str, summary: pd.DataFrame) -> dict:
    return {"purchases": KINDS[kind][0]().fit(summary), "spend": GammaGamma().fit(summary)}


@pytest.fixture(scope="module")
def shop():
    summary, bought = company("after a repeat", 3000, 1, ahead=52.0)
    return summary, bought, fitted("after a repeat", summary)


def test_value_is_margin_times_discounted_purchases(shop):
    """Against a sum over small steps of time, customer by customer."""
    summary, _, models = shop
    found = customer_lifetime_value(summary, **models, terms=terms(), n_draws=100).customers
    times = np.linspace(0, 52, 105)
    expected = np.array(
        [models["purchases"].conditional_expected_purchases(summary, t) for t in times]
    )
    discount = 1.15 ** -((times[1:] + times[:-1]) / 2 * 7 / 365.25)
    amount = 0.3 * models["spend"].expected_amount(summary)
    by_hand = discount @ np.diff(expected, axis=0) * amount
    np.testing.assert_allclose(found["clv_amount"], by_hand, rtol=1e-4)
    np.testing.assert_allclose(found["expected_purchases"], expected[-1], rtol=1e-12)
    np.testing.assert_allclose(found["expected_margin_amount"], amount)
    alive = models["purchases"].probability_alive(summary)
    np.testing.assert_allclose(found["p_alive"], alive)


def test_margin_and_discount_scale_as_they_should(shop):
    summary, _, models = shop

    def value(**changed) -> float:
        asked = terms(**changed)
        return customer_lifetime_value(summary, **models, terms=asked, n_draws=100).total[
            "estimate"
        ]

    assert value(margin_rate=0.6) == pytest.approx(2 * value())
    assert value(discount_rate=0.0) > value() > value(discount_rate=0.3)
    same = value(discount_rate=1.15 ** (7 / 365.25) - 1, discount_period="week")
    assert same == pytest.approx(value(), rel=1e-12)
    by_month = value(discount_rate=1.15 ** (1 / 12) - 1, discount_period="month")
    assert by_month == pytest.approx(value(), rel=1e-12)


def test_the_time_unit_changes_no_value(shop):
    """A model in days with a horizon in days: the popular slip of 3.7 times cannot happen."""
    summary, _, models = shop
    days = summary.assign(time_unit="day")
    days[["btyd_recency", "btyd_T"]] *= 7
    by_day = customer_lifetime_value(
        days,
        **fitted("after a repeat", days),
        terms=terms(horizon=364, time_unit="day"),
        n_draws=100,
    )
    by_week = customer_lifetime_value(summary, **models, terms=terms(), n_draws=100)
    assert by_day.total["estimate"] == pytest.approx(by_week.total["estimate"], rel=1e-5)


def test_units_that_differ_are_refused(shop):
    summary, _, models = shop
    with pytest.raises(ParameterError, match="The horizon counts time in days, the model in weeks"):
        customer_lifetime_value(summary, **models, terms=terms(horizon=364, time_unit="day"))
    with pytest.raises(ParameterError, match="The summary counts time in days, the model in weeks"):
        customer_lifetime_value(summary.assign(time_unit="day"), **models, terms=terms())


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"horizon": 0}, "horizon=0 must be a finite number above 0"),
        ({"horizon": np.inf}, "horizon=inf must be"),
        ({"discount_rate": -0.1}, "discount_rate=-0.1 must be"),
        ({"discount_period": "decade"}, "'decade' must be one of"),
        ({"margin_rate": 1.2}, "margin_rate=1.2 must be a finite number above 0 and at most 1"),
        ({"margin_rate": np.nan}, "margin_rate=nan must be"),
    ],
)
def test_terms_are_checked(changed, message):
    with pytest.raises(ParameterError, match=message):
        terms(**changed)


def test_other_refusals(shop):
    summary, _, models = shop
    with pytest.raises(ParameterError, match="n_draws=10: an interval needs at least 100"):
        customer_lifetime_value(summary, **models, terms=terms(), n_draws=10)
    with pytest.raises(NotEnoughDataError, match="0 customers"):
        customer_lifetime_value(summary.head(0), **models, terms=terms())
    with pytest.raises(SchemaError, match="monetary_amount"):
        customer_lifetime_value(summary.drop(columns="monetary_amount"), **models, terms=terms())
    given = {**models, "purchases": BetaGeo.from_params(BETA_GEO)}
    with pytest.raises(NotEnoughDataError, match="no standard errors"):
        customer_lifetime_value(summary, **given, terms=terms())


def test_intervals_depend_neither_on_the_order_of_rows_nor_on_names(shop):
    summary, _, models = shop
    some = summary.head(300)
    shuffled = some.sample(frac=1, random_state=1)
    one = customer_lifetime_value(some, **models, terms=terms(), n_draws=100)
    other = customer_lifetime_value(shuffled, **models, terms=terms(), n_draws=100)
    pd.testing.assert_frame_equal(other.customers.sort_index(), one.customers, check_exact=True)
    pd.testing.assert_series_equal(other.total, one.total, rtol=1e-12)
    twice = pd.concat([some, some], ignore_index=True)
    both = customer_lifetime_value(twice, **models, terms=terms(), n_draws=100).customers
    pd.testing.assert_frame_equal(both.head(300), both.tail(300).set_axis(both.index[:300]))


@pytest.mark.parametrize("kind", KINDS)
def test_intervals_of_customers_hold_what_they_did(kind):
    """Of 3,000 customers at least 95 % stay inside; more do, as many buy nothing at all."""
    summary, bought = company(kind, 3000, 7, ahead=52.0)
    found = customer_lifetime_value(summary, **fitted(kind, summary), terms=terms(), n_draws=300)
    share = float(np.log1p(0.15) * 7 / 365.25)
    worth = 0.3 * bought["amount"] * np.exp(-share * bought["after"])
    actual = worth.groupby(bought["customer"]).sum().reindex(summary.index, fill_value=0.0)
    inside = actual.between(found.customers["clv_lower"], found.customers["clv_upper"])
    assert inside.mean() > 0.94
    bought_before = summary["btyd_frequency"] > 3
    assert 0.92 < inside[bought_before].mean() < 0.995
    assert found.total["lower"] < actual.sum() < found.total["upper"]


def test_occasions_have_values_too():
    """BG/BB: yearly occasions, a gift each; discounted at whole years."""
    summary = occasions(BETA_BINOMIAL, 4000, 8, np.random.RandomState(2))
    rng = np.random.RandomState(3)
    x = summary["btyd_frequency"].to_numpy()
    scale = rng.gamma(SPEND["q"], size=len(x)) / SPEND["v"]
    summary["monetary_amount"] = np.where(x > 0, rng.gamma(6.0 * np.maximum(x, 1)) / scale, 0)
    summary["monetary_amount"] /= np.maximum(x, 1)
    models = {
        "purchases": BetaGeoBetaBinomial().fit(summary),
        "spend": GammaGamma().fit(summary),
    }
    asked = terms(horizon=5, time_unit="year", margin_rate=1.0)
    found = customer_lifetime_value(summary, **models, terms=asked, n_draws=400)
    steps = [models["purchases"].conditional_expected_purchases(summary, t) for t in range(6)]
    by_hand = 1.15 ** -np.arange(1, 6) @ np.diff(steps, axis=0)
    amount = models["spend"].expected_amount(summary)
    np.testing.assert_allclose(found.customers["clv_amount"], by_hand * amount, rtol=1e-9)
    assert found.total["lower"] < found.total["estimate"] < found.total["upper"]


def test_cdnow_values_come_near_what_the_cohort_spent():
    """Real customers over 39 weeks: 1,882 purchase days, nine tenths of which are foreseen."""
    cdnow = cdnow_summary()
    models = {"purchases": ParetoNBD().fit(cdnow), "spend": GammaGamma().fit(cdnow)}
    asked = terms(horizon=39, discount_rate=0.0, margin_rate=1.0)
    found = customer_lifetime_value(cdnow, **models, terms=asked, n_draws=200)
    assert found.customers["expected_purchases"].sum() == pytest.approx(1882, rel=0.15)
    lines = cdnow_lines().collect().to_pandas()
    later = lines[lines["occurred_day"] > day_number(parse_day("1997-09-30"))]
    spent = later["net_cents"].sum() / 100
    assert found.total["estimate"] == pytest.approx(spent, rel=0.2)


def covered(kind: str, n_repetitions: int, *, n: int, n_draws: int) -> float:
    """Share of repetitions in which the 95 % interval holds the total that came."""
    inside = []
    rate = float(np.log1p(0.15) * 7 / 365.25)
    for seed in range(n_repetitions):
        summary, bought = company(kind, n, 1000 + seed, ahead=52.0)
        models = fitted(kind, summary)
        found = customer_lifetime_value(
            summary, **models, terms=terms(), n_draws=n_draws, random_state=seed
        )
        actual = float(0.3 * (bought["amount"] @ np.exp(-rate * bought["after"])))
        inside.append(found.total["lower"] < actual < found.total["upper"])
    return float(np.mean(inside))


def test_total_intervals_hold_the_total():
    """Small version: 60 repetitions, limits about four standard errors of a share wide."""
    assert 0.84 <= covered("after a repeat", 60, n=400, n_draws=100) <= 1.0


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_total_intervals_hold_the_total_in_95_percent(kind):
    assert 0.93 <= covered(kind, 400, n=1000, n_draws=200) <= 0.97

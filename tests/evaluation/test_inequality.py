"""Inequality: hand-worked values, what must not matter, refusals, and resampling by counts."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.errors import ParameterError
from crmlib.evaluation import inequality as q
from crmlib.evaluation.intervals import bootstrap_interval


def test_gini_of_known_distributions():
    assert q.gini([3, 3, 3]) == 0
    assert q.gini([1, 2, 3, 4]) == pytest.approx(0.25)
    assert q.gini(np.random.default_rng(1).exponential(1, 200_000)) == pytest.approx(0.5, abs=0.005)


def test_scale_and_order_do_not_matter():
    sales = np.random.default_rng(2).gamma(0.5, 10, 999)
    assert q.gini(sales) == pytest.approx(q.gini(sales[::-1] * 7.3))
    assert q.top_share(sales) == pytest.approx(q.top_share(sales[::-1] * 7.3))


def test_the_top_tenth_is_rounded_up_to_whole_customers():
    assert q.top_share([5, *[1] * 10], top=0.1) == pytest.approx(6 / 15)  # 2 of 11
    assert q.top_share([5, *[1] * 9], top=0.1) == pytest.approx(5 / 14)  # 1 of 10


def test_lorenz_curve_starts_at_nought_and_ends_at_one():
    curve = q.lorenz_curve([4, 1, 3, 2], n_points=5)
    assert curve["net_share"].tolist() == pytest.approx([0, 0.4, 0.7, 0.9, 1])


@pytest.mark.parametrize("sales", [[], [0, 0], [-5, 2]])
def test_without_positive_sales_there_is_no_concentration(sales):
    with pytest.raises(ParameterError, match=rf"{len(sales)} customers with sales"):
        q.gini(sales)


def test_measures_lie_within_their_intervals():
    sales = pd.DataFrame({"net_amount": np.random.default_rng(5).gamma(0.7, 100, 500)})
    found = q.measures(sales, rng=np.random.default_rng(1))
    assert (found["low_share"] < found["value_share"]).all()
    assert (found["value_share"] < found["high_share"]).all()
    again = q.measures(sales, rng=np.random.default_rng(1))
    pd.testing.assert_frame_equal(found, again)


@pytest.mark.parametrize("sales", [[], [0.0], [-5.0, 2.0]])
def test_without_sales_every_measure_is_missing(sales):
    amounts = pd.Series(sales, dtype=float)
    rng = np.random.default_rng(1)
    customers = pd.DataFrame({"net_amount": amounts})
    assert q.measures(customers, rng=rng)["value_share"].isna().all()
    assert q.gini_with_interval(amounts, rng=rng).isna().all()
    assert q.lorenz_curve(amounts)["net_share"].isna().all()


def test_one_customer_is_everything_without_an_interval():
    found = q.measures(pd.DataFrame({"net_amount": [5.0]}), rng=np.random.default_rng(1)).iloc[0]
    assert found["value_share"] == 1
    assert np.isnan(found["low_share"])


def test_resamples_without_sales_leave_the_interval_missing():
    found = q.gini_with_interval(pd.Series([10.0, -5.0]), rng=np.random.default_rng(1))
    assert found[["low", "high"]].isna().all()


amounts = st.lists(st.integers(0, 1000), min_size=2, max_size=30).filter(lambda one: sum(one) > 0)


@settings(deadline=None, max_examples=20)
@given(amounts, st.integers(0, 2**32 - 1))
def test_resampling_by_counts_is_resampling(values, seed):
    """Sorting once and counting draws gives the interval that drawing the amounts gives."""
    array = np.array(values, dtype=float)
    found = q.gini_with_interval(array, rng=np.random.default_rng(seed))

    def gini(drawn):
        return q.gini(drawn) if drawn.sum() > 0 else float("nan")

    expected = bootstrap_interval(gini, array, rng=np.random.default_rng(seed))
    assert found["value"] == pytest.approx(q.gini(array), abs=1e-12)
    np.testing.assert_allclose(found[["low", "high"]].to_numpy(float), expected, atol=1e-9)


def test_margin_has_its_own_measures_and_curve():
    customers = pd.DataFrame(
        {"net_amount": [10.0, 20, 30, 40], "margin_amount": [9.0, 1.0, np.nan, -2.0]}
    )
    found = q.measures(customers, rng=np.random.default_rng(1))
    margin = found[found["measure"] == "Margin of the best tenth of customers"].iloc[0]
    assert margin["value_share"] == pytest.approx(9 / 8)  # a customer sold at a loss takes away
    curve = q.lorenz_curves(customers)
    assert curve["margin_share"].iloc[-1] == pytest.approx(1)
    assert curve["margin_share"].max() == pytest.approx(10 / 8, abs=0.01)
    assert "margin_share" not in q.lorenz_curves(customers.drop(columns="margin_amount"))


def test_many_customers_in_groups_give_the_interval_of_drawing_each(monkeypatch):
    """Heavy tail, 21,000 customers: both ends agree within a tenth of the interval's length."""
    values = np.random.default_rng(3).lognormal(3, 1.5, 21_000)
    found = q.gini_with_interval(values, rng=np.random.default_rng(1))
    monkeypatch.setattr(q, "MOST_DRAWN", len(values))
    each = q.gini_with_interval(values, rng=np.random.default_rng(1))
    assert found["value"] == each["value"]
    length = each["high"] - each["low"]
    ends = ["low", "high"]
    np.testing.assert_allclose(found[ends].to_numpy(float), each[ends], atol=0.1 * length)

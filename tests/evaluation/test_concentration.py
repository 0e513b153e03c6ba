"""Concentration: hand-worked values, what must not matter, refusals."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.evaluation import concentration as c


def test_gini_of_known_distributions():
    assert c.gini([3, 3, 3]) == 0
    assert c.gini([1, 2, 3, 4]) == pytest.approx(0.25)
    assert c.gini(np.random.default_rng(1).exponential(1, 200_000)) == pytest.approx(0.5, abs=0.005)


def test_scale_and_order_do_not_matter():
    sales = np.random.default_rng(2).gamma(0.5, 10, 999)
    assert c.gini(sales) == pytest.approx(c.gini(sales[::-1] * 7.3))
    assert c.top_share(sales) == pytest.approx(c.top_share(sales[::-1] * 7.3))


def test_the_top_tenth_is_rounded_up_to_whole_customers():
    assert c.top_share([5, *[1] * 10], top=0.1) == pytest.approx(6 / 15)  # 2 of 11
    assert c.top_share([5, *[1] * 9], top=0.1) == pytest.approx(5 / 14)  # 1 of 10


def test_lorenz_curve_starts_at_nought_and_ends_at_one():
    curve = c.lorenz_curve([4, 1, 3, 2], n_points=5)
    assert curve["net_share"].tolist() == pytest.approx([0, 0.4, 0.7, 0.9, 1])


@pytest.mark.parametrize("sales", [[], [0, 0], [-5, 2]])
def test_without_positive_sales_there_is_no_concentration(sales):
    with pytest.raises(ParameterError, match=rf"{len(sales)} customers with sales"):
        c.gini(sales)


def test_classes_are_exhaustive_and_ties_are_broken_by_name():
    sales = pd.Series({"d": 25.0, "c": 25.0, "b": 25.0, "a": 25.0})
    classes = c.abc_classes(sales, a_share=0.5, b_share=0.75)
    assert classes.to_dict() == {"d": "C", "c": "B", "b": "A", "a": "A"}
    assert list(classes.index) == list(sales.index)


def test_class_borders_in_the_wrong_order_are_refused():
    with pytest.raises(ParameterError, match=r"a_share=0.8 and b_share=0.5"):
        c.abc_classes(pd.Series({"a": 1.0}), a_share=0.8, b_share=0.5)


def test_losing_the_best():
    found = c.loss_sensitivity([10, 60, 30], lost=(1, 2, 5))
    assert found.to_dict("list") == {
        "n_lost": [1, 2],
        "lost_amount": [60.0, 90.0],
        "lost_share": [0.6, 0.9],
    }


@pytest.fixture
def customers() -> pd.DataFrame:
    sales = pd.DataFrame(
        {"customer_id": ["a", "b", "c"], "n_orders": [3, 2, 1], "net_cents": [1000, 6000, 3000]}
    )
    stages = pd.DataFrame(
        {
            "customer_id": ["c", "a", "b", "z"],
            "stage": ["lapsed", "active", "lapsing", "lapsed"],
            "silence_days": [99, 1, 40, 400],
        }
    )
    return c.classify(sales, stages, a_share=0.5, b_share=0.9)


def test_classify_joins_each_customer_once_largest_first(customers):
    assert customers["customer_id"].tolist() == ["b", "c", "a"]
    assert customers["abc_class"].tolist() == ["A", "B", "C"]
    assert customers["silence_days"].tolist() == [40, 99, 1]


def test_class_summary_adds_up(customers):
    found = c.class_summary(customers, quiet_stages=("lapsing", "lapsed"))
    assert found["net_amount"].tolist() == [60.0, 30.0, 10.0]
    assert found["quiet_amount"].tolist() == [60.0, 30.0, 0.0]
    assert found["net_share"].sum() == pytest.approx(1)


def test_a_customer_twice_in_the_stages_is_refused(customers):
    stages = pd.DataFrame({"customer_id": ["a", "a"], "stage": "new", "silence_days": 1})
    sales = pd.DataFrame({"customer_id": ["a"], "n_orders": [1], "net_cents": [1]})
    with pytest.raises(pd.errors.MergeError, match="not a one-to-one"):
        c.classify(sales, stages, a_share=0.5, b_share=0.9)


def test_measures_lie_within_their_intervals():
    sales = pd.Series(np.random.default_rng(5).gamma(0.7, 100, 500))
    found = c.measures(sales, rng=np.random.default_rng(1))
    assert (found["low_share"] < found["value_share"]).all()
    assert (found["value_share"] < found["high_share"]).all()
    again = c.measures(sales, rng=np.random.default_rng(1))
    pd.testing.assert_frame_equal(found, again)


@pytest.mark.parametrize("sales", [[], [0.0], [-5.0, 2.0]])
def test_without_sales_every_measure_is_missing(sales):
    amounts = pd.Series(sales, dtype=float)
    rng = np.random.default_rng(1)
    assert c.measures(amounts, rng=rng)["value_share"].isna().all()
    assert c.gini_with_interval(amounts, rng=rng).isna().all()
    assert c.lorenz_curve(amounts)["net_share"].isna().all()
    assert c.loss_sensitivity(amounts, lost=(1,)).empty


def test_one_customer_is_everything_without_an_interval():
    found = c.measures(pd.Series([5.0]), rng=np.random.default_rng(1)).iloc[0]
    assert found["value_share"] == 1
    assert np.isnan(found["low_share"])


def test_resamples_without_sales_leave_the_interval_missing():
    found = c.gini_with_interval(pd.Series([10.0, -5.0]), rng=np.random.default_rng(1))
    assert found[["low", "high"]].isna().all()

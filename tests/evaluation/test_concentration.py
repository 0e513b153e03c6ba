"""Concentration: hand-worked values, what must not matter, refusals."""

import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.evaluation import concentration as c


def test_classes_are_exhaustive_and_ties_are_broken_by_name():
    sales = pd.Series({"d": 25.0, "c": 25.0, "b": 25.0, "a": 25.0})
    classes = c.abc_classes(sales, a_share=0.5, b_share=0.75)
    assert classes.to_dict() == {"d": "C", "c": "B", "b": "A", "a": "A"}
    assert list(classes.index) == list(sales.index)


def test_class_borders_in_the_wrong_order_are_refused():
    with pytest.raises(ParameterError, match=r"a_share=0.8 and b_share=0.5"):
        c.abc_classes(pd.Series({"a": 1.0}), a_share=0.8, b_share=0.5)


def test_losing_the_best():
    found = c.loss_sensitivity(pd.DataFrame({"net_amount": [10.0, 60, 30]}), lost=(1, 2, 5))
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


def test_the_best_by_margin_are_others_than_the_best_by_sales():
    customers = pd.DataFrame({"net_amount": [60.0, 30, 10], "margin_amount": [-5.0, 15, 10]})
    found = c.loss_sensitivity(customers, lost=(1, 2))
    assert found["lost_share"].tolist() == pytest.approx([0.6, 0.9])
    assert found["lost_margin_amount"].tolist() == [15.0, 25.0]
    assert found["lost_margin_share"].tolist() == pytest.approx([0.75, 1.25])


def test_losing_anybody_of_nobody_is_no_row():
    customers = pd.DataFrame({"net_amount": [-5.0, 2.0], "margin_amount": [None, None]})
    found = c.loss_sensitivity(customers, lost=(1,))
    assert found.empty
    assert list(found) == ["n_lost", "lost_amount", "lost_share"]


@pytest.fixture
def with_margin() -> pd.DataFrame:
    sales = pd.DataFrame(
        {"customer_id": list("abcd"), "n_orders": 1, "net_cents": [6000, 2500, 1000, 500]}
    )
    stages = pd.DataFrame({"customer_id": list("abcd"), "stage": "active", "silence_days": 1})
    margin = pd.DataFrame({"customer_id": list("dba"), "margin_cents": [400.0, 1600.0, -100.0]})
    return c.classify(sales, stages, margin, a_share=0.5, b_share=0.9)


def test_classes_by_margin_stand_beside_those_by_sales(with_margin):
    assert with_margin["abc_class"].tolist() == ["A", "B", "B", "C"]
    assert with_margin["margin_class"].fillna("?").tolist() == ["C", "A", "?", "B"]
    found = c.margin_by_class(with_margin)
    assert found["n_customers"].sum() == 3
    assert found["margin_amount"].sum() == pytest.approx(19.0)
    summary = c.class_summary(with_margin, quiet_stages=())
    assert summary["margin_amount"].tolist() == pytest.approx([-1.0, 16.0, 4.0])


def test_customers_sold_at_a_loss_are_named(with_margin):
    assert c.sold_at_a_loss(with_margin)["customer_id"].tolist() == ["a"]
    assert c.sold_at_a_loss(with_margin.drop(columns="margin_amount")).empty


def test_a_margin_nobody_knows_adds_no_column(customers):
    assert "margin_amount" not in customers
    assert c.margin_by_class(customers).empty
    summary = c.class_summary(customers, quiet_stages=())
    assert not [name for name in summary if name.startswith("margin")]

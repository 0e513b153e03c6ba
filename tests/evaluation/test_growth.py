"""Growth: the split is exact, hand-worked groups, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.evaluation.growth import (
    change_with_interval,
    comparable,
    growth_by_customer,
    growth_by_factor,
)
from crmlib.periods import Window


def sales(rows) -> pd.DataFrame:
    names = ["n_orders", "net_cents", "n_orders_before", "net_cents_before"]
    return pd.DataFrame(rows, columns=names)


def test_only_the_number_of_customers_doubles():
    found = growth_by_factor(sales([(1, 1000, 1, 1000), (1, 1000, 0, 0)])).set_index("factor")
    assert found["effect_amount"].to_dict() == pytest.approx(
        {"customers": 10.0, "orders per customer": 0.0, "amount per order": 0.0}
    )


orders_and_cents = st.tuples(
    st.integers(1, 50), st.integers(1, 10**7), st.integers(1, 50), st.integers(1, 10**7)
)


@given(st.lists(orders_and_cents, min_size=1, max_size=20))
def test_effects_add_up_to_the_change(rows):
    frame = sales(rows)
    change = (frame["net_cents"].sum() - frame["net_cents_before"].sum()) / 100
    assert growth_by_factor(frame)["effect_amount"].sum() == pytest.approx(change, abs=1e-6)
    assert growth_by_customer(frame)["change_amount"].sum() == pytest.approx(change, abs=1e-6)


def test_groups_of_customers_by_hand():
    found = growth_by_customer(
        sales([(1, 500, 0, 0), (0, 0, 2, 300), (1, 10, 1, 5), (1, 5, 1, 10), (2, 7, 1, 7)])
    ).set_index("group")
    assert found["n_customers"].to_dict() == {
        "won": 1,
        "grown": 1,
        "unchanged": 1,
        "shrunk": 1,
        "lost": 1,
    }
    assert found["change_amount"].tolist() == pytest.approx([5.0, 0.05, 0.0, -0.05, -3.0])


def test_without_sales_before_the_effects_are_missing_not_wrong():
    found = growth_by_factor(sales([(1, 1000, 0, 0)]))
    assert found["effect_amount"].isna().all()
    change = change_with_interval(sales([(1, 1000, 0, 0)]), rng=np.random.default_rng(1)).iloc[0]
    assert (change["now_amount"], change["before_amount"]) == (10.0, 0.0)
    assert change[["value", "low", "high"]].isna().all()


def test_one_customer_has_a_change_and_no_interval():
    change = change_with_interval(sales([(1, 300, 1, 200)]), rng=np.random.default_rng(1)).iloc[0]
    assert change["value"] == pytest.approx(0.5)
    assert change[["low", "high"]].isna().all()


def test_interval_of_a_change_covers_no_change_when_there_is_none():
    rng = np.random.default_rng(4)
    frame = sales(np.ones((500, 4)))
    frame["net_cents"] = rng.gamma(1, 1000, 500)
    frame["net_cents_before"] = rng.gamma(1, 1000, 500)
    found = change_with_interval(frame, rng=rng).iloc[0]
    assert found["low"] < 0 < found["high"]


@pytest.mark.parametrize(
    ("known", "is_whole"),
    [
        (Window(0, 199), True),
        (Window(20, 199), True),
        (Window(24, 199), False),
        (Window(0, 196), True),
        (Window(0, 190), False),
    ],
)
def test_a_period_only_partly_in_the_data_is_not_compared(known, is_whole):
    frame = sales([(1, 100, 2, 300), (0, 0, 1, 50)])
    found = comparable(frame, current=Window(110, 199), known=known)
    assert bool(found["net_cents_before"].sum() > 0) is is_whole
    assert growth_by_customer(found).empty is not is_whole
    assert found["net_cents"].sum() == 100

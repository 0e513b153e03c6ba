"""What lies beside a slow seller, by hand, and refusals."""

import narwhals as nw
import pandas as pd
import pytest

from crmlib.errors import ParameterError, SchemaError
from crmlib.features.collect import collect
from crmlib.features.companions import basket_companions
from crmlib.periods import Window

ROWS = [
    # basket, customer, product, day, quantity, cents
    ("1", "a", "x", 1, 1, 100),
    ("1", "a", "milk", 1, 1, 5000),
    ("2", "a", "y", 2, 1, 200),
    ("2", "a", "milk", 2, 1, 3000),
    ("2", "a", "milk", 2, 1, 1000),  # the same again: one item, 40.00
    ("3", "a", "y", 3, 1, 200),
    ("3", "a", "x", 3, 1, 100),
    ("4", "b", "x", 4, 1, 100),  # bought nothing else: cannot be compared
    ("5", None, "x", 4, 1, 100),
    ("6", "a", "x", 5, -1, -100),
    ("7", "a", "x", 50, 1, 100),
]
NAMES = ["transaction_id", "customer_id", "product_id", "occurred_day", "quantity", "net_cents"]


def companions(frame=None, **options):
    lines = pd.DataFrame(ROWS, columns=NAMES) if frame is None else frame
    options = {"window": Window(0, 40), "max_own_cents": 1000, **options}
    return basket_companions(nw.from_native(lines).lazy(), **options)


def test_sums_by_hand():
    found = collect(companions()).set_index("item")
    assert found.index.tolist() == ["x", "y"]  # milk sells too much
    x = found.loc["x"]
    assert (x["n_baskets"], x["own_cents"], x["first_day"]) == (3, 300, 1)
    assert (x["n_compared"], x["n_customers"]) == (2, 1)
    # beside x: 50.00 and 2.00; beside y, the other slow seller: 40.00 and 1.00, 20.50 on average
    assert (x["rest_cents"], x["expected_cents"]) == (5200, 4100)
    assert x["excess_baskets_cents"] == 2 * 1100
    assert x["excess_squared_amount"] == 11**2
    y = found.loc["y"]
    assert (y["rest_cents"], y["expected_cents"]) == (4100, 5200)
    assert y["excess_squared_amount"] == 11**2
    assert x["n_all"] == y["n_all"] == 5
    assert x["all_rest_cents"] == 5200 + 4100
    assert pd.isna(x["own_margin_cents"])


def test_margin_is_added_up_where_the_source_tells():
    lines = pd.DataFrame(ROWS, columns=NAMES).assign(margin_cents=7)
    found = collect(companions(lines)).set_index("item")
    assert found.loc["x", "own_margin_cents"] == 21


def test_rare_items_are_a_yardstick_but_not_in_the_result():
    found = collect(companions(min_baskets=3))
    assert found["item"].tolist() == ["x"]
    assert found["expected_cents"].tolist() == [4100]


def test_refusals():
    with pytest.raises(ParameterError, match="min_baskets=0"):
        companions(min_baskets=0)
    with pytest.raises(SchemaError, match="category"):
        companions(item="category")

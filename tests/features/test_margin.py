"""Margin of lines and customers: stated, worked out, and unknown where nobody knows it."""

import pandas as pd
import pytest

from crmlib.features.collect import collect
from crmlib.features.margin import customer_margins, with_margin
from crmlib.periods import Window

LINES = pd.DataFrame(
    [
        # stated; own cost; cost of the product; no cost; a return; units of nought; units unknown
        ("1", "a", "p", 1, 2.0, 1000, 300.0, 100.0),
        ("2", "a", "p", 2, 2.0, 1000, None, 100.0),
        ("3", "a", "q", 3, 3.0, 900, None, None),
        ("4", "a", "z", 4, 1.0, 700, None, None),
        ("5", "b", "q", 5, -1.0, -300, None, None),
        ("6", "b", "q", 6, 0.0, 50, None, None),
        ("7", "c", "q", 7, None, 80, None, None),
    ],
    columns=["transaction_id", "customer_id", "product_id", "occurred_day", "quantity",
             "net_cents", "margin_cents", "unit_cost_cents"],
)  # fmt: skip
COSTS = pd.DataFrame({"product_id": ["p", "q"], "unit_cost_cents": [999, 200]})


def test_stated_margin_counts_before_cost_of_the_line_and_of_the_product(lazy):
    found = collect(with_margin(lazy(LINES), lazy(COSTS)), by=["transaction_id"])
    margins = found["line_margin_cents"].fillna(-1).tolist()
    assert margins == [300.0, 800.0, 300.0, -1, -100.0, 50.0, -1]
    assert list(found) == [*LINES.columns, "line_margin_cents"]


def test_without_any_cost_the_margin_is_unknown_not_the_sales(lazy):
    bare = LINES.drop(columns=["margin_cents", "unit_cost_cents"])
    found = collect(customer_margins(lazy(bare), window=Window(1, 9)), by=["customer_id"])
    assert found["margin_cents"].isna().all()
    assert found["margin_net_cents"].tolist() == [0, 0, 0]


def test_customers_add_up_their_known_lines_within_the_window(lazy):
    found = collect(
        customer_margins(lazy(LINES), lazy(COSTS), window=Window(2, 9)), by=["customer_id"]
    ).set_index("customer_id")
    assert found.loc["a"].tolist() == [1100.0, 1900.0]  # the line of no cost is left out of both
    assert found.loc["b", "margin_cents"] == pytest.approx(-50)
    assert pd.isna(found.loc["c", "margin_cents"])

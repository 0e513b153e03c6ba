"""What to mend first, whom to talk to, and what sales hang on it."""

import numpy as np
import pandas as pd
import pytest

from crmlib.decisions.satisfaction import (
    actions_from_satisfaction,
    below_expectation,
    priorities,
    sales_below,
)

GAPS = pd.DataFrame(
    [
        ("speed", "process", 1.0, 0.8, 1.2, 5.0, True),
        ("taste", "product", -0.5, -0.7, -0.3, 6.0, False),
        ("price", "product", 2.0, 1.8, 2.2, 9.0, True),
        ("doors", "premises", 0.1, -0.1, 0.3, 7.0, False),
    ],
    columns=["attribute", "attribute_group", "gap_points", "low_points", "high_points", "stated",
             "is_below"],
)  # fmt: skip
DRIVERS = pd.DataFrame(
    [
        ("overall satisfaction", "taste", 0.5, 0.6, 0.5, 0.7, True),
        ("overall satisfaction", "speed", 0.3, 0.35, 0.3, 0.4, True),
        ("overall satisfaction", "price", 0.01, 0.04, 0.0, 0.1, False),
        ("overall satisfaction", "doors", 0.01, 0.01, 0.0, 0.1, False),
        ("recommendation", "price", 9.0, 1.0, 0.9, 1.0, True),
    ],
    columns=["outcome", "attribute", "slope", "importance_share", "low_share", "high_share",
             "is_driver"],
)  # fmt: skip
CUSTOMERS = pd.DataFrame(
    {"customer_id": list("abcdef"), "stage": "active", "net_amount": [50.0, 30, 10, 10, 0, 100]}
)
ANSWERS = pd.DataFrame(
    {
        "respondent_id": [*"abcd", "stranger"],
        "attribute": "speed",
        "expectation": 8.0,
        "perception": [6.0, 9.0, 7.0, 8.0, 3.0],
        "answered_day": 100,
    }
)


@pytest.fixture
def top():
    return priorities(GAPS, DRIVERS)


def test_what_matters_and_falls_short_comes_first(top):
    assert top["attribute"].tolist() == ["speed", "taste", "price", "doors"]
    words = ["mend first", "keep up", "of little weight", "no need"]
    assert top["priority"].tolist() == words
    assert top["gain_points"].tolist() == pytest.approx([0.3, 0.0, 0.02, 0.001])
    by_name = top.set_index("attribute")
    assert (by_name.loc["price", "stated_rank"], by_name.loc["price", "importance_rank"]) == (1, 3)


def test_without_drivers_nothing_is_to_be_mended_first():
    found = priorities(GAPS, DRIVERS.iloc[:0])
    assert set(found["priority"]) == {"of little weight", "no need"}
    assert below_expectation(ANSWERS, CUSTOMERS, found).empty
    assert sales_below(ANSWERS, CUSTOMERS, found, rng=np.random.default_rng(1)).empty
    assert actions_from_satisfaction(ANSWERS.iloc[:0], found, ANSWERS.iloc[:0]).empty


def test_customers_below_expectation_largest_sales_first(top):
    found = below_expectation(ANSWERS, CUSTOMERS, top)
    assert found["customer_id"].tolist() == ["a", "c", "stranger"]
    assert found["net_amount"].tolist() == [50.0, 10.0, 0.0]
    assert set(found["answered_on"]) == {"1970-04-11"}


def test_sales_that_hang_on_it_by_hand(top):
    """Below: 60 of the 100 that respondents bought; all customers bought 200."""
    row = sales_below(ANSWERS, CUSTOMERS, top, rng=np.random.default_rng(1)).iloc[0]
    assert (row["n_respondents"], row["n_below"], row["n_projected"]) == (5, 3, 4)
    assert (row["below_share"], row["projected_amount"]) == (0.6, 120.0)
    assert 0 <= row["low_share"] < 0.6 < row["high_share"] <= 1


def test_actions_name_the_matter_and_its_evidence(top):
    below = below_expectation(ANSWERS, CUSTOMERS, top)
    sales = sales_below(ANSWERS, CUSTOMERS, top, rng=np.random.default_rng(1))
    found = actions_from_satisfaction(below, top, sales)
    assert found["n_customers"].tolist() == [3, 4]
    assert found["recommendation"].str.contains("speed").all()
    assert found["evidence"].str.contains("observational").all()

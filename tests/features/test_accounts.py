"""Features of a key account's sheet."""

import pandas as pd

from crmlib.features.accounts import (
    account_attributes,
    category_sales,
    latest_wallet_share,
    of_customers,
    quarterly_sales,
)
from crmlib.features.collect import collect
from crmlib.periods import Window, day_number, parse_day
from tests.conftest import order_lines


def number(text: str) -> int:
    return day_number(parse_day(text))


LINES = order_lines(
    [
        ("1", "a", "2023-12-31", 10.0),
        ("2", "a", "2024-01-01", 20.0),
        ("2", "a", "2024-01-01", 5.0),
        ("3", "a", "2024-03-31", 1.0),
        ("4", "a", "2024-04-01", -1.0),
        ("5", "b", "2024-01-15", 7.0),
        ("6", "a", "2024-07-01", 99.0),
    ]
)


def test_quarters_begin_and_end_with_the_calendar(lazy):
    lines = LINES.assign(quantity=LINES["quantity"].where(LINES["net_cents"] > 0, -1.0))
    found = collect(
        quarterly_sales(of_customers(lazy(lines), ["a"]), as_of_day=number("2024-06-30")),
        by=["customer_id", "quarter"],
    )
    first = 4 * 2023 + 3
    assert found["quarter"].tolist() == [first, first + 1, first + 2]
    assert found["n_orders"].tolist() == [1, 2, 0]  # a return is no order
    assert found["net_cents"].tolist() == [1000, 2600, -100]


def test_sales_by_category_count_what_is_not_known_too(lazy):
    products = pd.DataFrame({"product_id": ["p1", "p2"], "category": ["Bread", "Tea"]})
    window = Window(number("2024-01-01"), number("2024-03-31"))
    found = collect(category_sales(of_customers(lazy(LINES), ["a"]), lazy(products), window=window))
    known = found.dropna(subset=["category"]).set_index("category")["net_cents"].to_dict()
    assert known == {"Bread": 2000, "Tea": 500}
    assert found["net_cents"].sum() == 2600


def test_the_last_answer_of_the_customer_counts(lazy):
    rows = [
        ("a", "customer", 10, 0.9),
        ("a", "customer", 50, 0.4),
        ("a", "customer", 50, 0.4),
        ("a", "customer", 90, 0.1),  # after the day
        ("a", "employee", 60, 0.2),
        ("b", "customer", 60, None),
    ]
    names = ["respondent_id", "respondent_kind", "answered_day", "wallet_share"]
    surveys = pd.DataFrame(rows, columns=names)
    found = collect(latest_wallet_share(lazy(surveys), as_of_day=80))
    assert found.to_dict("list") == {
        "customer_id": ["a"], "wallet_share": [0.4], "wallet_days": [30],
    }  # fmt: skip
    bare = surveys.drop(columns="wallet_share")
    assert collect(latest_wallet_share(lazy(bare), as_of_day=80)).empty


def test_attributes_nobody_noted_are_missing(lazy):
    people = pd.DataFrame({"customer_id": ["a"], "region": ["North"]})
    found = collect(account_attributes(lazy(people))).iloc[0]
    assert found["region"] == "North"
    assert pd.isna(found["kind"])

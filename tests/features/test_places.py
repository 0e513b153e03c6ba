"""One place per customer, and sums that compare places without the first order."""

import pandas as pd
import pytest

from crmlib.features.collect import collect
from crmlib.features.places import (
    customer_places,
    customers_without_place,
    place_categories,
    place_column,
    place_customers,
    place_totals,
)
from crmlib.periods import Window

WINDOW = Window(100, 199)
ROWS = [
    # order, customer, day, quantity, cents, region, category
    ("1", "a", 50, 1.0, 1000, "South", "Tea"),
    ("2", "a", 120, 1.0, 300, "South", "Tea"),
    ("3", "a", 130, 1.0, 200, "North", "Wine"),
    ("3", "a", 130, 1.0, 100, "North", "Tea"),
    ("4", "b", 110, 1.0, 700, "North", "Wine"),  # the first order: makes a customer, counts not
    ("5", "b", 150, 1.0, 500, "North", "Wine"),
    ("6", "b", 151, -1.0, -100, "North", "Wine"),
    ("7", "c", 190, 1.0, 400, None, "Tea"),
]


@pytest.fixture
def lines() -> pd.DataFrame:
    names = "transaction_id customer_id occurred_day quantity net_cents region category"
    frame = pd.DataFrame(ROWS, columns=names.split())
    return frame.assign(product_id="p", net_amount=frame["net_cents"] / 100)


@pytest.fixture
def people() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["a", "d", "e"],
            "region": ["Alps", "North", None],
            "first_contact_day": [10, 149, 1],
        }
    )


def test_own_region_goes_before_that_of_the_lines(lines, people, lazy):
    found = collect(customer_places(lazy(lines), lazy(people), as_of_day=199), by=("customer_id",))
    places = found["place"].fillna("")
    assert dict(zip(found["customer_id"], places, strict=True)) == {
        "a": "Alps", "b": "North", "c": "", "d": "North", "e": "",
    }  # fmt: skip
    without = collect(customers_without_place(lazy(lines), lazy(people), window=WINDOW))
    assert without["n_customers"].tolist() == [2]


def test_shops_serve_where_there_are_no_regions(lines, lazy):
    shops = lines.rename(columns={"region": "store_id"})
    assert place_column(lazy(shops), None) == "store_id"
    found = collect(customer_places(lazy(shops), None, as_of_day=199), by=("customer_id",))
    assert found["place"].tolist()[:2] == ["North", "North"]  # of equal ones the first
    nowhere = shops.drop(columns="store_id")
    assert place_column(lazy(nowhere), None) == ""
    assert collect(customer_places(lazy(nowhere), None, as_of_day=199))["place"].isna().all()


def test_first_order_makes_a_customer_and_counts_not(lines, people, lazy):
    found = collect(
        place_customers(lazy(lines), lazy(people), window=WINDOW, recent_days=60),
        by=("customer_id",),
    )
    rows = found.drop(columns="place").set_index("customer_id").T.to_dict("list")
    assert rows == {
        # days, orders, amount, all cents, known 60 days before, bought since
        "a": [100, 2, 6.0, 600, 1, 0],
        "b": [89, 1, 4.0, 1100, 1, 1],
        "d": [50, 0, 0.0, 0, 0, 0],
    }


def test_totals_are_sums_and_squares(lines, people, lazy):
    members = place_customers(lazy(lines), lazy(people), window=WINDOW, recent_days=60)
    north = collect(place_totals(members)).set_index("place").loc["North"]
    assert north["n_customers"] == 2
    assert (north["exposure_days"], north["exposure_squares"]) == (139, 89**2 + 50**2)
    assert (north["amount"], north["amount_squares"], north["orders_exposure"]) == (4, 16, 89)


def test_categories_of_a_place(lines, people, lazy):
    cells = collect(
        place_categories(lazy(lines), None, lazy(people), window=WINDOW), by=("place", "category")
    ).set_index(["place", "category"])
    assert cells["net_amount"].to_dict() == {
        ("Alps", "Tea"): 4.0, ("Alps", "Wine"): 2.0, ("North", "Wine"): 11.0,
    }  # fmt: skip
    assert cells.loc["Alps", "own_amount"].sum() == pytest.approx(6.0)
    assert cells.loc["Alps", "own_squares"].sum() == pytest.approx(36.0)
    assert cells.loc[("Alps", "Tea"), "products"] == pytest.approx(4 * 6)

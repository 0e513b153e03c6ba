"""Price bands, choices against expectation, favourites and what became of them, by hand."""

import pandas as pd
import pytest

from crmlib.errors import SchemaError
from crmlib.features.choices import choices
from crmlib.features.collect import collect
from crmlib.features.favourites import (
    bought_later,
    category_cells,
    favourite_categories,
    favourite_mix,
)
from crmlib.features.habits import habits_by_half
from crmlib.features.price_bands import price_bands
from crmlib.features.purchases import described_lines, timed_lines, value_sizes
from crmlib.periods import Window

WINDOW = Window(100, 199)
ROWS = [
    # order, customer, category, product, day, quantity, cents
    ("1", "a", "Wine", "w1", 100, 1.0, 900),
    ("1", "a", "Wine", "w2", 100, 1.0, 100),
    ("1", "a", "Tea", "t1", 100, 1.0, 200),
    ("2", "a", "Wine", "w1", 160, 1.0, 800),
    ("3", "b", "Tea", "t1", 101, 1.0, 700),
    ("4", "b", "Tea", "t1", 149, 1.0, 100),
    ("5", "b", "Tea", "t1", 170, 1.0, 200),
    ("5", "b", "Tea", "t1", 171, -1.0, -200),  # a return
    ("6", "c", "Tea", "t1", 180, 1.0, 400),
    ("7", None, "Wine", "w1", 150, 1.0, 999),  # nobody's
    ("8", "a", "Wine", "w1", 99, 1.0, 999),  # before the window
]


@pytest.fixture
def lines() -> pd.DataFrame:
    names = "transaction_id customer_id category product_id occurred_day quantity net_cents"
    frame = pd.DataFrame(ROWS, columns=names.split())
    return frame.assign(occurred_at=pd.to_datetime(frame["occurred_day"], unit="D"))


@pytest.fixture
def goods(lines, lazy):
    return described_lines(lazy(lines), None, window=WINDOW)


def by_customer(frame, *names):
    return frame.set_index("customer_id")[list(names)].T.to_dict("list")


def test_bands_are_thirds_of_the_products_by_price_before_discounts(lazy):
    """Prices 1, 2, 2, 4, 5, 6: ties in one band, a product on sale stays dear, fractions count."""
    prices = {"p1": 100, "p2": 200, "p3": 200, "p4": 400, "p5": 500, "p6": 600}
    frame = pd.DataFrame(
        {
            "product_id": [*prices, "p6", "p1", "q1"],
            "category": ["Wine"] * 8 + ["Alone"],
            "occurred_day": 1,
            "quantity": [1.0, 0.5, 1.0, 2.0, 1.0, 1.0, 1.0, -1.0, 1.0],
            "net_cents": [100, 100, 200, 800, 500, 600, 60, -100, 5],
            "list_cents": [100, 100, 200, 800, 500, 600, 600, -100, 5],
        }
    )
    found = collect(price_bands(lazy(frame), None, as_of_day=1), by=("product_id",))
    bands = found.set_index("product_id")["price_band"].to_dict()
    assert bands == {
        "p1": "low", "p2": "low", "p3": "low", "p4": "middle", "p5": "high", "p6": "high",
    }  # fmt: skip
    assert found["unit_price_cents"].tolist() == list(prices.values())


def test_an_order_is_one_choice_of_a_category(goods):
    """Two wines in one order are one choice; the expected number is the share of the half."""
    found = collect(choices(goods, aspect="category", values=["Tea", "Wine"]), by=("customer_id",))
    counts = by_customer(found, "n_first", "n_first_0", "n_first_1", "n_second", "n_second_0")
    assert counts == {"a": [2, 1, 1, 1, 0], "b": [2, 2, 0, 1, 1], "c": [0, 0, 0, 1, 1]}
    expected = by_customer(found, "expected_first_0", "expected_second_0")
    assert expected["a"] == pytest.approx([2 * 3 / 4, 2 / 3], abs=1e-5)
    assert expected["c"] == pytest.approx([0, 2 / 3], abs=1e-5)


def test_brand_is_expected_within_category_and_price_band(lines, lazy):
    """Who buys only tea is expected to choose the brands of tea, not those of wine."""
    products = pd.DataFrame(
        {"product_id": ["w1", "w2", "t1", "t2"], "brand": ["Alder", "Alder", "Own", "Own"]}
    )
    more = lines.iloc[[2]].assign(product_id="w3", customer_id="c", occurred_day=120)
    wine = pd.concat([lines, more.assign(category="Wine")], ignore_index=True)
    wine["category"] = "Wine"
    banded = described_lines(lazy(wine), lazy(products), window=WINDOW, with_bands=True)
    found = collect(choices(banded, aspect="brand", values=["Alder", "Own"]))
    both = found["expected_first_0"] + found["expected_first_1"]
    assert both.to_numpy() == pytest.approx(found["n_first"].to_numpy(), abs=1e-4)


def test_unknown_aspect_column_is_refused(goods):
    with pytest.raises(SchemaError, match="weekday"):
        choices(goods, aspect="weekday", values=["0"])


def test_favourite_is_what_a_customer_spends_most_on_beyond_the_whole(goods):
    """Wine is 1800 of 3400 cents: of his 2000, customer a is expected to spend 1058 on it."""
    found = collect(favourite_categories(category_cells(goods, by_half=False)))
    assert by_customer(found, "category", "n", "cents", "own_n", "own_cents") == {
        "a": ["Wine", 2, 1800, 3, 2000],
        "b": ["Tea", 3, 1000, 3, 1000],
        "c": ["Tea", 1, 400, 1, 400],
    }
    above = found.set_index("customer_id")["above_cents"]
    assert above["a"] == 1800 - 2000 * 529_411 // 1_000_000


def test_second_half_has_no_part_in_the_favourite_of_the_first(goods):
    found = collect(bought_later(category_cells(goods, by_half=True)), by=("customer_id",))
    assert by_customer(found, "favourite", "n", "own_n", "own_cents", "later_cents") == {
        "a": ["Wine", 1, 2, 800, 800],
        "b": ["Tea", 2, 2, 200, 200],
    }


def test_mix_adds_up_the_second_half(goods):
    mix = collect(favourite_mix(category_cells(goods, by_half=True)))
    known = mix.fillna({"favourite": "none"}).set_index(["favourite", "category"])
    assert known["net_amount"].to_dict() == {
        ("Tea", "Tea"): 2.0, ("Wine", "Wine"): 8.0, ("none", "Tea"): 4.0,
    }  # fmt: skip
    assert known["squares"].sum() == 4 + 64 + 16


def test_habits_and_sizes(lines, goods, lazy):
    timed = timed_lines(lazy(lines), window=WINDOW, zone="UTC")
    habits = collect(habits_by_half(timed), by=("customer_id", "half"))
    assert habits.iloc[0].tolist()[:4] == ["a", "first", 1, 3.0]
    assert habits.set_index(["customer_id", "half"]).loc[("b", "first"), "gap_median_days"] == 48
    assert collect(timed)["day_part"].isna().all()  # midnight sharp: the time is not known
    sizes = collect(value_sizes(goods, value="category"), by=("value",))
    assert sizes["cents"].tolist() == [1600, 1800]


def test_order_of_lines_does_not_matter(lines, lazy):
    def found(frame):
        goods = described_lines(lazy(frame), None, window=WINDOW)
        return collect(favourite_categories(category_cells(goods, by_half=True)))

    pd.testing.assert_frame_equal(found(lines), found(lines.iloc[::-1].reset_index(drop=True)))

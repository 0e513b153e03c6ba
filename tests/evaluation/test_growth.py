"""Growth: the split is exact, hand-worked groups, refusals."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.evaluation.growth import (
    change_with_interval,
    comparable,
    growth_by_customer,
    growth_by_factor,
    price_change,
)
from crmlib.features.collect import collect
from crmlib.features.sales import product_sales_in_two_windows, sales_in_two_windows
from crmlib.periods import Window


def sales(rows) -> pd.DataFrame:
    """Orders and cents of each customer now and before, nothing returned."""
    names = ["n_orders", "net_cents", "n_orders_before", "net_cents_before"]
    return pd.DataFrame(rows, columns=names).assign(return_cents=0, return_cents_before=0)


def products(rows=()) -> pd.DataFrame:
    """Units and cents of each product now and before."""
    names = ["quantity", "net_cents", "quantity_before", "net_cents_before"]
    return pd.DataFrame(rows, columns=names, dtype=float)


def effects(*tables, **options) -> list[float]:
    return growth_by_factor(*tables, **options)["effect_amount"].tolist()


def test_only_the_number_of_customers_doubles():
    found = effects(sales([(1, 1000, 1, 1000), (1, 1000, 0, 0)]), products([(2, 2000, 1, 1000)]))
    assert found == pytest.approx([10.0, 0.0, 0.0, 0.0])


def test_only_the_price_rises():
    table = growth_by_factor(sales([(1, 1500, 1, 1000)]), products([(2, 1500, 2, 1000)]))
    assert table["effect_amount"].tolist() == pytest.approx([0, 0, 0, 5.0])
    assert table["now"].tolist() == pytest.approx([1, 1, 10.0, 1.5])


def test_only_the_basket_grows():
    found = effects(sales([(1, 1500, 1, 1000)]), products([(3, 1500, 2, 1000)]))
    assert found == pytest.approx([0, 0, 5.0, 0])


def test_four_factors_by_hand():
    """One customer, orders 1 to 2, units 1 to 3 an order, price 10 to 20: each by its logarithm."""
    found = effects(sales([(2, 12000, 1, 1000)]), products([(6, 12000, 1, 1000)]))
    mean = 110 / np.log(12)
    assert found == pytest.approx([0, mean * np.log(2), mean * np.log(3), mean * np.log(2)])


def test_dearer_products_bought_are_no_price():
    """Prices of both products stay; the customer buys the dear one instead of the cheap one."""
    found = effects(sales([(1, 900, 1, 300)]), products([(1, 100, 2, 200), (4, 800, 0.5, 100)]))
    assert found == pytest.approx([0, 0, 6.0, 0], abs=1e-9)


line = st.tuples(
    st.sampled_from("abcde"),  # customer
    st.sampled_from("pqrs"),  # product
    st.booleans(),  # now or before
    st.sampled_from([-2.0, -1.0, 0.0, 0.35, 1.0, 3.0, 150e6, None]),  # units
    st.integers(-500, 10**6),  # cents
)
ledgers = st.lists(line, min_size=1, max_size=40)
unhurried = settings(deadline=None, max_examples=25, derandomize=True)


def split(ledger, *, units=1.0) -> tuple[pd.DataFrame, float]:
    """Split the change of a ledger of order lines, one line an order; give the change too."""
    days = [10 if is_now else 1 for _, _, is_now, _, _ in ledger]
    frame = pd.DataFrame(
        {
            "transaction_id": [str(k) for k in range(len(ledger))],
            "customer_id": [one[0] for one in ledger],
            "product_id": [one[1] for one in ledger],
            "occurred_day": days,
            "quantity": [one[3] for one in ledger],
            "net_cents": [-abs(one[4]) if (one[3] or 0) < 0 else one[4] for one in ledger],
        }
    )
    frame["quantity"] = frame["quantity"].astype(float)
    frame.loc[frame["product_id"] == "p", "quantity"] *= units
    lines = nw.from_native(frame).lazy()
    current = Window(6, 10)
    found = growth_by_factor(
        collect(sales_in_two_windows(lines, current=current)),
        collect(product_sales_in_two_windows(lines, current=current)),
    )
    is_now = frame["occurred_day"] == 10
    return found, float(frame["net_cents"].where(is_now, -frame["net_cents"]).sum()) / 100


@unhurried
@given(ledgers)
def test_effects_add_up_to_the_change(ledger):
    """With returns, units of nought or unknown, products of one period; or all are missing."""
    found, change = split(ledger)
    effect = found["effect_amount"]
    assert effect.isna().all() or effect.sum() == pytest.approx(change, rel=1e-9, abs=1e-6)
    sold = (found["before"].iloc[:3] > 0).all() and (found["now"].iloc[:3] > 0).all()
    assert effect.notna().all() == sold


@unhurried
@given(ledgers, st.sampled_from([1e-3, 0.5, 12.0, 1e3]))
def test_the_unit_of_a_product_does_not_matter(ledger, units):
    """Litres or millilitres, pieces or dozens: the split is the same."""
    (found, _), (again, _) = split(ledger), split(ledger, units=units)
    np.testing.assert_allclose(again["effect_amount"], found["effect_amount"], rtol=1e-3, atol=1e-2)


@unhurried
@given(ledgers)
def test_looking_back_turns_every_effect_round(ledger):
    """Now and before exchanged: the same effects with the other sign."""
    back = [(customer, product, not is_now, *rest) for customer, product, is_now, *rest in ledger]
    (found, _), (again, _) = split(ledger), split(back)
    np.testing.assert_allclose(
        again["effect_amount"], -found["effect_amount"], rtol=1e-6, atol=1e-6
    )


@unhurried
@given(ledgers, st.randoms())
def test_the_order_of_lines_does_not_matter(ledger, random):
    mixed = ledger.copy()
    random.shuffle(mixed)
    pd.testing.assert_frame_equal(split(mixed)[0], split(ledger)[0], rtol=1e-9, atol=1e-6)


def test_returns_are_a_line_of_their_own():
    frame = sales([(2, 1500, 2, 2000)])
    frame["return_cents"] = -500
    table = growth_by_factor(frame, products([(4, 2000, 4, 2000)]))
    assert table["factor"].iloc[-1] == "returns"
    assert table["effect_amount"].tolist() == pytest.approx([0, 0, 0, 0, -5.0])
    assert table[["before", "now"]].iloc[-1].tolist() == [0.0, 5.0]


def test_products_without_units_leave_the_price_alone():
    table = growth_by_factor(sales([(1, 1500, 1, 1000)]), products([(0, 1500, 0, 1000)]))
    assert table["effect_amount"].tolist() == pytest.approx([0, 0, 5.0, 0])
    assert price_change(products(), sold=1, sold_before=1) == 0.0


def test_intervals_cover_the_effects_of_the_whole_population():
    """Of 200 samples from a population, the intervals of each factor cover its effect in most."""
    rng = np.random.default_rng(11)
    before = rng.poisson(3, 20_000)
    frame = pd.DataFrame({"n_orders_before": before, "n_orders": rng.poisson(3.3, 20_000)})
    frame["net_cents_before"] = before * rng.gamma(4, 500, 20_000).round()
    frame["net_cents"] = frame["n_orders"] * rng.gamma(4, 520, 20_000).round()
    whole = growth_by_factor(frame, products()).set_index("factor")["effect_amount"] / 20_000
    covered = []
    for _ in range(60):
        drawn = frame.sample(400, replace=True, random_state=int(rng.integers(2**31)))
        found = growth_by_factor(drawn, products(), rng=rng).set_index("factor")
        covered.append((found["low_amount"] / 400 <= whole) & (whole <= found["high_amount"] / 400))
    shares = pd.DataFrame(covered)[list(whole.index[:3])].mean()
    assert (shares >= 0.85).all(), shares


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
    found = growth_by_factor(sales([(1, 1000, 0, 0)]), products())
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

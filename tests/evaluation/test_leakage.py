"""Leaks: a feature from the future changes with the cut; a disguised outcome is named."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.evaluation.leakage import changed_by_the_cut, disguised_outcomes, require_no_leak

RNG = np.random.default_rng(1)
ORDERS = pd.DataFrame(
    {
        "customer": RNG.integers(0, 60, 900), "day": RNG.integers(0, 200, 900),
        "amount": RNG.gamma(2, 20, 900),
    }
)  # fmt: skip
AS_OF = 120


def honest(orders):
    known = orders[orders["day"] <= AS_OF].groupby("customer")
    return pd.DataFrame({"n": known.size(), "mean": known["amount"].mean()})


def with_canary(orders):
    """Scaling by the mean of all orders looks harmless and knows the future."""
    table = honest(orders)
    later = orders[orders["day"] > AS_OF].groupby("customer").size()
    return table.assign(
        share=table["mean"] / orders["amount"].mean(), next_orders=later.reindex(table.index)
    )


def test_honest_features_do_not_change_with_the_cut():
    cut = ORDERS[ORDERS["day"] <= AS_OF]
    shuffled = honest(ORDERS).sample(frac=1, random_state=0)
    assert changed_by_the_cut(shuffled, honest(cut)).empty


def test_features_that_know_the_future_are_named_with_an_example():
    cut = ORDERS[ORDERS["day"] <= AS_OF]
    found = changed_by_the_cut(with_canary(ORDERS), with_canary(cut)).set_index("column")
    assert list(found.index) == ["share", "next_orders"]
    assert found.loc["share", "n_changed"] == len(honest(ORDERS))
    example = found.loc["next_orders", "example"]
    later = (ORDERS["customer"] == example) & (ORDERS["day"] > AS_OF)
    assert found.loc["next_orders", "with_future"] == later.sum() > 0


def test_customers_and_columns_from_the_future_are_named():
    whole = pd.DataFrame({"n": [1, 2], "late": [1, 1]}, index=["a", "b"])
    found = changed_by_the_cut(whole, pd.DataFrame({"n": [1]}, index=["a"]))
    assert found["column"].tolist() == ["(customers only with_future)", "late"]
    assert found["example"].tolist()[0] == "b"


@pytest.fixture
def customers():
    bought = RNG.integers(0, 2, 600)
    table = pd.DataFrame(
        {
            "good": bought + RNG.normal(size=600),
            "customer_id": [f"c{k:04}" for k in range(600)],
            "region": RNG.choice(["north", "south"], 600),
            "days_to_order": np.where(bought == 1, RNG.integers(1, 90, 600), np.nan),
            "reason": np.where(bought == 1, "bought", "lost"),
            "order_date": pd.to_datetime(np.where(bought == 1, "2024-05-01", "2024-01-01")),
            "minus": -1.0 * bought,
            "constant": 1.0,
        }
    )
    return table, bought


def test_disguised_outcomes_are_named_and_good_or_unique_columns_are_not(customers):
    table, bought = customers
    found = disguised_outcomes(table, bought).set_index("column")
    assert set(found.index[found["is_leak"]]) == {"days_to_order", "reason", "order_date", "minus"}
    assert found.loc[["minus", "reason", "days_to_order"], "strength"].tolist() == [1, 1, 1]
    assert 0.3 < found.loc["good", "strength"] < 0.7
    assert found.loc["customer_id", "strength"] < 0.2
    assert found.loc["constant", "strength"] == 0
    with pytest.raises(ParameterError, match=r"4 columns tell the outcome.*reason \(1\.000\)"):
        require_no_leak(found.reset_index())
    require_no_leak(disguised_outcomes(table[["good", "region"]], bought))


def test_an_amount_in_another_currency_is_a_disguise():
    spent = RNG.gamma(2, 30, 300)
    table = pd.DataFrame({"spent_usd": 1.08 * spent, "before": spent * RNG.gamma(2, 1, 300)})
    found = disguised_outcomes(table, spent)
    assert found.query("is_leak")["column"].tolist() == ["spent_usd"]


@pytest.mark.parametrize(
    ("outcome", "message"),
    [
        (np.ones(60), r"0 missing values and 1 different"),
        (np.r_[np.nan, np.arange(59)], r"1 missing values"),
        (np.arange(30), r"features have 60 rows, outcome 30"),
    ],
)
def test_an_outcome_that_tells_nothing_is_refused(outcome, message):
    with pytest.raises(ParameterError, match=message):
        disguised_outcomes(pd.DataFrame({"x": np.arange(60)}), outcome)


def test_few_customers_are_refused():
    with pytest.raises(ParameterError, match=r"have 9 customers, need 40"):
        disguised_outcomes(pd.DataFrame({"x": np.arange(9)}), np.arange(9))

"""Only preferences that last, and places surely below the whole, become things to do."""

import pandas as pd

from crmlib.decisions.preferences import actions_from_preferences
from crmlib.decisions.regions import actions_from_regions
from tests.reporting.charts.regions import FRAMES

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "net_amount": [100.0, 50.0, 20.0],
        "favourite_amount": [60.0, float("nan"), 5.0],
        "is_clear": [True, False, True],
        "price_band": ["high", "low", ""],
    }
)
LASTING = pd.DataFrame({"aspect": ["category", "price class"], "outcome": ["lasts", "not shown"]})


def test_preferences_that_do_not_last_call_for_nothing():
    found = actions_from_preferences(CUSTOMERS, LASTING)
    assert len(found) == 1
    assert found.loc[0, ["n_customers", "net_amount"]].tolist() == [2, 65.0]
    assert "shows again later; effect of a contact not yet tested" in found.loc[0, "evidence"]


def test_price_classes_that_show_weakly_are_said_to():
    weak = LASTING.assign(outcome=["not shown", "weak"])
    found = actions_from_preferences(CUSTOMERS, weak)
    assert found["n_customers"].tolist() == [1, 1]
    assert found["evidence"].str.contains("weakly").all()


def test_only_sure_gaps_become_actions():
    found = actions_from_regions(
        FRAMES["unused_potential"], FRAMES["place_mix"], where="regions"
    ).set_index("who")
    below = found.loc["customers of regions that are below the whole"]
    assert below[["n_customers", "net_amount"]].tolist() == [200, 2000.0]
    category = found.loc["customers of regions with categories below their usual share"]
    assert category["net_amount"] == 900 * 0.4
    assert found["evidence"].str.contains("not tried out").all()

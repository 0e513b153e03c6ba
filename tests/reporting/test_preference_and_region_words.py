"""Sentences on preferences and regions: what is sure, what is not, hostile names escaped."""

import numpy as np
import pandas as pd

from crmlib.evaluation.regions import compare_places
from crmlib.reporting.narrative import preferences, regions
from tests.reporting.charts.preferences import FRAMES as PREFERRED
from tests.reporting.charts.regions import FRAMES as PLACES

LATER = pd.DataFrame(
    {"favourite": ["", "Wine"], "n_customers": [15, 12], "later_index": [320.0, 350.0],
     "low_index": [280.0, 300.0], "high_index": [360.0, 400.0]}
)  # fmt: skip
CUSTOMERS = pd.DataFrame(
    {"customer_id": ["a", "b"], "net_amount": [900.0, 100.0], "above_amount": [490.0, np.nan],
     "is_clear": [True, False]}
)  # fmt: skip
TOTAL = pd.Series({"gap_amount": 2000.0, "gap_low_amount": 900.0, "gap_high_amount": 3000.0})


def preferred(customers=CUSTOMERS, later=LATER, n_categories=3):
    return preferences.headline(
        customers, PREFERRED["favourite_money"], later, PREFERRED["lasting_preferences"],
        n_categories=n_categories, currency="USD",
    )  # fmt: skip


def places(measures=None, listed=None, total=TOTAL, mix=None):
    return regions.headline(
        PLACES["place_indices"] if measures is None else measures,
        PLACES["unused_potential"] if listed is None else listed,
        total,
        PLACES["place_mix"] if mix is None else mix,
        where="regions",
        currency="USD",
    )


def test_headline_of_preferences():
    first, money, later, others = preferred()
    assert first.startswith("1 of 2 customers (50.0 %) have a clear favourite category")
    assert "$490 more" in first
    assert "49.0 % of all sales" in first
    assert r"\<b\>" in money
    assert "3.2 times as much" in later
    assert "95 % interval 2.8 to 3.6" in later
    assert others == "Beside goods, not beyond chance, or with too few data: weekday, brand."


def test_favourites_that_do_not_last_are_said_to_not_last():
    later = LATER.assign(later_index=101.0, low_index=90.0)
    assert "Favourites do not last" in preferred(later=later)[2]


def test_no_preference_is_said():
    assert "nobody has a favourite" in preferred(CUSTOMERS.assign(is_clear=False))[0]
    assert "name no categories" in preferred(n_categories=0)[0]
    assert "No known customer bought" in preferred(CUSTOMERS.iloc[:0])[0]


def test_headline_of_regions():
    difference, potential, mix = places()
    assert difference.startswith("1 of 3 regions differ from the whole beyond chance: East")
    assert "80 (95 % interval 70 to 92)" in difference
    assert "$2,000 more a year (95 % interval $900 to $3,000)" in potential
    assert "East spends 60 % of the usual share on Wine" in mix


def test_regions_that_may_be_luck():
    none = PLACES["place_indices"].assign(is_different=False)
    listed = PLACES["unused_potential"].assign(is_below=False)
    mix = PLACES["place_mix"].assign(is_different=False)
    difference, potential, what = places(none, listed, TOTAL * 0, mix)
    assert "do not differ" in difference
    assert "may be luck: $2,000 more a year" in potential
    assert "does not differ between the regions" in what
    assert places(none, listed.iloc[:0], TOTAL * 0, mix)[1].endswith("beyond chance.")


def test_one_region_is_nothing_to_compare():
    nothing = compare_places(
        pd.DataFrame(columns=["place", "n_customers", "exposure_days"]),
        rng=np.random.default_rng(1),
    )
    sentences = places(nothing.measures, nothing.potential, nothing.total)
    assert len(sentences) == 1
    assert "nothing to compare" in sentences[0]


def test_a_shop_is_called_a_shop_and_its_name_is_literal():
    measures = PLACES["place_indices"].assign(is_different=[False, False, True])
    sentences = regions.headline(
        measures, PLACES["unused_potential"], TOTAL, PLACES["place_mix"],
        where="shops", currency="USD",
    )  # fmt: skip
    assert r"shop \<b\>\$x\$" in sentences[0]
    note = regions.places_note("store_id", n_without=2, min_customers=30)[0]
    assert "2 customers belong to none" in note
    assert regions.places_note("", n_without=2, min_customers=30) == []

"""Lives and losses: recorded, silent, taken back; by hand, on both engines."""

import narwhals as nw
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.features.collect import collect
from crmlib.features.lives import customer_lives, gap_counts

ROWS = [
    # customer, days with an order of 10.00
    ("regular", [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 98]),
    ("silent", [0, 10, 20, 30, 40]),  # three usual pauses are over
    ("slow", [0, 40, 80]),  # few gaps, and long ones
    ("told us", [5, 15, 25]),  # left on day 60
    ("came back", [5, 15, 95]),  # left on day 60, ordered after it
    ("one order", [20]),
]
LINES = pd.DataFrame(
    [
        (f"{name} {day}", name, day, "p", 1.0, 1000, "shop" if day < 50 else "online", "North")
        for name, days in ROWS
        for day in days
    ],
    columns=["transaction_id", "customer_id", "occurred_day", "product_id", "quantity",
             "net_cents", "channel", "region"],
)  # fmt: skip
LEFT = pd.DataFrame(
    {
        "customer_id": ["told us", "came back", "regular"],
        "left_day": [60, 60, 150],
        "reason": ["competitor", "our error", "gradual"],
    }
)
PEOPLE = pd.DataFrame({"customer_id": ["slow"], "region": ["South"], "kind": ["company"]})
GOODS = pd.DataFrame({"product_id": ["p"], "unit_cost_cents": [400]})
RULE = {"as_of_day": 100, "usual_gap_days": 15, "silence_factor": 3, "min_silence_days": 20}


def lives(lazy, lines=LINES, **options):
    tables = (lazy(frame) for frame in (PEOPLE, LEFT, GOODS))
    found = collect(customer_lives(lazy(lines), *tables, **{**RULE, **options}))
    return found.set_index("customer_id")


def test_who_is_lost_since_when_and_why(lazy):
    found = lives(lazy)
    assert found["is_lost"].to_dict() == {
        "regular": 0, "silent": 1, "slow": 0, "told us": 1, "came back": 0, "one order": 1,
    }  # fmt: skip
    # silent: last order on day 40 and a median gap of 10; one order: the pause of all
    assert found.loc[["silent", "told us", "one order"], "end_day"].tolist() == [50, 60, 35]
    assert found.loc["told us", "reason"] == "competitor"
    assert found["is_recorded"].sum() == 1
    assert found["reason"].notna().sum() == 1


def test_few_gaps_are_no_rhythm_of_ones_own(lazy):
    found = lives(lazy)
    # three gaps speak for themselves, one or two only if they are longer than those of all
    assert found["usual_gap_days"].to_dict() == {
        "regular": 10, "silent": 10, "slow": 40, "told us": 15, "came back": 80, "one order": 15,
    }  # fmt: skip


def test_sales_and_margin_of_the_last_year_with_us(lazy):
    found = lives(lazy)
    assert found.loc["silent", "year_cents"] == 5_000
    assert found.loc["silent", "year_margin_cents"] == pytest.approx(3_000)
    early = pd.concat([LINES, LINES.head(1).assign(transaction_id="x", occurred_day=-400)])
    assert lives(lazy, early).loc["regular", "year_cents"] == 11_000


def test_who_the_customers_are(lazy):
    found = lives(lazy)
    assert found.loc["slow", ["region", "kind"]].tolist() == ["South", "company"]
    assert found.loc["silent", "region"] == "North"  # where he first bought
    assert pd.isna(found.loc["silent", "kind"])
    assert set(found["first_channel"]) == {"shop"}


def test_what_comes_later_changes_nothing(lazy):
    cut = LINES[LINES["occurred_day"] <= 60]
    whole, early = (lives(lazy, part, as_of_day=60) for part in (LINES, cut))
    pd.testing.assert_frame_equal(whole, early)
    assert whole.loc["came back", "is_recorded"] == 1  # nobody knows yet that he will be back


def test_gaps_are_counted_by_length(lazy):
    found = collect(gap_counts(lazy(LINES), as_of_day=30))
    assert found.to_dict("list") == {"gap_days": [10], "n_gaps": [9]}


def test_limits_below_a_day_are_refused():
    with pytest.raises(ParameterError, match=r"silence_factor=0"):
        customer_lives(nw.from_native(LINES).lazy(), **{**RULE, "silence_factor": 0})

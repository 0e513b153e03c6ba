"""What to act on: only what is off beyond chance, the largest first, strings as they are."""

import pandas as pd

from crmlib.decisions.controlling import actions_from_deviations, off_parts
from crmlib.decisions.forecast import actions_from_surprises, surprises


def deviations(*rows):
    """Rows of (part, own deviation, off)."""
    frame = pd.DataFrame(rows, columns=["part", "own_deviation_amount", "is_different"])
    return frame.assign(
        dimension="category", n_customers=7, reference_amount=100.0, actual_amount=90.0,
        deviation_amount=-10.0, p_adjusted=0.01,
    )  # fmt: skip


NONE = deviations()


def test_only_what_is_off_is_listed_plan_first():
    plan = deviations(("Tea", -50.0, True), ("Wine", 90.0, False), ("Bread", 60.0, True))
    off = off_parts(plan, deviations(("Cheese", -500.0, True)))
    assert off["part"].tolist() == ["Bread", "Tea", "Cheese"]
    assert off["against"].tolist() == ["plan", "plan", "before"]
    done = actions_from_deviations(off)
    assert done["recommendation"].tolist() == [
        "Plan Bread higher and secure supply",
        "Win back Tea or plan it lower",
        "Find out why Cheese fell behind",
    ]
    assert done["net_amount"].tolist() == [60, 50, 500]
    assert done["who"].iloc[0] == "customers of category Bread"


def test_at_most_three_of_each():
    plan = deviations(*((f"p{k}", float(k), True) for k in range(9)))
    assert len(actions_from_deviations(off_parts(plan, plan))) == 6


def test_nothing_off_nothing_to_do():
    assert off_parts(NONE, NONE).empty
    assert actions_from_deviations(off_parts(NONE, NONE)).empty
    within = deviations(("Tea", -50.0, False))
    assert off_parts(within, within).empty


PAST = pd.DataFrame(
    [
        ("region", "West", "net_amount", 70.0, 100.0, True),
        ("region", "East", "net_amount", 210.0, 100.0, True),
        ("region", "South", "net_amount", 99.0, 100.0, False),
        ("region", "West", "n_customers", 12.4, 15.0, False),
        ("region", "East", "n_customers", 30.0, 15.0, False),
    ],
    columns=["dimension", "part", "quantity", "actual", "forecast", "is_surprise"],
).assign(low=90.0, high=110.0, p_adjusted=0.001)


def test_surprises_the_largest_gap_first_with_who_bought():
    found = surprises(PAST)
    assert found["part"].tolist() == ["East", "West"]
    assert found["deviation_amount"].tolist() == [110, -30]
    assert found["n_customers"].tolist() == [30, 12]
    done = actions_from_surprises(found, horizon_weeks=8)
    assert done["recommendation"].tolist() == [
        "Find out why East brought more than was to be expected",
        "Find out why West brought less than was to be expected",
    ]
    assert surprises(PAST.iloc[2:3]).empty
    assert actions_from_surprises(surprises(PAST.iloc[:0]), horizon_weeks=8).empty

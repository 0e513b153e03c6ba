"""Lifecycle stages: each by hand, chance kept in bounds, planted change found."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.evaluation.lifecycle import LIFECYCLE_STAGES, LifecycleRules, n_stages_known, standings
from crmlib.features.collect import collect
from crmlib.features.lifecycle import spending_by_period
from crmlib.periods import Window

RULES = LifecycleRules(period_days=100, active_days=60, lapse_days=150)
DAY = 1000


def told(rows, *, n_stages=1, rules=RULES, since=0) -> pd.DataFrame:
    """Stages from (customer, day, amount) of orders."""
    frame = pd.DataFrame(rows, columns=["customer_id", "occurred_day", "net_cents"])
    frame["transaction_id"] = [str(k) for k in range(len(frame))]
    lines = frame.assign(quantity=1.0)
    spending = collect(
        spending_by_period(
            nw.from_native(lines).lazy(),
            as_of_day=DAY,
            period_days=rules.period_days,
            n_periods=n_stages + 1,
            lapse_days=rules.lapse_days,
        )
    )
    return standings(spending, as_of_day=DAY, known_since_day=since, n_stages=n_stages, rules=rules)


def orders(customer, days, amount=1000):
    return [(customer, day, amount) for day in days]


EVERY_TEN = range(500, DAY + 1, 10)
HISTORIES = {
    "lost": orders("lost", range(500, 801, 10)),
    "silent": orders("silent", range(500, 931, 10)),
    "first": orders("first", [850, 950]),
    "back": orders("back", [500, 700, 990]),
    "less": orders("less", [*range(500, 901, 10), 990]),
    "more": orders("more", [*range(500, 901, 50), *range(905, 1000, 5)]),
    "same": orders("same", EVERY_TEN),
}
ALL = [row for rows in HISTORIES.values() for row in rows]
EXPECTED = {
    "lost": ("lost", "silent"),
    "silent": ("leaving", "silent"),
    "first": ("won", "first order"),
    "back": ("won", "came back"),
    "less": ("leaving", "buys less"),
    "more": ("developing", "buys more"),
    "same": ("maintained", "as before"),
}


def test_every_stage_by_hand():
    found = told(ALL).set_index("customer_id")
    words = {name: tuple(row) for name, row in found[["stage", "reason"]].iterrows()}
    assert words == EXPECTED
    assert found.loc["silent", ["silence_days", "n_orders"]].tolist() == [70, 3]
    assert found.loc["same", ["now_amount", "before_amount"]].tolist() == [100.0, 100.0]
    assert found.loc["same", ["n_orders", "n_orders_before"]].tolist() == [10, 10]


def test_stages_of_an_earlier_day_are_those_of_the_data_cut_there():
    """Point in time: what came after a day does not change the stage told for it."""
    rows = ALL
    both = told(rows, n_stages=3)
    cut = [row for row in rows if row[1] <= DAY - 100]
    earlier = both[both["periods_back"] == 1].drop(columns="periods_back").reset_index(drop=True)
    alone = told([(name, day + 100, amount) for name, day, amount in cut], since=100)
    pd.testing.assert_frame_equal(earlier, alone.drop(columns="periods_back"))


def test_the_order_of_rows_and_the_currency_do_not_matter():
    rows = ALL
    dear = [(name, day, 7 * amount) for name, day, amount in rows[::-1]]
    names = ["customer_id", "stage", "reason"]
    pd.testing.assert_frame_equal(told(rows)[names], told(dear)[names])


def test_nobody_is_won_at_the_start_of_the_data():
    rows = orders("early", [850, 950]) + orders("same", EVERY_TEN)
    found = told(rows, since=800).set_index("customer_id")
    assert found.loc["early", "stage"] != "won"


def test_who_only_returned_is_no_customer():
    spending = pd.DataFrame(
        {
            "customer_id": ["r"], "periods_back": [0], "n_orders": [0], "net_cents": [-500],
            "square_sum": [250000.0], "first_day": [None], "last_day": [None], "back_day": [None],
        }
    )  # fmt: skip
    assert standings(
        spending, as_of_day=DAY, known_since_day=0, n_stages=1, rules=RULES
    ).empty  # fmt: skip


def test_without_two_periods_there_is_no_stage():
    assert n_stages_known(Window(0, 150), as_of_day=150, period_days=100, most=5) == 0
    found = told(orders("a", [990]), n_stages=0)
    assert found.empty
    assert "stage" in found


@pytest.mark.parametrize(
    "wrong", [{"active_days": 150}, {"period_days": 0}, {"chance_share": 0.5}, {"active_days": 0}]
)
def test_rules_that_contradict_themselves_are_refused(wrong):
    names = {"period_days": 100, "active_days": 60, "lapse_days": 150, **wrong}
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        LifecycleRules(**names)


def simulated(rng, n_customers, *, rate, changed=1.0, season=1.0):
    """Orders of chance with amounts of heavy tail; the rate of the last period is changed."""
    rows = []
    for customer in range(n_customers):
        for back in range(6):
            factor = season * changed if back == 0 else 1.0
            n = rng.poisson(rate * factor)
            days = DAY - 100 * back - rng.integers(0, 100, n)
            amounts = rng.lognormal(7, 0.8, n).round() + 1
            rows += [
                (f"{customer:05d}", int(d), int(a)) for d, a in zip(days, amounts, strict=True)
            ]
    return rows


@pytest.mark.parametrize(("rate", "season"), [(3, 1.0), (12, 1.0), (12, 1.6), (12, 0.7)])
def test_chance_and_season_call_few_developing_or_leaving(rate, season):
    """Nothing is planted but the season: at most twice the share that chance may mark."""
    rules = LifecycleRules(period_days=100, active_days=140, lapse_days=150)
    found = told(simulated(np.random.default_rng(3), 600, rate=rate, season=season), rules=rules)
    shares = found["reason"].value_counts(normalize=True)
    assert shares.get("buys more", 0) <= 0.10
    assert shares.get("buys less", 0) <= 0.10


def test_planted_change_is_found():
    """Of customers who buy three times as much, most are developing; a third, most leaving."""
    rng = np.random.default_rng(4)
    rules = LifecycleRules(period_days=100, active_days=140, lapse_days=150)
    same = simulated(rng, 300, rate=12)
    up = [(f"u{name}", *rest) for name, *rest in simulated(rng, 100, rate=12, changed=3)]
    down = [(f"d{name}", *rest) for name, *rest in simulated(rng, 100, rate=12, changed=1 / 4)]
    found = told(same + up + down, rules=rules).set_index("customer_id")["stage"]
    first = found.index.str[0]
    assert (found[first == "u"] == "developing").mean() > 0.75
    assert (found[first == "d"] == "leaving").mean() > 0.6
    assert set(found) <= set(LIFECYCLE_STAGES)

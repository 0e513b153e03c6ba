"""Hazard ratios, their cost and curves of staying: planted ratios covered, none where none is."""

import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation.exposure import with_event
from crmlib.models.loss_causes import EVENTS, hazard_table, losses_by_event, study_causes
from crmlib.models.staying import GROUPS, clearest_dimension, grouped, stay_curves, stay_summary

AS_OF = 800
WORDS = {term.removeprefix("complaint="): words for term, words in EVENTS.items()}


def company(n, *, seed, ratio=4.0, west=1.0):
    """Customers who leave at 1 / 700 a day; `ratio` as fast for 90 days after a complaint."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 300, n)
    region = rng.choice(["North", "West"], n)
    hazard = np.where(region == "West", west, 1.0) / 700
    complains = rng.random(n) < 0.4
    opened = np.where(complains, start + rng.integers(5, 400, n), 10**6)
    plain = rng.exponential(1 / hazard)
    more = rng.exponential(1 / np.maximum((ratio - 1) * hazard, 1e-12))
    after = np.where(more < 90, opened + more, np.inf)
    left = np.floor(np.minimum(start + plain, after)).astype(int) + 1
    is_lost = left <= AS_OF
    lives = pd.DataFrame(
        {
            "customer_id": [f"c{k:05d}" for k in range(n)], "region": region, "kind": "person",
            "first_channel": None, "household_size": None, "income_band": None,
            "start_day": start, "last_day": np.minimum(left, AS_OF) - 1, "pause_days": 1,
            "n_order_days": 9,
            "reason": "unknown", "is_recorded": is_lost.astype(int), "is_lost": is_lost.astype(int),
            "end_day": np.where(is_lost, left, np.nan), "year_cents": 10_000,
        }
    )  # fmt: skip
    seen = complains & (opened < np.where(is_lost, left, AS_OF))
    complaints = pd.DataFrame(
        {
            "customer_id": lives["customer_id"], "opened_day": opened, "resolved_day": np.nan,
            "is_compensated": 0,
        }
    )[seen]  # fmt: skip
    signs = pd.DataFrame(
        {"customer_id": complaints["customer_id"], "kind": "complaint", "day": opened[seen]}
    )
    return lives, complaints, signs


def ratios(lives, complaints, signs, *, effect_days=90):
    found = study_causes(lives, complaints, signs, as_of_day=AS_OF, effect_days=effect_days)
    return found, found.hazards.set_index("factor")


def test_the_planted_ratio_lies_in_its_interval_and_the_cost_follows_from_it():
    lives, complaints, signs = company(4_000, seed=1)
    found, table = ratios(lives, complaints, signs)
    row = table.loc[WORDS["unanswered"]]
    assert row["low_ratio"] < 4 < row["high_ratio"]
    assert row["p_adjusted"] < 0.001
    assert row["p_changes"] > 0.01
    cost = found.costs.set_index("factor").loc[WORDS["unanswered"]]
    assert cost["n_more"] == pytest.approx(cost["n_left"] * (1 - 1 / row["hazard_ratio"]))
    assert cost["more_amount"] == pytest.approx(cost["n_more"] * 100)


def test_the_planted_difference_of_regions_lies_in_its_interval():
    found, table = ratios(*company(4_000, seed=2, west=1.5))
    row = table.loc["region: West" if "region: West" in table.index else "region: North"]
    true = 1.5 if row.name == "region: West" else 1 / 1.5
    assert row["low_ratio"] < true < row["high_ratio"]
    assert set(clearest_dimension(found.curves, found.summary)["group"]) == {"North", "West"}


def false_alarms(seeds):
    """Count the companies without a planted effect in which any is found."""
    found = [ratios(*company(500, seed=seed, ratio=1.0))[1] for seed in seeds]
    return sum(bool((table["p_adjusted"] < 0.05).any()) for table in found)


def test_nothing_is_found_where_nothing_is_planted():
    assert false_alarms(range(6)) <= 1


@pytest.mark.slow
def test_false_findings_stay_rare():
    """Two families of tests at 5 % each: 6 of 60 runs to be expected at most."""
    assert false_alarms(range(60)) <= 9


def test_curves_say_how_many_stay():
    lives, _, _ = company(3_000, seed=3, ratio=1.0)
    every = grouped(with_event(lives, as_of_day=AS_OF, every_loss=True))
    summary = stay_summary(every)
    year = summary.iloc[0]
    assert year["low_share"] < np.exp(-365 / 700) < year["high_share"]
    curves = stay_curves(every)
    whole = curves[curves["dimension"] == "all customers"]
    assert whole["stays_share"].iloc[0] == pytest.approx(1, abs=0.01)
    assert whole["stays_share"].is_monotonic_decreasing
    assert set(clearest_dimension(curves, summary)["dimension"]) == {"all customers"}


def test_rare_values_are_pooled_and_columns_that_tell_nobody_apart_are_empty():
    lives = with_event(company(600, seed=4)[0], as_of_day=AS_OF)
    lives["kind"] = ["reseller"] * 5 + ["person"] * 595
    table = grouped(lives)
    assert set(table["region"]) == {"North", "West"}
    assert (table["kind"] == "").all()
    assert (table["income_band"] == "").all()
    assert set(GROUPS) <= set(table)


def test_nobody_and_no_loss_give_no_row():
    lives, complaints, signs = company(50, seed=5)
    for part in (lives.iloc[:0], lives.assign(is_recorded=0, is_lost=0, end_day=np.nan)):
        found = study_causes(
            part, complaints.iloc[:0], signs.iloc[:0], as_of_day=AS_OF, effect_days=90
        )
        assert found.hazards.empty
        assert found.costs.empty
        assert found.curves.empty
        assert clearest_dimension(found.curves, found.summary).empty
    assert hazard_table(pd.DataFrame(columns=["step", "complaint", "has_many_troubles", "n_days",
        "n_events"]), grouped(with_event(lives.iloc[:0], as_of_day=9))).empty  # fmt: skip


def test_only_events_have_a_cost():
    lives, complaints, signs = company(2_000, seed=6)
    _, table = ratios(lives, complaints, signs)
    costs = losses_by_event(
        with_event(lives, as_of_day=AS_OF),
        pd.DataFrame({"complaint": ["none"] * len(lives), "has_many_troubles": 0}),
        table.reset_index(),
    )
    assert set(costs["factor"]) <= set(EVENTS.values())
    assert (costs["n_left"] == 0).all()


def silent(n, *, seed):
    """Customers won within a month, most of whom order once; the others stay or fall silent."""
    rng = np.random.default_rng(seed)
    lives, complaints, signs = company(n, seed=seed)
    start = rng.integers(0, 30, n)
    last = np.where(rng.random(n) < 0.7, start, start + rng.integers(1, 770, n))
    is_lost = last + 200 <= AS_OF
    lives = lives.assign(
        start_day=start, last_day=last, pause_days=100, n_order_days=np.where(last > start, 5, 1),
        is_recorded=0, is_lost=is_lost.astype(int), end_day=np.where(is_lost, last + 100, np.nan),
    )  # fmt: skip
    return lives, complaints.iloc[:0], signs.iloc[:0]


def waves(lives, complaints, signs):
    return study_causes(lives, complaints, signs, as_of_day=AS_OF, effect_days=90).waves


def test_winning_many_at_once_who_order_once_is_no_blow():
    lives, *others = silent(3_000, seed=1)
    assert waves(lives, *others).empty
    assert len(waves(lives.assign(n_order_days=2), *others)) == 1  # it would look like one


def test_orders_of_a_quarter_on_one_day_make_no_blow():
    lives, *others = silent(3_000, seed=2)
    often = lives[lives["n_order_days"] > 1]
    blow = often["end_day"].between(400, 700) & (often.index % 2 == 0)
    days = np.where(blow, 501, often["last_day"])
    struck = often.assign(last_day=days, end_day=np.where(blow, 601.0, often["end_day"]))
    assert len(waves(struck, *others)) == 1
    quarterly = struck.assign(last_day=struck["last_day"] // 91 * 91)
    assert waves(quarterly, *others).empty

"""Drop-outs, sources and terms: planted ones are found, others are not."""

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from crmlib.evaluation import visitors
from crmlib.evaluation.intervals import wilson_interval
from crmlib.features.clusters import cluster_sums
from crmlib.features.collect import collect


def sums(rows: pd.DataFrame, *by: str, success: str = "is_success") -> pd.DataFrame:
    lazy = nw.from_native(rows).lazy()
    return collect(cluster_sums(lazy, by=by, cluster="visitor_id", success=success))


def test_drop_outs_are_those_who_did_not_go_on():
    rows = pd.DataFrame(
        {
            "visitor_id": range(150),
            "step": ["enter"] * 100 + ["view"] * 50,
            "next_step": ["view"] * 100 + ["buy"] * 50,
            "is_success": [1] * 50 + [0] * 50 + [1] * 10 + [0] * 40,
        }
    )
    found = visitors.drop_outs(sums(rows, "step", "next_step"), steps=("enter", "view", "buy"))
    assert found["step"].tolist() == ["enter", "view"]
    assert found["n_visits"].tolist() == [100, 50]
    assert found["n_ended"].tolist() == [50, 40]
    expected = wilson_interval([50, 40], [100, 50])
    assert found[["low_rate", "high_rate"]].to_numpy() == pytest.approx(expected.to_numpy())


def test_share_that_goes_on_and_share_that_ends_make_one():
    """The same clusters, the same interval from the other end."""
    rng = np.random.default_rng(1)
    rows = pd.DataFrame({"visitor_id": rng.integers(0, 30, 200), "step": "enter"})
    rows["next_step"] = "view"
    rows["is_success"] = (rng.random(200) < 0.3).astype(int)
    by_step = sums(rows, "step", "next_step")
    ended = visitors.drop_outs(by_step, steps=("enter", "view")).iloc[0]
    from crmlib.evaluation.clusters import clustered_rates

    went_on = clustered_rates(by_step).iloc[0]
    assert ended["ended_rate"] == pytest.approx(1 - went_on["success_rate"])
    assert ended["low_rate"] == pytest.approx(1 - went_on["high_rate"])


def searches(rng: np.random.Generator, found: dict[str, float], *, n_each: int) -> pd.DataFrame:
    term = np.repeat(list(found), n_each)
    chance = np.repeat(list(found.values()), n_each)
    return pd.DataFrame(
        {
            "visitor_id": rng.integers(0, 10_000, len(term)),
            "kind": "search",
            "term": term,
            "is_success": (rng.random(len(term)) < chance).astype(int),
        }
    )


def test_terms_that_fail_are_found_and_their_shares_covered():
    rng = np.random.default_rng(2)
    chances = {f"t{k}": 0.8 for k in range(12)} | {"oat milk": 0.0, "decaf": 0.1}
    table = sums(searches(rng, chances, n_each=60), "kind", "term")
    rare = pd.DataFrame(searches(rng, {"rare": 0.0}, n_each=3))
    table = pd.concat([table, sums(rare, "kind", "term")], ignore_index=True)
    terms = visitors.unmet_terms(table, min_visits=10)
    assert terms["term"].tolist() == ["oat milk", "decaf"]
    assert terms["n_unmet"].iloc[0] == 60
    assert terms["unmet_share"].sum() == pytest.approx(1)
    truth = np.array([60, 54]) / 114
    assert (terms["low_share"] <= truth).all()
    assert (truth <= terms["high_share"]).all()
    assert terms.attrs == {"n_judged": 14, "n_rare": 1}


def test_terms_alike_are_not_called_unmet():
    rng = np.random.default_rng(3)
    chances = {f"t{k}": 0.7 for k in range(25)}
    alarms = sum(
        len(visitors.unmet_terms(sums(searches(rng, chances, n_each=40), "kind", "term"),
                                 min_visits=10)) > 0
        for _ in range(40)
    )  # fmt: skip
    assert alarms <= 4


def test_questions_are_compared_with_questions():
    """Questions lead on less often than searches; that is no fault of what they are about."""
    rng = np.random.default_rng(4)
    rows = pd.concat(
        [
            searches(rng, {f"t{k}": 0.8 for k in range(5)}, n_each=50),
            searches(rng, {f"t{k}": 0.3 for k in range(5)}, n_each=50).assign(kind="ask"),
        ]
    )
    assert visitors.unmet_terms(sums(rows, "kind", "term"), min_visits=10).empty


def test_price_of_a_search_in_vain_by_hand():
    """40 of 100 buy if they found something, 10 of 100 if not; an order is 50 on average."""
    rows = pd.DataFrame(
        {
            "visitor_id": range(200),
            "is_success": [1] * 100 + [0] * 100,
            "bought": [1] * 40 + [0] * 60 + [1] * 10 + [0] * 90,
        }
    )
    cents = pd.Series([4_000, 6_000] * 50)
    buying = sums(rows, "is_success", success="bought")
    missed = visitors.missed_sales(buying, cents, rng=np.random.default_rng(0))
    assert missed.gain_rate == pytest.approx(0.3)
    assert missed.order_amount == 50
    assert missed.amount == pytest.approx(15)
    # half the width of the difference is about .11, so the price is 15 +- 5.6
    assert missed.low == pytest.approx(9.4, abs=0.4)
    assert missed.high == pytest.approx(20.6, abs=0.4)
    terms = pd.DataFrame({"n_unmet": [10], "unmet_share": [1.0]})
    priced = visitors.priced_terms(terms, missed)
    assert priced["missed_amount"].iloc[0] == pytest.approx(150)
    assert list(priced) == ["n_unmet", "missed_amount", "low_amount", "high_amount", "unmet_share"]


def test_price_of_a_search_covers_the_truth():
    rng = np.random.default_rng(6)
    covered = 0
    for _ in range(100):
        found = (rng.random(600) < 0.6).astype(int)
        bought = (rng.random(600) < np.where(found, 0.3, 0.1)).astype(int)
        rows = pd.DataFrame({"visitor_id": range(600), "is_success": found, "bought": bought})
        cents = pd.Series(100 * rng.lognormal(3, 0.7, int(bought.sum())))
        missed = visitors.missed_sales(sums(rows, "is_success", success="bought"), cents, rng=rng)
        covered += missed.low <= 0.2 * np.exp(3 + 0.7**2 / 2) <= missed.high
    assert covered >= 89


def test_without_a_sale_there_is_no_price():
    rows = pd.DataFrame({"visitor_id": [1, 2], "is_success": [0, 1], "bought": [0, 1]})
    buying = sums(rows, "is_success", success="bought")
    none = pd.Series([], dtype="float64")
    assert np.isnan(visitors.missed_sales(buying, none, rng=np.random.default_rng(0)).amount)
    only = buying[buying["is_success"] == 1]
    cents = pd.Series([100.0, 200.0] * 20)
    assert np.isnan(visitors.missed_sales(only, cents, rng=np.random.default_rng(0)).amount)


def test_ways_and_next_steps_come_with_shares():
    ways = pd.DataFrame({"way": ["b", "a"], "n_visits": [1, 3], "n_bought": [0, 1]})
    found = visitors.top_ways(ways)
    assert found["way"].tolist() == ["a", "b"]
    assert found["visit_share"].tolist() == [0.75, 0.25]
    follow = pd.DataFrame({"step": ["view"], "next_step": ["leave"], "n_cases": [2], "n_from": [8]})
    assert visitors.next_steps(follow)["next_share"].tolist() == [0.25]


def test_prospects_of_whom_nobody_knows_who_was_won_have_no_rate():
    rows = pd.DataFrame({"source": ["fair"], "is_success": [None], "net_cents": [0]})
    assert visitors.prospect_rates(rows).empty


def test_sources_come_with_the_money_of_those_won():
    rows = pd.DataFrame(
        {
            "source": ["fair"] * 50 + ["mail"] * 50,
            "is_success": [1] * 30 + [0] * 20 + [1] * 5 + [0] * 45,
            "net_cents": [1000] * 30 + [0] * 20 + [200] * 5 + [0] * 45,
        }
    )
    found = visitors.prospect_rates(rows)
    assert found["source"].tolist() == ["fair", "mail"]
    assert found["verdict"].tolist() == ["higher", "lower"]
    assert found["net_amount"].tolist() == [300.0, 10.0]


@pytest.mark.parametrize(
    ("kinds", "steps"),
    [
        (["view", "leave", "buy"], ("enter", "view", "buy")),
        ([], ("enter",)),
    ],
)
def test_steps_that_the_source_records(kinds, steps):
    assert visitors.recorded_steps(pd.DataFrame({"kind": kinds})) == steps

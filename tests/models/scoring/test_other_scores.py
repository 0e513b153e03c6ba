"""Scores of categories, reactions, effects and prospects: planted truth, and reasons."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from crmlib.decisions import cross_sell_score, prospect_score, response_score
from crmlib.models.scoring.campaigns import CONTROL, Campaign, campaign_table, chosen_campaigns
from crmlib.models.scoring.cross_sell import chosen_categories, hold_category_scores
from crmlib.models.scoring.days import ScoreDays
from crmlib.models.scoring.prospects import hold_prospect_score
from crmlib.models.scoring.response import (
    hold_incremental_score,
    hold_incremental_scores,
    hold_response_score,
)

DAYS = ScoreDays((100, 50), 150, 200, 50)
EVERY = (*DAYS.past, DAYS.now)


def customers(n: int, *, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "n_orders_91": rng.poisson(4, n),
            "monetary_amount": rng.lognormal(3, 0.5, n),
            "n_reactions": rng.poisson(0.5, n),
            "frequency_orders": rng.poisson(9, n),
        },
        index=pd.Index([f"c{k}" for k in range(n)], name="customer_id"),
    )


def long(who: pd.Index, category: str) -> pd.DataFrame:
    frame = pd.DataFrame({"category": category, "n_lines": 1, "net_cents": 500}, index=who)
    return frame.rename_axis("customer_id")


@pytest.fixture(scope="module")
def categories():
    """Who buys bread boxes begins with cutters far more often; cheese has nothing to do with it."""
    features = {day: customers(3_000, seed=1) for day in EVERY}
    used, began = {}, {}
    for day in EVERY:
        rng = np.random.default_rng(day)
        who = features[day].index
        boxes, cheese = rng.random(3_000) < 0.4, rng.random(3_000) < 0.4
        lines = {"lines_0": 0, "lines_1": cheese.astype(int), "lines_2": boxes.astype(int)}
        used[day] = pd.DataFrame(lines, index=who)[boxes | cheese]
        cut = rng.random(3_000) < expit(-3 + 2.2 * boxes)
        taste = rng.random(3_000) < 0.1
        began[day] = pd.concat([long(who[cut], "cutter"), long(who[taste], "cheese")])
    names = ["cutter", "cheese", "box"]
    frames = {"used": used, "began": began, "everyone": features[200]}
    return hold_category_scores(DAYS, features, categories=names, words={}, **frames)


def test_the_complement_is_found_and_what_is_not_there_is_withheld(categories):
    by_name = {one.category: one for one in categories}
    cutter, cheese, box = (by_name[name] for name in ("cutter", "cheese", "box"))
    assert cutter.score.trial.is_usable
    assert cutter.score.trial.table("drivers")["column"].iloc[0] == "lines of box"
    assert cutter.score.trial.table("deciles")["lift_low"].iloc[0] > 1
    assert cheese.score.is_withheld, "nothing foretells cheese"
    assert box.score.is_withheld, "nobody began with boxes"
    assert "Not enough data" in box.score.trial.reason
    assert cutter.buyer_amount == 5.0


def test_offers_hold_one_category_per_customer_and_none_of_those_withheld(categories):
    table = cross_sell_score.scores_of_categories(categories)
    assert set(table["category"]) == {"cutter"}
    offers = cross_sell_score.offers(table, min_rate=0.1)
    assert offers["customer_id"].is_unique
    assert (offers["predicted"] >= 0.1).all()
    summary = cross_sell_score.category_summary(categories).set_index("category")
    assert summary.loc["cheese", ["expected_buyers", "likely_amount"]].isna().all()
    assert list(cross_sell_score.models_of(categories)) == ["cutter"]
    assert list(cross_sell_score.predictions(categories)) == ["purchase of cutter"]
    (action,) = cross_sell_score.actions_from_categories(offers).to_dict("records")
    assert "Offer cutter" in action["recommendation"]


def test_no_category_is_no_crash():
    features = {day: customers(10, seed=1) for day in EVERY}
    nothing = {day: long(features[day].index[:0], "x") for day in EVERY}
    frames = {"used": nothing, "began": nothing, "everyone": features[200]}
    assert hold_category_scores(DAYS, features, categories=[], words={}, **frames) == []
    assert cross_sell_score.category_summary([]).empty
    assert cross_sell_score.scores_of_categories([]).empty
    assert chosen_categories(pd.DataFrame(), n_categories=3, most_share=0.5) == []


def test_the_largest_open_categories_are_chosen():
    sales = pd.DataFrame(
        {"category": ["milk", "wine", "rare"], "n_customers": [90, 30, 2], "net_cents": [9, 7, 1]}
    )
    assert chosen_categories(sales, n_categories=1, most_share=0.5) == ["wine"]


def campaign(number: int, *, n: int, has_control: bool = True) -> Campaign:
    rng = np.random.default_rng(number)
    who = pd.Index([f"c{k}" for k in range(n)])
    drawn = np.where(rng.random(n) < 0.5, "control", "treated") if has_control else "treated"
    return Campaign(f"m{number}", number, pd.Series(drawn, index=who), has_control)


def planted(campaigns, *, effect, seed):
    """Make orders by campaign: `effect` of the features is added to the treated alone."""
    rng = np.random.default_rng(seed)
    features, ordered, reacted = {}, {}, []
    for one in campaigns:
        frame = customers(len(one.arm), seed=one.day)
        treated = (one.arm == "treated").to_numpy()
        p = 0.2 + treated * effect(frame).to_numpy()
        bought = rng.random(len(frame)) < p
        features[one.day], ordered[one.day] = frame, pd.DataFrame(index=frame.index[bought])
        rate = expit(-2.5 + 1.2 * frame["n_reactions"].to_numpy())
        who = frame.index[treated & (rng.random(len(frame)) < rate)]
        reacted.append(pd.DataFrame({"campaign_id": one.campaign_id, "customer_id": who}))
    return features, ordered, pd.concat(reacted)


def test_an_effect_on_some_is_found_on_later_campaigns():
    made = [campaign(k, n=3_000) for k in (1, 2, 3)]
    features, ordered, _ = planted(made, effect=lambda f: 0.3 * (f["n_orders_91"] > 4), seed=5)
    now = customers(200, seed=9)
    found = hold_incremental_score(made, features, ordered, now, rng=np.random.default_rng(1))
    own = found.measures[found.measures["model"] == "uplift"].set_index("measure")
    assert own.loc["qini", "low"] > 0
    assert found.says.startswith("Targeting by uplift finds more effect than a random choice")
    effects = found.effects.set_index("customer_id")["effect"]
    busy = now["n_orders_91"] > 4
    assert effects[busy].mean() - effects[~busy].mean() > 0.1


def test_an_effect_on_nobody_is_not_found():
    made = [campaign(k, n=2_000) for k in (11, 12, 13)]
    features, ordered, _ = planted(made, effect=lambda f: 0.0 * f["n_orders_91"], seed=6)
    found = hold_incremental_score(
        made, features, ordered, customers(50, seed=9), rng=np.random.default_rng(2)
    )
    assert not found.beats_response
    assert "not surely better than a random choice" in found.says


def test_a_control_group_too_small_to_tell_is_named_with_its_size():
    whole = campaign(1, n=300)
    spare = whole.arm.index[whole.arm == CONTROL][12:]
    small = dataclasses.replace(whole, arm=whole.arm.drop(spare), is_randomised=False)
    features, ordered, _ = planted([small], effect=lambda f: 0.0 * f["n_orders_91"], seed=7)
    found = hold_incremental_score(
        [small], features, ordered, customers(50, seed=9), rng=np.random.default_rng(2)
    )
    assert "control group of 50 customers or more (the largest has 12)" in found.reason


def test_without_a_control_group_no_effect_is_claimed():
    made = [campaign(k, n=300, has_control=False) for k in (1, 2)]
    features, ordered, _ = planted(made, effect=lambda f: 0.0 * f["n_orders_91"], seed=7)
    found = hold_incremental_score(
        made, features, ordered, customers(50, seed=9), rng=np.random.default_rng(2)
    )
    assert "No campaign has a control group drawn by chance" in found.reason
    assert found.effects.empty
    listed = pd.DataFrame({"customer_id": ["a"], "predicted": [0.5], "order_amount": [1.0]})
    said = response_score.actions_from_responses(listed, [found])["recommendation"]
    assert "Hold out a random part" in said.iloc[-1]


def test_who_reacts_is_learned_and_compared_with_the_rule():
    made = [campaign(k, n=4_000) for k in (21, 22, 23)]
    features, _, reacted = planted(made, effect=lambda f: 0.0 * f["n_orders_91"], seed=8)
    score = hold_response_score(made, features, reacted, customers(100, seed=9), words={})
    assert score.trial.table("drivers")["column"].iloc[0] == "n_reactions"
    assert list(score.trial.table("comparison")["way"])[1] == "reaction rule"
    counts = campaign_table(made, reacted)
    assert (counts["n_treated"] + counts["n_control"] == 4_000).all()
    assert response_score.rates(counts)["reaction_rate"].between(0.05, 0.4).all()


@pytest.mark.parametrize("n", [0, 1])
def test_too_few_campaigns_have_a_reason(n):
    made = [campaign(1, n=100)][:n]
    score = hold_response_score(made, {1: customers(100, seed=1)}, pd.DataFrame(
        {"campaign_id": [], "customer_id": []}), customers(5, seed=2), words={})  # fmt: skip
    assert score.is_withheld
    assert f"have {'0 campaigns' if n == 0 else '0 customers with the outcome'}" in (
        score.trial.reason
    )


def test_campaigns_whose_horizon_is_not_over_wait():
    rows = pd.DataFrame(
        {
            "campaign_id": ["a"] * 120 + ["b"] * 120,
            "customer_id": [str(k) for k in range(120)] * 2,
            "arm": (["control"] * 60 + ["mail"] * 60) * 2,
            "assigned_day": [10] * 120 + [90] * 120,
            "randomised": [True] * 240,
        }
    )
    (only,) = chosen_campaigns(rows, as_of_day=100, horizon_days=28, n_campaigns=5)
    assert (only.campaign_id, only.day, only.is_randomised) == ("a", 9, True)
    told = rows.assign(randomised=False)
    assert not chosen_campaigns(told, as_of_day=100, horizon_days=28, n_campaigns=5)[
        0
    ].is_randomised


def prospects(n: int, *, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    source = rng.choice(["fair", "referral", "web"], n)
    rate = pd.Series(source).map({"fair": 0.05, "referral": 0.5, "web": 0.2}).to_numpy()
    first = rng.integers(0, 600, n)
    won = rng.random(n) < rate
    return pd.DataFrame(
        {
            "prospect_id": [f"p{k}" for k in range(n)],
            "source": source,
            "kind": rng.choice(["person", "company"], n),
            "first_contact_day": first,
            "converted_day": np.where(won, first + rng.integers(1, 60, n), np.nan),
            "customer_id": np.where(won, [f"c{k}" for k in range(n)], None),
        }
    )


def test_prospects_are_scored_by_source_and_only_the_open_ones():
    people = prospects(4_000, seed=1)
    known = people.assign(
        converted_day=people["converted_day"].where(people["converted_day"] <= 600)
    )
    score = hold_prospect_score(known, as_of_day=600, horizon_days=60)
    assert score.trial.is_usable
    open_ones = known[(known["first_contact_day"] > 540) & known["converted_day"].isna()]
    assert set(score.scores["customer_id"]) == set(open_ones["prospect_id"])
    listed = prospect_score.open_prospects(score, known, worth_amount=100.0)
    assert listed["source"].iloc[0] == "referral"
    assert listed["likely_amount"].iloc[0] == pytest.approx(100 * listed["predicted"].iloc[0])
    sales = pd.DataFrame({"customer_id": ["c1", "zz"], "net_cents": [500, 99_900]})
    won = pd.DataFrame({"customer_id": ["c1", None]})
    assert prospect_score.customer_worth(sales, won) == 5.0


@pytest.mark.parametrize("n", [0, 1, 2, 50])
def test_few_prospects_have_a_reason(n):
    score = hold_prospect_score(prospects(n, seed=2), as_of_day=600, horizon_days=60)
    assert score.is_withheld
    assert "Not enough data" in score.trial.reason
    listed = prospect_score.open_prospects(score, prospects(n, seed=2), worth_amount=1.0)
    assert prospect_score.actions_from_prospects(listed).empty


def test_a_campaign_that_is_not_over_is_not_one_without_a_control_group():
    nothing = pd.DataFrame()
    (found,) = hold_incremental_scores(
        [], {}, {}, nothing, reactions=nothing, rng=np.random.default_rng(1)
    )
    assert found.reason.startswith("No campaign is over yet for as long as the horizon")

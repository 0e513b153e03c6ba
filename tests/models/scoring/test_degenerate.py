"""Populations that teach nothing: every score says why, none fails with an error of its own."""

import re

import numpy as np
import pandas as pd
import pytest

from crmlib.models.scoring import hold_score, loss_rules, purchase_rules
from crmlib.models.scoring.campaigns import Campaign, campaign_table
from crmlib.models.scoring.cross_sell import chosen_categories, hold_category_scores
from crmlib.models.scoring.days import ScoreDays
from crmlib.models.scoring.prospects import hold_prospect_score
from crmlib.models.scoring.response import hold_incremental_scores, hold_response_score

DAYS = ScoreDays((100, 50), 150, 200, 50)
EVERY = (*DAYS.past, DAYS.now)
FEW = [0, 1, 2, 40]
RULES = {"purchase": purchase_rules, "loss": loss_rules}


def customers(n: int, *, varied: bool = True) -> pd.DataFrame:
    """Make n customers; alike in everything if they are not varied."""
    rng = np.random.default_rng(n)
    recency = rng.integers(0, 90, n) if varied else np.full(n, 7)
    orders = rng.poisson(3, n) + 1 if varied else np.full(n, 2)
    return pd.DataFrame(
        {
            "recency_days": recency,
            "tenure_days": recency + 30,
            "n_order_days": orders,
            "frequency_orders": orders,
            "n_orders_91": orders,
            "monetary_amount": rng.lognormal(3, 0.5, n) if varied else 10.0,
            "main_category": "wine",
        },
        index=pd.Index([f"c{k:06}" for k in range(n)], name="customer_id"),
    )


def happened(features: pd.DataFrame, share: float) -> pd.DataFrame:
    chosen = np.random.default_rng(len(features)).random(len(features)) < share
    return features.loc[chosen, []]


def held(n: int, *, share: float, rules, varied: bool = True):
    frames = {day: customers(n, varied=varied) for day in EVERY}
    outcome = {day: happened(frames[day], share) for day in DAYS.past}
    return hold_score(DAYS, frames, outcome, frames[DAYS.now], rules=rules)


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
@pytest.mark.parametrize("n", FEW)
def test_few_customers_have_a_reason(n, rules):
    score = held(n, share=0.3, rules=rules)
    assert score.is_withheld
    assert re.search(r"Not enough data .* \(have \d+ ", score.trial.reason)
    assert score.scores.empty


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_or_none_with_the_outcome_have_a_reason(share, rules):
    score = held(600, share=share, rules=rules)
    assert score.is_withheld
    n = int(2 * 600 * share)
    assert f"have {n} customers with the outcome and {1200 - n} without" in score.trial.reason


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_customers_who_are_all_alike_have_a_reason(rules):
    score = held(600, share=0.4, rules=rules, varied=False)
    assert score.is_withheld
    assert "columns varies among 1200 customers" in score.trial.reason


def test_a_hundred_thousand_categories_are_a_column_like_another():
    """Every customer has a main category of his own: the column is left out, the score is held."""
    frames = {}
    for day in EVERY:
        frames[day] = customers(100_000)
        frames[day]["main_category"] = [f"category {k}" for k in range(100_000)]
    outcome = {day: happened(frames[day], 0.3) for day in DAYS.past}
    score = hold_score(DAYS, frames, outcome, frames[DAYS.now], rules=purchase_rules)
    assert score.trial.reason.startswith("It fails "), "the outcome is drawn by lot"
    assert "main_category" in score.trial.model.basis_.dropped_


def test_of_a_hundred_thousand_categories_the_largest_are_chosen():
    n = 100_000
    sales = pd.DataFrame(
        {"category": [f"k{k}" for k in range(n)], "n_customers": 1, "net_cents": range(n)}
    )
    assert chosen_categories(sales, n_categories=2, most_share=1.0) == ["k99999", "k99998"]
    assert chosen_categories(sales, n_categories=2, most_share=0.7) == []


@pytest.mark.parametrize("n", FEW)
def test_categories_of_few_customers_have_a_reason(n):
    frames = {day: customers(n) for day in EVERY}
    lines = {
        day: pd.DataFrame({"category": "box", "n_lines": 1, "net_cents": 5}, index=frame.index[::2])
        for day, frame in frames.items()
    }
    used = {day: pd.DataFrame({"lines_0": 1}, index=frame.index) for day, frame in lines.items()}
    (one,) = hold_category_scores(
        DAYS, frames, used=used, began=lines, everyone=frames[200], categories=["box"], words={}
    )
    assert one.score.is_withheld
    assert one.score.trial.reason.startswith("Not enough data to learn from (have ")
    assert one.n_candidates == n - len(lines[200])


@pytest.mark.parametrize("randomised", [True, False])
@pytest.mark.parametrize("n", [*FEW, 2_000])
def test_campaigns_of_few_or_of_customers_all_alike_have_a_reason(n, randomised):
    frame = customers(n, varied=n < 1_000)
    arm = pd.Series(np.where(np.arange(n) % 2, "control", "treated"), index=frame.index)
    made = [Campaign(name, day, arm, randomised) for name, day in (("a", 1), ("b", 9))]
    frames, outcome = {1: frame, 9: frame}, happened(frame, 0.3)
    reacted = pd.DataFrame({"campaign_id": "a", "customer_id": outcome.index})
    score = hold_response_score(made, frames, reacted, frame, words={})
    assert score.is_withheld
    assert score.trial.reason
    (effect,) = hold_incremental_scores(
        made, frames, {1: outcome, 9: outcome}, frame, reactions=reacted,
        rng=np.random.default_rng(1),
    )  # fmt: skip
    assert effect.reason
    assert effect.effects.empty
    assert effect.groups.empty
    assert len(campaign_table(made, reacted)) == 2


def test_prospects_of_whom_nobody_wrote_down_who_converted_have_a_reason():
    people = pd.DataFrame({"prospect_id": ["a", "b"], "source": "web", "first_contact_day": [1, 2]})
    score = hold_prospect_score(people, as_of_day=600, horizon_days=60)
    assert score.is_withheld
    assert score.trial.reason == "The source does not record who became a customer (converted_at)."
    assert score.scores.empty


@pytest.mark.parametrize("won", [0, 1])
def test_prospects_none_or_all_of_whom_convert_have_a_reason(won):
    n = 500
    first = np.arange(n)
    people = pd.DataFrame(
        {
            "prospect_id": [f"p{k}" for k in range(n)],
            "source": "web",
            "first_contact_day": first,
            "converted_day": np.where(won, first + 1.0, np.nan),
        }
    )
    score = hold_prospect_score(people, as_of_day=600, horizon_days=60)
    assert score.is_withheld
    assert score.trial.reason.startswith("Not enough data to learn from (have ")

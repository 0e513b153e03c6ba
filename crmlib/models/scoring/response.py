"""Who reacts to a measure, and on whom it has an effect: two questions, two scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from crmlib.errors import CrmlibError
from crmlib.evaluation.uplift import uplift_scores
from crmlib.models.scoring.additive import AdditiveScore
from crmlib.models.scoring.basis import Basis
from crmlib.models.scoring.scores import Score
from crmlib.models.scoring.trial import Occasions, Trial, time_trial
from crmlib.models.uplift import TLearner

__all__ = [
    "Campaign",
    "Incremental",
    "campaign_table",
    "chosen_campaigns",
    "days_of",
    "hold_incremental_score",
    "hold_response_score",
]

CONTROL = "control"
REACTION_RULE = "reaction rule"
"""Who reacted to most campaigns reacts again."""
_TREATED = "treated"
_LEAST = 50


@dataclass(frozen=True)
class Campaign:
    """Who was in one campaign.

    Attributes
    ----------
    campaign_id
        Its id.
    day
        Last day before the assignment: what is known of a customer then may be a feature.
    arm
        `treated` or `control` by customer.
    is_randomised
        Whether there is a control group that chance drew.
    """

    campaign_id: str
    day: int
    arm: pd.Series
    is_randomised: bool


@dataclass(frozen=True)
class Incremental:
    """Whether targeting by uplift finds more effect than chance and than targeting by response.

    Attributes
    ----------
    reason
        Why no effect can be scored; empty where one was.
    measures
        `model`, `measure`, `value`, `low`, `high`, `p_value` on customers not learned from.
    effects
        `customer_id`, `effect` (orders added per treated customer) for all customers now.
    says
        What came out, as a sentence.
    beats_response
        Whether targeting by uplift is surely better than targeting by response.
    """

    reason: str
    measures: pd.DataFrame
    effects: pd.DataFrame
    says: str = ""
    beats_response: bool = False


def chosen_campaigns(
    assignments: pd.DataFrame, *, as_of_day: int, horizon_days: int, n_campaigns: int
) -> list[Campaign]:
    """Choose the last campaigns whose horizon is over, the earliest first.

    Parameters
    ----------
    assignments
        `campaign_id`, `customer_id`, `arm`, `assigned_day`, and `randomised` where it is known.
    n_campaigns
        How many at most.
    """
    found = []
    for campaign_id, rows in assignments.groupby("campaign_id"):
        first = int(rows["assigned_day"].min())
        if first + horizon_days > as_of_day:
            continue
        one = rows.drop_duplicates("customer_id").set_index("customer_id")
        arm = pd.Series(np.where(one["arm"] == CONTROL, CONTROL, _TREATED), index=one.index)
        drawn = "randomised" not in one or bool(one["randomised"].fillna(True).all())
        both = min((arm == CONTROL).sum(), (arm == _TREATED).sum()) >= _LEAST
        found.append(Campaign(str(campaign_id), first - 1, arm, bool(drawn and both)))
    return sorted(found, key=lambda one: (one.day, one.campaign_id))[-n_campaigns:]


def hold_response_score(
    campaigns: Sequence[Campaign],
    features: Mapping[int, pd.DataFrame],
    reactions: pd.DataFrame,
    everyone: pd.DataFrame,
    *,
    words: Mapping[str, str],
) -> Score:
    """Learn from earlier campaigns who reacts, and judge on the latest ones.

    Parameters
    ----------
    campaigns
        From `chosen_campaigns`.
    features
        By day, index = customer, for the day of every campaign.
    reactions
        `campaign_id`, `customer_id` of everybody who reacted.
    everyone
        Features of all customers now.
    """
    made = [_reacted(one, features[one.day], reactions) for one in campaigns]
    n_test = max(1, len(made) // 3)
    if len(made) <= n_test:
        why = f"Not enough data to learn from (have {len(made)} campaigns that are over, need 2)."
        return _empty(Trial(None, "FAIL", why))
    train, test = Occasions.together(*made[:-n_test]), Occasions.together(*made[-n_test:])
    trial = time_trial(train, test, words=words)
    if not trial.is_usable:
        return _empty(trial)
    whole = Occasions.together(*made)
    model = AdditiveScore().fit(whole.features, whole.outcome)
    scores = model.predict_interval(everyone).rename_axis("customer_id").reset_index()
    return Score(trial, model, scores, model.expected_count(everyone))


def _reacted(campaign: Campaign, features: pd.DataFrame, reactions: pd.DataFrame) -> Occasions:
    """Give the treated customers of a campaign, and who of them reacted."""
    treated = campaign.arm.index[campaign.arm == _TREATED]
    known = features.loc[features.index.intersection(treated)].sort_index()
    who = reactions.loc[reactions["campaign_id"] == campaign.campaign_id, "customer_id"]
    outcome = pd.Series(known.index.isin(who).astype(int), index=known.index)
    past = known["n_reactions"] if "n_reactions" in known else known["frequency_orders"]
    return Occasions(known, outcome, pd.DataFrame({REACTION_RULE: past.astype(float)}))


def hold_incremental_score(
    campaigns: Sequence[Campaign],
    features: Mapping[int, pd.DataFrame],
    ordered: Mapping[int, pd.DataFrame],
    everyone: pd.DataFrame,
    *,
    rng: np.random.Generator,
) -> Incremental:
    """Learn from campaigns with a control group on whom they work, and judge on later ones.

    The effect is that on the share of customers who order within the horizon. With one campaign
    only, half of its customers judge what the other half taught.

    Parameters
    ----------
    ordered
        By day, index = customers who ordered in the days after it.
    """
    drawn = [one for one in campaigns if one.is_randomised]
    if not drawn:
        why = (
            "No campaign has a control group drawn by chance, so nobody knows on whom it had an "
            "effect: who reacts might have bought anyway."
        )
        return _unknown(why)
    parts = [_trial_rows(one, features[one.day], ordered[one.day]) for one in drawn]
    frames = _split(parts, rng)
    try:
        return _judged(*frames, everyone, rng=rng)
    except CrmlibError as error:
        return _unknown(f"No effect can be scored: {error}")


def _trial_rows(
    campaign: Campaign, features: pd.DataFrame, ordered: pd.DataFrame
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    known = features.loc[features.index.intersection(campaign.arm.index)].sort_index()
    outcome = pd.Series(known.index.isin(ordered.index).astype(float), index=known.index)
    return known, outcome, campaign.arm.reindex(known.index)


Rows = tuple[pd.DataFrame, pd.Series, pd.Series]


def _split(parts: Sequence[Rows], rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Put the earlier campaigns and the later third of them under each other."""
    if len(parts) == 1:
        features, outcome, arm = parts[0]
        first = rng.permutation(len(features)) < len(features) // 2
        one = (features[first], outcome[first], arm[first])
        return one, (features[~first], outcome[~first], arm[~first])
    n_test = max(1, len(parts) // 3)
    return _together(parts[:-n_test]), _together(parts[-n_test:])


def _together(parts: Sequence[Rows]) -> Rows:
    columns = [pd.concat([part[k] for part in parts], ignore_index=True) for k in range(3)]
    return columns[0], columns[1], columns[2]


def _judged(
    train: Rows, test: Rows, everyone: pd.DataFrame, *, rng: np.random.Generator
) -> Incremental:
    """Learn on the one, measure on the other."""
    basis = Basis().fit(train[0])
    columns = [f"x{k}" for k in range(basis.transform(train[0].head(1)).shape[1])]

    def prepared(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(basis.transform(frame), columns=columns, index=frame.index)

    learner = TLearner(_linear()).fit(prepared(train[0]), train[1], treatment=train[2])
    treated = train[2] == _TREATED
    response = AdditiveScore().fit(train[0][treated], train[1][treated])
    predictions = pd.DataFrame(
        {
            "uplift": learner.predict(prepared(test[0]))[_TREATED].to_numpy(),
            "response": response.predict_interval(test[0])["predicted"].to_numpy(),
        }
    )
    is_treated = (test[2] == _TREATED).to_numpy()
    measures = uplift_scores(
        predictions, test[1].to_numpy(), is_treated, rng=rng, response="response", n_resamples=499
    )
    effects = learner.predict(prepared(everyone))[_TREATED] if len(everyone) else pd.Series()
    table = pd.DataFrame({"customer_id": everyone.index.astype(str), "effect": list(effects)})
    own = measures[measures["model"] == "uplift"].set_index("measure")
    return Incremental(
        "",
        measures,
        table,
        _in_words(own),
        bool(own.loc["qini_minus_response", "low"] > 0),
    )


def _in_words(own: pd.DataFrame) -> str:
    """Say what the two comparisons came to."""
    chance, response = own.loc["qini"], own.loc["qini_minus_response"]
    first = (
        "Targeting by uplift finds more effect than a random choice"
        if chance["low"] > 0
        else "Targeting by uplift is not surely better than a random choice"
    )
    if response["low"] > 0:
        second = "and more than targeting those who react anyway"
    elif response["high"] < 0:
        second = "and less than targeting those who react"
    else:
        second = "and does not surely beat targeting those who react"
    return f"{first} {second}."


def _linear() -> object:
    return make_pipeline(LogisticRegression(C=0.01, max_iter=300, solver="newton-cholesky"))


def _empty(trial: Trial) -> Score:
    columns = {name: pd.Series(dtype=float) for name in ("predicted", "low", "high")}
    return Score(trial, None, pd.DataFrame({"customer_id": pd.Series(dtype="str"), **columns}))


def _unknown(reason: str) -> Incremental:
    names = ["model", "measure", "value", "low", "high", "p_value"]
    nobody = {"customer_id": pd.Series(dtype="str"), "effect": pd.Series(dtype=float)}
    return Incremental(reason, pd.DataFrame(columns=names), pd.DataFrame(nobody))


def campaign_table(campaigns: Sequence[Campaign], reactions: pd.DataFrame) -> pd.DataFrame:
    """Count treated, control and reacting customers of each campaign.

    Returns
    -------
    pandas.DataFrame
        `campaign_id`, `n_treated`, `n_control`, `n_reacted` (of the treated), `is_randomised`.
    """
    rows = []
    for one in campaigns:
        treated = one.arm.index[one.arm == _TREATED]
        who = reactions.loc[reactions["campaign_id"] == one.campaign_id, "customer_id"]
        rows.append(
            (
                one.campaign_id,
                len(treated),
                len(one.arm) - len(treated),
                int(treated.isin(who).sum()),
                one.is_randomised,
            )
        )
    names = ["campaign_id", "n_treated", "n_control", "n_reacted", "is_randomised"]
    return pd.DataFrame(rows, columns=names)


def days_of(campaigns: Sequence[Campaign]) -> list[int]:
    """Give the days of which features are needed, each once."""
    return sorted({one.day for one in campaigns})

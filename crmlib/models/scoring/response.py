"""Who reacts to a measure, and on whom it has an effect: two questions, two scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from crmlib.errors import CrmlibError
from crmlib.evaluation.uplift import uplift_scores
from crmlib.features.everyone import People, pieces_of
from crmlib.models.scoring.additive import AdditiveScore
from crmlib.models.scoring.basis import Basis
from crmlib.models.scoring.campaigns import (
    CONTROL,
    LEAST_IN_ARM,
    TREATED,
    Campaign,
    has_later,
)
from crmlib.models.scoring.effect_groups import GROUP_COLUMNS, effect_by_group
from crmlib.models.scoring.scores import Score
from crmlib.models.scoring.trial import Occasions, Trial, time_trial
from crmlib.models.uplift import TLearner

__all__ = [
    "Incremental",
    "hold_incremental_score",
    "hold_incremental_scores",
    "hold_response_score",
]

Outcome = Literal["orders", "reactions"]
_CHUNK = 20_000
REACTION_RULE = "reaction rule"
"""Who reacted to most campaigns reacts again."""


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
        Whether targeting by uplift is surely better than a random choice and than targeting by
        response.
    measure
        The measure, where a campaign tried several; else empty.
    outcome
        What the effect is on: `reactions` where those of the control group are noted as well,
        such as visits, else `orders`.
    groups
        From `effect_by_group`: on whom it works, told by treated and control without a model.
    """

    reason: str
    measures: pd.DataFrame
    effects: pd.DataFrame
    says: str = ""
    beats_response: bool = False
    measure: str = ""
    outcome: Outcome = "orders"
    groups: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=GROUP_COLUMNS))


def hold_response_score(
    campaigns: Sequence[Campaign],
    features: Mapping[int, pd.DataFrame],
    reactions: pd.DataFrame,
    everyone: People,
    *,
    words: Mapping[str, str],
) -> Score:
    """Learn from earlier campaigns who reacts, and judge on the latest ones.

    Where all were on one day, half of their customers judge what the other half taught.

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
    if not made:
        why = "Not enough data to learn from (have 0 campaigns that are over, need 1)."
        return _empty(Trial(None, "FAIL", why))
    n_test = max(1, len(made) // 3)
    if has_later(campaigns):
        train, test = Occasions.together(*made[:-n_test]), Occasions.together(*made[-n_test:])
    else:
        train, test = _halves(Occasions.together(*made))
    trial = time_trial(train, test, words=words)
    if not trial.is_usable:
        return _empty(trial)
    whole = Occasions.together(*made)
    model = AdditiveScore().fit(whole.features, whole.outcome)
    scores, expected = model.predict_and_count(pieces_of(everyone))
    scores = scores.rename_axis("customer_id").reset_index()
    return Score(trial, model, scores, expected)


def _halves(whole: Occasions) -> tuple[Occasions, Occasions]:
    """Cut customers in two halves by chance, the same in every run."""
    first = np.random.default_rng(0).permutation(len(whole.outcome)) % 2 == 0

    def part(chosen: npt.NDArray[np.bool_]) -> Occasions:
        return Occasions(whole.features[chosen], whole.outcome[chosen], whole.rules[chosen])

    return part(first), part(~first)


def _reacted(campaign: Campaign, features: pd.DataFrame, reactions: pd.DataFrame) -> Occasions:
    """Give the treated customers of a campaign, and who of them reacted."""
    treated = campaign.arm.index[campaign.arm == TREATED]
    known = features.loc[features.index.intersection(treated)].sort_index()
    who = reactions.loc[reactions["campaign_id"] == campaign.campaign_id, "customer_id"]
    outcome = pd.Series(known.index.isin(who).astype(int), index=known.index)
    past = known["n_reactions"] if "n_reactions" in known else known["frequency_orders"]
    return Occasions(known, outcome, pd.DataFrame({REACTION_RULE: past.astype(float)}))


def hold_incremental_scores(
    campaigns: Sequence[Campaign],
    features: Mapping[int, pd.DataFrame],
    ordered: Mapping[int, pd.DataFrame],
    everyone: People,
    *,
    reactions: pd.DataFrame,
    rng: np.random.Generator,
) -> list[Incremental]:
    """Hold one incremental score per measure; campaigns that tried but one have one in common."""
    names = sorted({one.measure for one in campaigns}) or [""]
    return [
        replace(
            hold_incremental_score(
                [one for one in campaigns if one.measure == name],
                features,
                ordered,
                everyone,
                reactions=reactions,
                rng=rng,
            ),
            measure=name,
        )
        for name in names
    ]


def _why_unknown(campaigns: Sequence[Campaign]) -> str:
    """Say what is wrong with the control groups of campaigns of which none can be used."""
    if not campaigns:
        return "No campaign is over yet for as long as the horizon, so no effect can be told."
    so = "so nobody knows on whom it had an effect: who reacts might have bought anyway."
    sizes = [int((one.arm == CONTROL).sum()) for one in campaigns]
    if 0 < max(sizes, default=0) < LEAST_IN_ARM:
        return (
            f"No campaign has a control group of {LEAST_IN_ARM} customers or more (the largest "
            f"has {max(sizes)}), {so}"
        )
    return f"No campaign has a control group drawn by chance, {so}"


def hold_incremental_score(
    campaigns: Sequence[Campaign],
    features: Mapping[int, pd.DataFrame],
    ordered: Mapping[int, pd.DataFrame],
    everyone: People,
    *,
    rng: np.random.Generator,
    reactions: pd.DataFrame | None = None,
) -> Incremental:
    """Learn from campaigns with a control group on whom they work, and judge on later ones.

    The effect is that on the share of customers who order within the horizon, or who react where
    it is noted whether the control group did so as well, such as by a visit. With one campaign
    only, half of its customers judge what the other half taught.

    Parameters
    ----------
    ordered
        By day, index = customers who ordered in the days after it.
    reactions
        `campaign_id`, `customer_id` of everybody who reacted.
    """
    drawn = [one for one in campaigns if one.is_randomised]
    if not drawn:
        return _unknown(_why_unknown(campaigns))
    who = [_who_reacted(one, reactions) for one in drawn]
    is_noted = all(
        one.arm.index[one.arm == CONTROL].isin(some).any()
        for one, some in zip(drawn, who, strict=True)
    )
    parts = [
        _trial_rows(one, features[one.day], some if is_noted else ordered[one.day].index)
        for one, some in zip(drawn, who, strict=True)
    ]
    outcome: Outcome = "reactions" if is_noted else "orders"
    whole = _together(parts)
    draw = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts])
    groups = effect_by_group(whole[0], whole[1], whole[2] == TREATED, draw=draw)
    try:
        found = _judged(*_split(parts, rng), everyone, rng=rng)
    except CrmlibError as error:
        found = _unknown(f"No effect can be scored: {error}")
    return replace(found, outcome=outcome, groups=groups)


def _who_reacted(campaign: Campaign, reactions: pd.DataFrame | None) -> pd.Index:
    if reactions is None:
        return pd.Index([])
    mine = reactions["campaign_id"] == campaign.campaign_id
    return pd.Index(reactions.loc[mine, "customer_id"])


def _trial_rows(
    campaign: Campaign, features: pd.DataFrame, happened: pd.Index
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    known = features.loc[features.index.intersection(campaign.arm.index)].sort_index()
    outcome = pd.Series(known.index.isin(happened).astype(float), index=known.index)
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


def _judged(train: Rows, test: Rows, everyone: People, *, rng: np.random.Generator) -> Incremental:
    """Learn on the one, measure on the other."""
    basis = Basis().fit(train[0])
    columns = [f"x{k}" for k in range(basis.transform(train[0].head(1)).shape[1])]

    def prepared(frame: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame(basis.transform(frame), columns=columns, index=frame.index)

    learner = TLearner(_linear()).fit(prepared(train[0]), train[1], treatment=train[2])
    treated = train[2] == TREATED
    response = AdditiveScore().fit(train[0][treated], train[1][treated])
    predictions = pd.DataFrame(
        {
            "uplift": learner.predict(prepared(test[0]))[TREATED].to_numpy(),
            "response": response.predict_interval(test[0])["predicted"].to_numpy(),
        }
    )
    is_treated = (test[2] == TREATED).to_numpy()
    measures = uplift_scores(
        predictions, test[1].to_numpy(), is_treated, rng=rng, response="response", n_resamples=499
    )
    effects = [
        learner.predict(prepared(piece.iloc[start : start + _CHUNK]))[TREATED]
        for piece in pieces_of(everyone)
        for start in range(0, max(len(piece), 1), _CHUNK)
    ]
    effect = pd.concat(effects).rename_axis("customer_id").rename("effect")
    effect.index = effect.index.astype(str)
    table = effect.reset_index()
    own = measures[measures["model"] == "uplift"].set_index("measure")
    return Incremental(
        "",
        measures,
        table,
        _in_words(own),
        bool(own.loc[["qini", "qini_minus_response"], "low"].min() > 0),
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
        link = "and" if chance["low"] > 0 else "but finds"
        second = f"{link} more than targeting those who react anyway"
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

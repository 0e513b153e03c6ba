"""From features of several days to a judged score of every customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from crmlib.errors import CrmlibError
from crmlib.features.everyone import Everyone, People, pieces_of
from crmlib.models.scoring.additive import AdditiveScore
from crmlib.models.scoring.days import ScoreDays
from crmlib.models.scoring.rules import (
    RECENCY_RULE,
    RULE_COLUMNS,
    SILENCE_RULE,
    SURVIVAL_RULE,
)
from crmlib.models.scoring.trial import Occasions, Trial, time_trial

__all__ = ["Score", "hold_score"]

Frames = Mapping[int, pd.DataFrame]
Rules = Callable[..., pd.DataFrame]
_SAME_AS_A_FEATURE = {RECENCY_RULE, SILENCE_RULE, SURVIVAL_RULE}


@dataclass(frozen=True)
class Score:
    """A score with its trial.

    Attributes
    ----------
    trial
        How it did on later days than it learned from.
    model
        Learned anew with the days on which it was judged; None where the score is withheld.
    scores
        `customer_id`, `predicted`, `low`, `high`; without rows where the score is withheld, so
        that no later chapter can use it.
    expected
        How many customers will have the outcome, with its interval.
    rules_now
        The simpler ways for the customers scored, those that the features do not hold already.
    """

    trial: Trial
    model: AdditiveScore | None
    scores: pd.DataFrame
    expected: tuple[float, float, float] = (0.0, 0.0, 0.0)
    rules_now: pd.DataFrame = field(default_factory=pd.DataFrame)

    def known(self, features: pd.DataFrame) -> pd.DataFrame:
        """Add the simpler ways to the features of scored customers, as the model wants them."""
        return features.join(self.rules_now)

    @property
    def stored(self) -> list[AdditiveScore]:
        """The model as it is saved; an empty list where the score is withheld."""
        return [] if self.model is None else [self.model]

    @property
    def is_withheld(self) -> bool:
        """Whether the score failed and nobody may use it."""
        return self.model is None


def hold_score(
    days: ScoreDays,
    features: Frames,
    happened: Frames,
    everyone: People,
    *,
    rules: Rules,
    seen_then: pd.DataFrame | None = None,
    words: Mapping[str, str] | None = None,
) -> Score:
    """Judge a score and, if it does not fail, give it to every customer.

    Parameters
    ----------
    days
        From `score_days`.
    features
        Table of features by day, index = customer, for all days of `days.past`.
    happened
        By day a table whose index holds the customers with the outcome in the days after it.
    everyone
        Features of all customers to be scored now, in memory or in a file.
    rules
        Gives simpler ways to rank customers from features and `horizon_days`.
    seen_then
        Features of the judging day made from what was known on that day alone; a column that
        differs knows the future and stops the score.
    """
    if days.test is None:
        return _withheld(Trial(None, "FAIL", days.reason))
    made = {
        day: _occasion(features[day], happened[day], rules, days.horizon_days) for day in days.past
    }
    train = Occasions.together(*(made[day] for day in days.train))
    if seen_then is not None:
        seen_then = _with_rules(seen_then, rules, days.horizon_days)[0]
    trial = time_trial(train, made[days.test], seen_then=seen_then, words=words)
    if not trial.is_usable:
        return _withheld(trial)
    latest = Occasions.together(*(made[day] for day in (days.test, *days.train)[: len(days.train)]))
    strength = trial.model.strength_ if trial.model else None
    model = AdditiveScore(strength=strength).fit(latest.features, latest.outcome)
    rules_now = _new_rules(everyone, rules, days.horizon_days)
    scores, expected = model.predict_and_count(_joined(everyone, rules_now))
    scores = scores.rename_axis("customer_id").reset_index()
    return Score(trial, model, scores, expected, rules_now)


def _occasion(
    features: pd.DataFrame, happened: pd.DataFrame, rules: Rules, horizon_days: int
) -> Occasions:
    known, ranked = _with_rules(features, rules, horizon_days)
    outcome = pd.Series(features.index.isin(happened.index).astype(int), index=features.index)
    return Occasions(known, outcome, ranked)


def _with_rules(
    features: pd.DataFrame, rules: Rules, horizon_days: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Add the simpler ways to the features, so that the score need not find them out anew."""
    try:
        ranked = rules(features, horizon_days=horizon_days)
    except CrmlibError:  # too few customers to rank; the trial says so
        ranked = pd.DataFrame(index=features.index)
    new = [name for name in ranked if name not in _SAME_AS_A_FEATURE]
    return features.assign(**{name: ranked[name] for name in new}), ranked


def _new_rules(people: People, rules: Rules, horizon_days: int) -> pd.DataFrame:
    """Give the simpler ways that the features do not hold already."""
    seen = people.columns(RULE_COLUMNS) if isinstance(people, Everyone) else people
    return _with_rules(seen, rules, horizon_days)[0].drop(columns=list(seen))


def _joined(people: People, more: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Give the features piece by piece with the columns beside them."""
    start = 0
    for piece in pieces_of(people):
        beside = more.iloc[start : start + len(piece)]
        yield piece.assign(**{str(name): beside[name] for name in beside})
        start += len(piece)


def _withheld(trial: Trial) -> Score:
    empty = {"customer_id": pd.Series(dtype="str")}
    empty |= {name: pd.Series(dtype=float) for name in ("predicted", "low", "high")}
    return Score(trial, None, pd.DataFrame(empty))

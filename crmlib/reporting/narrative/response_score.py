"""Sentences of the chapter on reactions and effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from crmlib.models.scoring import Score
from crmlib.models.scoring.campaigns import Campaign, has_later
from crmlib.models.scoring.response import Incremental
from crmlib.reporting import text
from crmlib.reporting.narrative import scores

__all__ = ["effect_in_words", "effects_in_words", "group_in_words", "headline", "judged_on"]


_SURE = 0.05


def headline(
    score: Score,
    effects: Sequence[Incremental],
    campaigns: Sequence[Campaign],
    *,
    words: Mapping[str, str] | None = None,
) -> list[str]:
    """Say whether reactions and effects can be foretold.

    Parameters
    ----------
    campaigns
        Those learned from and judged on.
    words
        Name of each column for readers.
    """
    what = "a reaction"
    n_campaigns = len({one.campaign_id for one in campaigns})
    last = f"the last {n_campaigns}" if n_campaigns > 1 else "the last one"
    first = (
        scores.withheld(score, what=what)
        if score.is_withheld
        else [
            f"{text.count(score.expected[0])} of {text.count(len(score.scores))} customers would "
            f"react to a campaign like {last} "
            f"({text.interval(text.count(score.expected[1]), text.count(score.expected[2]))}).",
            *scores.how_good(score.trial, what=what, on=judged_on(campaigns))[:2],
        ]
    )
    return [*first, *effects_in_words(effects, words)]


def effects_in_words(
    effects: Sequence[Incremental], words: Mapping[str, str] | None = None
) -> list[str]:
    """Say of each measure whether to target by its effect, and on whom it works."""
    said = []
    for one in effects:
        name = f"{text.literal(one.measure)[:1].upper()}{text.literal(one.measure)[1:]}: "
        where = group_in_words(one, words or {})
        said.append(f"{name if one.measure else ''}{effect_in_words(one)}{where}")
    return said


def group_in_words(effect: Incremental, words: Mapping[str, str]) -> str:
    """Name the group on which the measure works most differently; nothing if none is sure."""
    sure = effect.groups[effect.groups["p_adjusted"] < _SURE]
    if sure.empty:
        return ""
    best = sure.iloc[0]
    column = str(best["dimension"])
    named = text.literal(words.get(column, column.replace("_", " ")))
    return (
        f" It works differently by {named}: it adds {_points(best, 'effect')} {effect.outcome} per "
        f"hundred customers where that is {text.literal(str(best['part']))}, "
        f"{_points(best, 'other')} among the others."
    )


def judged_on(campaigns: Sequence[Campaign]) -> str:
    """Say on what the score of reactions is judged, if not on later days."""
    same = "customers of the same campaign that it did not learn from"
    return "" if has_later(campaigns) else same


def _points(row: pd.Series, name: str) -> str:
    ends = [f"{100 * row[f'{name}_{end}_share']:+.1f}" for end in ("low", "high")]
    return f"{100 * row[f'{name}_share']:+.1f} ({text.interval(*ends)})"


def effect_in_words(effect: Incremental) -> str:
    """Say on whom campaigns work, with the interval, or why nobody knows."""
    if effect.reason:
        return text.literal(effect.reason, limit=600)
    own = effect.measures[effect.measures["model"] == "uplift"].set_index("measure")
    top = own.loc["uplift_at_k"]
    ends = _ends(top)
    gap = own.loc["qini_minus_response"]
    return (
        f"{effect.says} In the best-ranked part of customers not learned from, treatment added "
        f"{100 * top['value']:+.1f} {effect.outcome} per hundred customers ({ends}); Qini against "
        f"targeting by response {gap['value']:+.4f} ({_plain(gap)})."
    )


def _ends(row: pd.Series) -> str:
    return text.interval(f"{100 * row['low']:+.1f}", f"{100 * row['high']:+.1f}")


def _plain(row: pd.Series) -> str:
    return text.interval(f"{row['low']:+.4f}", f"{row['high']:+.4f}")

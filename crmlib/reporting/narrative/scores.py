"""Sentences that every score shows: whether it can be used, how well it ranks, what it looks at."""

from __future__ import annotations

import pandas as pd

from crmlib.models.scoring import Score, Trial
from crmlib.reporting import text

__all__ = ["drivers_in_words", "how_good", "verdict", "withheld"]

_MEANINGS = {
    "PASS": "The score can be used",
    "REVIEW": "The score can be used with care: look at the checks marked REVIEW",
    "FAIL": "The score failed and is withheld",
}


def withheld(score: Score, *, what: str) -> list[str]:
    """Say that a score failed, why, and what to go by instead; nothing for one that may be used."""
    if not score.is_withheld:
        return []
    best = _best_simple_way(score.trial)
    instead = f" Until it is mended, go by the {best}." if best else ""
    reason = text.literal(score.trial.reason, limit=600)
    return [f"The score of {what} is withheld from every other chapter. {reason}{instead}"]


def _best_simple_way(trial: Trial) -> str:
    ways = trial.table("comparison").iloc[1:]
    if ways.empty or ways["auc"].isna().all():
        return ""
    return text.literal(str(ways.loc[ways["auc"].idxmax(), "way"]))


def how_good(trial: Trial, *, what: str, on: str = "") -> list[str]:
    """Say how well the score ranks, against every simpler way.

    Parameters
    ----------
    on
        On what it was judged, if not on later days.
    """
    ways, tenths = trial.table("comparison"), trial.table("deciles")
    if ways.empty:
        return []
    own = ways.iloc[0]
    sentences = [
        f"Of two customers, one with {what} and one without, the score ranks the right one higher "
        f"in {text.percent(own['auc'])} of cases "
        f"({text.interval(text.percent(own['low']), text.percent(own['high']))}), judged on "
        f"{text.count(trial.n_test)} {on or 'customers and later days than it learned from'}."
    ]
    for row in ways.iloc[1:].itertuples():
        if pd.isna(row.ahead_low_share):
            continue
        beats = "better" if row.ahead_low_share > 0 else "not surely better"
        ends = text.interval(text.points(row.ahead_low_share), text.points(row.ahead_high_share))
        sentences.append(
            f"That is {beats} than the {text.literal(row.way)} ({text.percent(row.auc)}; "
            f"difference {text.points(row.ahead_share)}, {ends})."
        )
    best = tenths.iloc[0]
    sentences.append(
        f"The highest-scored tenth had {what} {best['lift']:.2f} times as often as all customers "
        f"({text.interval(f'{best.lift_low:.2f}', f'{best.lift_high:.2f}')})."
    )
    return sentences


def verdict(trial: Trial) -> str:
    """Say what the health card came to."""
    points = f" ({trial.points} of 100 points)" if len(trial.table("checks")) else ""
    reason = f" {text.literal(trial.reason, limit=600)}" if trial.reason else ""
    return f"{trial.verdict}{points}: {_MEANINGS[trial.verdict]}.{reason}"


def drivers_in_words(trial: Trial, *, what: str, n_drivers: int = 4) -> list[str]:
    """Say what moves the score most, one sentence per column."""
    return [
        f"{text.literal(str(row.driver))[:1].upper()}{text.literal(str(row.driver))[1:]}: "
        f"{text.percent(row.low_rate)} have {what} at {text.literal(str(row.low_value))}, "
        f"{text.percent(row.high_rate)} at {text.literal(str(row.high_value))}."
        for row in trial.table("drivers").head(n_drivers).itertuples()
    ]

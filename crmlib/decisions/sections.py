"""Which sections of the market to work at: attractiveness against own position, with a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from crmlib.decisions.attention import LATER, Action, actions
from crmlib.errors import ParameterError
from crmlib.evaluation.sections import REST

__all__ = [
    "DECISIONS",
    "actions_from_sections",
    "decide_sections",
    "decision_totals",
    "every_section",
]

DECISIONS = ("invest", "keep", "harvest", "watch")
"""Attractive but weak; attractive and strong; strong but not attractive; neither."""

_MIDDLE = 50.0
_CONCENTRATION = 20.0
"""How far weights are moved: the larger, the closer to those given."""
_MIN_SECTIONS = 3
_WORDS = {
    "invest": "Win a larger part of attractive sections where we are weak",
    "keep": "Defend attractive sections where we are strong",
    "harvest": "Earn from strong sections without further investment",
    "watch": "Spend nothing more on sections that are neither attractive nor strong",
}


def decide_sections(
    measured: pd.DataFrame,
    *,
    attractive: Mapping[str, float],
    position: Mapping[str, float],
    rng: np.random.Generator,
    n_draws: int = 500,
) -> pd.DataFrame:
    """Score each section, decide, and say how far the decision hangs on the weights.

    Each criterion becomes the section's rank among the sections, from 0 (last) to 100 (first); a
    criterion that nobody knows drops out, one that only this section lacks counts as the middle.

    Parameters
    ----------
    measured
        From `crmlib.evaluation.sections.measure_sections`; `REST` is not judged.
    attractive, position
        Weights of criteria (columns of `measured`), not negative, not all 0.
    rng
        Draws weights around those given (Dirichlet).
    n_draws
        How many.

    Returns
    -------
    pandas.DataFrame
        `measured` of the judged sections with `attractiveness`, `position` (0-100), `decision` (of
        `DECISIONS`), `same_decision_share` (of the draws of weights). No row with fewer than three
        sections: ranks say nothing then.

    Raises
    ------
    ParameterError
        If a weight is negative, or all are 0.
    """
    for name, weights in (("attractive", attractive), ("position", position)):
        if min(weights.values()) < 0 or sum(weights.values()) <= 0:
            raise ParameterError(
                f"{name}={dict(weights)}: weights must not be negative and one must be above 0."
            )
    judged = measured[measured["section"] != REST].reset_index(drop=True)
    if len(judged) < _MIN_SECTIONS:
        judged = judged.iloc[:0]
    x, x_drawn = _scores(judged, attractive, rng, n_draws)
    y, y_drawn = _scores(judged, position, rng, n_draws)
    decided, drawn = _quadrant(x, y), _quadrant(x_drawn, y_drawn)
    same = (drawn == decided[:, None]).mean(axis=1) if len(judged) else np.empty(0)
    return judged.assign(
        attractiveness=x,
        position=y,
        decision=pd.Series([DECISIONS[k] for k in decided], index=judged.index, dtype="str"),
        same_decision_share=same,
    )


def _scores(
    judged: pd.DataFrame, weights: Mapping[str, float], rng: np.random.Generator, n_draws: int
) -> tuple[np.ndarray, np.ndarray]:
    """Weigh ranks, by the weights given and by weights drawn around them."""
    used = [name for name, one in weights.items() if one > 0 and judged[name].notna().any()]
    if not used or judged.empty:
        middle = np.full(len(judged), _MIDDLE)
        return middle, np.repeat(middle[:, None], n_draws, axis=1)
    ranks = judged[used].astype(float).rank()
    known = judged[used].notna().sum()
    points = (100 * (ranks - 1) / (known - 1).where(known > 1)).fillna(_MIDDLE).to_numpy()
    share = np.array([weights[name] for name in used])
    share = share / share.sum()
    drawn = rng.dirichlet(_CONCENTRATION * share, size=n_draws)
    return points @ share, points @ drawn.T


def _quadrant(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Give the number of the decision from the two scores."""
    return np.where(x >= _MIDDLE, np.where(y >= _MIDDLE, 1, 0), np.where(y >= _MIDDLE, 2, 3))


def decision_totals(decided: pd.DataFrame) -> pd.DataFrame:
    """Add up sections and sales of each decision.

    Returns
    -------
    pandas.DataFrame
        `decision`, `n_sections`, `net_amount`, `net_share` (of the judged), in the order of
        `DECISIONS`.
    """
    groups = decided.groupby("decision")
    table = pd.DataFrame(index=pd.Index(DECISIONS, name="decision"))
    table["n_sections"] = groups.size().reindex(DECISIONS, fill_value=0).astype("int64")
    table["net_amount"] = groups["net_amount"].sum().reindex(DECISIONS, fill_value=0.0)
    total = table["net_amount"].sum()
    table["net_share"] = table["net_amount"] / total if total else 0.0
    return table.reset_index()


def every_section(
    pooled: pd.DataFrame, measured: pd.DataFrame, decided: pd.DataFrame, *, by: Sequence[str]
) -> pd.DataFrame:
    """Put what makes a section and its decision beside its measures, so that others can use them.

    Parameters
    ----------
    pooled, measured
        From `crmlib.evaluation.sections`, one the measures of the other.
    decided
        From `decide_sections`.
    by
        Columns that make a section.

    Returns
    -------
    pandas.DataFrame
        `measured` with the columns `by` and `decision` (empty where there is none).
    """
    known = dict(zip(decided["section"], decided["decision"], strict=True))
    decision = measured["section"].map(known.get).astype("str")
    return measured.assign(**{name: pooled[name] for name in by}, decision=decision)


def actions_from_sections(decided: pd.DataFrame) -> pd.DataFrame:
    """Name what to do, one line per decision with its largest sections."""
    lines = []
    for name in DECISIONS:
        here = decided[decided["decision"] == name]
        largest = "; ".join(here["section"].head(3))
        lines.append(
            Action(
                _WORDS[name],
                when=LATER,
                who=f"customers of {len(here)} sections, the largest: {largest}",
                n_customers=int(here["n_customers"].sum()),
                net_amount=float(here["net_amount"].sum()),
                evidence="own sales ranked and weighed, not the market; customers of several "
                "sections count in each",
            )
        )
    return actions(*lines)

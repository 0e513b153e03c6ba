"""What multiplies the hazard of leaving, and how many losses go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.evaluation.experiments import holm
from crmlib.evaluation.exposure import exposure_counts, states_at, with_event
from crmlib.evaluation.losses import loss_waves, wave_windows
from crmlib.models.staying import GROUPS, grouped, stay_curves, stay_summary
from crmlib.models.survival import CoxModel
from crmlib.models.survival.exposure import ExposureHazard, independent_columns

__all__ = [
    "EVENTS",
    "HAPPENED",
    "Causes",
    "hazard_table",
    "in_state",
    "losses_by_event",
    "study_causes",
]

EVENTS = {
    "complaint=unanswered": "a complaint without an answer",
    "complaint=answered": "a complaint that was answered",
    "complaint=compensated": "a complaint that was answered and compensated",
    "has_many_troubles": "three or more troubles",
}
"""Terms of the model of what happened, with the words for them."""

HAPPENED, IS = "what happened", "the customer"
_ADJUSTED = ("region", "kind")
"""What happened is compared among customers alike in these."""
_MIN_LOSSES = 5
_MAX_COX = 20_000
_HAZARDS = ["about", "factor", "compared_with", "n_left", "hazard_ratio", "low_ratio", "high_ratio",
            "p_adjusted", "p_changes"]  # fmt: skip
_COSTS = ["factor", "n_left", "n_more", "low_more", "high_more", "lost_amount", "more_amount",
          "low_amount", "high_amount"]  # fmt: skip


@dataclass(frozen=True)
class Causes:
    """What was found out about the losses.

    Attributes
    ----------
    waves
        From `crmlib.evaluation.losses.loss_waves`.
    hazards
        From `hazard_table`; the days of the waves are left out.
    costs
        From `losses_by_event`.
    curves, summary
        From `crmlib.models.staying`: how long customers stay, recorded and silent losses together.
    """

    waves: pd.DataFrame
    hazards: pd.DataFrame
    costs: pd.DataFrame
    curves: pd.DataFrame
    summary: pd.DataFrame


def study_causes(
    lives: pd.DataFrame,
    complaints: pd.DataFrame,
    signs: pd.DataFrame,
    *,
    as_of_day: int,
    effect_days: int,
) -> Causes:
    """Find the waves of losses, the hazard ratios, their cost, and how long customers stay.

    Parameters
    ----------
    lives
        From `crmlib.features.lives.customer_lives`, collected.
    complaints, signs
        From `crmlib.features.trouble`: `complaint_days` and `trouble_signs`, collected.
    effect_days
        Days after a complaint in which its effect is looked for.
    """
    watched = grouped(with_event(lives, as_of_day=as_of_day))
    waves = loss_waves(_with_days(watched), as_of_day=as_of_day)
    counts = exposure_counts(
        watched,
        complaints,
        signs,
        by=list(_ADJUSTED),
        effect_days=effect_days,
        left_out=wave_windows(waves),
    )
    hazards = hazard_table(counts, watched)
    last = states_at(watched, complaints, signs, days=watched["until_day"], effect_days=effect_days)
    every = grouped(with_event(lives, as_of_day=as_of_day, every_loss=True))
    return Causes(
        waves,
        hazards,
        losses_by_event(watched, last, hazards),
        stay_curves(every),
        stay_summary(every),
    )


def hazard_table(counts: pd.DataFrame, lives: pd.DataFrame) -> pd.DataFrame:
    """Say how many times as fast customers leave after what happened to them, and by who they are.

    What happened changes in time and comes from days at risk; who the customer is stands from the
    start and comes from a Cox model, of at most 20,000 customers. Both compare customers as long
    with us. Observational.

    Parameters
    ----------
    counts
        From `crmlib.evaluation.exposure.exposure_counts` by region and kind.
    lives
        From `grouped`.

    Returns
    -------
    pandas.DataFrame
        The surest first: `about` (what happened, the customer), `factor`, `compared_with`,
        `n_left`, `hazard_ratio` with its 95 % interval `low_ratio`, `high_ratio`, `p_adjusted`
        (Holm over the rows about the same), `p_changes` (of the test that the ratio stays the same
        as time goes by; if it is small it does not).

    References
    ----------
    T. R. Holford (1980), Biometrics 36, 299-305, eq. 2.4. D. R. Cox (1972), JRSS B 34, eq. 12.
    P. M. Grambsch and T. M. Therneau (1994), Biometrika 81, 515-526.
    """
    references = {name: _largest(lives, name) for name in GROUPS if (lives[name] != "").any()}
    parts = [_happened(counts, references), _who(lives, references)]
    found = [
        part.assign(p_adjusted=holm(part["p_value"])).sort_values(["p_value", "factor"])
        for part in parts
        if len(part)
    ]
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame(columns=_HAZARDS)
    return table.reindex(columns=_HAZARDS)


def _largest(lives: pd.DataFrame, name: str) -> str:
    """Give the most frequent value, of ties the first."""
    counts = lives[name].value_counts()
    return str(min(counts.index[counts == counts.max()]))


def _happened(counts: pd.DataFrame, references: Mapping[str, str]) -> pd.DataFrame:
    """Fit what happened, given who the customer is; without that where it is too much."""
    own: dict[str, str | None] = {"complaint": "none", "has_many_troubles": None}
    alike = {name: references[name] for name in _ADJUSTED if name in references}
    for covariates in (own | alike, own):
        try:
            model = ExposureHazard(min_events=_MIN_LOSSES).fit(counts, covariates=covariates)
        except ParameterError:
            continue
        ratios = model.ratios()
        ratios = ratios[ratios.index.isin(list(EVENTS))]
        tests = model.time_test_["p_value"]
        return pd.DataFrame(
            {
                "about": HAPPENED,
                "factor": [EVENTS[term] for term in ratios.index],
                "compared_with": [
                    "no complaint of late" if term.startswith("complaint") else "fewer troubles"
                    for term in ratios.index
                ],
                "n_left": ratios["n_events"].to_numpy(),
                **_with_ends(ratios),
                "p_value": ratios["p_value"].to_numpy(),
                "p_changes": [tests.get(term.split("=")[0], np.nan) for term in ratios.index],
            }
        )
    return pd.DataFrame()


def _with_ends(ratios: pd.DataFrame) -> dict[str, np.ndarray]:
    """Give the ratios with their intervals as columns."""
    names = {"hazard_ratio": "hazard_ratio", "low_ratio": "low", "high_ratio": "high"}
    return {new: ratios[old].to_numpy() for new, old in names.items()}


def _who(lives: pd.DataFrame, references: Mapping[str, str]) -> pd.DataFrame:
    """Fit a Cox model to what is known of customers from the start."""
    part = lives.iloc[:: -(-max(len(lives), 1) // _MAX_COX)]
    columns = {
        (name, value): (part[name] == value).astype(float)
        for name, reference in references.items()
        for value in sorted(set(part[name]) - {reference})
    }
    design = pd.DataFrame({f"{name}={value}": c for (name, value), c in columns.items()})
    kept = independent_columns(design)
    try:
        model = CoxModel().fit(
            design[kept], part["until_day"] - part["start_day"], part["is_event"]
        )
    except ParameterError:
        return pd.DataFrame()
    ratios, tests = model.hazard_ratios(), model.proportional_hazards_test()["p_value"]
    names = [key for key in columns if f"{key[0]}={key[1]}" in kept]
    return pd.DataFrame(
        {
            "about": IS,
            "factor": [f"{GROUPS[name]}: {value}" for name, value in names],
            "compared_with": [references[name] for name, _ in names],
            "n_left": [int(part.loc[columns[key] > 0, "is_event"].sum()) for key in names],
            **_with_ends(ratios),
            "p_value": ratios["p_value"].to_numpy(),
            "p_changes": tests.reindex(ratios.index).to_numpy(),
        }
    )


def losses_by_event(
    lives: pd.DataFrame, states: pd.DataFrame, hazards: pd.DataFrame
) -> pd.DataFrame:
    """Say how many were lost after each event, how many beyond the usual, and what they bought.

    Of those lost after an event some would have left anyway: with a hazard ratio r the part beyond
    is 1 - 1/r. Observational: it says what went with the event, not what avoiding it would save.

    Parameters
    ----------
    lives
        From `crmlib.evaluation.exposure.with_event`.
    states
        From `crmlib.evaluation.exposure.states_at` on the day of leaving, same order.
    hazards
        From `crmlib.models.loss_causes.hazard_table`.

    Returns
    -------
    pandas.DataFrame
        One row per event of the model: `factor`, `n_left` (left while it lasted), `n_more` (beyond
        the usual) with `low_more`, `high_more`, `lost_amount` (net sales of their last year),
        `more_amount` (beyond the usual) with `low_amount`, `high_amount`.

    References
    ----------
    O. S. Miettinen (1974), American Journal of Epidemiology 99, 325-332, eq. 4 (attributable
    fraction among the exposed).
    """
    rows = []
    for row in hazards[hazards["factor"].isin(EVENTS.values())].itertuples():
        lost = lives["is_event"].to_numpy(dtype=bool) & in_state(states, str(row.factor))
        amount = float(lives.loc[lost, "year_cents"].sum() / 100)
        parts = [1 - 1 / ratio for ratio in (row.hazard_ratio, row.low_ratio, row.high_ratio)]
        n = int(lost.sum())
        rows.append(
            (row.factor, n, *(n * part for part in parts), amount,
             *(amount * part for part in parts))
        )  # fmt: skip
    return pd.DataFrame(rows, columns=_COSTS)


def in_state(states: pd.DataFrame, factor: str) -> pd.Series:
    """Mark the customers in the state that a factor is about."""
    term = next(key for key, words in EVENTS.items() if words == factor)
    name, _, value = term.partition("=")
    return (states[name] == (value or 1)).to_numpy(dtype=bool)


def _with_days(watched: pd.DataFrame) -> pd.DataFrame:
    """Keep those whose day of loss says more than on which day they ordered.

    Without a record that day is one pause after the last order. Guards against blows that are
    nothing but a campaign that won many at once, all of whom ordered a single time, or a delivery
    in which all orders of a quarter stand on one day.
    """
    if (watched["is_recorded"] == 1).any():
        return watched
    kept = watched[watched["n_order_days"] > 1]
    weeks = kept["last_day"] // 7
    is_dated = len(kept) and weeks.nunique() > (weeks.max() - weeks.min()) / 2
    return kept if is_dated else kept.iloc[:0]

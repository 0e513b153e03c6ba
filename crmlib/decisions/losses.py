"""What losses cost by cause, who may be next, and what to do about it."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.attention import NOW, Action, actions
from crmlib.evaluation.exposure import states_at
from crmlib.models.loss_causes import EVENTS, in_state

__all__ = ["actions_from_losses", "at_risk", "silence_rule"]

NOT_SAVED = "observational; what acting saves is not known without a test"
_FEW = 30
_RISK = ["customer_id", "sign", "hazard_ratio", "silence_days", "usual_gap_days", "limit_days",
         "net_amount"]  # fmt: skip
_QUIET = "silent for longer than usual"


def silence_rule(
    gaps: pd.DataFrame, *, silence_factor: int, min_silence_days: int
) -> dict[str, int]:
    """Give the options of `customer_lives`, with the usual pause of all customers.

    Parameters
    ----------
    gaps
        From `crmlib.features.lives.gap_counts`, collected.

    Returns
    -------
    dict
        `usual_gap_days` (three of four gaps are no longer; 30 where there is none),
        `silence_factor`, `min_silence_days`.
    """
    ordered = gaps.sort_values("gap_days")
    reached = ordered["n_gaps"].cumsum() >= 0.75 * ordered["n_gaps"].sum()
    usual = int(ordered.loc[reached, "gap_days"].iloc[0]) if len(ordered) else _FEW
    return {
        "usual_gap_days": max(usual, 1),
        "silence_factor": silence_factor,
        "min_silence_days": min_silence_days,
    }


def at_risk(
    lives: pd.DataFrame,
    complaints: pd.DataFrame,
    signs: pd.DataFrame,
    hazards: pd.DataFrame,
    *,
    as_of_day: int,
    effect_days: int,
    **limits: int,
) -> pd.DataFrame:
    """List customers who are still here with a sign to worry about, the largest sales first.

    Signs are events after which customers leave faster beyond doubt (the low end of the interval
    above 1), the worst one of each customer, and else a silence beyond half of that from which he
    counts as lost.

    Parameters
    ----------
    lives
        From `crmlib.features.lives.customer_lives`, collected.
    complaints, signs
        From `crmlib.features.trouble`: `complaint_days` and `trouble_signs`, collected.
    hazards
        From `crmlib.models.loss_causes.hazard_table`.
    limits
        `silence_factor`, `min_silence_days`, as in `silence_rule`.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `sign`, `hazard_ratio` (missing for silence), `silence_days`,
        `usual_gap_days`, `limit_days` (silence from which he counts as lost), `net_amount` (sales
        of the year up to the last order).
    """
    limit = limits["silence_factor"] * lives["usual_gap_days"]
    limit = limit.clip(lower=limits["min_silence_days"])
    today = pd.Series(as_of_day + 1, index=lives.index)
    states = states_at(lives, complaints, signs, days=today, effect_days=effect_days)
    table = lives.assign(
        limit_days=limit, net_amount=lives["year_cents"] / 100, sign="", hazard_ratio=float("nan")
    )
    known = hazards[hazards["factor"].isin(EVENTS.values()) & (hazards["low_ratio"] > 1)]
    for row in known.sort_values(["hazard_ratio", "factor"]).itertuples():
        inside = in_state(states, str(row.factor))
        table.loc[inside, ["sign", "hazard_ratio"]] = [row.factor, row.hazard_ratio]
    quiet = (table["sign"] == "") & (table["silence_days"] > table["limit_days"] / 2)
    table.loc[quiet, "sign"] = _QUIET
    chosen = table[(table["is_lost"] == 0) & (table["sign"] != "")]
    return chosen.sort_values(["net_amount", "customer_id"], ascending=[False, True])[
        _RISK
    ].reset_index(drop=True)


def actions_from_losses(risk: pd.DataFrame, drops: pd.DataFrame) -> pd.DataFrame:
    """Turn the list of customers at risk and the sudden drops into actions.

    Parameters
    ----------
    risk
        From `at_risk`.
    drops
        From `crmlib.evaluation.attack_scan.find_drops`.
    """
    lines = []
    for sign, part in risk.groupby("sign", sort=True):
        what = {
            "a complaint without an answer": "Answer the complaint, and ask whether all is well",
            _QUIET: "Ask customers who are later than usual before they are gone",
        }.get(str(sign), "Call after trouble and make good")
        lines.append(
            Action(
                what,
                when=NOW,
                who=f"customers {'who are' if sign == _QUIET else 'with'} {sign}",
                n_customers=len(part),
                net_amount=float(part["net_amount"].sum()),
                evidence=NOT_SAVED,
            )
        )
    for row in drops.itertuples():
        lines.append(
            Action(
                "Find out what draws buyers of one category away, and win them back",
                when=NOW,
                who=f"buyers of {row.category} ({row.region}) who stopped around {row.week_date}",
                n_customers=round(row.n_more),
                net_amount=float(row.lost_amount),
                evidence=NOT_SAVED,
            )
        )
    return actions(*lines)

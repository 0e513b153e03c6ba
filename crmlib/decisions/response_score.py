"""Whom to write to: those who react, or those on whom it has an effect."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from crmlib.decisions.attention import Action, actions
from crmlib.models.scoring import Score
from crmlib.models.scoring.response import Incremental

__all__ = ["actions_from_responses", "rates", "targets"]


def targets(score: Score, effect: Incremental, everyone: pd.DataFrame) -> pd.DataFrame:
    """List customers by effect where targeting by it is proved, else by response.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `predicted`, `low`, `high` (probability of a reaction), `effect` (orders
        added per customer treated; empty where no effect is known), `order_amount`.
    """
    how: Literal["left", "outer"] = "outer" if effect.beats_response else "left"
    table = score.scores.merge(effect.effects, on="customer_id", how=how)
    usual = everyone["monetary_amount"].reindex(table["customer_id"])
    table["order_amount"] = usual.to_numpy(float)
    first = "effect" if effect.beats_response else "predicted"
    return table.sort_values(
        [first, "customer_id"], ascending=[False, True], ignore_index=True, na_position="last"
    )


def rates(campaigns: pd.DataFrame) -> pd.DataFrame:
    """Give a table of campaigns its shares.

    Parameters
    ----------
    campaigns
        `campaign_id`, `n_treated`, `n_control`, `n_reacted`.
    """
    share = campaigns["n_reacted"] / campaigns["n_treated"].clip(lower=1)
    return campaigns.assign(reaction_rate=share)


def actions_from_responses(listed: pd.DataFrame, effect: Incremental) -> pd.DataFrame:
    """Recommend the likelier third, and a control group where there never was one."""
    first = listed[listed["predicted"].notna()].head(len(listed) // 3)
    lines = [
        Action(
            "Write to the third that the score ranks first",
            who="customers of the upper third",
            n_customers=len(first),
            net_amount=float((first["predicted"] * first["order_amount"].fillna(0)).sum()),
        )
    ]
    if effect.reason:
        lines.append(
            Action(
                "Hold out a random part of the next campaign, else its effect stays unknown",
                who="customers of the next campaign",
                n_customers=len(listed),
                net_amount=0.0,
                evidence="needed for every later decision",
            )
        )
    return actions(*lines)

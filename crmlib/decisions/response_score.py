"""Whom to write to: those who react, or those on whom it has an effect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import pandas as pd

from crmlib.decisions.attention import Action, actions
from crmlib.features.everyone import People, columns_of
from crmlib.models.scoring import Score
from crmlib.models.scoring.response import Incremental

__all__ = [
    "actions_from_responses",
    "effects_of",
    "groups_of",
    "measured",
    "rates",
    "targets",
]


def targets(score: Score, effects: Sequence[Incremental], everyone: People) -> pd.DataFrame:
    """List customers by effect where targeting by it is proved, else by response.

    Parameters
    ----------
    effects
        One per measure. Each customer gets the measure of the largest effect, of those whose
        targeting by effect is proved if there is one.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `predicted`, `low`, `high` (probability of a reaction), `effect` (orders or
        reactions added per customer treated; empty where no effect is known), `arm` (of several
        measures the one for this customer), `order_amount`.
    """
    proved = [one for one in effects if one.beats_response]
    best = (
        effects_of(proved or effects)
        .sort_values(["effect", "customer_id"], ascending=[False, True], kind="stable")
        .drop_duplicates("customer_id")
    )
    how: Literal["left", "outer"] = "outer" if proved else "left"
    table = score.scores.merge(best, on="customer_id", how=how)
    usual = columns_of(everyone, ["monetary_amount"]).reindex(table["customer_id"])
    table["order_amount"] = usual["monetary_amount"].to_numpy(float)
    first = "effect" if proved else "predicted"
    return table.sort_values(
        [first, "customer_id"], ascending=[False, True], ignore_index=True, na_position="last"
    )


def effects_of(effects: Sequence[Incremental]) -> pd.DataFrame:
    """Put the effects of all measures on all customers under each other.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `effect`, and `arm` if there are several measures.
    """
    return _under_each_other(effects, "effects")


def measured(effects: Sequence[Incremental]) -> pd.DataFrame:
    """Put what both ways of targeting came to under each other, measure by measure."""
    return _under_each_other(effects, "measures")


def groups_of(effects: Sequence[Incremental], words: Mapping[str, str]) -> pd.DataFrame:
    """List on whom each measure works better or worse, the surest difference first.

    Parameters
    ----------
    words
        Name of each column for readers.
    """
    table = _under_each_other(effects, "groups")
    named = [words.get(name, name.replace("_", " ")) for name in table["dimension"]]
    return table.assign(dimension=named)


def _under_each_other(effects: Sequence[Incremental], name: str) -> pd.DataFrame:
    parts = [getattr(one, name).assign(arm=one.measure) for one in effects]
    table = pd.concat(parts, ignore_index=True)
    others = [column for column in table if column != "arm"]
    return table[["arm", *others]] if table["arm"].any() else table[others]


def rates(campaigns: pd.DataFrame) -> pd.DataFrame:
    """Give a table of campaigns its shares.

    Parameters
    ----------
    campaigns
        `campaign_id`, `n_treated`, `n_control`, `n_reacted`.
    """
    share = campaigns["n_reacted"] / campaigns["n_treated"].clip(lower=1)
    return campaigns.assign(reaction_rate=share)


def actions_from_responses(listed: pd.DataFrame, effects: Sequence[Incremental]) -> pd.DataFrame:
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
    if any(one.reason for one in effects):
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

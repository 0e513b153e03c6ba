"""Campaigns as scores see them: who was in which, treated with what, and drawn by chance or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

__all__ = [
    "CONTROL",
    "LEAST_IN_ARM",
    "TREATED",
    "Campaign",
    "campaign_table",
    "chosen_campaigns",
    "days_of",
    "has_later",
]

CONTROL, TREATED = "control", "treated"
LEAST_IN_ARM = 50
"""Customers treated and customers of the control group, each, from which an effect is looked for.
"""


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
        Whether there is a control group that chance drew, and enough customers in both arms.
    measure
        The measure, where the campaign tried several on different customers; else empty.
    """

    campaign_id: str
    day: int
    arm: pd.Series
    is_randomised: bool
    measure: str = ""


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
        drawn = "randomised" not in one or bool(one["randomised"].fillna(True).all())
        measures = sorted(set(one["arm"]) - {CONTROL})
        for measure in measures if len(measures) > 1 else [""]:
            mine = one["arm"].isin([measure, CONTROL]) if measure else one["arm"].notna()
            is_control = one.loc[mine, "arm"] == CONTROL
            arm = pd.Series(np.where(is_control, CONTROL, TREATED), index=is_control.index)
            both = min(is_control.sum(), (~is_control).sum()) >= LEAST_IN_ARM
            found.append(
                Campaign(str(campaign_id), first - 1, arm, bool(drawn and both), str(measure))
            )
    last = sorted({(one.day, one.campaign_id) for one in found})[-n_campaigns:]
    chosen = [one for one in found if (one.day, one.campaign_id) in last]
    return sorted(chosen, key=lambda one: (one.day, one.campaign_id, one.measure))


def campaign_table(campaigns: Sequence[Campaign], reactions: pd.DataFrame) -> pd.DataFrame:
    """Count treated, control and reacting customers of each campaign.

    Returns
    -------
    pandas.DataFrame
        `campaign_id`, `arm` (if a campaign tried several measures), `n_treated`, `n_control`,
        `n_reacted` (of the treated), `is_randomised`.
    """
    rows = []
    for one in campaigns:
        treated = one.arm.index[one.arm == TREATED]
        who = reactions.loc[reactions["campaign_id"] == one.campaign_id, "customer_id"]
        rows.append(
            (
                one.campaign_id,
                one.measure,
                len(treated),
                len(one.arm) - len(treated),
                int(treated.isin(who).sum()),
                one.is_randomised,
            )
        )
    names = ["campaign_id", "arm", "n_treated", "n_control", "n_reacted", "is_randomised"]
    table = pd.DataFrame(rows, columns=names)
    return table if table["arm"].any() else table.drop(columns="arm")


def days_of(campaigns: Sequence[Campaign]) -> list[int]:
    """Give the days of which features are needed, each once."""
    return sorted({one.day for one in campaigns})


def has_later(campaigns: Sequence[Campaign]) -> bool:
    """Say whether a score can be judged on later campaigns than it learned from."""
    return len({one.day for one in campaigns}) > 1

"""Which parts of the business to look into, because they are off by more than chance explains."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from crmlib.decisions.attention import LATER, Action, actions

__all__ = ["actions_from_deviations", "off_parts"]

_LIST = [
    "against", "dimension", "part", "n_customers", "reference_amount", "actual_amount",
    "deviation_amount", "own_deviation_amount", "p_adjusted",
]  # fmt: skip
_MOST = 3
PLAN = "plan"


def off_parts(against_plan: pd.DataFrame, against_before: pd.DataFrame) -> pd.DataFrame:
    """List the parts that are off beyond chance: against the plan, and against what came before.

    Parameters
    ----------
    against_plan, against_before
        From `crmlib.evaluation.deviations`; either may be empty.

    Returns
    -------
    pandas.DataFrame
        `against` ("plan" first, "before"), `dimension`, `part`, `n_customers`, `reference_amount`,
        `actual_amount`, `deviation_amount`, `own_deviation_amount` (beyond what moved all alike),
        `p_adjusted`; the largest own deviation first.
    """
    tables = [
        table[table["is_different"].astype(bool)].assign(against=name, place=place)
        for place, (name, table) in enumerate([(PLAN, against_plan), ("before", against_before)])
        if len(table)
    ]
    if not tables:
        return pd.DataFrame(columns=_LIST)
    found = pd.concat(tables, ignore_index=True)
    size = found["own_deviation_amount"].abs()
    order = found.assign(size=size).sort_values(
        ["place", "size", "part"], ascending=[True, False, True], kind="stable"
    )
    return order[_LIST].reset_index(drop=True)


def actions_from_deviations(off: pd.DataFrame) -> pd.DataFrame:
    """Turn the largest deviations into things to do: at most 3 against the plan and 3 before.

    Parameters
    ----------
    off
        From `off_parts`.
    """
    lines = [
        _action(row)
        for _, group in off.groupby("against", sort=False)
        for row in group.head(_MOST).to_dict("records")
    ]
    return actions(*lines)


def _action(row: Mapping[Hashable, Any]) -> Action:
    """Say what to do about one part."""
    part, is_short = row["part"], row["own_deviation_amount"] < 0
    if row["against"] == PLAN:
        short, more = f"Win back {part} or plan it lower", f"Plan {part} higher and secure supply"
        evidence = "off the plan beyond what moved all parts, beyond chance after correction"
    else:
        short, more = (f"Find out why {part} {way}" for way in ("fell behind", "ran ahead"))
        evidence = "moved unlike all other parts, beyond chance after correction; season included"
    return Action(
        short if is_short else more,
        when=LATER,
        who=f"customers of {row['dimension']} {part}",
        n_customers=int(row["n_customers"]),
        net_amount=abs(float(row["own_deviation_amount"])),
        evidence=evidence,
    )

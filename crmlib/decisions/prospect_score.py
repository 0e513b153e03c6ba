"""Which prospects to work on first, and what that is worth."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.attention import Action, actions
from crmlib.models.scoring import Score

__all__ = ["actions_from_prospects", "customer_worth", "open_prospects"]


def customer_worth(sales: pd.DataFrame, prospects: pd.DataFrame) -> float:
    """Give the mean sales of those won, from their conversion to the end of the data.

    Parameters
    ----------
    sales
        `customer_id`, `net_cents` of every customer in the last year.
    prospects
        `customer_id` of those who converted.
    """
    if "customer_id" not in prospects or sales.empty:
        return 0.0
    won = sales["customer_id"].isin(prospects["customer_id"].dropna())
    return float(sales.loc[won, "net_cents"].mean() / 100) if won.any() else 0.0


def open_prospects(score: Score, prospects: pd.DataFrame, *, worth_amount: float) -> pd.DataFrame:
    """List those who may still convert, the most probable first.

    Returns
    -------
    pandas.DataFrame
        `prospect_id`, `source`, `predicted`, `low`, `high`, `likely_amount` (probability times
        the mean yearly sales of one won).
    """
    table = score.scores.rename(columns={"customer_id": "prospect_id"})
    sources = prospects.drop_duplicates("prospect_id").set_index("prospect_id")["source"]
    table["source"] = table["prospect_id"].map(sources)
    table["likely_amount"] = table["predicted"] * worth_amount
    names = ["prospect_id", "source", "predicted", "low", "high", "likely_amount"]
    ranked = table.sort_values(["predicted", "prospect_id"], ascending=[False, True])
    return ranked[names].reset_index(drop=True)


def actions_from_prospects(listed: pd.DataFrame) -> pd.DataFrame:
    """Recommend to work on the likelier half first."""
    first = listed.head((len(listed) + 1) // 2)
    return actions(
        Action(
            "Work on the likelier half of the open prospects first",
            who="prospects of the upper half of the score",
            n_customers=len(first),
            net_amount=float(first["likely_amount"].sum()),
        )
    )

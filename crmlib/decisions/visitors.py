"""What to do about visitors: whom to write to, what to offer, which sources to look at."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.attention import LATER, NOW, Action, actions
from crmlib.periods import day_text

__all__ = ["actions_from_visitors", "baskets_left", "open_prospects"]

_ASSUMED = "assumes that who finds nothing would buy like who finds something; not yet tested"
_UNTESTED = "visits were not assigned by chance; the effect is not yet tested"


def baskets_left(left: pd.DataFrame) -> pd.DataFrame:
    """Put the customers who left a basket in order, those with the largest sales first.

    Parameters
    ----------
    left
        From `crmlib.features.visits.left_baskets`, collected.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `n_baskets`, `last_date` (day of the last one), `net_amount` (of all orders
        so far).
    """
    return pd.DataFrame(
        {
            "customer_id": left["customer_id"],
            "n_baskets": left["n_baskets"],
            "last_date": left["last_day"].map(day_text).astype("str"),
            "net_amount": left["net_cents"] / 100,
        }
    ).sort_values(["net_amount", "customer_id"], ascending=[False, True], ignore_index=True)


def open_prospects(
    prospects: pd.DataFrame, rates: pd.DataFrame, *, follow_days: int
) -> pd.DataFrame:
    """List the prospects who may still be won, those from the best source and the newest first.

    Parameters
    ----------
    prospects
        From `crmlib.features.prospects.prospect_rows`.
    rates
        From `crmlib.evaluation.visitors.source_rates`, of the prospects by source.
    follow_days
        Days after the first contact for which a prospect is worth a call.

    Returns
    -------
    pandas.DataFrame
        `prospect_id`, `source`, `age_days`, `success_rate` of the source.
    """
    waits = (prospects["is_success"] == 0) & (prospects["age_days"] <= follow_days)
    rate = prospects["source"].map(rates.set_index("source")["success_rate"]).astype(float)
    table = prospects.assign(success_rate=rate)[waits]
    names = ["prospect_id", "source", "age_days", "success_rate"]
    order = ["success_rate", "source", "age_days", "prospect_id"]
    ascending = [False, True, True, True]
    return table.sort_values(order, ascending=ascending, ignore_index=True)[names]


def actions_from_visitors(
    left: pd.DataFrame, terms: pd.DataFrame, prospects: pd.DataFrame
) -> pd.DataFrame:
    """Name what to do about baskets left, searches in vain and open prospects.

    Parameters
    ----------
    left
        From `baskets_left`.
    terms
        From `crmlib.evaluation.visitors.priced_terms`.
    prospects
        From `open_prospects`.

    Returns
    -------
    pandas.DataFrame
        Columns as in `crmlib.decisions.attention.actions`. The amount is for baskets the sales of
        these customers, for searches what they would have brought under the assumption; what an
        open prospect is worth is not estimated.
    """
    return actions(
        Action(
            "Remind customers of the basket they left",
            who="customers who left a basket and have not ordered since",
            n_customers=len(left),
            net_amount=float(left["net_amount"].sum()),
            evidence=_UNTESTED,
        ),
        Action(
            "Offer, or lead to, what is searched for in vain",
            when=LATER,
            who="visits with a search that found nothing",
            n_customers=int(terms["n_unmet"].sum()),
            net_amount=float(terms["missed_amount"].fillna(0).sum()),
            evidence=_ASSUMED,
        ),
        Action(
            "Call open prospects, those from the best source first",
            when=NOW,
            who="prospects who came lately and have not bought yet",
            n_customers=len(prospects),
            net_amount=0.0,
            evidence="what they may bring and the effect of a call are not estimated",
        ),
    )

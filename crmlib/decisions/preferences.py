"""What to do about what customers prefer."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.attention import LATER, NOT_TESTED, Action, actions

__all__ = ["actions_from_preferences"]

_KEPT = ("lasts", "weak")


def actions_from_preferences(customers: pd.DataFrame, lasting: pd.DataFrame) -> pd.DataFrame:
    """Turn clear preferences that last into things to do.

    Parameters
    ----------
    customers
        From `crmlib.evaluation.preference_profiles.profiles`.
    lasting
        From `crmlib.evaluation.lasting.lasting_table`; a preference that does not show again in
        the second half of the window is left out.

    Returns
    -------
    pandas.DataFrame
        As `crmlib.decisions.attention.actions`; the amount is what the customers bought in their
        favourite category, or in all.
    """
    verdicts = lasting.set_index("aspect")["outcome"]
    clear = customers[customers["is_clear"].astype(bool)]
    dear = customers[customers["price_band"] == "high"]
    cheap = customers[customers["price_band"] == "low"]
    rows = [
        ("category", "Offer customers their favourite category first, not the same to all",
         "customers with a clear favourite category", clear, "favourite_amount"),
        ("price class", "Show the high price class first to customers who choose it",
         "customers who clearly prefer the high price class", dear, "net_amount"),
        ("price class", "Spare customers who choose the low price class dear offers",
         "customers who clearly prefer the low price class", cheap, "net_amount"),
    ]  # fmt: skip
    return actions(
        *(
            Action(
                recommendation,
                when=LATER,
                who=who,
                n_customers=len(some),
                net_amount=float(some[amount].astype(float).sum()),
                evidence=f"the preference {_shown(verdicts[aspect])}; {NOT_TESTED}",
            )
            for aspect, recommendation, who, some, amount in rows
            if verdicts.get(aspect) in _KEPT
        )
    )


def _shown(verdict: str) -> str:
    """Say how well a preference shows again."""
    return "shows again later" if verdict == "lasts" else "shows again later, but weakly"

"""In which regions to act, what is lacking there, and how much it would be worth."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.attention import LATER, Action, actions
from crmlib.evaluation.regions import OTHERS, Compared

__all__ = ["actions_from_regions", "regions_to_act_on"]

_OBSERVED = "compared with all customers, not tried out; causes are not known"


def regions_to_act_on(compared: Compared, mix: pd.DataFrame) -> pd.DataFrame:
    """List regions by the sales they would bring beyond today's if they bought like the whole.

    Parameters
    ----------
    compared
        From `crmlib.evaluation.regions.compare_places`.
    mix
        From `crmlib.evaluation.regions.mix_of_places`.

    Returns
    -------
    pandas.DataFrame
        The rows of `compared.potential` with a gap, apart from the pooled ones, with
        `weak_category`: the category furthest below the whole there, where that is more than
        chance.
    """
    table = compared.potential
    listed = table[(table["gap_amount"] >= 1) & (table["place"] != OTHERS)]
    below = mix[mix["is_different"].astype(bool) & (mix["shrunk_index"] < 100)]
    weakest = below.sort_values(["shrunk_index", "category"]).drop_duplicates("place")
    names = dict(zip(weakest["place"], weakest["category"], strict=True))
    weak = pd.Series([names.get(place, "") for place in listed["place"]], dtype="str")
    return listed.reset_index(drop=True).assign(weak_category=weak)


def actions_from_regions(regions: pd.DataFrame, mix: pd.DataFrame, *, where: str) -> pd.DataFrame:
    """Turn regions that are certainly below the whole, and gaps in their mix, into things to do.

    Parameters
    ----------
    regions
        From `regions_to_act_on`.
    mix
        From `crmlib.evaluation.regions.mix_of_places`.
    where
        What the places are, in the plural: regions or shops.

    Returns
    -------
    pandas.DataFrame
        As `crmlib.decisions.attention.actions`; the amount is the gap to the whole of a year, or
        for categories of the window.
    """
    below = regions[regions["is_below"].astype(bool)]
    gaps = mix[
        mix["is_different"].astype(bool) & (mix["shrunk_index"] < 100) & (mix["place"] != OTHERS)
    ]
    share = (1 - gaps["shrunk_index"].astype(float) / 100).clip(lower=0)
    concerned = gaps.drop_duplicates("place")["n_customers"].sum()
    return actions(
        Action(
            f"Find out why {where} buy less than the whole, the largest gap first",
            when=LATER,
            who=f"customers of {where} that are below the whole",
            n_customers=int(below["n_customers"].sum()),
            net_amount=float(below["gap_amount"].sum()),
            evidence=_OBSERVED,
        ),
        Action(
            f"Check range, price and competitors of categories that {where} buy too little of",
            when=LATER,
            who=f"customers of {where} with categories below their usual share",
            n_customers=int(concerned),
            net_amount=float((gaps["expected_amount"].astype(float) * share).sum()),
            evidence=_OBSERVED,
        ),
    )

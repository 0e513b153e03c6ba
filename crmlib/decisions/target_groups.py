"""What target groups are worth, how they do, and what to do about each."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.attention import LATER, Action, actions

__all__ = ["actions_from_groups", "customers_by_group", "profiles"]

_OBSERVED = "what they buy and bought before; effect of speaking to them by group not yet tested"
_MOST = 3
_SIZEABLE = 0.03
"""Least share of sales of a group that an action is about."""


def customers_by_group(snapshot: pd.DataFrame, members: pd.Series) -> pd.DataFrame:
    """Put the group of each customer beside what is known of him.

    Parameters
    ----------
    snapshot
        From `crmlib.features.snapshot.customer_snapshot`.
    members
        Name of the group per customer; customers without one are left out.

    Returns
    -------
    pandas.DataFrame
        `customer_id`, `segment`, `frequency_orders`, `recency_days`, `monetary_amount`,
        `net_amount`, `recent_amount`, `before_amount`; the largest first.
    """
    told = snapshot.set_index("customer_id").join(members.rename("segment"), how="inner")
    table = pd.DataFrame(
        {
            "segment": told["segment"].astype("str"),
            "frequency_orders": told["frequency_orders"].astype("float64"),
            "recency_days": told["recency_days"].astype("float64"),
            "monetary_amount": told["monetary_amount"].astype("float64"),
            "net_amount": told["net_cents"].astype("float64") / 100,
            "recent_amount": told["net_cents_recent"].astype("float64") / 100,
            "before_amount": told["net_cents_before"].astype("float64") / 100,
        }
    )
    table = table.rename_axis("customer_id").reset_index()
    order = {"by": ["net_amount", "customer_id"], "ascending": [False, True]}
    return table.sort_values(**order, ignore_index=True)


def profiles(customers: pd.DataFrame, quality: pd.DataFrame) -> pd.DataFrame:
    """Describe each group: size, money, habits, how alike and how lasting it is.

    Parameters
    ----------
    customers
        From `customers_by_group`.
    quality
        From `crmlib.models.target_groups.TargetGroups`.

    Returns
    -------
    pandas.DataFrame
        One row per group, the largest sales first: `segment`, `n_customers`, `customer_share`,
        `net_amount`, `net_share`, `recent_amount`, `change_rate` (of the recent period to the one
        before; empty without sales before), medians `frequency_orders`, `recency_days`,
        `monetary_amount`, and the columns of `quality`.
    """
    groups = customers.groupby("segment")
    table = groups.agg(
        n_customers=("customer_id", "size"),
        net_amount=("net_amount", "sum"),
        recent_amount=("recent_amount", "sum"),
        before_amount=("before_amount", "sum"),
        frequency_orders=("frequency_orders", "median"),
        recency_days=("recency_days", "median"),
        monetary_amount=("monetary_amount", "median"),
    )
    before = table.pop("before_amount")
    table.insert(1, "customer_share", table["n_customers"] / max(len(customers), 1))
    total = table["net_amount"].sum()
    table.insert(3, "net_share", table["net_amount"] / total if total else float("nan"))
    change = table["recent_amount"] / before.where(before > 0) - 1
    table.insert(5, "change_rate", change)
    merged = table.reset_index().merge(quality, on="segment", how="left")
    return merged.sort_values(["net_amount", "segment"], ascending=[False, True], ignore_index=True)


def actions_from_groups(groups: pd.DataFrame, *, not_grouped: str) -> pd.DataFrame:
    """Turn groups into things to do: keep the range for the largest, look after those that shrink.

    Parameters
    ----------
    groups
        From `profiles`.
    not_grouped
        Name of those in no group.
    """
    named = groups[groups["segment"] != not_grouped]
    sized = named[(named["net_share"] >= _SIZEABLE) & (named["change_rate"] < 0)]
    shrinking = sized.sort_values("change_rate", kind="stable").head(_MOST)
    rest = groups[groups["segment"] == not_grouped]
    return actions(
        *(
            Action(
                "Give the largest target groups an offer and a contact text of their own",
                who="customers of the target group " + str(row.segment),
                n_customers=int(row.n_customers),
                net_amount=float(row.net_amount),
                evidence=_OBSERVED,
            )
            for row in named.head(_MOST).itertuples()
        ),
        *(
            Action(
                "Ask why the target group buys less than in the period before",
                when=LATER,
                who="customers of the target group " + str(row.segment),
                n_customers=int(row.n_customers),
                net_amount=float(row.recent_amount),
                evidence="sales of two periods; season is not taken out",
            )
            for row in shrinking.itertuples()
        ),
        Action(
            "Find out what customers of few purchases are interested in",
            when=LATER,
            who="customers who bought too little to belong to a target group",
            n_customers=int(rest["n_customers"].sum()) if len(named) else 0,
            net_amount=float(rest["net_amount"].sum()),
            evidence=_OBSERVED,
        ),
    )

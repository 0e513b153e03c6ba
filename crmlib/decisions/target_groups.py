"""What target groups are worth, how they do, and what to do about each."""

from __future__ import annotations

import pandas as pd

from crmlib.decisions.attention import LATER, Action, actions
from crmlib.decisions.sections import DECISIONS
from crmlib.models.target_groups import NOT_GROUPED

__all__ = [
    "NOT_JUDGED",
    "actions_from_groups",
    "customers_by_group",
    "profiles",
    "sales_by_decision",
]

NOT_JUDGED = "not judged"
"""What stands for a decision where a section is too small to have one."""

_OBSERVED = "what they buy and bought before; effect of speaking to them by group not yet tested"
_CHOSEN = ("invest", "keep")
"""Decisions about sections that are worked at."""
_MOST = 3
_SIZEABLE = 0.03
"""Least share of sales of a group that an action is about, and of a section in those of a group."""


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


def sales_by_decision(
    sold: pd.DataFrame, decided: pd.DataFrame, groups: pd.DataFrame
) -> pd.DataFrame:
    """Say what each group buys in the sections of the market that are worked at, and elsewhere.

    Parameters
    ----------
    sold
        From `crmlib.features.sections.group_section_sales` for the sections of `decided`.
    decided
        From `crmlib.decisions.sections.every_section`.
    groups
        From `profiles`.

    Returns
    -------
    pandas.DataFrame
        One row per group in the order of `groups`, those in no group included: `segment`,
        `net_amount`, its parts `invest_amount`, `keep_amount`, `harvest_amount`, `watch_amount`,
        `not_judged_amount`, `chosen_share` (of the sales, in sections to invest in or keep) and
        `largest_sections` (of those, the largest in the group, unless they are hardly any of its
        sales). No row without groups or decisions.
    """
    known = decided.dropna(subset=["decision"]).set_index("section")["decision"].to_dict()
    named = [known.get(section, NOT_JUDGED) for section in sold["section"]]
    told = sold.assign(decision=pd.Series(named, index=sold.index, dtype="str"))
    of_group = told.groupby("segment")["net_cents"].transform("sum")
    counts = (told["net_cents"] > 0) & (told["net_cents"] >= _SIZEABLE * of_group)
    wide = told.pivot_table(index="segment", columns="decision", values="net_cents", aggfunc="sum")
    parts = wide.reindex(groups["segment"], columns=[*DECISIONS, NOT_JUDGED]).fillna(0.0) / 100
    net = parts.sum(axis=1)
    chosen = told[told["decision"].isin(_CHOSEN) & counts]
    first = chosen.sort_values(["net_cents", "section"], ascending=[False, True])
    largest = first.groupby("segment")["section"].agg(lambda names: "; ".join(names.head(_MOST)))
    table = parts.rename(columns=lambda name: f"{name.replace(' ', '_')}_amount")
    table.insert(0, "net_amount", net)
    table["chosen_share"] = parts[list(_CHOSEN)].sum(axis=1) / net.where(net > 0)
    table["largest_sections"] = largest.reindex(table.index, fill_value="").astype("str")
    is_known = known and (groups["segment"] != NOT_GROUPED).any()
    return table.reset_index() if is_known else table.reset_index().iloc[:0]


def actions_from_groups(groups: pd.DataFrame, inside: pd.DataFrame) -> pd.DataFrame:
    """Turn groups into things to do: keep the range for the largest, look after those that shrink.

    Parameters
    ----------
    groups
        From `profiles`.
    inside
        From `sales_by_decision`: in which sections of the market to speak to a group.
    """
    named = groups[groups["segment"] != NOT_GROUPED]
    sized = named[(named["net_share"] >= _SIZEABLE) & (named["change_rate"] < 0)]
    shrinking = sized.sort_values("change_rate", kind="stable").head(_MOST)
    rest = groups[groups["segment"] == NOT_GROUPED]
    return actions(
        *(
            Action(
                "Give the largest target groups an offer and a contact text of their own",
                who=f"customers of the target group {row.segment}{_where(inside, row.segment)}",
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


def _where(inside: pd.DataFrame, segment: str) -> str:
    """Name the sections in which to speak to a group first; nothing without decisions."""
    for row in inside[inside["segment"] == segment].itertuples():
        if row.largest_sections:
            return f", first in the sections to invest in or keep: {row.largest_sections}"
        if row.not_judged_amount > row.net_amount / 2:
            return ", who buy mostly in sections of the market that are not judged"
        return ", who buy little in any section to invest in or keep"
    return ""

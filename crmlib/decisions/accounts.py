"""Key accounts: who they are, what warns of losing them, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from crmlib.decisions.attention import NOW, Action, actions
from crmlib.schema import require_columns

__all__ = [
    "ACCOUNT_COLUMNS",
    "LISTED_COLUMNS",
    "RISKS",
    "account_table",
    "actions_from_accounts",
    "key_accounts",
    "sales_by_risk",
]

RISKS = ("high", "raised", "low")
"""Levels of risk: two warning signs or more, one, none."""

LISTED_COLUMNS = [
    "customer_id", "net_amount", "change_share", "silence_days", "lifecycle", "risk", "next_step",
]  # fmt: skip
"""Columns of the list of key accounts that a page has room for."""

ACCOUNT_COLUMNS = [
    "customer_id", "kind", "region", "account_manager", "net_amount", "net_share",
    "before_amount", "change_share", "margin_amount", "n_orders", "tenure_days", "silence_days",
    "gap_median_days", "gap_q75_days", "lifecycle", "reason", "leave_rate", "low_rate",
    "high_rate", "wallet_share", "wallet_days", "n_contacts", "last_contact_days",
    "contact_channel", "n_complaints", "n_complaints_open", "longest_open_days",
    "complaint_reason", "risk", "signs", "next_step",
]  # fmt: skip
"""Columns of the table of key accounts, in order."""

_MIN_GAPS = 3
_OPEN_TO_MORE = 0.5
_LONG_WITHOUT_CONTACT = 180


def key_accounts(customers: pd.DataFrame, *, n: int) -> list[str]:
    """Name the key accounts: class A by sales or by margin, the largest sales first.

    Parameters
    ----------
    customers
        `customer_id`, `abc_class`, `net_amount` and, where it is known, `margin_class`.
    n
        How many at most.
    """
    require_columns(customers, ("customer_id", "abc_class", "net_amount"))
    best = customers["abc_class"] == "A"
    if "margin_class" in customers:
        best |= customers["margin_class"] == "A"
    order = customers[best].sort_values(["net_amount", "customer_id"], ascending=[False, True])
    return list(order["customer_id"].head(n))


def account_table(
    customers: pd.DataFrame,
    parts: Mapping[str, pd.DataFrame],
    stages: pd.DataFrame,
    *,
    accounts: list[str],
    is_comparable: bool,
) -> pd.DataFrame:
    """Put all there is to know about the key accounts into one table, with risk and next step.

    What the source does not tell is missing, never nought. Warning signs are: leaving or lost by
    the lifecycle; no order for more than twice the days that three quarters of the own gaps do not
    exceed (with at least three gaps); an unanswered complaint. The next step follows from the
    first of these that holds, and where there is none from what else is known.

    Parameters
    ----------
    customers
        All customers with sales in the window: `customer_id`, `net_amount`, `n_orders`,
        `margin_amount` where it is known.
    parts
        Frames with one row per customer: `snapshot` (with `recent_days` of the window), `lifecycle`
        (`stage`, `reason`), `attributes`, `wallet`, `contacts`, `complaints`.
    stages
        `stage`, `leave_rate`, `low_rate`, `high_rate`: how likely customers at a stage are leaving.
    is_comparable
        Whether the data cover the window before too; otherwise there is no change.

    Returns
    -------
    pandas.DataFrame
        One row per account, in the order of `accounts`: `ACCOUNT_COLUMNS`.
    """
    table = pd.DataFrame({"customer_id": pd.Series(accounts, dtype="str")})
    lifecycle = parts["lifecycle"][["customer_id", "stage", "reason"]]
    chances = stages[["stage", "leave_rate", "low_rate", "high_rate"]]
    for part in (
        customers, parts["snapshot"].drop(columns="net_cents"), parts["attributes"],
        parts["wallet"], parts["contacts"], parts["complaints"],
        lifecycle.merge(chances, on="stage", how="left").rename(columns={"stage": "lifecycle"}),
    ):  # fmt: skip
        fresh = [name for name in part if name == "customer_id" or name not in table]
        table = table.merge(part[fresh], on="customer_id", how="left", validate="one_to_one")
    table["net_share"] = table["net_amount"] / customers["net_amount"].sum()
    table["before_amount"] = table["net_cents_before"] / 100 if is_comparable else np.nan
    before = table["before_amount"].where(table["before_amount"] > 0)
    table["change_share"] = table["net_amount"] / before - 1
    table["silence_days"] = table["recency_days"]
    table = table.reindex(columns=[*ACCOUNT_COLUMNS, "n_gaps_known"])
    table["n_gaps_known"] = _n_gaps(parts["snapshot"], table["customer_id"])
    return _judged(table)[ACCOUNT_COLUMNS]


def _n_gaps(snapshot: pd.DataFrame, customers: pd.Series) -> pd.Series:
    """Count the gaps between order days of each account."""
    days = snapshot.set_index("customer_id")["n_order_days"]
    return customers.map(days).astype(float).fillna(0) - 1


def _judged(table: pd.DataFrame) -> pd.DataFrame:
    """Add warning signs, risk and next step."""
    silence, usual = table["silence_days"], table["gap_median_days"]
    has_rhythm = table["n_gaps_known"] >= _MIN_GAPS
    is_late = has_rhythm & (silence > 2 * table["gap_q75_days"])
    is_gone, is_leaving = table["lifecycle"] == "lost", table["lifecycle"] == "leaving"
    is_open = table["n_complaints_open"].fillna(0) > 0
    buys_less = is_leaving & (table["reason"] == "buys less")
    rows = zip(silence, usual, table["longest_open_days"], table["complaint_reason"], strict=True)
    words = pd.DataFrame([_words(*row) for row in rows], index=table.index, columns=_WORDS)
    signs = {
        "lost": is_gone, "leaving": is_leaving & ~buys_less, "buys clearly less": buys_less,
        "later than usual": is_late & ~is_gone, "open complaint": is_open,
    }  # fmt: skip
    flags = pd.DataFrame(signs, index=table.index)
    table["signs"] = [", ".join(flags.columns[row]) for row in flags.to_numpy(dtype=bool)]
    n_signs = is_open.astype(int) + (is_gone | is_leaving).astype(int) + is_late.astype(int)
    table["risk"] = np.select([n_signs >= 2, n_signs == 1], RISKS[:2], RISKS[2])
    steps = {
        "complaint": is_open, "gone": is_gone, "less": buys_less, "late": is_leaving | is_late,
        "wallet": table["wallet_share"] < _OPEN_TO_MORE,
        "contact": table["last_contact_days"] > _LONG_WITHOUT_CONTACT,
        "won": table["lifecycle"] == "won", "more": table["lifecycle"] == "developing",
    }  # fmt: skip
    choices = [words[name] for name in steps]
    table["next_step"] = np.select(list(steps.values()), choices, words["keep"])
    return table


_WORDS = ["complaint", "gone", "less", "late", "wallet", "contact", "won", "more", "keep"]


def _words(silence: float, usual: float, open_days: float, reason: object) -> list[str]:
    """Word every step for one account."""
    quiet = f"no order for {silence:.0f} days" if pd.notna(silence) else "no order known"
    every = "every day" if usual == 1 else f"every {usual:.0f} days"
    rhythm = f", usually one {every}" if pd.notna(usual) else ""
    waits = f"open for {open_days:.0f} days" if pd.notna(open_days) else "open"
    about = f": {reason}" if isinstance(reason, str) else ""
    return [
        f"Answer the complaint {waits}{about}",
        f"Ask what it takes to win the account back; {quiet}",
        "Ask why the account buys clearly less than a period ago",
        f"Call; {quiet}{rhythm}",
        "Ask for the rest of the need; less than half of it is bought from us",
        "Get in touch again; the last contact is long ago",
        "Welcome the account and agree on the next order",
        "Offer the next category while the account is developing",
        "Keep up the contact as it is",
    ]


def sales_by_risk(table: pd.DataFrame) -> pd.DataFrame:
    """Count key accounts and their sales by risk.

    Returns
    -------
    pandas.DataFrame
        One row per level: `risk`, `n_customers`, `net_amount`.
    """
    grouped = table.groupby("risk")["net_amount"].agg(["size", "sum"])
    grouped = grouped.reindex(list(RISKS), fill_value=0)
    return pd.DataFrame(
        {
            "risk": list(RISKS),
            "n_customers": grouped["size"].astype("int64").to_numpy(),
            "net_amount": grouped["sum"].astype(float).to_numpy(),
        }
    )


def actions_from_accounts(table: pd.DataFrame) -> pd.DataFrame:
    """Turn the key accounts into what to do, and the sales they stand for.

    Returns
    -------
    pandas.DataFrame
        As `attention.actions`.
    """
    at_risk = table[table["risk"] != "low"]
    more = table[(table["risk"] == "low") & (table["wallet_share"] < _OPEN_TO_MORE)]
    return actions(
        Action(
            "Visit or call key accounts with a warning sign",
            when=NOW,
            who="key accounts that are leaving, late or wait for an answer",
            n_customers=len(at_risk),
            net_amount=float(at_risk["net_amount"].sum()),
        ),
        Action(
            "Ask key accounts for the rest of their need",
            who="key accounts without a warning sign that buy less than half of it from us",
            n_customers=len(more),
            net_amount=float(more["net_amount"].sum()),
        ),
    )

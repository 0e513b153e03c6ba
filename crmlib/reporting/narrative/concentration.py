"""Sentences of the chapter on concentration and risk."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["headline", "margin_evidence", "share_interval"]


def headline(
    measures: pd.DataFrame,
    classes: pd.DataFrame,
    quiet: pd.DataFrame,
    sales: pd.Series,
    *,
    currency: str,
) -> list[str]:
    """Say how much depends on how few, and what is at risk among the best.

    Parameters
    ----------
    measures
        From `evaluation.concentration.measures`.
    classes
        From `evaluation.concentration.class_summary`.
    quiet
        From `decisions.attention.quiet_customers`.
    sales
        Sales of each customer in the window, account currency.
    """
    top = measures.iloc[0]
    best = classes.iloc[0]
    total = text.money(sales.sum(), currency, cents=True)
    if pd.isna(top["value_share"]):
        return [
            f"Not enough data for a concentration: {text.count(len(sales))} customers with sales "
            f"of {total} in all; positive sales are needed."
        ]
    margin = measures[measures["measure"].str.startswith("Margin")]
    return [
        f"The best tenth of {text.count(len(sales))} customers brings "
        f"{text.percent(top['value_share'], digits=2)} of {total} ({share_interval(top)}).",
        f"{text.count(best['n_customers'])} customers "
        f"({text.percent(best['customer_share'])}) are class A and bring "
        f"{text.percent(best['net_share'])} of the sales.",
        *_margin(margin),
        f"{text.count(len(quiet))} class A customers are lapsing or lapsed; "
        f"they bought for {text.money(quiet['net_amount'].sum(), currency)} in the period."
        if len(quiet)
        else "No class A customer is lapsing or lapsed.",
    ]


def _margin(measures: pd.DataFrame) -> list[str]:
    """Say how much of the margin the best by margin bring, where it is known."""
    if measures.empty:
        return []
    top = measures.iloc[0]
    return [
        f"Of the margin, the best tenth by margin brings {text.percent(top['value_share'])} "
        f"({share_interval(top)})."
    ]


def margin_evidence(
    customers: pd.DataFrame, margin: pd.DataFrame, lost: pd.DataFrame, *, currency: str
) -> list[str]:
    """Say for which part of the sales the margin is known, and how much is sold at a loss.

    Parameters
    ----------
    customers
        From `evaluation.concentration.classify`.
    margin
        From `features.margin.customer_margins`.
    lost
        From `evaluation.concentration.sold_at_a_loss`.
    """
    if "margin_amount" not in customers:
        return [
            "The source brings no `margin_amount` and no `unit_cost`, neither in `transactions` "
            "nor in `products`; with one of them this report would show how much margin depends "
            "on how few customers, and who is sold to at a loss."
        ]
    sold = float(customers["net_amount"].sum())
    share = float(margin["margin_net_cents"].sum()) / 100 / sold if sold > 0 else float("nan")
    known = f"The margin is known for {text.percent(share)} of the sales."
    if lost.empty:
        return [f"{known} No customer brings less than he costs."]
    return [
        f"{known} {text.count(len(lost))} customers brought less than what they bought cost us, "
        f"together {text.money(lost['margin_amount'].sum(), currency)} on sales of "
        f"{text.money(lost['net_amount'].sum(), currency)}."
    ]


def share_interval(row: pd.Series) -> str:
    """Word the interval of a share, or say that there is none."""
    if pd.isna(row["low_share"]):
        return "too few customers for an interval"
    return text.interval(text.percent(row["low_share"]), text.percent(row["high_share"]))

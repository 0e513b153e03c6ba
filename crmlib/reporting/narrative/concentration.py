"""Sentences of the chapter on concentration and risk."""

from __future__ import annotations

import pandas as pd

from crmlib.reporting import text

__all__ = ["headline"]


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
    return [
        f"The best tenth of {text.count(len(sales))} customers brings "
        f"{text.percent(top['value_share'], digits=2)} of {total} ({share_interval(top)}).",
        f"{text.count(best['n_customers'])} customers "
        f"({text.percent(best['customer_share'])}) are class A and bring "
        f"{text.percent(best['net_share'])} of the sales.",
        f"{text.count(len(quiet))} class A customers are lapsing or lapsed; "
        f"they bought for {text.money(quiet['net_amount'].sum(), currency)} in the period."
        if len(quiet)
        else "No class A customer is lapsing or lapsed.",
    ]


def share_interval(row: pd.Series) -> str:
    """Word the interval of a share, or say that there is none."""
    if pd.isna(row["low_share"]):
        return "too few customers for an interval"
    return text.interval(text.percent(row["low_share"]), text.percent(row["high_share"]))

"""Charts of the chapter on recency, frequency and value."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, share_pairs, thousands
from crmlib.reporting.theme import ACCENT, describe, new_axes

__all__ = ["sales_by_recency", "segment_shares"]

_NOBODY = "No customer with an order (0)"


def segment_shares(
    summary: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the share of customers and of sales of each segment.

    Parameters
    ----------
    summary
        From `decisions.rfm.rfm_summary`.
    """
    if summary.empty or not summary["n_customers"].sum():
        return nothing_to_draw(new_axes(ax), why=_NOBODY, as_of=as_of)
    ax = new_axes(ax, height=1.2 + 0.36 * len(summary))
    share_pairs(ax, summary, names="segment")
    first = summary.loc[summary["net_share"].astype(float).idxmax()]
    words = "; ".join(
        f"{row.segment} {text.percent(row.customer_share)} of customers, "
        f"{text.percent(row.net_share)} of sales ({text.money(row.net_amount, currency)})"
        for row in summary.itertuples()
    )
    return describe(
        ax,
        finding=f"Most sales come from {first['segment']}: {text.percent(first['net_share'])} from "
        f"{text.percent(first['customer_share'])} of the customers",
        subtitle=f"{text.count(summary['n_customers'].sum())} customers by segment, {as_of}",
        alt=f"Bars per segment: {words}.",
    )


def sales_by_recency(
    members: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the sales of customers by how long ago they ordered.

    Parameters
    ----------
    members
        From `decisions.rfm.rfm_segments`.
    """
    if members.empty:
        return nothing_to_draw(new_axes(ax), why=_NOBODY, as_of=as_of)
    edges = [-1, 7, 14, 30, 60, 90, 180, 365, 10**9]
    names = ["a week", "2 weeks", "30 days", "60 days", "90 days", "180 days", "a year", "more"]
    bands = pd.cut(members["recency_days"], edges, labels=names)
    sales = members.groupby(bands, observed=False)["net_amount"].sum()
    counts = members.groupby(bands, observed=False).size()
    ax = new_axes(ax)
    ax.bar(names, sales.to_numpy(), color=ACCENT, width=0.65)
    ax.axhline(0, color="#52606D", linewidth=0.8)
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_ylabel(f"Sales in the window, {currency}")
    ax.set_xlabel("Last order at most so long ago")
    lately = float(sales.iloc[:4].sum())
    share = lately / sales.sum() if sales.sum() else 0.0
    words = "; ".join(
        f"{name}: {text.count(counts[name])} customers, {text.money(sales[name], currency)}"
        for name in names
    )
    return describe(
        ax,
        finding=f"Customers with an order in the last 60 days stand for {text.percent(share)} of "
        "sales",
        subtitle=f"Sales by days since the last order, {len(members):,} customers, {as_of}",
        alt=f"Bars by days since the last order. {words}.",
    )

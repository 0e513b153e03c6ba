"""Charts of the chapter on the risk of loss."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, thousands
from crmlib.reporting.theme import COLOURS, MUTED, describe, new_axes

__all__ = ["sales_by_risk"]


def sales_by_risk(
    bands: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw sales by band of risk, and the part of them that is at risk.

    Parameters
    ----------
    bands
        `band`, `n_customers`, `net_amount`, `at_risk_amount`.
    """
    ax = new_axes(ax)
    if not bands["n_customers"].sum():
        return nothing_to_draw(ax, why="No score to show: see the reason above", as_of=as_of)
    ax.bar(bands["band"], bands["net_amount"], color=MUTED, width=0.55, label="sales of the year")
    ax.bar(
        bands["band"], bands["at_risk_amount"], color=COLOURS[5], width=0.55, label="times the risk"
    )
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_ylabel(f"Sales, {currency}")
    ax.set_xlabel("Probability of no order within the horizon")
    ax.legend()
    words = "; ".join(
        f"{row.band}: {text.count(row.n_customers)} customers, sales "
        f"{text.money(row.net_amount, currency)}, at risk {text.money(row.at_risk_amount, currency)}"
        for row in bands.itertuples()
    )
    high = bands["at_risk_amount"].iloc[:2].sum()
    return describe(
        ax,
        finding=f"{text.money(high, currency)} of sales at risk stand with customers more likely "
        "silent than not",
        subtitle=f"Sales of the last 364 days of customers who bought lately, as of {as_of}",
        alt=f"Bars by risk. {words}.",
    )

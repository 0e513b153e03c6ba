"""Charts of the chapter on key accounts."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, thousands, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["account_changes", "account_risk"]

_MOST = 12
_RISK_COLOURS = {"high": COLOURS[5], "raised": COLOURS[1], "low": MUTED}
_NO_ACCOUNT = "No key account (0 customers of class A)"


def account_changes(
    accounts: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what the largest key accounts bought, against the period before.

    Parameters
    ----------
    accounts
        `customer_id`, `net_amount`, `before_amount`, `risk`; the largest first.
    """
    shown = accounts.head(_MOST)
    ax = new_axes(ax, height=1.1 + 0.27 * max(len(shown), 4))
    if shown.empty:
        return nothing_to_draw(ax, why=_NO_ACCOUNT, as_of=as_of)
    y = list(range(len(shown)))
    for risk, colour in _RISK_COLOURS.items():
        chosen = [k for k in y if shown["risk"].iloc[k] == risk]
        if chosen:
            amounts = shown["net_amount"].iloc[chosen]
            ax.barh(chosen, amounts, color=colour, height=0.6, label=f"now, risk {risk}")
    before = shown["before_amount"]
    if before.notna().any():
        ax.scatter(before, y, color="#1F2933", marker="|", s=120, label="before")
    ax.set_yticks(y, tick_names(shown["customer_id"], limit=24), parse_math=False)
    ax.invert_yaxis()
    ax.set_xlim(left=min(0.0, float(shown["net_amount"].min())))
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"Sales, {currency}")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower right")
    less = int((shown["net_amount"] < before).sum())
    words = "; ".join(
        f"{text.plain(row.customer_id, limit=40)}: {text.money(row.net_amount, currency)}"
        + (
            f" after {text.money(row.before_amount, currency)}"
            if pd.notna(row.before_amount)
            else ""
        )
        for row in shown.itertuples()
    )
    total = text.money(shown["net_amount"].sum(), currency)
    return describe(
        ax,
        finding=f"{less} of the {len(shown)} largest key accounts bought for less than in the "
        "period before"
        if before.notna().any()
        else f"The {len(shown)} largest key accounts bought for {total}; the data do not cover "
        "the period before",
        subtitle=f"Sales of the period in {currency}, as of {as_of}",
        alt=f"Bars per account. {words}.",
    )


def account_risk(risks: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw the sales of the key accounts by risk.

    Parameters
    ----------
    risks
        `risk`, `n_customers`, `net_amount`.
    """
    ax = new_axes(ax, height=2.2)
    if risks.empty or risks["n_customers"].sum() == 0:
        return nothing_to_draw(ax, why=_NO_ACCOUNT, as_of=as_of)
    colours = [_RISK_COLOURS.get(risk, ACCENT) for risk in risks["risk"]]
    ax.barh(risks["risk"], risks["net_amount"], color=colours, height=0.6)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"Sales of key accounts, {currency}")
    ax.set_ylabel("Risk")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    total = risks["net_amount"].sum()
    warned = risks.loc[risks["risk"] != "low", "net_amount"].sum()
    share = text.percent(warned / total) if total > 0 else text.UNKNOWN
    words = "; ".join(
        f"{row.risk}: {text.count(row.n_customers)} accounts, "
        f"{text.money(row.net_amount, currency)}"
        for row in risks.itertuples()
    )
    return describe(
        ax,
        finding=f"{share} of the sales of key accounts come from accounts with a warning sign",
        subtitle=f"{text.count(risks['n_customers'].sum())} key accounts, as of {as_of}",
        alt=f"Bars by risk. {words}.",
    )

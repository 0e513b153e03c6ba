"""Charts of the chapter on the customer base."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, share_pairs, thousands
from crmlib.reporting.theme import ACCENT, COLOURS, describe, new_axes

__all__ = ["growth_bridge", "growth_factors", "stage_customers", "weekly_sales"]


def weekly_sales(weeks: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw sales per week with the number of buying customers in words.

    Parameters
    ----------
    weeks
        `week_ends_on` (ISO text), `net_amount`, `n_customers`; whole weeks, oldest first.
    """
    ax = new_axes(ax)
    if weeks.empty:
        return nothing_to_draw(ax, why="Not enough data for a week (need 7 days)", as_of=as_of)
    ax.plot(range(len(weeks)), weeks["net_amount"], color=ACCENT, linewidth=1.8)
    ax.set_ylim(bottom=0)
    step = max(1, -(-len(weeks) // 6))
    ax.set_xticks(range(0, len(weeks), step), weeks["week_ends_on"].iloc[::step], rotation=0)
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_ylabel(f"Sales per week, {currency}")
    ax.set_xlabel("Week that ends on")
    best = weeks.loc[weeks["net_amount"].idxmax()]
    last, mean = weeks["net_amount"].iloc[-1], weeks["net_amount"].mean()
    against = text.percent(last / mean - 1, signed=True) if mean > 0 else text.UNKNOWN
    return describe(
        ax,
        finding=f"Sales of the last week against the average week: {against}",
        subtitle=f"Sales per week in {currency}, {len(weeks)} whole weeks to {as_of}",
        alt=f"Line of sales per week over {len(weeks)} weeks. The best week ends on "
        f"{best['week_ends_on']} with {text.money(best['net_amount'], currency)}; the last one "
        f"has {text.money(last, currency)}.",
    )


def stage_customers(
    stages: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the share of customers and of sales at each lifecycle stage.

    Parameters
    ----------
    stages
        `stage`, `n_customers`, `customer_share`, `net_share`.
    """
    ax = new_axes(ax)
    share_pairs(ax, stages, names="stage")
    share = dict(zip(stages["stage"], stages["customer_share"], strict=True))
    leaving = share.get("lapsing", 0) + share.get("lapsed", 0)
    words = ", ".join(
        f"{row.stage} {text.percent(row.customer_share)} of customers with "
        f"{text.percent(row.net_share)} of sales"
        for row in stages.itertuples()
    )
    return describe(
        ax,
        finding=f"{text.percent(leaving)} of the customers are going quiet or silent",
        subtitle=f"{text.count(stages['n_customers'].sum())} customers, as of {as_of}",
        alt=f"Bars per stage: {words}.",
    )


def growth_bridge(
    groups: pd.DataFrame, *, period: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what customers won, grown, shrunk and lost added to or took from sales.

    Parameters
    ----------
    groups
        `group`, `n_customers`, `change_amount`.
    """
    ax = new_axes(ax)
    if groups.empty:
        return nothing_to_draw(ax, why="No whole period before to compare with", as_of=as_of)
    shown = groups[groups["group"] != "unchanged"]
    colours = [COLOURS[2] if value >= 0 else COLOURS[5] for value in shown["change_amount"]]
    ax.bar(shown["group"], shown["change_amount"], color=colours, width=0.6)
    ax.axhline(0, color="#52606D", linewidth=0.8)
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_ylabel(f"Change of sales, {currency}")
    total = groups["change_amount"].sum()
    words = "; ".join(
        f"{row.group}: {text.count(row.n_customers)} customers, "
        f"{text.money(row.change_amount, currency)}"
        for row in shown.itertuples()
    )
    amount = groups.set_index("group")["change_amount"]
    more, less = amount[["won", "grown"]].sum(), amount[["shrunk", "lost"]].sum()
    return describe(
        ax,
        finding=f"Sales moved by {text.money(total, currency)}: customers won or grown brought "
        f"{text.money(more, currency)} more, those shrunk or lost {text.money(-less, currency)} "
        "less",
        subtitle=f"Change of sales by group of customers in {currency}, {period}, as of {as_of}",
        alt=f"Bars of the change of sales. {words}.",
    )


def growth_factors(
    factors: pd.DataFrame, *, period: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what each factor added to or took from sales, with its interval.

    Parameters
    ----------
    factors
        `factor`, `effect_amount`, `low_amount`, `high_amount`.
    """
    ax = new_axes(ax, height=0.9 + 0.42 * max(len(factors), 3))
    known = factors.dropna(subset=["effect_amount"])
    if known.empty:
        why = "No sales in both periods (0 in one of them), so no factor can be told"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    effect = known["effect_amount"]
    colours = [COLOURS[2] if value >= 0 else COLOURS[5] for value in effect]
    y = range(len(known))
    ax.barh(list(y), effect, color=colours, height=0.6)
    reach = [effect - known["low_amount"], known["high_amount"] - effect]
    if known["low_amount"].notna().all():
        ends = [one.clip(lower=0) for one in reach]
        ax.errorbar(effect, list(y), xerr=ends, fmt="none", ecolor="#323F4B", capsize=3)
    ax.set_yticks(list(y), known["factor"])
    ax.invert_yaxis()
    ax.axvline(0, color="#52606D", linewidth=0.8)
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"Effect on sales, {currency}")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    most = known.loc[effect.abs().idxmax()]
    words = "; ".join(
        f"{row.factor}: {text.money(row.effect_amount, currency)}" for row in known.itertuples()
    )
    return describe(
        ax,
        finding=f"Sales moved by {text.money(effect.sum(), currency)}; the most by "
        f"{most['factor']}: {text.money(most['effect_amount'], currency)}",
        subtitle=f"Effect of each factor in {currency}, 95 % interval, {period}, as of {as_of}",
        alt=f"Bars of the effect on sales. {words}.",
    )

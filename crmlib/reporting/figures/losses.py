"""Charts of the chapter on causes of loss."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter, PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import (
    dots_with_intervals,
    in_points,
    nothing_to_draw,
    thousands,
    tick_names,
)
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["before_loss", "hazard_ratios", "lost_by_reason", "stay_curves", "weekly_buyers"]

_SHOWN = 12
_ROW = 0.28


def lost_by_reason(
    reasons: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the sales lost by recorded reason with their intervals.

    Parameters
    ----------
    reasons
        `cause`, `n_left`, `lost_amount`, `low_amount`, `high_amount`.
    """
    shown = reasons.head(_SHOWN)
    ax = new_axes(ax, height=1.1 + _ROW * max(len(shown), 3))
    if reasons.empty:
        return nothing_to_draw(ax, why="0 customers were lost so far", as_of=as_of)
    ends = shown[["lost_amount", "low_amount", "high_amount"]]
    known = shown["cause"].str.startswith(("unknown", "not recorded"))
    colours = [MUTED if muted else ACCENT for muted in known]
    names = dots_with_intervals(ax, shown["cause"], ends, colours=colours)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"Sales of their last year, {currency}")
    total = text.money(reasons["lost_amount"].sum(), currency)
    words = "; ".join(
        f"{name} {text.count(row.n_left)} customers, {text.money(row.lost_amount, currency)}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    return describe(
        ax,
        finding=f"{text.count(reasons['n_left'].sum())} customers lost, who bought for {total} "
        "in their last year",
        subtitle=f"Sales of the last year of lost customers by reason, 95 % interval, {as_of}",
        alt=f"Dots per reason: {words}.",
    )


def stay_curves(curves: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw the share of customers who stay longer than so many days, by group.

    Parameters
    ----------
    curves
        `dimension`, `group`, `days`, `stays_share`, `low_share`, `high_share` of one dimension.
    """
    ax = new_axes(ax)
    if curves.empty:
        return nothing_to_draw(ax, why="0 losses yet, so there is no curve", as_of=as_of)
    groups = list(dict.fromkeys(curves["group"]))[: len(COLOURS)]
    names = tick_names(groups)
    ends = []
    for group, name, colour in zip(groups, names, COLOURS, strict=False):
        part = curves[curves["group"] == group]
        ax.fill_between(
            part["days"], part["low_share"], part["high_share"], color=colour, alpha=0.12, lw=0
        )
        ax.plot(part["days"], part["stays_share"], color=colour, label=name)
        last = part.iloc[-1]
        ends.append((last["stays_share"], name, last["days"]))
    ax.set_ylim(0, 1)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_ylabel("Still customers")
    ax.set_xlabel("Days since the first order")
    legend = ax.legend(loc="lower left", ncols=3)
    for label in legend.get_texts():
        label.set_parse_math(False)
    words = [
        f"{name} {text.percent(share)} after {text.days(n)}" for share, name, n in sorted(ends)
    ]
    shown = [words[0], words[-1]] if len(words) > 1 else words
    return describe(
        ax,
        finding=f"Still customers: {'; '.join(shown)}",
        subtitle=f"By {curves['dimension'].iloc[0]}, 95 % interval, as of {as_of}",
        alt=f"Falling lines of customers who stay: {'; '.join(words)}.",
    )


def before_loss(
    compared: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw how much more often things happened to the lost than to like customers who stayed.

    Parameters
    ----------
    compared
        `event`, `difference_share`, `low_share`, `high_share`, `p_adjusted`; rows without a
        comparison are not drawn.
    """
    shown = compared[compared["difference_share"].notna()]
    ax = new_axes(ax, height=1.1 + _ROW * max(len(shown), 3))
    if shown.empty:
        why = "Not enough losses to compare with those who stay (need 20 in each group)"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    sure = shown["p_adjusted"] < 0.05
    colours = [COLOURS[5] if one else MUTED for one in sure]
    ends = shown[["difference_share", "low_share", "high_share"]]
    names = dots_with_intervals(ax, shown["event"], ends, colours=colours)
    ax.axvline(0, color="#52606D", linewidth=0.8)
    ax.xaxis.set_major_formatter(FuncFormatter(in_points))
    ax.set_xlabel("Happened to so many more of the lost, points")
    words = "; ".join(
        f"{name} {text.points(row.difference_share)}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    first = shown.iloc[0]
    return describe(
        ax,
        finding=f"Clearest before a loss: {names[0]}, "
        f"{text.points(first['difference_share'])} against like customers; "
        f"{int(sure.sum())} of {len(shown)} differences are beyond chance",
        subtitle=f"Lost against like customers who stayed, 95 % interval, as of {as_of}",
        alt=f"Dots with intervals: {words}.",
    )


def hazard_ratios(
    hazards: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw how many times as fast customers leave; 1 means no difference.

    Parameters
    ----------
    hazards
        `about`, `factor`, `hazard_ratio`, `low_ratio`, `high_ratio`, `p_adjusted`; the clearest
        of each first.
    """
    shown = hazards.head(_SHOWN)
    ax = new_axes(ax, height=1.1 + _ROW * max(len(shown), 3))
    if shown.empty:
        return nothing_to_draw(
            ax, why="Not enough losses for ratios (need 5 of a kind)", as_of=as_of
        )
    sure = shown["p_adjusted"] < 0.05
    colours = [COLOURS[5] if one else MUTED for one in sure]
    ends = shown[["hazard_ratio", "low_ratio", "high_ratio"]]
    names = dots_with_intervals(ax, shown["factor"], ends, colours=colours)
    ax.set_xscale("log")
    ax.axvline(1, color="#52606D", linewidth=0.8)
    ticks = [
        t
        for t in (0.1, 0.2, 0.5, 1, 2, 5, 10)
        if t == 1 or ends["low_ratio"].min() / 1.5 < t < ends["high_ratio"].max() * 1.5
    ]
    ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.set_xlabel("Leave so many times as fast (logarithmic)")
    words = "; ".join(
        f"{name} {row.hazard_ratio:.2f} ({row.low_ratio:.2f} to {row.high_ratio:.2f})"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    top = shown.iloc[0]
    return describe(
        ax,
        finding=f"Clearest is {text.plain(top['factor'])}: customers leave "
        f"{top['hazard_ratio']:.1f} times as fast; {int(sure.sum())} of {len(shown)} ratios are "
        "beyond chance",
        subtitle=f"Hazard ratios with 95 % interval, observational, as of {as_of}",
        alt=f"Dots with intervals on a logarithmic axis: {words}.",
    )


def weekly_buyers(
    weeks: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw weekly buyers of a category that many turned away from, beside the expected ones.

    Parameters
    ----------
    weeks
        `week_date`, `n_bought`, `n_expected`, `region`, `category`, `drop_date`; no row where
        nothing was found.
    """
    ax = new_axes(ax)
    if weeks.empty:
        why = "No week in which many buyers of a category stopped at once (0 found)"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    x = range(len(weeks))
    ax.plot(x, weeks["n_expected"], color=MUTED, label="expected by the others")
    ax.plot(x, weeks["n_bought"], color=COLOURS[5], label="bought it")
    at = int((weeks["week_date"] >= weeks["drop_date"].iloc[0]).to_numpy().argmax())
    ax.axvline(at, color="#52606D", linewidth=0.8, linestyle="--")
    ax.set_ylim(bottom=0)
    step = max(1, -(-len(weeks) // 6))
    ax.set_xticks(range(0, len(weeks), step), weeks["week_date"].iloc[::step])
    ax.set_ylabel("Customers per week")
    ax.set_xlabel("Week from")
    ax.legend(loc="upper right", ncols=2)
    category, region = (text.plain(weeks[name].iloc[0]) for name in ("category", "region"))
    before, after = weeks["n_bought"].iloc[:at], weeks["n_bought"].iloc[at:]
    return describe(
        ax,
        finding=f"{category}, {region}: {before.mean():.0f} buyers a week before "
        f"{weeks['drop_date'].iloc[0]}, {after.mean():.0f} after",
        subtitle=f"Weekly buyers, and as buyers elsewhere let expect, as of {as_of}",
        alt=f"Two lines over {len(weeks)} weeks; buyers fall below the expected from "
        f"{weeks['drop_date'].iloc[0]} on.",
    )

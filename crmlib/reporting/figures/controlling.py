"""Charts of the chapter on sales controlling."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from crmlib.evaluation.variance import EFFECTS
from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, thousands, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["change_bridge", "largest_deviations", "months_against_plan"]

_SHOWN = 12
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MORE, _LESS = COLOURS[2], COLOURS[5]


def months_against_plan(
    months: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw sales of each month beside the plan and the same month a year ago.

    Parameters
    ----------
    months
        `month_on`, `actual_amount`, `planned_amount`, `year_ago_amount`; the last two may be
        missing.
    """
    ax = new_axes(ax)
    if months.empty:
        return nothing_to_draw(ax, why="No month of this year is in the data", as_of=as_of)
    x = np.arange(len(months))
    actual, planned = months["actual_amount"], months["planned_amount"].astype(float)
    year_ago = months["year_ago_amount"].astype(float)
    ax.bar(x, actual, 0.6, color=ACCENT, label="sales")
    if planned.notna().any():
        ax.scatter(x, planned, marker="_", s=420, color="#323F4B", zorder=3, label="plan")
    if year_ago.notna().any():
        ax.plot(x, year_ago, color=MUTED, marker="o", markersize=4, label="a year ago")
    names = [_month(month, is_first=k == 0) for k, month in enumerate(months["month_on"])]
    ax.set_xticks(x, names)
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_ylabel(f"Sales, {currency}")
    ax.set_xlabel("Month")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    n_reached = int((actual >= planned).sum())
    finding = (
        f"{n_reached} of {int(planned.notna().sum())} months reached the plan"
        if planned.notna().any()
        else f"Best month: {months.loc[actual.idxmax(), 'month_on']} with "
        f"{text.money(actual.max(), currency)}"
    )
    words = "; ".join(
        f"{row.month_on} {text.money(row.actual_amount, currency)}"
        + (f", plan {text.money(row.planned_amount, currency)}" if row.planned_amount > 0 else "")
        for row in months.itertuples()
    )
    return describe(
        ax,
        finding=finding,
        subtitle=f"Sales by month in {currency}, the last month up to {as_of}",
        alt=f"Bars by month: {words}.",
    )


def _month(month: str, *, is_first: bool) -> str:
    """Write a month short, the first one and every January with its year."""
    year, number = month.split("-")
    name = _MONTHS[int(number) - 1]
    return f"{name}\n{year}" if is_first or number == "01" else name


def change_bridge(
    causes: pd.DataFrame, *, against: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw how the causes, one after the other, make up the change of sales.

    Parameters
    ----------
    causes
        `dimension` (the row `total` is drawn), the columns of effects, `before_amount`,
        `change_amount`.
    against
        What sales are compared with.
    """
    ax = new_axes(ax)
    rows = causes[causes["dimension"] == "total"]
    if rows.empty:
        return nothing_to_draw(ax, why="No period before to compare with", as_of=as_of)
    row = rows.iloc[0]
    effects = row[list(EFFECTS)].astype(float).to_numpy()
    change = float(row["change_amount"])
    starts = np.append(np.cumsum(effects) - effects, 0.0)
    heights = np.append(effects, change)
    colours = [_MORE if height >= 0 else _LESS for height in effects] + [ACCENT]
    x = np.arange(len(heights))
    ax.bar(x, heights, 0.62, bottom=starts, color=colours)
    for k, level in enumerate(np.cumsum(effects)):
        ax.plot([k - 0.31, k + 1.31], [level, level], color="#52606D", linewidth=0.7)
    levels = np.append(starts + heights, 0.0)
    ax.set_ylim(1.05 * levels.min(), 1.05 * max(levels.max(), 0.01))
    ax.axhline(0, color="#52606D", linewidth=0.8)
    ax.set_xticks(x, [*(label.replace(" ", "\n") for label in EFFECTS.values()), "change\nin all"])
    ax.yaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_ylabel(f"Change of sales, {currency}")
    ax.grid(visible=False, axis="x")
    largest = list(EFFECTS.values())[int(np.abs(effects).argmax())]
    words = "; ".join(
        f"{label} {text.money(value, currency)}"
        for label, value in zip(EFFECTS.values(), effects, strict=True)
    )
    return describe(
        ax,
        finding=f"Sales moved by {text.money(change, currency)}; the largest cause: {largest} with "
        f"{text.money(effects[int(np.abs(effects).argmax())], currency)}",
        subtitle=f"Change of sales against {against} in {currency}, by cause, as of {as_of}",
        alt=f"Bridge of bars, each beginning where the one before ends: {words}; in all "
        f"{text.money(change, currency)}.",
    )


def largest_deviations(
    cells: pd.DataFrame, *, against: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the cells that are off most, with the interval of chance.

    Parameters
    ----------
    cells
        From `crmlib.evaluation.deviations.main_cells`: `part`, `deviation_amount`, `low_amount`,
        `high_amount`, `cumulated_share`, `is_different`, `is_main`.
    against
        What sales are compared with.
    """
    shown = cells.head(_SHOWN)
    if shown.empty:
        why = "No parts of the business to compare: neither a plan nor a period before"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    ax = new_axes(ax, height=0.9 + 0.26 * len(shown))
    y = np.arange(len(shown))
    value = shown["deviation_amount"]
    is_sure = shown["is_different"].astype(bool).to_numpy()
    colours = np.where(is_sure, COLOURS[5], MUTED)
    ax.barh(y, value, 0.62, color=colours)
    ax.hlines(y, shown["low_amount"], shown["high_amount"], color="#323F4B", linewidth=1)
    ax.axvline(0, color="#52606D", linewidth=0.8)
    names = tick_names(shown["part"], limit=40)
    ax.set_yticks(y, names, parse_math=False)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"Sales less {against}, {currency}; orange: off by itself, beyond chance")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    words = "; ".join(
        f"{label} {text.money(row.deviation_amount, currency)} "
        f"({text.money(row.low_amount, currency)} to {text.money(row.high_amount, currency)})"
        for label, row in zip(names, shown.itertuples(), strict=True)
    )
    n_main = int(cells["is_main"].sum())
    return describe(
        ax,
        finding=f"{n_main} of {len(cells)} cells make up most of the deviation; the largest: "
        f"{names[0]} with {text.money(value.iloc[0], currency)}",
        subtitle=f"Sales less {against} in {currency}, the {len(shown)} largest, 95 % intervals, "
        f"as of {as_of}",
        alt=f"Bars with intervals. {words}.",
    )

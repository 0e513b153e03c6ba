"""Charts of the chapter on market sections."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import dots_with_intervals, nothing_to_draw, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["portfolio", "section_growth"]

_MOST = 12
_FEW = "Fewer than 3 sections to compare"


def portfolio(decided: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw sections by attractiveness and own position, as large as their sales.

    Parameters
    ----------
    decided
        From `decisions.sections.decide_sections`.
    """
    if decided.empty:
        return nothing_to_draw(new_axes(ax), why=_FEW, as_of=as_of)
    ax = new_axes(ax, height=4.6)
    size = decided["net_amount"].astype(float)
    palette = dict(zip(("invest", "keep", "harvest", "watch"), (*COLOURS[:3], MUTED), strict=True))
    for name, colour in palette.items():
        here = decided["decision"] == name
        ax.scatter(
            decided.loc[here, "position"], decided.loc[here, "attractiveness"], color=colour,
            s=30 + 500 * size[here] / size.max(), alpha=0.65, label=name, edgecolor="white",
        )  # fmt: skip
    ax.axhline(50, color="#52606D", linewidth=0.8)
    ax.axvline(50, color="#52606D", linewidth=0.8)
    shown = decided.head(_MOST)
    for number, row in enumerate(shown.itertuples(), start=1):
        ax.text(row.position, row.attractiveness, str(number), ha="center", va="center", fontsize=8)
    ax.set_xlim(-5, 105)
    ax.set_ylim(-5, 105)
    ax.set_xlabel("Own position, 0 to 100")
    ax.set_ylabel("Attractiveness, 0 to 100")
    legend = ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    for handle in legend.legend_handles:
        if handle is not None and hasattr(handle, "set_sizes"):
            handle.set_sizes([50])
    names = tick_names(shown["section"], limit=44)
    words = "; ".join(
        f"{number} {name}: {row.decision}, attractiveness {row.attractiveness:.0f}, position "
        f"{row.position:.0f}, {text.money(row.net_amount, currency)}"
        for number, (name, row) in enumerate(zip(names, shown.itertuples(), strict=True), start=1)
    )
    n = int((decided["decision"] == "invest").sum())
    return describe(
        ax,
        finding=f"{n} of {len(decided)} sections are attractive and our position in them is weak",
        subtitle=f"Numbers as in the table, the largest sales first; area = sales, as of {as_of}",
        alt=f"Points by position and attractiveness. {words}.",
    )


def section_growth(
    decided: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the growth of the largest sections with its interval.

    Parameters
    ----------
    decided
        From `decisions.sections.decide_sections`.
    """
    ends = ["growth_rate", "growth_low_rate", "growth_high_rate"]
    known = decided.dropna(subset=ends)
    if known.empty:
        why = "Growth of 0 sections is known: no whole period before"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    shown = known.head(_MOST)
    ax = new_axes(ax, height=1.2 + 0.32 * len(shown))
    sure = np.sign(shown["growth_low_rate"]) == np.sign(shown["growth_high_rate"])
    colours = [ACCENT if one else MUTED for one in sure]
    names = dots_with_intervals(ax, shown["section"], shown[ends], colours=colours)
    ax.axvline(0, color="#52606D", linewidth=0.8)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("Growth of sales on the period before, 95 % interval")
    up = int((shown["growth_low_rate"] > 0).sum())
    down = int((shown["growth_high_rate"] < 0).sum())
    words = "; ".join(
        f"{name} {text.percent(row.growth_rate, signed=True)} "
        f"({text.percent(row.growth_low_rate, signed=True)} to "
        f"{text.percent(row.growth_high_rate, signed=True)})"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    return describe(
        ax,
        finding=f"Of the {len(shown)} largest sections {up} grow and {down} shrink beyond chance",
        subtitle=f"Growth of sales of known customers in {currency}, as of {as_of}",
        alt=f"Points with intervals. {words}.",
    )

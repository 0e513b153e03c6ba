"""Charts of the chapter on white spots."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, thousands, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["gaps_closed", "penetration_gaps", "reason_amounts"]

_N_SHOWN = 12


def penetration_gaps(
    categories: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw how many of the best customers buy each item, and how many could be expected to.

    Parameters
    ----------
    categories
        From `decisions.white_spots.categories`.
    """
    shown = categories[categories["n_white_spots"] > 0].head(_N_SHOWN)
    ax = new_axes(ax, height=1.3 + 0.29 * max(len(shown), 3))
    if shown.empty:
        why = "The best customers buy all that could be expected, or the data are too few"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    y = list(range(len(shown)))
    ax.hlines(y, shown["actual_low_rate"], shown["actual_high_rate"], color=ACCENT, linewidth=2)
    ax.plot(shown["actual_rate"], y, "o", color=ACCENT, label="buy it")
    ax.plot(shown["expected_rate"], y, "D", color=COLOURS[1], label="could be expected to")
    names = tick_names(shown["item"])
    ax.set_yticks(y, names, parse_math=False)
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("Share of the best customers")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.legend(loc="upper center", bbox_to_anchor=(0.4, -0.7 / (1.3 + 0.29 * len(shown))), ncols=2)
    total = categories["n_white_spots"].sum()
    best = shown.iloc[0]
    words = "; ".join(
        f"{name}: {text.percent(row.actual_rate)} buy it, {text.percent(row.expected_rate)} "
        f"expected, {text.count(row.n_white_spots)} white spots"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    return describe(
        ax,
        finding=f"{text.count(total)} white spots; the largest potential is in {names[0]}, "
        f"{text.money(best['potential_amount'], currency)} a year",
        subtitle=f"The {len(shown)} items with the largest potential, "
        f"{text.count(best['n_best'])} best customers, 95 % interval, {as_of}",
        alt=f"Points for actual and expected shares. {words}.",
    )


def reason_amounts(
    reasons: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the potential of the white spots by reason.

    Parameters
    ----------
    reasons
        From `decisions.white_spots.by_reason`.
    """
    ax = new_axes(ax, height=2.9)
    n = int(reasons["n_white_spots"].sum())
    if n == 0:
        return nothing_to_draw(ax, why="No white spot to give a reason for", as_of=as_of)
    colours = [MUTED if reason == "unknown" else ACCENT for reason in reasons["reason"]]
    ax.barh(reasons["reason"], reasons["potential_amount"], color=colours, height=0.6)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"Potential in a year, {currency}")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    known = reasons[reasons["reason"] != "unknown"]["n_white_spots"].sum()
    words = "; ".join(
        f"{row.reason}: {text.count(row.n_white_spots)} white spots, "
        f"{text.money(row.potential_amount, currency)}"
        for row in reasons.itertuples()
    )
    return describe(
        ax,
        finding=f"For {text.count(known)} of {text.count(n)} white spots the data show a reason",
        subtitle=f"Potential in a year by the most particular reason, {currency}, {as_of}",
        alt=f"Bars per reason. {words}.",
    )


def gaps_closed(bands: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw how often gaps closed later, against what was promised, by expected probability.

    Parameters
    ----------
    bands
        From `evaluation.white_spots.bought_by_band`.
    """
    ax = new_axes(ax)
    if bands.empty:
        why = "The data are too short to check white spots on later weeks"
        return nothing_to_draw(ax, why=why, as_of=as_of)
    x = list(range(len(bands)))
    ax.vlines(x, bands["bought_low_rate"], bands["bought_high_rate"], color=ACCENT, linewidth=2)
    ax.plot(x, bands["bought_rate"], "o", color=ACCENT, label="bought in the weeks after")
    ax.plot(x, bands["promised_rate"], "D", color=COLOURS[1], label="foretold")
    ax.set_xticks(x, bands["band"])
    ax.set_xlim(-0.5, len(bands) - 0.5)
    ax.set_ylim(bottom=0)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("Expected probability of buying it")
    ax.set_ylabel("Gaps closed")
    ax.legend(loc="upper left")
    first, last = bands.iloc[0], bands.iloc[-1]
    words = "; ".join(
        f"{row.band}: {text.percent(row.bought_rate)} bought, {text.percent(row.promised_rate)} "
        "foretold"
        for row in bands.itertuples()
    )
    is_so = last["bought_low_rate"] > first["bought_high_rate"]
    what = "The more expected, the sooner bought" if is_so else "Within chance, all gaps are alike"
    return describe(
        ax,
        finding=f"{what}: {text.percent(last['bought_rate'])} of the gaps with {last['band']} "
        f"closed, {text.percent(first['bought_rate'])} of those with {first['band']}",
        subtitle=f"{text.count(bands['n_cells'].sum())} gaps at an earlier day, checked later, "
        f"95 % interval, {as_of}",
        alt=f"Points per band of expected probability. {words}.",
    )

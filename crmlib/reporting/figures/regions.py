"""Charts of the chapter on regions."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.ticker import FuncFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import dots_with_intervals, nothing_to_draw, thousands, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["place_indices", "place_mix", "unused_potential"]

_MOST = 12
_AROUND = LinearSegmentedColormap.from_list("around", [COLOURS[1], "#FFFFFF", ACCENT])
_FEW = "Not enough data to compare places (need 2 with customers)"


def place_indices(
    measures: pd.DataFrame,
    *,
    measure: str,
    words: str,
    as_of: str,
    currency: str,
    ax: Axes | None = None,
) -> Axes:
    """Draw one measure of each place against the whole, with its interval.

    Parameters
    ----------
    measures
        `measures` of `evaluation.regions.Compared`.
    measure
        The one to draw.
    words
        What it is, in words.
    """
    here = measures[measures["measure"] == measure] if len(measures) else measures
    if len(here) < 2:
        return nothing_to_draw(new_axes(ax), why=_FEW, as_of=as_of)
    shown = here.sort_values("shrunk_index", kind="stable")
    if len(shown) > _MOST:
        half = _MOST // 2
        shown = pd.concat([shown.head(half), shown.tail(half)])
    ax = new_axes(ax, height=1.1 + 0.3 * len(shown))
    different = shown["is_different"].astype(bool)
    colours = [ACCENT if one else MUTED for one in different]
    ends = shown[["shrunk_index", "low_index", "high_index"]]
    names = dots_with_intervals(ax, shown["place"], ends, colours=colours)
    ax.scatter(shown["raw_index"], range(len(shown)), marker="|", color="#52606D", zorder=2)
    ax.axvline(100, color="#52606D", linewidth=0.8)
    ax.set_xlabel(
        f"{words[:1].upper()}{words[1:]}, 100 = the whole; 95 % interval; | = as observed"
    )
    listed = "; ".join(
        f"{name} {row.shrunk_index:.0f} ({row.low_index:.0f} to {row.high_index:.0f})"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    n = int(here["is_different"].astype(bool).sum())
    return describe(
        ax,
        finding=f"{n} of {len(here)} places differ from the whole beyond chance in {words}",
        subtitle="Differences of small places are drawn towards the whole as far as chance "
        f"demands, as of {as_of}",
        alt=f"Points with intervals. {listed}.",
    )


def unused_potential(
    regions: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what each place would bring beyond today's sales if it bought like the whole.

    Parameters
    ----------
    regions
        From `decisions.regions.regions_to_act_on`.
    """
    if regions.empty:
        why = "No place brings less than the whole (0)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    shown = regions.head(_MOST)
    ax = new_axes(ax, height=1.1 + 0.3 * len(shown))
    ends = shown[["gap_amount", "gap_low_amount", "gap_high_amount"]]
    colours = [ACCENT if below else MUTED for below in shown["is_below"].astype(bool)]
    names = dots_with_intervals(ax, shown["place"], ends, colours=colours)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"Sales of a year below those of as many customers of the whole, {currency}")
    first = shown.iloc[0]
    words = "; ".join(
        f"{name} {text.money(row.gap_amount, currency)} "
        f"({text.money(row.gap_low_amount, currency)} to "
        f"{text.money(row.gap_high_amount, currency)})"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    n = int(regions["is_below"].astype(bool).sum())
    return describe(
        ax,
        finding=f"Largest gap: {text.plain(first['place'], limit=40)}, "
        f"{text.money(first['gap_amount'], currency)} a year; {n} of {len(regions)} gaps are "
        "beyond chance",
        subtitle=f"Gap to the whole at the place's own number of customers, 95 % interval, {as_of}",
        alt=f"Points with intervals. {words}.",
    )


def place_mix(mix: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw which categories the places buy more or less of than the whole.

    Parameters
    ----------
    mix
        From `evaluation.regions.mix_of_places`.
    """
    if mix.empty:
        return nothing_to_draw(new_axes(ax), why=_FEW, as_of=as_of)
    places = list(dict.fromkeys(mix["place"]))[:_MOST]
    categories = list(dict.fromkeys(mix["category"]))[:_MOST]
    cells = mix.set_index(["place", "category"])
    ax = new_axes(ax, height=1.5 + 0.32 * len(places))
    grid = mix.pivot_table(index="place", columns="category", values="shrunk_index")
    drawn = grid.reindex(index=places, columns=categories).clip(50, 200).to_numpy()
    ax.pcolormesh(drawn, cmap=_AROUND, norm=LogNorm(50, 200), edgecolor="white", lw=0.5)
    for row, place in enumerate(places):
        for column, category in enumerate(categories):
            one = cells.loc[(place, category)]
            ax.text(
                column + 0.5, row + 0.5, text.count(one["shrunk_index"]), ha="center",
                va="center", fontsize=8, color="#1F2933",
                fontweight="bold" if one["is_different"] else "normal",
            )  # fmt: skip
    ax.set_yticks(
        [k + 0.5 for k in range(len(places))], tick_names(places, limit=22), parse_math=False
    )
    ax.set_xticks(
        [k + 0.5 for k in range(len(categories))], tick_names(categories, limit=14), rotation=30,
        ha="right", parse_math=False,
    )  # fmt: skip
    ax.set_xlabel("Category, share of spending, 100 = as on the whole; bold = beyond chance")
    ax.invert_yaxis()
    ax.grid(visible=False)
    sure = mix[mix["is_different"].astype(bool)]
    finding = f"0 of {len(mix)} pairs of place and category differ from the whole beyond chance"
    if not sure.empty:
        far = sure.loc[(sure["shrunk_index"] / 100 - 1).abs().idxmax()]
        finding = (
            f"{text.plain(far['place'], limit=30)} spends {far['shrunk_index']:.0f} % of the usual "
            f"share on {text.plain(far['category'], limit=30)}; {len(sure)} of {len(mix)} pairs "
            "differ beyond chance"
        )
    words = "; ".join(
        f"{text.plain(row.place, limit=30)}, {text.plain(row.category, limit=30)} "
        f"{row.shrunk_index:.0f} ({row.low_index:.0f} to {row.high_index:.0f})"
        for row in sure.itertuples()
    )
    return describe(
        ax,
        finding=finding,
        subtitle="Share of each category in the spending of a place over that on the whole, as of "
        f"{as_of}",
        alt=f"Grid of places and categories. Beyond chance: {words or 'none'}.",
    )

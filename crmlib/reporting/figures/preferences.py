"""Charts of the chapter on purchase preferences."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.ticker import FuncFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import dots_with_intervals, nothing_to_draw, thousands, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["favourite_money", "group_baskets", "lasting_preferences", "leaning_customers"]

_MOST = 10
_AROUND = LinearSegmentedColormap.from_list("around", [COLOURS[1], "#FFFFFF", ACCENT])
_VERDICTS = {"lasts": COLOURS[2], "weak": COLOURS[1], "not shown": MUTED}


def favourite_money(
    groups: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what customers spend on their favourite category beyond expectation.

    Parameters
    ----------
    groups
        From `evaluation.favourites.favourite_groups`.
    """
    if groups.empty:
        return nothing_to_draw(new_axes(ax), why="No clear favourite category (0)", as_of=as_of)
    shown = groups.head(_MOST)
    ax = new_axes(ax, height=1.1 + 0.3 * len(shown))
    names = tick_names(shown["favourite"])
    y = list(range(len(shown)))
    ax.barh(y, shown["above_amount"], color=ACCENT, height=0.65)
    ax.set_yticks(y, names, parse_math=False)
    ax.invert_yaxis()
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel(f"Spent on the favourite beyond expectation, {currency}")
    first = shown.iloc[0]
    words = "; ".join(
        f"{name}: {text.count(row.n_customers)} customers, {text.money(row.above_amount, currency)}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    return describe(
        ax,
        finding=f"{text.count(first['n_customers'])} customers with the favourite "
        f"{text.plain(first['favourite'], limit=40)} spend "
        f"{text.money(first['above_amount'], currency)} more on it than others would",
        subtitle=f"Customers with a clear favourite, the {len(shown)} largest of "
        f"{text.count(len(groups))} categories, as of {as_of}",
        alt=f"Bars by favourite category. {words}.",
    )


def group_baskets(
    indices: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what customers with one favourite buy of the other favourites, 100 = as all customers.

    Parameters
    ----------
    indices
        From `evaluation.favourites.group_indices`.
    """
    if indices.empty:
        why = "No favourites in both halves of the period (0)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    names = list(dict.fromkeys(indices["favourite"]))
    grid = indices.pivot_table(index="favourite", columns="category", values="category_index")
    grid = grid.reindex(index=names, columns=names).fillna(0.0)
    ax = new_axes(ax, height=1.5 + 0.34 * len(names))
    drawn = grid.clip(20, 500).to_numpy()
    ax.pcolormesh(drawn, cmap=_AROUND, norm=LogNorm(20, 500), edgecolor="white", lw=0.5)
    for row, name in enumerate(names):
        for column, other in enumerate(names):
            ax.text(
                column + 0.5, row + 0.5, text.count(grid.loc[name, other]), ha="center",
                va="center", fontsize=8,
                color="white" if drawn[row, column] > 300 else "#1F2933",
            )  # fmt: skip
    middle = [k + 0.5 for k in range(len(names))]
    ax.set_yticks(middle, tick_names(names, limit=22), parse_math=False)
    ax.set_xticks(middle, tick_names(names, limit=14), rotation=30, ha="right", parse_math=False)
    ax.set_ylabel("Favourite")
    ax.set_xlabel("What they buy, 100 = as all customers")
    ax.invert_yaxis()
    ax.grid(visible=False)
    return describe(ax, **_words_of_baskets(indices, as_of=as_of))


def _words_of_baskets(indices: pd.DataFrame, *, as_of: str) -> dict[str, str]:
    """Name the other category that goes most with a favourite."""
    others = indices[indices["favourite"] != indices["category"]]
    sure = others[others["is_different"].astype(bool) & (others["category_index"] > 100)]
    finding = "No other category goes with a favourite beyond chance (0 pairs)"
    if not sure.empty:
        top = sure.loc[sure["category_index"].idxmax()]
        finding = (
            f"Who prefers {text.plain(top['favourite'], limit=30)} also buys "
            f"{text.plain(top['category'], limit=30)} {top['category_index'] / 100:.1f} times as "
            "much as all"
        )
    words = "; ".join(
        f"{text.plain(row.favourite, limit=30)} and {text.plain(row.category, limit=30)} "
        f"{text.count(row.category_index)}"
        for row in sure.sort_values("category_index", ascending=False).head(_MOST).itertuples()
    )
    return {
        "finding": finding,
        "subtitle": "Favourites of the first half of the period, purchases of the second half, "
        f"100 = as all customers with as much to spend, as of {as_of}",
        "alt": f"Grid of favourites and categories. Above chance: {words or 'none'}.",
    }


def leaning_customers(
    leanings: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw how many customers clearly prefer a price class, brand, weekday or part of the day.

    Parameters
    ----------
    leanings
        From `evaluation.preference_profiles.leanings`.
    """
    if leanings.empty:
        return nothing_to_draw(new_axes(ax), why="No clear preference but goods (0)", as_of=as_of)
    largest = leanings.sort_values("n_customers", ascending=False, kind="stable").head(_MOST + 4)
    shown = leanings.loc[sorted(largest.index)]
    ax = new_axes(ax, height=1.1 + 0.28 * len(shown))
    kinds = list(dict.fromkeys(shown["aspect"]))
    colours = [COLOURS[kinds.index(kind) % len(COLOURS)] for kind in shown["aspect"]]
    names = tick_names((f"{row.aspect}: {row.value}" for row in shown.itertuples()), limit=34)
    y = list(range(len(shown)))
    ax.barh(y, shown["n_customers"], color=colours, height=0.65)
    ax.set_yticks(y, names, parse_math=False)
    ax.invert_yaxis()
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.set_xlabel("Customers with a clear preference")
    top = largest.iloc[0]
    words = "; ".join(
        f"{name} {text.count(n)}" for name, n in zip(names, shown["n_customers"], strict=True)
    )
    return describe(
        ax,
        finding=f"The most common leaning beside goods: {top['aspect']} "
        f"{text.plain(top['value'], limit=40)}, {text.number(top['n_customers'], 'customer')}",
        subtitle="Customers whose preference is more than chance, what they buy taken into "
        f"account, as of {as_of}",
        alt=f"Bars by preference. {words}.",
    )


def lasting_preferences(
    lasting: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw how well the two halves of the period agree in each preference.

    Parameters
    ----------
    lasting
        From `evaluation.lasting.lasting_table`.
    """
    shown = lasting[lasting["agreement"].notna()]
    if shown.empty:
        why = "Too few customers bought in both halves of the period (need 10)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    ax = new_axes(ax, height=1.1 + 0.34 * len(shown))
    colours = [_VERDICTS[verdict] for verdict in shown["outcome"]]
    names = dots_with_intervals(
        ax, shown["aspect"], shown[["agreement", "low", "high"]], colours=colours
    )
    ax.axvline(0, color="#52606D", linewidth=0.8)
    ax.set_xlim(min(-0.1, float(shown["low"].min())), 1)
    ax.set_xlabel("Agreement of the two halves: 0 = chance, 1 = the same again; 95 % interval")
    words = "; ".join(
        f"{name} {row.agreement:.2f} ({row.low:.2f} to {row.high:.2f}), {row.outcome}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    n = int((shown["outcome"] == "lasts").sum())
    return describe(
        ax,
        finding=f"{n} of {len(shown)} preferences and habits show again in the second half of "
        "the period",
        subtitle=f"Correlation of each customer's deviations in the two halves, as of {as_of}",
        alt=f"Points with intervals. {words}.",
    )

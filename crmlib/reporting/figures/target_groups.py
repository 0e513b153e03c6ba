"""Charts of the chapter on target groups."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw, share_pairs, thousands, tick_names
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["group_mix", "group_moves", "group_sections", "group_sizes"]

_MOST = 12
_NONE = "No target groups that last (0)"
_PARTS = {"invest": COLOURS[0], "keep": COLOURS[1], "harvest": COLOURS[2], "watch": MUTED,
          "not judged": "#D9DEE3"}  # fmt: skip


def group_sizes(groups: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw the share of customers and of sales of each group.

    Parameters
    ----------
    groups
        From `decisions.target_groups.profiles`.
    """
    if groups.empty:
        return nothing_to_draw(new_axes(ax), why=_NONE, as_of=as_of)
    shown = groups.head(_MOST)
    ax = new_axes(ax, height=1.2 + 0.4 * len(shown))
    share_pairs(ax, shown, names="segment")
    names = tick_names(shown["segment"], limit=40)
    first = shown.iloc[0]
    words = "; ".join(
        f"{name} {text.percent(row.customer_share)} of customers, {text.percent(row.net_share)} "
        f"of sales ({text.money(row.net_amount, currency)})"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    return describe(
        ax,
        finding=f"{text.plain(first['segment'], limit=50)}: {text.percent(first['net_share'])} of "
        f"sales from {text.percent(first['customer_share'])} of the customers",
        subtitle=f"{text.count(groups['n_customers'].sum())} customers by target group, {as_of}",
        alt=f"Bars per group. {words}.",
    )


def group_mix(mix: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw which categories each group buys, as a share of its lines.

    Parameters
    ----------
    mix
        `segment`, `category`, `line_share`, `usual_share`.
    """
    if mix.empty:
        return nothing_to_draw(new_axes(ax), why=_NONE, as_of=as_of)
    grid = mix.pivot_table(index="segment", columns="category", values="line_share", sort=False)
    categories = list(
        dict.fromkeys(mix.sort_values("usual_share", ascending=False, kind="stable")["category"])
    )
    grid = grid.reindex(columns=categories[:_MOST]).iloc[:_MOST]
    ax = new_axes(ax, height=1.6 + 0.34 * len(grid))
    ax.pcolormesh(grid.to_numpy(), cmap="Blues", vmin=0, vmax=max(grid.max(axis=None), 0.01),
                  edgecolor="white", lw=0.5)  # fmt: skip
    dark = grid.max(axis=None) * 0.6
    for row in range(len(grid)):
        for column in range(grid.shape[1]):
            value = float(grid.iloc[row, column])
            ax.text(
                column + 0.5, row + 0.5, f"{100 * value:.0f}", ha="center", va="center",
                fontsize=8, color="white" if value > dark else "#1F2933",
            )  # fmt: skip
    rows = tick_names(grid.index, limit=36)
    ax.set_yticks([k + 0.5 for k in range(len(grid))], rows, parse_math=False)
    ax.set_xticks(
        [k + 0.5 for k in range(grid.shape[1])], tick_names(grid.columns, limit=16), rotation=30,
        ha="right", parse_math=False,
    )  # fmt: skip
    ax.invert_yaxis()
    ax.grid(visible=False)
    ax.set_xlabel("Category, per cent of the lines bought")
    beyond = mix["line_share"] / mix["usual_share"].where(mix["usual_share"] > 0.02)
    far = mix.loc[beyond.astype(float).fillna(0).idxmax()]
    times = far["line_share"] / max(far["usual_share"], 1e-9)
    words = "; ".join(
        f"{text.plain(row.segment, limit=36)}, {text.plain(row.category, limit=20)} "
        f"{text.percent(row.line_share, digits=0)}"
        for row in mix[mix["line_share"] >= 0.1].itertuples()
    )
    return describe(
        ax,
        finding=f"{text.plain(far['segment'], limit=50)} buys {times:.1f} times the usual share of "
        f"{text.plain(far['category'], limit=30)}",
        subtitle=f"Share of categories in the lines of each target group, as of {as_of}",
        alt=f"Grid of groups and categories. {words}.",
    )


def group_sections(
    inside: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the sales of each group by what was decided about the sections they fall into.

    Parameters
    ----------
    inside
        From `decisions.target_groups.sales_by_decision`.
    """
    if not inside["net_amount"].sum() > 0:
        return nothing_to_draw(new_axes(ax), why="0 groups inside chosen sections", as_of=as_of)
    shown = inside.head(_MOST)
    ax = new_axes(ax, height=1.5 + 0.34 * len(shown))
    left = pd.Series(0.0, index=shown.index)
    for name, colour in _PARTS.items():
        sales = shown[f"{name.replace(' ', '_')}_amount"].clip(lower=0)
        ax.barh(range(len(shown)), sales, 0.6, left=left, color=colour, label=name)
        left += sales
    names = tick_names(shown["segment"], limit=40)
    ax.set_yticks(range(len(shown)), names, parse_math=False)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(FuncFormatter(thousands))
    ax.locator_params(axis="x", nbins=5)
    ax.set_xlabel(f"Sales, {currency}")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=len(_PARTS))  # over no bar
    chosen = inside["invest_amount"].sum() + inside["keep_amount"].sum()
    words = "; ".join(
        f"{name} {text.percent(row.chosen_share, digits=0)} of "
        f"{text.money(row.net_amount, currency)}"
        for name, row in zip(names, shown.itertuples(), strict=True)
    )
    return describe(
        ax,
        finding=f"{text.percent(chosen / inside['net_amount'].sum(), digits=0)} of the sales fall "
        "into sections to invest in or keep",
        subtitle=f"Sales of each target group by decision about the section, as of {as_of}",
        alt=f"Stacked bars; in sections to invest in or keep: {words}.",
    )


def group_moves(split: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw how many customers moved for which reason.

    Parameters
    ----------
    split
        From `evaluation.movers.split_of_movers`.
    """
    if split.empty:
        why = "First iteration (1): no groups before to compare with"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    ax = new_axes(ax, height=1.2 + 0.34 * len(split))
    ax.barh(range(len(split)), split["n_customers"], color=ACCENT, height=0.6)
    ax.set_yticks(range(len(split)), split["movement"])
    ax.invert_yaxis()
    ax.set_xlabel("Customers")
    moved = 1 - split["customer_share"].iloc[0]
    words = "; ".join(
        f"{row.movement}: {text.count(row.n_customers)}" for row in split.itertuples()
    )
    return describe(
        ax,
        finding=f"{text.percent(moved)} of the customers moved, or the model moved them",
        subtitle=f"{text.count(split['n_customers'].sum())} customers in both iterations, {as_of}",
        alt=f"Bars per reason: {words}.",
    )

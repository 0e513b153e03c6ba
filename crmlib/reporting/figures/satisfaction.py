"""Charts of the chapter on satisfaction."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["derived_importance", "employee_view", "expectation_gaps", "priority_matrix"]

_SHOWN = 12
_PRIORITY_COLOURS = {
    "mend first": COLOURS[5],
    "keep up": COLOURS[2],
    "of little weight": COLOURS[1],
    "no need": MUTED,
}


def expectation_gaps(
    gaps: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what is expected and what is found of each attribute, the widest gap first.

    Parameters
    ----------
    gaps
        `attribute`, `n_answers`, `expectation`, `perception`, `gap_points`.
    """
    if gaps.empty:
        return nothing_to_draw(new_axes(ax), why="No answer of a customer yet", as_of=as_of)
    shown = gaps.head(_SHOWN)
    ax = _rows(ax, shown["attribute"])
    y = range(len(shown))
    colours = [COLOURS[5] if gap > 0 else COLOURS[2] for gap in shown["gap_points"]]
    ax.hlines(y, shown["expectation"], shown["perception"], color=colours, linewidth=2.4)
    ax.scatter(shown["expectation"], y, color="white", edgecolor="#323F4B", zorder=3,
               label="expected")  # fmt: skip
    ax.scatter(shown["perception"], y, color=colours, zorder=3)
    ax.scatter([], [], color="#323F4B", label="found")
    ax.set_xlabel("Points of the scale, mean")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    widest = shown.iloc[0]
    words = "; ".join(
        f"{text.plain(row.attribute, limit=40)} expected {row.expectation:.1f}, found "
        f"{row.perception:.1f}"
        for row in shown.itertuples()
    )
    n_below = int((gaps["gap_points"] > 0).sum())
    return describe(
        ax,
        finding=f"{n_below} of {len(gaps)} attributes fall short of what is expected, most of all "
        f"{text.plain(widest['attribute'], limit=60)} ({widest['gap_points']:.1f} points)"
        if widest["gap_points"] > 0
        else f"All {len(gaps)} attributes meet expectations in the mean",
        subtitle=f"Latest answer of each customer, up to {text.count(gaps['n_answers'].max())}, "
        f"as of {as_of}",
        alt=f"Lines from expectation to perception. {words}.",
    )


def derived_importance(
    top: pd.DataFrame, *, outcome: str, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw what each attribute explains, with its interval, beside what customers say.

    Parameters
    ----------
    top
        `attribute`, `importance_share`, `low_share`, `high_share`, `stated`.
    outcome
        What is explained, in words.
    """
    known = top.dropna(subset=["importance_share"])
    if known.empty:
        why = "Not enough answers to derive what matters (need 10 for each attribute)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    shown = known.nlargest(_SHOWN, "importance_share")
    ax = _rows(ax, shown["attribute"])
    y = list(range(len(shown)))
    ax.barh(y, shown["importance_share"], 0.6, color=ACCENT, label="derived")
    ax.hlines(y, shown["low_share"], shown["high_share"], color="#323F4B", linewidth=1.4)
    stated = shown["stated"] / top["stated"].sum()
    if stated.notna().any():
        ax.scatter(stated, y, color=COLOURS[1], marker="D", s=26, zorder=3, label="stated")
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlim(left=0)
    ax.set_xlabel(f"Share of what explains {outcome}; share of the importance stated")
    ax.legend(loc="lower right")
    first = shown.iloc[0]
    words = "; ".join(
        f"{text.plain(row.attribute, limit=40)} {text.percent(row.importance_share)}"
        for row in shown.itertuples()
    )
    return describe(
        ax,
        finding=f"{text.plain(first['attribute'], limit=60).capitalize()} makes up "
        f"{text.percent(first['importance_share'])} of what explains {outcome}",
        subtitle=f"Derived from the answers, 95 % interval, observational, as of {as_of}",
        alt=f"Bars of derived importance. {words}.",
    )


def priority_matrix(
    top: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw how far each attribute falls short against how much it matters.

    Parameters
    ----------
    top
        `attribute`, `priority`, `gap_points`, `importance_share`.
    """
    known = top.dropna(subset=["importance_share"])
    if known.empty:
        why = "Not enough answers to derive what matters (need 10 for each attribute)"
        return nothing_to_draw(new_axes(ax), why=why, as_of=as_of)
    ax = new_axes(ax, height=4.2)
    for name, colour in _PRIORITY_COLOURS.items():
        part = known[known["priority"] == name]
        if len(part):
            ax.scatter(part["gap_points"], part["importance_share"], color=colour, label=name, s=42)
    ax.axvline(0, color="#52606D", linestyle="--", linewidth=1)
    shown = known.nlargest(_SHOWN, "importance_share").sort_values("importance_share")
    highest = float(known["importance_share"].max())
    _name_points(ax, shown, width=_width(known["gap_points"]), height=highest)
    ax.set_xlim(right=float(known["gap_points"].max()) + 0.35 * _width(known["gap_points"]))
    ax.set_ylim(bottom=-0.04 * highest, top=highest * 1.12)
    ax.yaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("Points short of expectation (right of nought: less than expected)")
    ax.set_ylabel("Derived importance")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    n = int((known["priority"] == "mend first").sum())
    words = "; ".join(
        f"{text.plain(row.attribute, limit=40)}: {row.priority}, {row.gap_points:+.1f} points, "
        f"importance {text.percent(row.importance_share)}"
        for row in known.itertuples()
    )
    return describe(
        ax,
        finding=f"{n} of {len(known)} attributes both matter and fall short: mend these first",
        subtitle=f"Gap against derived importance, customers' latest answers, as of {as_of}",
        alt=f"Points by gap and importance. {words}.",
    )


def employee_view(view: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None) -> Axes:
    """Draw how far each attribute falls short for customers and, as employees see it, for them.

    Parameters
    ----------
    view
        `attribute`, `customer_gap_points`, `employee_gap_points`, `difference_points`,
        `is_different`, `n_employees`.
    """
    if view.empty:
        return nothing_to_draw(new_axes(ax), why="No answer of an employee yet", as_of=as_of)
    shown = view.head(_SHOWN)
    ax = _rows(ax, shown["attribute"])
    y = range(len(shown))
    ends = (shown["customer_gap_points"], shown["employee_gap_points"])
    ax.hlines(y, *ends, color=MUTED, linewidth=2)
    ax.scatter(ends[0], y, color=ACCENT, zorder=3, label="customers")
    ax.scatter(ends[1], y, color=COLOURS[1], zorder=3, marker="D", label="employees")
    ax.axvline(0, color="#52606D", linestyle="--", linewidth=1)
    ax.set_xlabel("Points short of expectation")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    words = "; ".join(
        f"{text.plain(row.attribute, limit=40)}: customers {row.customer_gap_points:+.1f}, "
        f"employees {row.employee_gap_points:+.1f}"
        for row in shown.itertuples()
    )
    n = int(view["is_different"].sum())
    return describe(
        ax,
        finding=f"Employees see {n} of {len(view)} attributes otherwise than customers",
        subtitle=f"Expectation less perception, {text.count(view['n_employees'].max())} employees, "
        f"as of {as_of}",
        alt=f"Pairs of points. {words}.",
    )


def _rows(ax: Axes | None, attributes: pd.Series) -> Axes:
    """Give axes with one row per attribute, the first at the top."""
    ax = new_axes(ax, height=1.0 + 0.3 * len(attributes))
    ax.set_yticks(range(len(attributes)), [text.plain(name, limit=30) for name in attributes])
    ax.set_ylim(len(attributes) - 0.5, -0.5)
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    return ax


def _name_points(ax: Axes, shown: pd.DataFrame, *, width: float, height: float) -> None:
    """Write the name of each attribute beside its point, above names that are in the way."""
    placed: list[tuple[float, float, float]] = []
    for row in shown.itertuples():
        name = text.plain(row.attribute, limit=30)
        left, y = float(row.gap_points) + 0.03 * width, float(row.importance_share)
        right = left + 0.022 * len(name) * width
        for start, end, at in placed:
            if start < right and left < end and abs(y - at) < 0.05 * height:
                y = at + 0.05 * height
        placed.append((left, right, y))
        ax.annotate(name, (left, y), va="center", fontsize=8.5)


def _width(values: pd.Series) -> float:
    """Give the width of a range of values, never nought."""
    return max(float(values.max() - values.min()), 0.5)

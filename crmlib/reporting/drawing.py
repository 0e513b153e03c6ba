"""What the charts of all chapters share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.fonts import available_fonts
from crmlib.reporting.theme import ACCENT, MUTED, describe

__all__ = [
    "dots_with_intervals",
    "in_points",
    "nothing_to_draw",
    "share_pairs",
    "thousands",
    "tick_names",
]

_BOX = "\u25a1"
_EMPTY_HEIGHT = 0.4  # inches


def thousands(value: float, _position: int) -> str:
    """Write a number of an axis with thousands separators."""
    return f"{value:,.0f}"


def in_points(value: float, _position: int) -> str:
    """Write a difference of shares on an axis, in points.

    Examples
    --------
    >>> in_points(0.025, 0), in_points(-0.1, 0), in_points(0.0, 0)
    ('+2.5', '-10', '0')
    """
    return f"{round(100 * value, 6):+g}" if value else "0"


def nothing_to_draw(ax: Axes, *, why: str, as_of: str) -> Axes:
    """Say in the place of a chart why there is none; in a line, not in the room of a chart."""
    figure = ax.get_figure(root=True)
    if figure is not None and figure.axes == [ax]:
        figure.set_figheight(_EMPTY_HEIGHT)
    ax.set_axis_off()
    ax.text(0, 0.5, "no chart", va="center", color="#52606D", transform=ax.transAxes)
    return describe(ax, finding=why, subtitle=f"As of {as_of}", alt=f"No chart: {why}.")


def tick_names(values: Iterable[object], *, limit: int = 30) -> list[str]:
    """Make customers' strings fit for an axis: short, printable, a box for what has no glyph.

    Give them to an axis with `parse_math=False`, or `$` starts a formula.

    Examples
    --------
    >>> tick_names(["search engine", "a" * 40], limit=8)
    ['search …', 'aaaaaaa…']
    """
    plain = [text.plain(value, limit=limit) for value in values]
    if all(name.isascii() for name in plain):
        return plain
    known = available_fonts().characters
    return ["".join(c if ord(c) in known else _BOX for c in name) for name in plain]


def dots_with_intervals(
    ax: Axes, names: Iterable[object], ends: pd.DataFrame, *, colours: Sequence[str]
) -> list[str]:
    """Draw one dot with its interval per row, the first row at the top; give the names as drawn.

    Parameters
    ----------
    names
        What each row is about; customers' strings may be among them.
    ends
        Three columns: value, low and high end.
    colours
        One per row.
    """
    y = list(range(len(ends)))
    value, low, high = (ends.iloc[:, k] for k in range(3))
    ax.hlines(y, low, high, color=list(colours), linewidth=2)
    ax.scatter(value, y, color=list(colours), zorder=3)
    drawn = tick_names(names)
    ax.set_yticks(y, drawn, parse_math=False)
    ax.set_ylim(len(ends) - 0.5, -0.5)
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    return drawn


def share_pairs(ax: Axes, groups: pd.DataFrame, *, names: str) -> None:
    """Draw two bars per group: its share of all customers and its share of all sales.

    Parameters
    ----------
    groups
        A column `names`, `customer_share`, `net_share`.
    """
    y = range(len(groups))
    ax.barh([k - 0.2 for k in y], groups["customer_share"], 0.38, color=ACCENT, label="customers")
    ax.barh([k + 0.2 for k in y], groups["net_share"], 0.38, color=MUTED, label="sales")
    ax.set_yticks(list(y), tick_names(groups[names], limit=40), parse_math=False)
    ax.invert_yaxis()
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.set_xlabel("Share of all customers, share of all sales")
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    ax.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)  # over no bar

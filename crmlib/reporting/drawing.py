"""What the charts of all chapters share."""

from __future__ import annotations

from matplotlib.axes import Axes

from crmlib.reporting.theme import describe

__all__ = ["nothing_to_draw", "thousands"]


def thousands(value: float, _position: int) -> str:
    """Write a number of an axis with thousands separators."""
    return f"{value:,.0f}"


def nothing_to_draw(ax: Axes, *, why: str, as_of: str) -> Axes:
    """Say in the place of a chart why there is none."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, why, ha="center", va="center", color="#52606D", transform=ax.transAxes)
    return describe(ax, finding=why, subtitle=f"As of {as_of}", alt=f"No chart: {why}.")

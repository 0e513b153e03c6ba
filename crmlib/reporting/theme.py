"""The look of every chart: colours safe for the colour-blind, quiet axes, the finding as title."""

from __future__ import annotations

import io
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

from crmlib.errors import ParameterError
from crmlib.reporting.fonts import available_fonts

__all__ = ["ACCENT", "COLOURS", "MUTED", "describe", "described", "new_axes", "svg_of", "use"]

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
"""Okabe and Ito (2008), in the order of use."""
ACCENT = COLOURS[0]
MUTED = "#9AA5B1"

_STYLE: Any = {
    "figure.figsize": (7.2, 2.9),
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#52606D",
    "axes.labelcolor": "#323F4B",
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#E4E7EB",
    "grid.linewidth": 0.8,
    "xtick.color": "#52606D",
    "ytick.color": "#52606D",
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "crmlib",
}


def use() -> None:
    """Set the house style for all charts of this process."""
    mpl.use("agg")
    mpl.rcParams.update(_STYLE)


def new_axes(ax: Axes | None, *, height: float = 2.9) -> Axes:
    """Give `ax` back, or the axes of a new figure in the house style."""
    if ax is not None:
        return ax
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7.2, height), layout="constrained")
        axes: Axes = figure.subplots()
    return axes


def describe(ax: Axes, *, finding: str, subtitle: str, alt: str) -> Axes:
    """State what a chart shows: title, population and day, and words for who cannot see it.

    Parameters
    ----------
    finding
        What a reader is to take away, as a sentence.
    subtitle
        Population, period and unit.
    alt
        The content of the chart in words.
    """
    ax.figure.set_label("\n".join([finding, subtitle, alt]))
    return ax


def described(ax: Axes) -> tuple[str, str, str]:
    """Give back finding, subtitle and alternative text of a chart."""
    parts = str(ax.figure.get_label()).split("\n", 2)
    finding, subtitle, alt = [*parts, "", "", ""][:3]
    return finding, subtitle, alt


def svg_of(ax: Axes) -> str:
    """Draw the chart as SVG, the same bytes for the same chart."""
    buffer = io.StringIO()
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ParameterError("The axes belong to no figure; draw on axes of `theme.new_axes`.")
    _use_fonts_of_all_scripts(figure)
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def _use_fonts_of_all_scripts(figure: Figure) -> None:
    """Let names beyond the usual fonts be drawn by those of other scripts, if they are installed.

    Guards against charts with empty boxes in place of a customer's or an account manager's name.
    """
    foreign = [one for one in figure.findobj(Text) if not one.get_text().isascii()]
    if not foreign:
        return
    fonts = available_fonts()
    known = {entry.fname for entry in fontManager.ttflist}
    for file in fonts.files:
        if str(file) not in known:
            fontManager.addfont(file)
    others = [family for family in fonts.families if family not in _STYLE["font.family"]]
    for one in foreign:
        one.set_fontfamily([*_STYLE["font.family"], *others])

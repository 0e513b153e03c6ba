"""Charts of the chapter on data quality."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from crmlib.periods import day_number, parse_day
from crmlib.reporting import text
from crmlib.reporting.drawing import nothing_to_draw
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["rows_by_table", "table_periods"]

_MOST_DAYS = 1826
"""Five years; what lies before them is cut off."""


def rows_by_table(
    tables: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw the share of rows used, quarantined and deduplicated of each table.

    Parameters
    ----------
    tables
        `table`, `rows_in`, `rows_used`, `rows_quarantined`, `rows_deduplicated`.
    """
    ax = new_axes(ax, height=0.9 + 0.36 * len(tables))
    total = tables["rows_in"].clip(lower=1)
    left = 0.0 * total
    parts = [("rows_used", ACCENT), ("rows_deduplicated", MUTED), ("rows_quarantined", COLOURS[5])]
    for name, colour in parts:
        share = tables[name] / total
        ax.barh(tables["table"], share, left=left, color=colour, label=name.removeprefix("rows_"))
        left = left + share
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(PercentFormatter(1))
    ax.grid(visible=False, axis="y")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.18), ncols=3)
    aside = int(tables["rows_quarantined"].sum())
    words = "; ".join(
        f"{row.table}: {text.count(row.rows_used)} of {text.count(row.rows_in)} used"
        for row in tables.itertuples()
    )
    return describe(
        ax,
        finding=f"{text.count(aside)} of {text.count(tables['rows_in'].sum())} rows were set aside",
        subtitle=f"Share of the rows of each table, as of {as_of}",
        alt=f"Bars per table. {words}.",
    )


def table_periods(
    fresh: pd.DataFrame, *, as_of: str, currency: str, ax: Axes | None = None
) -> Axes:
    """Draw from when to when each table has rows.

    Parameters
    ----------
    fresh
        `table`, `first_on`, `last_on` (ISO), `stale_days`, `is_quiet`.
    """
    ax = new_axes(ax, height=0.9 + 0.26 * max(len(fresh), 3))
    if fresh.empty:
        return nothing_to_draw(ax, why="No table has days (0 rows with one)", as_of=as_of)
    first = [day_number(parse_day(day)) for day in fresh["first_on"]]
    last = [day_number(parse_day(day)) for day in fresh["last_on"]]
    end = day_number(parse_day(as_of))
    start = max(min(first), end - _MOST_DAYS)
    colours = [COLOURS[5] if quiet else ACCENT for quiet in fresh["is_quiet"]]
    left = [max(day, start) - end for day in first]
    width = [max(day, start) + 1 - end - begin for day, begin in zip(last, left, strict=True)]
    ax.barh(fresh["table"], width, left=left, color=colours, height=0.6)
    ax.axvline(0, color="#52606D", linewidth=0.8)
    ax.invert_yaxis()
    ax.set_xlabel(f"Days before {as_of}")
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{abs(value):,.0f}"))
    ax.grid(visible=True, axis="x")
    ax.grid(visible=False, axis="y")
    quiet = int(fresh["is_quiet"].sum())
    words = "; ".join(f"{row.table}: {row.first_on} to {row.last_on}" for row in fresh.itertuples())
    return describe(
        ax,
        finding=f"{quiet} of {len(fresh)} tables have gone quiet",
        subtitle=f"From the first to the last day with a row, as of {as_of}",
        alt=f"Bars from first to last day per table. {words}.",
    )

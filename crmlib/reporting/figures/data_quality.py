"""Charts of the chapter on data quality."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from crmlib.reporting import text
from crmlib.reporting.theme import ACCENT, COLOURS, MUTED, describe, new_axes

__all__ = ["rows_by_table"]


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
    refused = int(tables["rows_quarantined"].sum())
    words = "; ".join(
        f"{row.table}: {text.count(row.rows_used)} of {text.count(row.rows_in)} used"
        for row in tables.itertuples()
    )
    return describe(
        ax,
        finding=f"{text.count(refused)} of {text.count(tables['rows_in'].sum())} rows were refused",
        subtitle=f"Share of the rows of each table, as of {as_of}",
        alt=f"Bars per table. {words}.",
    )

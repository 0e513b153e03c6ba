"""Sheets: one compact page part per subject, with tiles, sentences and a small table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from IPython.display import display

from crmlib.reporting.tables import key_figures, table_html

__all__ = ["Sheet", "show_sheets"]

_PAGE_SHARE = 0.47
"""Part of a printed page that a sheet needs, so that two stand on one page and none is torn."""


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes
    ----------
    title
        Markdown of one line; customers' strings in it are escaped.
    figures
        Label, value and note of each tile, as plain text.
    lines
        Markdown of one list item each.
    table
        A small table, its columns named by `crmlib.reporting.labels`.
    caption
        What the table says.
    """

    title: str
    figures: tuple[tuple[str, str, str], ...]
    lines: tuple[str, ...]
    table: pd.DataFrame
    caption: str


def show_sheets(sheets: Sequence[Sheet], *, currency: str, empty: str = "") -> None:
    """Display sheets one below the other, each under a heading of its own.

    Parameters
    ----------
    empty
        Sentence to show where there is no sheet.
    """
    if not sheets and empty:
        _markdown(empty)
    for sheet in sheets:
        _markdown(f"### {sheet.title}", about={"kind": "sheet", "page_share": _PAGE_SHARE})
        key_figures(sheet.figures)
        _markdown("\n".join(f"- {line}" for line in sheet.lines))
        body = table_html(sheet.table, caption=sheet.caption, currency=currency)
        words = f"Table: {sheet.caption} ({len(sheet.table)} rows)"
        display({"text/html": body, "text/plain": words}, raw=True)


def _markdown(body: str, *, about: Mapping[str, object] | None = None) -> None:
    metadata = {"crm": dict(about)} if about else {}
    display({"text/markdown": body, "text/plain": body}, raw=True, metadata=metadata)

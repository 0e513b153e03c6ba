"""The one way to show a table: escaped, formatted by unit, the same text in HTML and PDF."""

from __future__ import annotations

import html
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from IPython.display import display

from crmlib.reporting.formats import formatters
from crmlib.reporting.labels import heading
from crmlib.reporting.text import count, plain

__all__ = ["MOST_ROWS_OF_A_SHEET", "key_figures", "show", "table_html", "write_csv", "write_xlsx"]

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def show(frame: pd.DataFrame, *, caption: str, note: str = "", n_rows: int = 20) -> None:
    """Display the first rows of a table that the run context has saved.

    Parameters
    ----------
    frame
        What `RunContext.save_table` returned.
    caption
        What the table says, in a few words.
    note
        Population, unit and what to keep in mind.
    n_rows
        Rows shown at most; the download holds all of them.
    """
    crm = frame.attrs.get("crm", {})
    body = table_html(
        frame.head(n_rows), caption=caption, currency=str(crm.get("currency", "currency"))
    )
    if len(frame) > n_rows:
        note = f"The first {n_rows} of {count(len(frame))} rows; the file has all. {note}".strip()
    if note:
        body += f'<p class="crm-note">{html.escape(plain(note, limit=600))}</p>'
    display(
        {"text/html": body, "text/plain": f"Table: {caption} ({count(len(frame))} rows)"},
        raw=True,
        metadata={
            "crm": {
                "kind": "table",
                "name": str(crm.get("name", "")),
                "files": list(crm.get("files", [])),
            }
        },
    )


def table_html(frame: pd.DataFrame, *, caption: str, currency: str) -> str:
    """Write a frame as an HTML table in which every text is escaped.

    The index is not shown. Numbers are right-aligned and formatted by the suffix of their column;
    a missing value is an en dash.
    """
    numeric = [
        pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype)
        for dtype in frame.dtypes
    ]
    head = "".join(
        f'<th scope="col"{_class(is_number)}>'
        f"{html.escape(plain(heading(str(name), currency=currency)))}</th>"
        for name, is_number in zip(frame.columns, numeric, strict=True)
    )
    formats = formatters([str(name) for name in frame.columns])
    rows = []
    for row in frame.itertuples(index=False, name=None):
        cells = [
            f"<td{_class(is_number)}>{_cell(value, write if is_number else plain)}</td>"
            for value, is_number, write in zip(row, numeric, formats, strict=True)
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    if not rows:
        span = f' colspan="{len(formats)}"' if len(formats) > 1 else ""
        rows = [f"<tr><td{span}>nothing to list</td></tr>"]
    return (
        f'<table class="crm-table"><caption>{html.escape(plain(caption))}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    )


def _class(is_number: bool) -> str:
    return ' class="num"' if is_number else ""


def _cell(value: object, write: object) -> str:
    if pd.isna(value):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return html.escape(write(value))  # type: ignore[operator]


def key_figures(figures: Sequence[tuple[str, str, str]]) -> None:
    """Display the few numbers a manager looks at first.

    Parameters
    ----------
    figures
        Label, value and note (change, interval or population) of each, as text.
    """
    tiles = "".join(
        f"<div><dt>{html.escape(plain(label))}</dt>"
        f'<dd class="value">{html.escape(plain(value))}</dd>'
        f'<dd class="note">{html.escape(plain(note))}</dd></div>'
        for label, value, note in figures
    )
    words = "; ".join(f"{label}: {value} ({note})" for label, value, note in figures)
    display(
        {"text/html": f'<dl class="crm-key-figures">{tiles}</dl>', "text/plain": words}, raw=True
    )


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as CSV that a spreadsheet opens without running anything.

    A text that a spreadsheet would take for a formula gets an apostrophe in front; the Parquet
    file beside it has the text to the letter.
    """
    safe = frame.copy()
    for name in safe.columns:
        if isinstance(safe[name].dtype, pd.StringDtype):
            safe[name] = _texts_stay_texts(safe[name])
        elif not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = safe[name].map(_text_stays_text, na_action="ignore")
    safe.columns = [_text_stays_text(name) for name in safe.columns]
    safe.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def _texts_stay_texts(column: pd.Series) -> pd.Series:
    """Do for a column of texts at once what `_text_stays_text` does for each."""
    is_formula = column.str.lstrip(" ").str.startswith(_FORMULA_STARTS).fillna(False).astype(bool)
    return column.mask(is_formula, "'" + column) if is_formula.any() else column


def _text_stays_text(value: object) -> object:
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{value}"
    return value


MOST_ROWS_OF_A_SHEET = 50_000
"""Larger tables are Parquet and CSV alone: a sheet takes seven seconds for 100,000 rows."""


def write_xlsx(frame: pd.DataFrame, path: Path) -> None:
    """Write a table as an Excel file in which text is text, with a fixed creation date."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "in_memory": True,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": pd.Timestamp("2000-01-01").to_pydatetime()})
        sheet = book.add_worksheet("table")
        bold = book.add_format({"bold": True})
        for column, name in enumerate(frame.columns):
            sheet.write_string(0, column, str(name), bold)
        for row, values in enumerate(frame.itertuples(index=False, name=None), start=1):
            for column, value in enumerate(values):
                _write_cell(sheet, row, column, value)
        sheet.freeze_panes(1, 0)
        sheet.autofit()
    path.write_bytes(buffer.getvalue())


def _write_cell(sheet: object, row: int, column: int, value: object) -> None:
    """Write one cell by its own type; Excel holds 32,767 characters in a cell."""
    if pd.isna(value):
        return
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)  # type: ignore[attr-defined]
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, value)  # type: ignore[attr-defined]
    else:
        sheet.write_string(row, column, str(value)[:32_767])  # type: ignore[attr-defined]

"""Read the HTML that cells store into blocks, so that both writers show the same numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString

from crmlib.errors import ReportError
from crmlib.reporting.blocks import Block, Cell, KeyFigure, KeyFigures, Note, Table, clean_text

__all__ = ["parse_html"]

_INLINE = frozenset({"b", "strong", "i", "em", "span", "code", "small", "sub", "sup", "br"})
_TABLE_PARTS = frozenset(
    {"caption", "thead", "tbody", "tfoot", "tr", "th", "td", "colgroup", "col"}
)
_SKIPPED = frozenset({"style", "colgroup", "col"})
_NUMBER = re.compile(r"[-+−]?[$€£]?\d[\d,.  ]*(e[-+]\d+)?\s?%?|nan|NaN|<NA>|NaT|–|-?inf|", re.I)
_MAX_SPAN = 200


def parse_html(fragment: str) -> list[Block]:
    """Read the HTML of one output.

    Known are the tables, notes and key figures that `crmlib.reporting` makes, and tables as
    pandas makes them. Attributes other than `class`, `colspan` and `rowspan` have no effect,
    so nothing that stands in the data can act.

    Raises
    ------
    ReportError
        If there is any other element, e.g. a script or an image that came in with the data.
    """
    soup = BeautifulSoup(fragment, "html.parser")
    return _join_notes(_blocks(soup))


def _blocks(parent: Tag) -> Iterator[Block]:
    """Yield the blocks among the children of an element."""
    for child in parent.children:
        if isinstance(child, Tag):
            yield from _element(child)
        elif not isinstance(child, PreformattedString) and str(child).strip():
            yield Note(clean_text(str(child).strip()))


def _element(element: Tag) -> Iterator[Block]:
    """Yield the blocks of one element."""
    if element.name == "div":
        yield from _blocks(element)
    elif element.name == "table":
        yield _table(element)
    elif element.name == "dl" and "crm-key-figures" in _classes(element):
        yield _key_figures(element)
    elif element.name == "p":
        yield Note(_text(element))
    elif element.name not in _SKIPPED:
        raise _unknown(element)


def _join_notes(blocks: Iterator[Block]) -> list[Block]:
    """Attach notes that follow a table to it."""
    joined: list[Block] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if isinstance(block, Note) and isinstance(last, Table):
            notes = (*last.notes, block.text)
            joined[-1] = Table(last.header, last.body, last.caption, notes, last.files)
        else:
            joined.append(block)
    return joined


def _table(element: Tag) -> Table:
    """Read a table: header rows, then body rows, all of the same width."""
    for part in element.find_all(True):
        if part.name not in _TABLE_PARTS | _INLINE:
            raise _unknown(part)
    caption = element.find("caption")
    head_rows = list(element.select("thead > tr"))
    body_rows = [row for row in element.find_all("tr") if row not in head_rows]
    if not head_rows and body_rows and all(cell.name == "th" for cell in _cells_of(body_rows[0])):
        head_rows, body_rows = body_rows[:1], body_rows[1:]
    header = [[_cell(cell, is_header=True) for cell in _cells_of(row)] for row in head_rows]
    body = _expand(body_rows)
    width = max((sum(cell.span for cell in row) for row in [*header, *body]), default=0)
    if "dataframe" in _classes(element) or element.find("td", class_="num") is None:
        body, header = _mark_numbers(body, header)
    return Table(
        header=tuple(_fill(row, width, is_header=True) for row in header),
        body=tuple(_fill(row, width) for row in body),
        caption=_text(caption) if isinstance(caption, Tag) else "",
    )


def _cells_of(row: Tag) -> list[Tag]:
    return [cell for cell in row.find_all(["th", "td"], recursive=False) if isinstance(cell, Tag)]


def _cell(element: Tag, *, is_header: bool) -> Cell:
    span = _number_of(element, "colspan")
    return Cell(_text(element), is_header, "num" in _classes(element), span)


def _number_of(element: Tag, attribute: str) -> int:
    text = str(element.get(attribute, "1"))
    return min(int(text), _MAX_SPAN) if text.isdecimal() and int(text) > 0 else 1


def _expand(rows: list[Tag]) -> list[list[Cell]]:
    """Write out cells that span several rows or columns, so that every row reads alone."""
    if len(rows) == 1 and len(_cells_of(rows[0])) == 1:  # a sentence in the place of rows
        return [[_cell(_cells_of(rows[0])[0], is_header=False)]]
    body: list[list[Cell]] = []
    carried: dict[int, tuple[Cell, int]] = {}  # column -> cell, rows it still covers
    for row in rows:
        cells: list[Cell] = []
        for element in _cells_of(row):
            _take_carried(carried, cells)
            cell = _cell(element, is_header=element.name == "th")
            single = Cell(cell.text, cell.is_header, cell.is_numeric)
            n_rows = _number_of(element, "rowspan")
            if n_rows > 1:
                carried[len(cells)] = (single, n_rows - 1)
            cells.append(single)
            cells.extend([Cell("", cell.is_header)] * (cell.span - 1))
        _take_carried(carried, cells)
        body.append(cells)
    return body


def _take_carried(carried: dict[int, tuple[Cell, int]], cells: list[Cell]) -> None:
    while len(cells) in carried:
        cell, left = carried.pop(len(cells))
        if left > 1:
            carried[len(cells)] = (cell, left - 1)
        cells.append(cell)


def _fill(row: list[Cell], width: int, *, is_header: bool = False) -> tuple[Cell, ...]:
    missing = width - sum(cell.span for cell in row)
    return (*row, *[Cell("", is_header)] * missing)


def _mark_numbers(
    body: list[list[Cell]], header: list[list[Cell]]
) -> tuple[list[list[Cell]], list[list[Cell]]]:
    """Find the columns that hold nothing but numbers, for tables that do not say so."""
    width = max(map(len, body), default=0)
    columns = [
        [row[i] for row in body if i < len(row) and not row[i].is_header] for i in range(width)
    ]
    numeric = [
        any(cell.text for cell in cells) and all(_NUMBER.fullmatch(cell.text) for cell in cells)
        for cells in columns
    ]
    marked = [
        [Cell(c.text, c.is_header, numeric[i] and not c.is_header) for i, c in enumerate(row)]
        for row in body
    ]
    heads = [_mark_header(row, numeric) for row in header]
    return marked, heads


def _mark_header(row: list[Cell], numeric: list[bool]) -> list[Cell]:
    marked, column = [], 0
    for cell in row:
        is_numeric = cell.span == 1 and column < len(numeric) and numeric[column]
        marked.append(Cell(cell.text, True, is_numeric, cell.span))
        column += cell.span
    return marked


def _key_figures(element: Tag) -> KeyFigures:
    """Read the tiles of a definition list."""
    tiles = []
    for tile in element.find_all("div", recursive=False):
        name, value = tile.find("dt"), tile.find("dd", class_="value")
        note = tile.find("dd", class_="note")
        if not (isinstance(name, Tag) and isinstance(value, Tag)):
            raise ReportError(
                "a key figure lacks its name (dt) or value (dd class=value); make key figures "
                "with crmlib.reporting"
            )
        tiles.append(
            KeyFigure(_text(name), _text(value), _text(note) if isinstance(note, Tag) else "")
        )
    return KeyFigures(tuple(tiles))


def _text(element: Tag) -> str:
    """Return the text of an element that holds nothing but text."""
    parts: list[str] = []
    for child in element.descendants:
        if isinstance(child, Tag):
            if child.name not in _INLINE:
                raise _unknown(child)
            if child.name == "br":
                parts.append("\n")
        elif not isinstance(child, PreformattedString):
            parts.append(re.sub(r"[ \t\r\n]+", " ", str(child)))
    return clean_text("".join(parts).strip())


def _classes(element: Tag) -> list[str]:
    value = element.get("class")
    return value.split() if isinstance(value, str) else list(value or [])


def _unknown(element: Tag) -> ReportError:
    return ReportError(
        f"an HTML output holds <{clean_text(element.name, limit=40)}>, which the report cannot "
        "show faithfully; show tables with crmlib.reporting.tables.show, which escapes what "
        "stands in the data"
    )

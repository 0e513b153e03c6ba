"""What a report consists of: the small vocabulary that both writers show."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = [
    "Block",
    "Cell",
    "Figure",
    "Heading",
    "KeyFigure",
    "KeyFigures",
    "Note",
    "Preformatted",
    "Prose",
    "Room",
    "Table",
    "clean_text",
]

CELL_LIMIT = 2_000  # characters of one table cell or label that are shown
PROSE_LIMIT = 50_000  # characters of one Markdown text that are shown
STREAM_LIMIT = 10_000  # characters of printed text that are shown

# Control characters become visible signs; those that reorder text lose their power.
_VISIBLE = {code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)}
_REPLACED = [
    *range(0x80, 0xA0),
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
    *range(0xFDD0, 0xFDF0),
    *(plane * 0x10000 + low for plane in range(17) for low in (0xFFFE, 0xFFFF)),
    0x2028,
    0x2029,
    0xFEFF,
]
_CONTROLS = _VISIBLE | {0x7F: 0x2421} | dict.fromkeys(_REPLACED, 0xFFFD)


def clean_text(text: str, *, limit: int = CELL_LIMIT) -> str:
    r"""Make any text safe to show: no control acts, nothing is endless, the rest is literal.

    Terminal escapes and NUL become visible signs, direction overrides and characters that
    neither HTML nor PDF may hold become U+FFFD, and text beyond `limit` ends with an ellipsis.

    >>> clean_text("a\x1b[31mb")
    'a␛[31mb'
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    return text.replace("\r\n", "\n").translate(_CONTROLS)


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell of a table; `span` counts the columns of a header that it stands over."""

    text: str
    is_header: bool = False
    is_numeric: bool = False
    span: int = 1


@dataclasses.dataclass(frozen=True)
class Table:
    """A table as rows of cells; every row covers `n_columns` columns."""

    header: tuple[tuple[Cell, ...], ...]
    body: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    notes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        rows = [*self.header, *self.body]
        return max((sum(cell.span for cell in row) for row in rows), default=0)


@dataclasses.dataclass(frozen=True)
class KeyFigure:
    """One number of the first page: what it is, its value, and what it is compared with."""

    name: str
    value: str
    note: str = ""


@dataclasses.dataclass(frozen=True)
class KeyFigures:
    """A row of tiles."""

    items: tuple[KeyFigure, ...]


@dataclasses.dataclass(frozen=True)
class Note:
    """A short remark in small print."""

    text: str


@dataclasses.dataclass(frozen=True)
class Figure:
    """A chart with its finding as title, its description and the files of its data."""

    title: str
    alt: str
    data: bytes
    mime: str
    subtitle: str = ""
    files: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Preformatted:
    """Printed text, line by line."""

    text: str


@dataclasses.dataclass(frozen=True)
class Prose:
    """Markdown, parsed to syntax tree tokens; headings carry their level and anchor."""

    tokens: tuple[dict[str, Any], ...]


@dataclasses.dataclass(frozen=True)
class Room:
    """A place before what belongs on one page: on paper it goes to the next one if little is left.

    `share` says how much of a page is needed, 0-1.
    """

    share: float


@dataclasses.dataclass(frozen=True)
class Heading:
    """An entry of the contents."""

    level: int
    text: str
    anchor: str


Block = Table | KeyFigures | Note | Figure | Preformatted | Prose | Room

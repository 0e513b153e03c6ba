"""Fit tables on a page: size of the type, width of the columns, and parts if they are too wide."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.ft2font import FT2Font

from crmlib.reporting.blocks import Cell, Table

__all__ = ["Layout", "fit", "is_unbroken", "pieces"]

INSET = 5.0  # points left and right of the text of a cell
SIZES = (8.5, 8.0, 7.5, 7.0)
_MAX_NATURAL = 46.0  # em: text cells wrap beyond this
_WASTE = 1.25
"""How much higher than with a smaller type a table may be before the smaller type is taken."""
_LOW = 150.0
"""Points up to which a table is printed in the largest type that holds it, however it wraps."""
_CUT = 0.7
"""How much lower than its parts a table must be to be printed whole with words in pieces."""
_WORD_LIMITS = (16, 8)
_SEAMS = frozenset("/-_|&,;:.")
_ENDS = ("Low", "High")
"""Headings of the ends of an interval, which stay beside their value."""
_NUMBER_LIMIT = 24
_MEASURED = 100  # points at which a font is measured


@dataclasses.dataclass(frozen=True)
class Layout:
    """One printed table: which columns of the whole, how wide, and the size of the type."""

    columns: tuple[int, ...]
    widths: tuple[float, ...]
    size: float
    word_limit: int


@dataclasses.dataclass(frozen=True)
class _Widths:
    """Widths of the columns in em: longest word; texts on one line, headings on two; all on one."""

    least: list[float]
    liked: list[float]
    natural: list[float]


def is_unbroken(cell: Cell) -> bool:
    """Say whether a cell stays on one line: numbers do."""
    return cell.is_numeric and len(cell.text) <= _NUMBER_LIMIT and "\n" not in cell.text


def pieces(text: str, *, word_limit: int) -> list[str]:
    """Cut words longer than `word_limit` characters where a line may break, best at a seam.

    >>> pieces("a Straßenbahn", word_limit=6), pieces("BREAD/BUNS", word_limit=8)
    (['a Straße', 'nbahn'], ['BREAD/', 'BUNS'])
    """
    cut: list[str] = []
    start = run = seam = 0
    for position, char in enumerate(text):
        run = 0 if char.isspace() else run + 1
        if run > word_limit and not unicodedata.combining(char) and not _joins(text, position):
            end = seam if seam > max(start, position - word_limit) else position
            cut.append(text[start:end])
            start, run = end, position - end + 1
        if char in _SEAMS and run > 1:
            seam = position + 1
    return [*cut, text[start:]]


def _joins(text: str, position: int) -> bool:
    """Say whether a character belongs to the one before it (emoji sequences, marks)."""
    near = text[position - 1 : position + 1]
    return any(
        char in "\u200d\ufe0f" or unicodedata.category(char) in ("Mn", "Mc") for char in near
    )


def fit(table: Table, *, page_width: float) -> list[Layout]:
    """Choose the largest type with which a table fits well; cut it into parts if none does.

    Guards against parts whose rows nobody can tell apart, and intervals without their value.

    Parameters
    ----------
    page_width
        Width of the text on the page in points.

    Returns
    -------
    list of Layout
        One, or several that together show every column; each repeats the first columns, as many as
        tell the rows apart, and keeps `Low` and `High` with the column before them.
    """
    whole = _in_one(table, page_width)
    if whole is not None and whole.word_limit == _WORD_LIMITS[0]:
        return [whole]
    parts = _in_parts(table, page_width)
    if whole is None or _height(table, whole) > _CUT * sum(_height(table, p) for p in parts):
        return parts
    return [whole]


def _in_one(table: Table, page_width: float) -> Layout | None:
    """Lay a table out whole, with cut words only if it must be; None if it does not fit."""
    every = tuple(range(table.n_columns))
    for limit in _WORD_LIMITS:
        widths = _measure(table, word_limit=limit)
        sizes = [size for size in SIZES if sum(_cost(widths, size)) <= page_width]
        layouts = [_layout(every, widths, (size, limit, page_width)) for size in sizes]
        if layouts:
            heights = [_height(table, layout) for layout in layouts]
            most = max(_WASTE * min(heights), _LOW)
            return layouts[[height <= most for height in heights].index(True)]
    return None


def _in_parts(table: Table, page_width: float) -> list[Layout]:
    """Cut a table into as few parts as can be, with words whole rather than cut."""
    measured = {limit: _measure(table, word_limit=limit) for limit in _WORD_LIMITS}
    found = []
    for limit, size in [*((16, size) for size in SIZES[1:]), (8, SIZES[1])]:
        parts = _parts(table, _cost(measured[limit], size), page_width)
        found.append((len(parts), parts, limit, size))
    _, parts, limit, size = min(found, key=lambda one: one[0])
    return [_layout(part, measured[limit], (size, limit, page_width)) for part in parts]


def _cost(widths: _Widths, size: float) -> list[float]:
    """Return the least width of every column in points."""
    return [least * size + 2 * INSET for least in widths.least]


def _height(table: Table, layout: Layout) -> float:
    """Estimate the height of a table in points, from the lines that its texts take."""
    n_lines = 0
    for row in table.body:
        lines = [1]
        cells = row if len(row) < table.n_columns else [row[c] for c in layout.columns]
        for cell, width in zip(cells, layout.widths, strict=False):
            room = max(width - 2 * INSET, 1.0) / layout.size
            # a little less than a line over is the rounding of the width
            lines.append(sum(math.ceil(_em(one) / room - 0.05) for one in cell.text.split("\n")))
        n_lines += max(lines)
    return n_lines * layout.size


def _n_keys(table: Table, cost: Sequence[float], page_width: float) -> int:
    """Count the first columns without which rows look alike; one if they leave no room."""
    rows = [[cell.text for cell in row] for row in table.body]
    is_plain = all(cell.span == 1 for row in table.body for cell in row)
    for n_keys in range(1, min(4, table.n_columns)):
        if sum(cost[:n_keys]) > page_width / 2:
            break
        if is_plain and len({tuple(row[:n_keys]) for row in rows}) == len(rows):
            return n_keys
    return 1


def _bundles(table: Table, n_keys: int) -> list[list[int]]:
    """Group the columns after the keys so that the ends of an interval follow their value."""
    names = [cell.text for cell in table.header[-1]] if table.header else []
    bundles: list[list[int]] = []
    for column in range(n_keys, table.n_columns):
        is_end = len(names) == table.n_columns and names[column].split(",")[0] in _ENDS
        if is_end and bundles and len(bundles[-1]) <= len(_ENDS):
            bundles[-1].append(column)
        else:
            bundles.append([column])
    return bundles


def _parts(table: Table, cost: Sequence[float], page_width: float) -> list[tuple[int, ...]]:
    """Group columns to parts of like width that fit; each part begins with the keys."""
    n_keys = _n_keys(table, cost, page_width)
    keys = list(range(n_keys))
    free = page_width - sum(cost[:n_keys])
    n_parts = max(2, math.ceil(sum(cost[n_keys:]) / max(free, 1.0)))
    fair = max(sum(cost[n_keys:]) / n_parts, 1.0)
    parts: list[list[int]] = [[*keys]]
    used = 0.0
    for bundle in _bundles(table, n_keys):
        units = [bundle] if sum(cost[c] for c in bundle) <= free else [[c] for c in bundle]
        for unit in units:
            width = sum(cost[c] for c in unit)
            is_fair = len(parts) < n_parts and used + width / 2 > fair
            is_full = used + width > free or is_fair
            if len(parts[-1]) > n_keys and is_full:
                parts.append([*keys])
                used = 0.0
            parts[-1] += unit
            used += width
    return [tuple(part) for part in parts]


def _layout(columns: tuple[int, ...], widths: _Widths, frame: tuple[float, int, float]) -> Layout:
    """Share the width left over: first texts need not wrap, then headings."""
    size, word_limit, page_width = frame
    now = [widths.least[c] * size + 2 * INSET for c in columns]
    for liked in (widths.liked, widths.natural):
        wanted = [liked[c] * size + 2 * INSET for c in columns]
        now = _filled(now, wanted, page_width - sum(now))
    scale = min(1.0, page_width / sum(now))
    return Layout(columns, tuple(round(w * scale, 2) for w in now), size, word_limit)


def _filled(now: Sequence[float], wanted: Sequence[float], left: float) -> list[float]:
    """Widen columns to what they want, those that want least first, as far as the rest goes."""
    widened = list(now)
    lacks = [max(want - have, 0.0) for have, want in zip(now, wanted, strict=True)]
    for rank, column in enumerate(sorted(range(len(now)), key=lacks.__getitem__)):
        more = min(lacks[column], max(left, 0.0) / (len(now) - rank))
        widened[column] += more
        left -= more
    return widened


def _measure(table: Table, *, word_limit: int) -> _Widths:
    """Measure the columns of a table."""
    least, liked, natural = ([1.0] * table.n_columns for _ in range(3))
    for number, row in enumerate((*table.header, *table.body)):
        column = 0
        for cell in row:
            if cell.span == 1:
                word, line = _widths_of(cell, word_limit=word_limit)
                half = max(word, line / 2) if number < len(table.header) else line
                least[column] = max(least[column], word)
                liked[column] = max(liked[column], half)
                natural[column] = max(natural[column], line)
            column += cell.span
    return _Widths(least, liked, natural)


def _widths_of(cell: Cell, *, word_limit: int) -> tuple[float, float]:
    """Return the width of the longest word and of the longest line of a cell, in em."""
    bold = 1.1 if cell.is_header else 1.0
    natural = min(max(map(_em, cell.text.split("\n"))), _MAX_NATURAL) * bold
    if is_unbroken(cell) and not cell.is_header:
        return natural, natural
    cut = pieces(cell.text, word_limit=word_limit)
    words = [word for part in cut for word in re.split(r"\s", part)]
    return max(map(_em, words)) * bold, natural


def _em(text: str) -> float:
    """Estimate the width of a line of text from above."""
    return 0.1 + sum(map(_char_em, text[:200]))


@functools.cache
def _char_em(char: str) -> float:
    """Give the width of a character in the widest of the fonts, DejaVu Sans."""
    if unicodedata.east_asian_width(char) in "WF":
        return 1.02
    font = _widest_font()
    if ord(char) not in font.get_charmap():
        return 1.0
    advance: int = font.load_char(ord(char)).linearHoriAdvance
    return advance / 65536 / _MEASURED


@functools.cache
def _widest_font() -> FT2Font:
    font = FT2Font(str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"))
    font.set_size(_MEASURED, 72)
    return font

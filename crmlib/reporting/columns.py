"""Fit tables on a page: size of the type, width of the columns, and parts if they are too wide."""

from __future__ import annotations

import dataclasses
import math
import re
import unicodedata
from collections.abc import Sequence

from crmlib.reporting.blocks import Cell, Table

__all__ = ["Layout", "fit", "is_unbroken", "pieces"]

INSET = 5.0  # points left and right of the text of a cell
SIZES = (8.5, 8.0, 7.5, 7.0)
_NARROW, _WIDE = frozenset(" .,:;'|!()[]{}/\\ijlftrI-·"), frozenset("mwMW@%—–…_+<>=~^&×")
_MAX_NATURAL = 46.0  # em: text cells wrap beyond this
_NUMBER_LIMIT = 24


@dataclasses.dataclass(frozen=True)
class Layout:
    """One printed table: which columns of the whole, how wide, and the size of the type."""

    columns: tuple[int, ...]
    widths: tuple[float, ...]
    size: float
    word_limit: int


def is_unbroken(cell: Cell) -> bool:
    """Say whether a cell stays on one line: numbers do."""
    return cell.is_numeric and len(cell.text) <= _NUMBER_LIMIT and "\n" not in cell.text


def pieces(text: str, *, word_limit: int) -> list[str]:
    """Cut words longer than `word_limit` characters where a line may break.

    >>> pieces("a Straßenbahn", word_limit=6)
    ['a Straße', 'nbahn']
    """
    cut: list[str] = []
    start = run = 0
    for position, char in enumerate(text):
        run = 0 if char.isspace() else run + 1
        if run > word_limit and not unicodedata.combining(char) and not _joins(text, position):
            cut.append(text[start:position])
            start, run = position, 1
    return [*cut, text[start:]]


def _joins(text: str, position: int) -> bool:
    """Say whether a character belongs to the one before it (emoji sequences, marks)."""
    near = text[position - 1 : position + 1]
    return any(
        char in "\u200d\ufe0f" or unicodedata.category(char) in ("Mn", "Mc") for char in near
    )


def fit(table: Table, *, page_width: float) -> list[Layout]:
    """Choose the largest type with which a table fits; cut it into parts if none does.

    Parameters
    ----------
    page_width
        Width of the text on the page in points.

    Returns
    -------
    list of Layout
        One, or several that repeat the first column and together show every column.
    """
    every = tuple(range(table.n_columns))
    for word_limit in (16, 8):
        needs, naturals = _measure(table, word_limit=word_limit)
        for size in SIZES:
            if sum(needs) * size + 2 * INSET * len(every) <= page_width:
                return [_layout(every, needs, naturals, (size, word_limit, page_width))]
    parts = _parts(needs, SIZES[1], page_width)
    return [_layout(part, needs, naturals, (SIZES[1], 8, page_width)) for part in parts]


def _parts(needs: Sequence[float], size: float, page_width: float) -> list[tuple[int, ...]]:
    """Group columns to parts of like width that fit; each part begins with the first column."""
    cost = [need * size + 2 * INSET for need in needs]
    free = page_width - cost[0]
    n_parts = max(2, math.ceil(sum(cost[1:]) / max(free, 1.0)))
    fair = max(sum(cost[1:]) / n_parts, 1.0)
    parts: list[list[int]] = [[0]]
    used = 0.0
    for column in range(1, len(needs)):
        is_full = used + cost[column] > free or used + cost[column] / 2 > fair
        if len(parts[-1]) > 1 and is_full:
            parts.append([0])
            used = 0.0
        parts[-1].append(column)
        used += cost[column]
    return [tuple(part) for part in parts]


def _layout(
    columns: tuple[int, ...],
    needs: Sequence[float],
    naturals: Sequence[float],
    frame: tuple[float, int, float],
) -> Layout:
    """Share the width left over between the columns that would like more."""
    size, word_limit, page_width = frame
    least = [needs[c] * size + 2 * INSET for c in columns]
    liked = [max(naturals[c], needs[c]) * size + 2 * INSET for c in columns]
    left = page_width - sum(least)
    wanted = sum(liked) - sum(least)
    share = min(1.0, max(0.0, left / wanted)) if wanted > 0 else 0.0
    widths = [a + share * (b - a) for a, b in zip(least, liked, strict=True)]
    scale = min(1.0, page_width / sum(widths))
    return Layout(columns, tuple(round(w * scale, 2) for w in widths), size, word_limit)


def _measure(table: Table, *, word_limit: int) -> tuple[list[float], list[float]]:
    """Return per column the least and the comfortable width of the text, in em."""
    needs, naturals = [1.0] * table.n_columns, [1.0] * table.n_columns
    for row in (*table.header, *table.body):
        column = 0
        for cell in row:
            if cell.span == 1:
                bold = 1.1 if cell.is_header else 1.0
                lines = cell.text.split("\n")
                natural = min(max(map(_em, lines)), _MAX_NATURAL) * bold
                words = [
                    piece
                    for part in pieces(cell.text, word_limit=word_limit)
                    for piece in re.split(r"\s", part)
                ]
                need = (
                    natural
                    if is_unbroken(cell) and not cell.is_header
                    else (max(map(_em, words)) * bold)
                )
                needs[column] = max(needs[column], need)
                naturals[column] = max(naturals[column], natural)
            column += cell.span
    return needs, naturals


def _em(text: str) -> float:
    """Estimate the width of a line of text from above."""
    return 0.1 + sum(_char_em(char) for char in text[:200])


def _char_em(char: str) -> float:
    if unicodedata.east_asian_width(char) in "WF":
        return 1.02
    if char in _NARROW:
        return 0.42
    if char in _WIDE:
        return 1.0
    return 0.79 if char.isupper() else 0.64

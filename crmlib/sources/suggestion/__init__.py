"""A first mapping for a file nobody has described yet, with all that is unsure about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb

from crmlib.database.engine import connect
from crmlib.errors import ParameterError
from crmlib.schema import TABLES
from crmlib.settings import Settings
from crmlib.sources.mapping.places import ENDINGS, ending_of
from crmlib.sources.quoting import shown
from crmlib.sources.suggestion.drafts import Draft, draft_table
from crmlib.sources.suggestion.facts import column_facts
from crmlib.sources.suggestion.matching import best_tables
from crmlib.sources.suggestion.opening import Opened, join_alike, open_file
from crmlib.sources.suggestion.writing import flow, part_lines

__all__ = ["Suggestion", "suggest_mapping"]

_RAW = "crm_suggested"
_POOR = 3
"""A score below which a file among others feeds no table."""


@dataclass(frozen=True)
class Suggestion:
    """A mapping as YAML text, and everything about it that a person should decide."""

    text: str
    unsure: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    """What one file or sheet feeds, and how well it fits."""

    opened: Opened
    draft: Draft
    score: float


def suggest_mapping(path: Path, *, settings: Settings) -> Suggestion:
    """Suggest how a file, or every file of a folder, becomes tables of the customer database.

    Guards against mappings guessed from the first lines: every value of every row is read, and
    what reads in two ways is said to be unsure.

    Parameters
    ----------
    path
        A text file, workbook, Parquet file, file of JSON lines, or a folder of them.
    settings
        Time zone and currency of what the files leave open.

    Raises
    ------
    ParameterError
        If there is nothing that can be read.
    DataRejectedError
        If a file is damaged.
    """
    parts = _suggest_parts(path, settings)
    best = max(part.score for part in parts)
    left_out = [part.opened.read for part in parts if part.score < min(best, _POOR)]
    parts = [part for part in parts if part.score >= min(best, _POOR)]
    by_table: dict[str, list[_Part]] = {}
    for part in parts:
        by_table.setdefault(part.draft.table, []).append(part)
    lines = [
        f"# A first mapping of {shown(path.name)}, suggested from all rows.",
        "# Read every line: sure, likely and guess say how far it is believed, and why.",
        f"title: {flow(path.name.split('.')[0])}",
        f"time_zone: {settings.time_zone}  # of times without an offset",
        f"currency: {settings.currency}  # of amounts without a currency",
        "tables:",
    ]
    for table in (name for name in TABLES if name in by_table):
        lines.append(f"  {table}:  # {TABLES[table].grain}")
        for part in by_table[table]:
            lines += part_lines(part.opened, part.draft)
    unsure = [f"{part.opened.read}: {text}" for part in parts for text in _unsure(part)]
    nowhere = [f"{name} fits no table well and is left out" for name in left_out]
    lines += [f"# unsure: {sentence}" for sentence in nowhere]
    unsure += nowhere
    return Suggestion("\n".join(lines) + "\n", tuple(unsure))


def _files(path: Path) -> list[Path]:
    beside = [path] if path.is_file() else sorted(path.glob("[!.]*"))
    found = [file for file in beside if file.is_file() and ending_of(file)]
    if not found:
        known = ", ".join(ENDINGS)
        raise ParameterError(f"{path} holds nothing to look at. Name a file ending in {known}.")
    return found


def _suggest_parts(path: Path, settings: Settings) -> list[_Part]:
    """Read all files and look at each, or at those of one form together."""
    with connect(memory_limit=settings.memory_limit) as connection:
        opened = [
            one
            for number, file in enumerate(_files(path))
            for one in open_file(connection, file, relation=f"{_RAW}_{number}")
        ]
        if path.is_dir():
            opened = join_alike(connection, opened, folder=path)
        return [_suggest_part(connection, one, settings) for one in opened]


def _suggest_part(
    connection: duckdb.DuckDBPyConnection, opened: Opened, settings: Settings
) -> _Part:
    facts = column_facts(connection, opened.relation, opened.columns)
    name = f"{opened.options.get('sheet', '')} {opened.read.split('.')[0]}"
    first, second, *_ = best_tables(name, facts)
    draft = draft_table(connection, opened.relation, first, facts, settings=settings)
    if first.score < 5 or first.score - second.score < 2:
        draft.unsure.insert(
            0,
            f"it feeds {first.table.name} ({first.table.grain}) best; it may be "
            f"{second.table.name} ({second.table.grain}), or several tables",
        )
    return _Part(opened, draft, first.score)


def _unsure(part: _Part) -> list[str]:
    missing = [
        f"no column is known to hold {name} ({TABLES[part.draft.table][name].meaning}), without "
        f"which {shown(part.draft.table)} cannot be read"
        for name in part.draft.missing
    ]
    of_lines = [sentence for line in part.draft.lines for sentence in line.unsure]
    return [*part.opened.unsure, *part.draft.unsure, *missing, *of_lines]

"""A first mapping for a file nobody has described yet, with all that is unsure about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from crmlib.database.engine import connect
from crmlib.errors import ParameterError
from crmlib.schema import TABLES
from crmlib.settings import Settings
from crmlib.sources.mapping.places import ENDINGS, ending_of
from crmlib.sources.quoting import shown
from crmlib.sources.suggestion.drafts import Draft, Line, draft_table
from crmlib.sources.suggestion.facts import column_facts
from crmlib.sources.suggestion.matching import TableMatch, best_tables
from crmlib.sources.suggestion.opening import Opened, join_alike, open_file
from crmlib.sources.suggestion.totals import without_totals
from crmlib.sources.suggestion.words import column_words
from crmlib.sources.suggestion.writing import flow, part_lines

__all__ = ["Suggestion", "suggest_mapping"]

_RAW = "crm_suggested"
_POOR = 3
"""A score below which a file feeds no table."""

_DATABASES = (".db", ".db3", ".sqlite", ".sqlite3", ".duckdb", ".mdb", ".accdb")
_NO_FILE = (
    "--suggest looks at files, not at databases. Write a mapping by hand: `database: CRM_SHOP_URL` "
    "names an environment variable, which holds the address (such as sqlite:////folder/shop.db or "
    "postgresql://user:password@host/shop), and `table:` or `query:` takes the place of `read:`; "
    "see docs/mappings.md."
)


@dataclass(frozen=True)
class Suggestion:
    """A mapping as YAML text, and everything about it that a person should decide."""

    text: str
    unsure: tuple[str, ...]


@dataclass(frozen=True)
class _Part:
    """What one file or sheet feeds, and the table it fits best."""

    opened: Opened
    draft: Draft
    found: TableMatch

    @property
    def label(self) -> str:
        return self.opened.label

    def misfit(self) -> str:
        """Say why the file feeds no table, if so."""
        table, lines = self.found.table, {line.ours: line for line in self.draft.lines}
        lacking = [
            name for name in table.required if name in self.draft.missing or _is_row_id(lines[name])
        ]
        is_invented = table.name != "transactions" and lacking == list(table.required)
        if self.found.score >= _POOR and not (
            is_invented and not (self.found.is_named and self.found.matches)
        ):
            return ""
        looked = [f"{name} (or {', '.join(column_words(name)[1:5])})" for name in lacking]
        repeats = [sentence for sentence in self.draft.unsure if sentence.startswith("the key ")]
        return (
            f"{self.label} fits no table; the nearest is {table.name} ({table.grain})"
            + "".join(f"; {sentence}" for sentence in repeats)
            + (f"; looked for {' and '.join(looked)}" if looked else "")
            + f"; its columns are {', '.join(map(shown, self.opened.columns[:20]))}"
        )


def _is_row_id(line: Line) -> bool:
    return isinstance(line.spec, dict) and "row_id" in line.spec


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
        If there is nothing that can be read, or no table fits.
    DataRejectedError
        If a file is damaged.
    """
    parts = _suggest_parts(path, settings)
    reasons = [part.misfit() for part in parts]
    parts = [part for part, why in zip(parts, reasons, strict=True) if not why]
    misfits = [why for why in reasons if why]
    if not parts:
        raise ParameterError(
            "\n".join(["No table fits; nothing is suggested.", *(f"- {why}." for why in misfits)])
            + "\nRename the columns, or write a mapping by hand (docs/mappings.md)."
        )
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
    unsure = [f"{part.label}: {text}" for part in parts for text in _unsure(part)]
    nowhere = [f"{why}; it is left out" for why in misfits]
    lines += [f"# unsure: {sentence}" for sentence in nowhere]
    unsure += nowhere
    return Suggestion("\n".join(lines) + "\n", tuple(unsure))


def _files(path: Path) -> list[Path]:
    if "://" in str(path) or re.match(r"(postgres(ql)?|sqlite)\S*:/", str(path)):
        raise ParameterError(_NO_FILE)
    if not path.exists():
        raise ParameterError(f"There is no file {path}. Name a file or folder to look at.")
    beside = [path] if path.is_file() else sorted(path.glob("[!.]*"))
    found = [file for file in beside if file.is_file() and ending_of(file)]
    if not found and any(_is_database(file) for file in beside):
        raise ParameterError(f"{path.name}: {_NO_FILE}")
    if not found:
        known = ", ".join(ENDINGS)
        raise ParameterError(f"{path} holds nothing to look at. Name a file ending in {known}.")
    return found


def _is_database(path: Path) -> bool:
    if path.suffix.casefold() in _DATABASES:
        return True
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        return stream.read(15) == b"SQLite format 3"


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
        return [
            _suggest_part(connection, without_totals(connection, one), settings) for one in opened
        ]


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
    return _Part(opened, draft, first)


def _unsure(part: _Part) -> list[str]:
    missing = [
        f"no column is known to hold {name} ({TABLES[part.draft.table][name].meaning}), without "
        f"which {shown(part.draft.table)} cannot be read"
        for name in part.draft.missing
    ]
    of_lines = [sentence for line in part.draft.lines for sentence in line.unsure]
    return [*part.opened.unsure, *part.draft.unsure, *missing, *of_lines]

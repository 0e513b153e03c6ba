"""Source notebooks as the runner sees them: title, cells, what they read and write.

Files are read as JSON; nothing here needs a kernel or the notebook libraries.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from crmlib.errors import ParameterError

__all__ = ["EARLIER", "EVERY", "Cell", "Notebook", "parse_notebook", "read_notebooks"]

EARLIER = "earlier:"
"""Stands before what a notebook reads from the iteration before, as in `earlier:40_x/members`."""
EVERY = "*/"
"""Stands before a table that a notebook reads from every one before it, as in `*/actions`."""

_NAME = re.compile(r"[0-9A-Za-z_]+")
_DECLARATION = re.compile(r"\*\*(Reads|Writes)\.?\*\*")
_WRITTEN = re.compile(r"\b(tables?|figures?|models?|ledger)\b|`([^`]+)`", re.IGNORECASE)
_FOLDERS = {"table": "tables", "figure": "figures", "model": "models", "ledger": "ledger"}


@dataclass(frozen=True)
class Cell:
    """One cell: its kind, its source and its tags."""

    kind: str
    source: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notebook:
    """One source notebook.

    `reads` names tables of the database, tables of other notebooks as `notebook/table`, and tables
    or models of the iteration before as `earlier:notebook/name`; `*/name` stands for that table of
    every notebook before it (see `read_notebooks`). `writes` holds `tables/<name>`,
    `figures/<name>`, `models/<name>` and `ledger/<name>`.
    """

    name: str
    title: str
    cells: tuple[Cell, ...] = field(repr=False)
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    path: Path = Path()

    @property
    def tables_read(self) -> tuple[str, ...]:
        """Tables of the database it reads."""
        return tuple(name for name in self.reads if "/" not in name)

    @property
    def notebooks_read(self) -> tuple[str, ...]:
        """Other notebooks whose tables it reads."""
        now = {name for name in self.reads if "/" in name and not name.startswith(EARLIER)}
        return tuple(sorted({name.split("/")[0] for name in now}))

    @property
    def n_code_cells(self) -> int:
        """Number of code cells that are not blank."""
        return sum(cell.kind == "code" and bool(cell.source.strip()) for cell in self.cells)

    def cell_tagged(self, tag: str) -> Cell | None:
        """Return the first cell with a tag."""
        return next((cell for cell in self.cells if tag in cell.tags), None)


def read_notebooks(folder: Path) -> dict[str, Notebook]:
    """Read every notebook of a folder, in name order.

    Raises
    ------
    ParameterError
        If there is none, or some cannot be read; the message names each one.
    """
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise ParameterError(f"There is no notebook (*.ipynb) in {folder}.")
    notebooks, problems = {}, []
    for path in paths:
        try:
            notebooks[path.stem] = parse_notebook(path)
        except ParameterError as error:
            problems.append(str(error))
    if problems:
        raise ParameterError("\n".join(problems))
    return {name: _with_all(one, notebooks) for name, one in notebooks.items()}


def _with_all(notebook: Notebook, notebooks: Mapping[str, Notebook]) -> Notebook:
    """Put in the place of `*/table` that table of every notebook before it which writes one."""
    reads: list[str] = []
    for read in notebook.reads:
        if not read.startswith(EVERY):
            reads.append(read)
            continue
        wanted = f"tables/{read.removeprefix(EVERY)}"
        owners = [name for name in sorted(notebooks) if name < notebook.name]
        written = (name for name in owners if wanted in notebooks[name].writes)
        reads.extend(f"{name}/{read.removeprefix(EVERY)}" for name in written)
    return replace(notebook, reads=_unique(reads))


def parse_notebook(path: Path) -> Notebook:
    """Read one notebook file and what its first text cell declares.

    Raises
    ------
    ParameterError
        If the file is not a notebook, its name is not made of letters, digits and `_`, or its
        first text cell has no title.
    """
    if not _NAME.fullmatch(path.stem):
        raise ParameterError(
            f"Notebook {path.name!r}: the name may hold letters, digits and _ only. Rename it."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        cells = tuple(_cell(raw) for raw in content["cells"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ParameterError(
            f"Notebook {path.name} cannot be read ({type(error).__name__}: {error}). "
            "Open it in JupyterLab and save it in the current notebook format."
        ) from error
    intro = next((cell.source for cell in cells if cell.kind == "markdown"), "")
    title = re.search(r"^#\s+(.+?)\s*$", intro, flags=re.MULTILINE)
    if title is None:
        raise ParameterError(
            f"Notebook {path.stem}: its first text cell needs a title line `# ...`."
        )
    declared = _declarations(intro)
    return Notebook(
        name=path.stem,
        title=title.group(1),
        cells=cells,
        reads=_unique(re.findall(r"`([^`]+)`", declared["Reads"])),
        writes=_writes(path.stem, declared["Writes"]),
        path=path,
    )


def _cell(raw: dict[str, object]) -> Cell:
    source = raw["source"]
    text = "".join(source) if isinstance(source, list) else str(source)
    metadata = raw.get("metadata") or {}
    tags = metadata.get("tags", []) if isinstance(metadata, dict) else []
    return Cell(str(raw["cell_type"]), text, tuple(str(tag) for tag in tags))


def _declarations(intro: str) -> dict[str, str]:
    """Cut out what stands behind **Reads** and **Writes**, up to the end of the paragraph."""
    found = {"Reads": "", "Writes": ""}
    for paragraph in re.split(r"\n\s*\n", intro):
        parts = _DECLARATION.split(paragraph)
        for word, text in zip(parts[1::2], parts[2::2], strict=True):
            found[word] += " " + text.split("**")[0]
    return found


def _writes(notebook: str, text: str) -> tuple[str, ...]:
    """Turn "table `a`, `b`, figure `c`" into `tables/a`, `tables/b`, `figures/c`."""
    folder, names = "", []
    for word, name in _WRITTEN.findall(text):
        if word:
            folder = _FOLDERS[word.lower().rstrip("s")]
        elif not folder:
            raise ParameterError(
                f"Notebook {notebook}: **Writes** `{name}` must say what it is: "
                f"write table `{name}` or figure `{name}`."
            )
        else:
            names.append(f"{folder}/{name}")
    return _unique(names)


def _unique(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))

"""What a notebook must have left behind before its results count."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmlib.errors import CrmlibError
from crmlib.run.execution.reuse import belongs_to
from crmlib.run.planning.notebooks import Notebook
from crmlib.run.planning.parameters import Value

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = [
    "INJECTED",
    "NotebookError",
    "check_cells",
    "check_declared",
    "finish_record",
    "own_files",
    "shortened",
]

INJECTED = "injected-parameters"
"""Tag of the cell in which papermill passes the parameters."""

_SHOWN_CHARACTERS = 300
_ENDINGS = {
    "tables": ("parquet", "csv"),
    "figures": ("svg", "csv"),
    "models": ("model",),
    "ledger": ("parquet",),
}


class NotebookError(CrmlibError):
    """A notebook did not run to its end, or did not do what it declares."""


def check_cells(notebook: Notebook, node: NotebookNode) -> None:
    """Refuse a notebook of which a cell failed or did not run."""
    position, count = 0, 0
    for cell in node.cells:
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        count += 1
        position += INJECTED not in cell.metadata.get("tags", [])
        for output in cell.outputs:
            if output.output_type == "error":
                raise NotebookError(
                    f"{notebook.name}, code cell {position} ended the notebook early "
                    f"({output.ename}: {shortened(str(output.evalue))}). Every cell has to run."
                )
        if cell.execution_count != count:
            raise NotebookError(
                f"{notebook.name}, code cell {position} did not run. "
                "Every cell has to run once, in order."
            )


def finish_record(
    notebook: Notebook, parameters: Mapping[str, Value], staging: Path
) -> dict[str, Any]:
    """Read what `context.finish` wrote."""
    path = staging / "notebooks" / f"{notebook.name}.json"
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        named, day, data = record["notebook"], record["as_of"], record["snapshot"]
        known = record["status"] in ("PASS", "REVIEW", "FAIL")
        complete = isinstance(record["headline"], list) and isinstance(record["metrics"], dict)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NotebookError(
            f"{notebook.name} ran to its last cell and did not finish: call "
            f"context.finish(...) there, of a context started as {notebook.name!r}."
        ) from error
    wanted = (notebook.name, parameters["as_of"], parameters["snapshot"])
    if (named, day, data) != wanted or not (known and complete):
        raise NotebookError(
            f"{notebook.name} finished as {named!r} for {day} on {data} with status "
            f"{record['status']!r}, not as {wanted[0]!r} for {wanted[1]} on {wanted[2]} with "
            "PASS, REVIEW or FAIL. Pass its own name and its parameters to run.start."
        )
    return dict(record)


def check_declared(notebook: Notebook, record: Mapping[str, Any], staging: Path) -> None:
    """Hold what was read and written against what the first text cell declares."""
    written: dict[str, set[str]] = {}
    for path in own_files(notebook.name, staging):
        if not path.startswith("notebooks/"):
            stem, _, ending = path.replace(f"/{notebook.name}/", "/", 1).rpartition(".")
            written.setdefault(stem or ending, set()).add(ending)
    problems = [
        f"it declares {name} and did not write it"
        for name in sorted(set(notebook.writes) - set(written))
    ]
    problems += [
        f"of {name} the file .{ending} is missing: save it with the run context and leave it there"
        for name in sorted(set(notebook.writes) & set(written))
        for ending in _ENDINGS[name.partition("/")[0]]
        if ending not in written[name]
    ]
    problems += [
        f"it wrote {name} and does not declare it: add it to **Writes**"
        for name in sorted(set(written) - set(notebook.writes))
    ]
    problems += [
        f"it read {name} and does not declare it: add it to **Reads**"
        for name in sorted(set(record["reads"]) - set(notebook.reads))
    ]
    if problems:
        raise NotebookError(f"{notebook.name}: " + "; ".join(problems) + ".")


def own_files(name: str, staging: Path) -> list[str]:
    """List the files in the staging folder that a notebook answers for."""
    found = (path for path in staging.rglob("*") if path.is_file())
    names = (path.relative_to(staging).as_posix() for path in found)
    return sorted(path for path in names if belongs_to(path, name))


def shortened(text: str, limit: int = _SHOWN_CHARACTERS) -> str:
    """Cut a text that is too long for a message."""
    return text if len(text) <= limit else text[: limit - 3] + "..."

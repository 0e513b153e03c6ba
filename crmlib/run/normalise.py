"""Notebooks in git: run with their defaults, outputs kept as text, pictures left out.

A diff then shows what a change does to the business figures, and the tests have something to
compare with.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from crmlib.errors import PublicationError

__all__ = ["execute_with_defaults", "is_normal", "normalise", "normalise_files"]

_KEPT_TYPES = ("text/plain", "text/html", "text/markdown")
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Give the form in which an executed notebook is stored.

    Execution counts are 1 to n in order, image bytes are dropped, metadata are the kernel and the
    tags. Normalising twice changes nothing.

    Raises
    ------
    PublicationError
        If a cell holds an error.
    """
    cells = []
    count = 0
    for cell in notebook.cells:
        tags = cell.metadata.get("tags", [])
        stored = {
            "id": cell.id,
            "cell_type": cell.cell_type,
            "metadata": {"tags": list(tags)} if tags else {},
            "source": cell.source.rstrip(),
        }
        if cell.cell_type == "code":
            count += 1
            outputs = [_output(output, number=count) for output in cell.outputs]
            stored |= {"execution_count": count, "outputs": [o for o in outputs if o]}
        cells.append(stored)
    metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    return nbformat.from_dict(
        {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    )


def _output(output: NotebookNode, *, number: int) -> dict[str, Any] | None:
    """Reduce one output to text; None if nothing is left or it is noise on stderr."""
    if output.output_type == "error":
        raise PublicationError(
            f"Cell {number} ended with {output.ename}: {output.evalue}. Mend it, then normalise."
        )
    if output.output_type == "stream":
        kept = {"output_type": "stream", "name": output.name, "text": output.text}
        return kept if output.name == "stdout" else None
    data = {kind: output.data[kind] for kind in _KEPT_TYPES if kind in output.data}
    if not data:
        return None
    stored = {"output_type": output.output_type, "metadata": {}, "data": data}
    if output.output_type == "execute_result":
        stored["execution_count"] = number
    return stored


def is_normal(path: Path) -> bool:
    """Say whether normalising the stored notebook would change nothing."""
    stored = path.read_text(encoding="utf-8")
    return _text(normalise(nbformat.reads(stored, as_version=4))) == stored


def execute_with_defaults(
    paths: Iterable[Path], *, run_folder: Path, timeout_seconds: int = 120
) -> Iterator[tuple[Path, NotebookNode]]:
    """Run notebooks in the given order, each in a fresh kernel with the parameters it states.

    Parameters
    ----------
    run_folder
        Where their tables and figures go.

    Yields
    ------
    tuple of pathlib.Path and nbformat.NotebookNode
        A notebook and how it looks executed.
    """
    from papermill.exceptions import PapermillExecutionError

    from crmlib.run.execution.aftermath import NotebookError
    from crmlib.run.execution.kernel import Kernels

    listed = list(paths)
    kernels = Kernels(
        folder=listed[0].parent if listed else run_folder,
        scratch=run_folder,
        environment={"CRM_RUN_FOLDER": str(run_folder)},
    )
    with contextlib.closing(kernels):
        for path in listed:
            notebook = nbformat.read(path, as_version=4)
            with kernels.prepare(lambda _cell: None) as kernel:
                try:
                    executed = kernel.run(notebook, {}, cell_timeout_seconds=timeout_seconds)
                except PapermillExecutionError as error:
                    raise NotebookError(
                        f"{path.stem}, code cell {kernel.cell} failed with its defaults: "
                        f"{error.ename}: {error.evalue}. Nothing was stored of it; run it in "
                        "JupyterLab."
                    ) from error
            yield path, executed


def normalise_files(paths: Iterable[Path]) -> list[Path]:
    """Run notebooks in the given order and store them in normal form; give those that changed."""
    changed = []
    with tempfile.TemporaryDirectory() as folder:
        for path, executed in execute_with_defaults(paths, run_folder=Path(folder)):
            after = _text(normalise(executed))
            if after != path.read_text(encoding="utf-8"):
                part = path.with_suffix(".part")
                part.write_text(after, encoding="utf-8")
                part.replace(path)
                changed.append(path)
    return changed


def _text(notebook: NotebookNode) -> str:
    """Write a notebook as JSON text, always the same way."""
    return nbformat.writes(notebook) + "\n"

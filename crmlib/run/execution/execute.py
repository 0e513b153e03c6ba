"""Run one notebook, and believe it only after looking at what it left behind.

The executed notebook alone proves nothing: after a killed kernel or `sys.exit(0)` it looks like a
finished one. What counts is every code cell executed in order, no error among the outputs, the
record the notebook writes at its very end, and exactly the files it declares.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmlib.run.execution.aftermath import (
    INJECTED,
    NotebookError,
    check_cells,
    check_declared,
    finish_record,
    own_files,
    shortened,
)
from crmlib.run.planning.notebooks import Notebook
from crmlib.run.planning.parameters import Value
from crmlib.run.publication.files import file_record

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from crmlib.run.execution.kernel import Kernel, Kernels

__all__ = ["NotebookError", "Outcome", "execute", "outcome_of"]


@dataclass(frozen=True)
class Outcome:
    """What one notebook left in the staging folder."""

    notebook: str
    state: str
    seconds: float
    warnings: int
    status: str
    headline: list[str]
    metrics: dict[str, Any]
    files: dict[str, dict[str, Any]] = field(repr=False)


def execute(
    notebook: Notebook,
    parameters: Mapping[str, Value],
    *,
    kernels: Kernels,
    staging: Path,
    cell_timeout_seconds: int,
    on_cell: Any,
) -> Outcome:
    """Execute a notebook in a kernel of its own and check what it wrote.

    Parameters
    ----------
    staging
        The run folder being built; the executed notebook goes to `notebooks/`.
    on_cell
        Called with the position of each code cell as it starts.

    Raises
    ------
    NotebookError
        Naming the notebook, the cell and the reason.
    """
    began = time.monotonic()
    node = _load(notebook)
    with kernels.prepare(on_cell) as kernel:
        executed = _run(notebook, node, parameters, kernel, cell_timeout_seconds)
    n_warnings = _tidy(executed)
    check_cells(notebook, executed)
    part = staging / "notebooks" / f".{notebook.name}.part"
    part.parent.mkdir(parents=True, exist_ok=True)
    _write(executed, part)
    record = finish_record(notebook, parameters, staging)
    check_declared(notebook, record, staging)
    part.replace(staging / "notebooks" / f"{notebook.name}.ipynb")
    return outcome_of(
        notebook.name,
        staging,
        state="executed",
        seconds=time.monotonic() - began,
        warnings=n_warnings,
    )


def outcome_of(name: str, staging: Path, *, state: str, seconds: float, warnings: int) -> Outcome:
    """Describe the files of a notebook that lies in the staging folder."""
    record = json.loads((staging / "notebooks" / f"{name}.json").read_text(encoding="utf-8"))
    files = {path: file_record(staging / path) for path in own_files(name, staging)}
    return Outcome(
        notebook=name,
        state=state,
        seconds=round(seconds, 3),
        warnings=warnings,
        status=record["status"],
        headline=list(record["headline"]),
        metrics=dict(record["metrics"]),
        files=files,
    )


def _load(notebook: Notebook) -> NotebookNode:
    """Read the notebook, without old outputs and with a fixed id for every cell."""
    import nbformat

    node = nbformat.reads(notebook.path.read_text(encoding="utf-8"), as_version=4)
    has_ids = (node.nbformat, node.nbformat_minor) >= (4, 5)
    for position, cell in enumerate(node.cells):
        if not has_ids or "id" not in cell:
            name = f"{position}-{cell.source}".encode()
            cell["id"] = hashlib.sha256(name).hexdigest()[:8]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    node.nbformat, node.nbformat_minor = 4, 5
    return node


def _run(
    notebook: Notebook,
    node: NotebookNode,
    parameters: Mapping[str, Value],
    kernel: Kernel,
    cell_timeout_seconds: int,
) -> NotebookNode:
    """Run the kernel and turn each way of failing into a message."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    def place() -> str:
        first = next((line for line in kernel.source.splitlines() if line.strip()), "").strip()
        return f"{notebook.name}, code cell {kernel.cell} (`{shortened(first, 80)}`)"

    try:
        return kernel.run(node, parameters, cell_timeout_seconds=cell_timeout_seconds)
    except PapermillExecutionError as error:
        reason = f"{error.ename}: {shortened(str(error.evalue))}"
        raise NotebookError(f"{place()} failed: {reason}") from error
    except CellTimeoutError as error:
        raise NotebookError(
            f"{place()} ran longer than {cell_timeout_seconds} s and was stopped. Make it faster "
            "or raise cell_timeout_seconds in crm.yaml."
        ) from error
    except DeadKernelError as error:
        raise NotebookError(f"{place()}: the kernel died, {kernel.death()}.") from error
    except (RuntimeError, OSError, TimeoutError) as error:
        if kernel.cell:
            raise NotebookError(f"{place()}: {shortened(str(error))}") from error
        raise NotebookError(
            f"{notebook.name}: the kernel does not start ({shortened(str(error))}). "
            "Run `crm doctor` to see what is missing."
        ) from error


def _tidy(node: NotebookNode) -> int:
    """Drop clock times and what was written to standard error; return its number of lines."""
    n_warnings = 0
    node.metadata.pop("papermill", None)
    for position, cell in enumerate(node.cells):
        for name in ("papermill", "execution"):
            cell.metadata.pop(name, None)
        if INJECTED in cell.metadata.get("tags", []):
            cell["id"] = f"injected-{position}"
        if not cell.metadata.get("tags", True):
            cell.metadata.pop("tags")
        if cell.cell_type == "code":
            errors = [out.text for out in cell.outputs if out.get("name") == "stderr"]
            n_warnings += len("".join(errors).splitlines())
            cell.outputs = _joined([out for out in cell.outputs if out.get("name") != "stderr"])
    return n_warnings


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join neighbouring pieces of standard output, which are cut wherever the clock had it.

    The notebook client can do this too, but takes quadratic time for a long line.
    """
    joined: list[NotebookNode] = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream":
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _write(node: NotebookNode, path: Path) -> None:
    import nbformat

    path.write_text(nbformat.writes(node) + "\n", encoding="utf-8")

"""Put executed notebooks together to one report: the summary first, then the chapters."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

import nbformat
from nbformat import NotebookNode

from crmlib.errors import ReportError
from crmlib.reporting.blocks import clean_text
from crmlib.reporting.content import Content
from crmlib.reporting.showing import HEADLINE
from crmlib.reporting.text import whose

__all__ = ["ReportMeta", "compose", "read_meta"]

_TECHNICAL = re.compile(r"\*\*(?:Reader|Reads|Writes)\b")
_TITLE = re.compile(r"^# \S", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class ReportMeta:
    """What stands in the head and the foot of a report.

    Attributes
    ----------
    as_of
        The last day that counts, as readers write it.
    source_note
        Where the numbers come from, in one sentence.
    language
        Language of the text, e.g. `en`.
    status
        What the checks of the run came to: `PASS`, `REVIEW` or `FAIL`; empty if there were none.
    data
        What the source calls itself; stands beside the company.
    is_simulated
        Whether no customer in the data exists; head, title and every page of the PDF say so.
    """

    title: str
    company: str = ""
    as_of: str = ""
    source_note: str = ""
    language: str = "en"
    status: str = ""
    data: str = ""
    is_simulated: bool = False

    @property
    def whose(self) -> str:
        """Company and data, as the head names them."""
        return whose(self.company, self.data)

    @property
    def marked_title(self) -> str:
        """Title for the window of a reader, which shows no badge."""
        return f"SIMULATED: {self.title}" if self.is_simulated else self.title


def compose(notebooks: Sequence[tuple[str, NotebookNode]], *, meta: ReportMeta) -> NotebookNode:
    """Make one report notebook from executed ones.

    Every notebook becomes a chapter under its own title; of the title cell the question stays,
    while reader, inputs and outputs, which are meant for analysts, go. The notebooks themselves
    are not changed. A chapter whose headline says all, because a table is missing, ends with it.

    Parameters
    ----------
    notebooks
        Name and notebook, the management summary first.
    meta
        Head and foot of the report.

    Returns
    -------
    nbformat.NotebookNode
        The same for the same input; each cell remembers its notebook for messages.

    Raises
    ------
    ReportError
        If there is no notebook, or one without a title.
    """
    if not notebooks:
        raise ReportError("there is no notebook to report; name at least the management summary")
    report = nbformat.v4.new_notebook()
    report.metadata["crm_report"] = dataclasses.asdict(meta)
    for name, notebook in notebooks:
        report.cells.extend(_chapter(name, notebook))
    for number, cell in enumerate(report.cells):
        cell["id"] = f"cell-{number}"
    return report


def _chapter(name: str, notebook: NotebookNode) -> list[NotebookNode]:
    """Copy the cells of a notebook, with a title for readers."""
    cells = []
    is_titled = False
    for number, cell in enumerate(notebook["cells"], start=1):
        kept = copy.deepcopy(cell)
        kept["metadata"]["crm_origin"] = {"notebook": name, "cell": number}
        if not is_titled and cell["cell_type"] == "markdown" and _TITLE.search(cell["source"]):
            kept["source"] = _for_readers(cell["source"])
            is_titled = True
        cells.append(kept)
        if is_titled and _says_all(cell):
            break
    if not is_titled:
        raise ReportError(
            f"Notebook {name!r} has no title; begin it with a Markdown cell `# Title` and the "
            "question it answers"
        )
    return cells


def _says_all(cell: Mapping[str, Any]) -> bool:
    """Say whether a cell shows the headline of a chapter that has nothing else to show."""
    marks = [output.get("metadata", {}).get("crm", {}) for output in cell.get("outputs", ())]
    return any(mark.get("kind") == HEADLINE and mark.get("is_all") for mark in marks)


def _for_readers(source: str) -> str:
    r"""Keep title and question of a title cell.

    >>> _for_readers("# Base\n\n**Question.** Who?\n\n**Reader.** Head. **Reads** `t`.")
    '# Base\n\n**Question.** Who?'
    """
    kept = []
    for paragraph in re.split(r"\n[ \t]*\n", source):
        lines = paragraph.split("\n")
        technical = [i for i, line in enumerate(lines) if _TECHNICAL.match(line.lstrip())]
        shown = "\n".join(lines[: technical[0]] if technical else lines)
        if shown.strip():
            kept.append(shown)
    return "\n\n".join(kept)


def read_meta(nb: Mapping[str, Any], content: Content, *, name: str) -> ReportMeta:
    """Read head and foot back; a single notebook gets its first heading as title."""
    stored = nb["metadata"].get("crm_report")
    if stored is not None:
        try:
            fields: dict[str, Any] = {
                key: clean_text(value) if isinstance(value, str) else value
                for key, value in stored.items()
            }
            return ReportMeta(**fields)
        except TypeError as error:
            raise ReportError(f"the report is of another version: {error}") from error
    first = next((heading.text for heading in content.headings if heading.level == 1), name)
    return ReportMeta(title=clean_text(first))

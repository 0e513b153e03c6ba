"""Walk through an executed notebook: which cells a reader sees, and as what."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from crmlib.errors import ReportError
from crmlib.reporting.blocks import (
    STREAM_LIMIT,
    Block,
    Figure,
    Heading,
    Preformatted,
    Prose,
    Room,
    Table,
    clean_text,
)
from crmlib.reporting.markup import parse_html
from crmlib.reporting.prose import parse_markdown, plain_text

__all__ = ["Content", "read_content"]

_HIDDEN_TAGS = frozenset({"remove-cell", "parameters", "injected-parameters"})
_IMAGES = ("image/svg+xml", "image/png")
_READABLE = (*_IMAGES, "text/html", "text/markdown")


@dataclasses.dataclass(frozen=True)
class Content:
    """What a reader sees of a notebook, in order, with the entries of its contents."""

    blocks: tuple[Block, ...]
    headings: tuple[Heading, ...]


def read_content(nb: Mapping[str, Any], *, name: str = "notebook") -> Content:
    """Collect what a reader sees.

    Cells tagged `remove-cell`, the parameters, all code and everything on stderr stay out.
    Headings get anchors, and levels without gaps.

    Parameters
    ----------
    nb
        An executed notebook, or a report made by `crmlib.reporting.report.compose`.
    name
        The notebook's name, for messages; cells of a composed report carry their own.

    Raises
    ------
    ReportError
        If a cell failed or holds something the report cannot show; names notebook and cell.
    """
    blocks: list[Block] = []
    contents = _Contents()
    for number, cell in enumerate(nb["cells"], start=1):
        origin = cell["metadata"].get("crm_origin", {})
        place = f"Notebook {origin.get('notebook', name)!r}, cell {origin.get('cell', number)}: "
        try:
            for block in _cell_blocks(cell):
                if isinstance(block, Prose):
                    block = contents.enter(block)
                blocks.append(block)
        except ReportError as error:
            raise ReportError(place + str(error)) from error
    return Content(tuple(blocks), tuple(contents.headings))


class _Contents:
    """Gives every heading its level and a unique anchor."""

    def __init__(self) -> None:
        self.headings: list[Heading] = []
        self._taken: set[str] = set()

    def enter(self, prose: Prose) -> Prose:
        return Prose(tuple(self._heading(token) for token in prose.tokens))

    def _heading(self, token: dict[str, Any]) -> dict[str, Any]:
        if token["type"] != "heading":
            return token
        last = self.headings[-1].level if self.headings else 0
        level = min(token["attrs"]["level"], last + 1)
        text = clean_text(plain_text(token["children"]), limit=200)
        heading = Heading(level, text, self._anchor(text))
        self.headings.append(heading)
        return token | {"attrs": {"level": level, "anchor": heading.anchor}}

    def _anchor(self, text: str) -> str:
        words = re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).lower())
        stem = "s-" + ("-".join(words)[:60].strip("-") or "section")
        anchor, n = stem, 1
        while anchor in self._taken:
            n += 1
            anchor = f"{stem}-{n}"
        self._taken.add(anchor)
        return anchor


def _cell_blocks(cell: Mapping[str, Any]) -> Iterator[Block]:
    """Yield what one cell shows."""
    if _HIDDEN_TAGS & set(cell["metadata"].get("tags", [])):
        return
    if cell["cell_type"] == "markdown":
        if cell.get("attachments"):
            raise ReportError("has an attached image; draw figures with crmlib.reporting.figures")
        yield from _prose(cell["source"])
    elif cell["cell_type"] == "code":
        for output in cell["outputs"]:
            yield from _output_blocks(output)
    elif "".join(cell["source"]).strip():
        raise ReportError(f"is a {cell['cell_type']} cell; use a Markdown or a code cell")


def _prose(source: str | list[str]) -> Iterator[Block]:
    tokens = parse_markdown("".join(source))
    if tokens:
        yield Prose(tuple(tokens))


def _output_blocks(output: Mapping[str, Any]) -> Iterator[Block]:
    kind = output["output_type"]
    if kind == "error":
        value = clean_text(str(output.get("evalue", "")), limit=300)
        raise ReportError(f"failed with {output.get('ename')}: {value}; mend it and run again")
    if kind == "stream":
        if output.get("name") == "stdout":
            yield from _preformatted(output["text"])
    elif kind in ("display_data", "execute_result"):
        yield from _display_blocks(output["data"], output.get("metadata", {}).get("crm", {}))
    else:
        raise ReportError(f"has an output of the unknown type {kind!r}")


def _preformatted(text: str | list[str]) -> Iterator[Block]:
    shown = clean_text("".join(text), limit=STREAM_LIMIT).strip("\n")
    if shown.strip():
        yield Preformatted(shown)


def _display_blocks(data: Mapping[str, Any], crm: Mapping[str, Any]) -> Iterator[Block]:
    """Yield the blocks of one display, from its richest form."""
    if crm.get("kind") == "figure-title":
        return  # JupyterLab shows it above the image; the figure itself carries the title
    if crm.get("kind") == "sheet":
        yield Room(float(crm.get("page_share", 0)))
    kind = next((mime for mime in _READABLE if data.get(mime)), None)
    if kind in _IMAGES:
        yield _figure(data[kind], kind, crm)
    elif crm.get("kind") == "figure":
        raise ReportError(
            f"the figure {crm.get('name')!r} holds no image: stored notebooks keep none; run the "
            "notebook first"
        )
    elif kind == "text/html":
        for block in parse_html("".join(data[kind])):
            if isinstance(block, Table):
                block = dataclasses.replace(block, files=_files(crm))
            yield block
    elif kind == "text/markdown":
        yield from _prose(data[kind])
    elif set(data) <= {"text/plain"}:
        yield from _preformatted(data.get("text/plain", ""))
    else:
        raise ReportError(
            f"has an output of the types {sorted(data)}, which the report cannot show; use "
            "crmlib.reporting for tables, figures and text"
        )


def _figure(payload: str | list[str], mime: str, crm: Mapping[str, Any]) -> Figure:
    """Read a figure; one without a description is refused."""
    alt = clean_text(str(crm.get("alt") or "")).strip()
    if not alt:
        raise ReportError(
            f"the figure {crm.get('name', '')!r} has no alternative text; save figures with "
            "context.show_figure, which writes title, alternative text and data"
        )
    text = "".join(payload)
    try:
        data = text.encode() if mime == "image/svg+xml" else base64.b64decode(text, validate=False)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ReportError(f"the figure {crm.get('name', '')!r} is not readable: {error}") from error
    title = clean_text(str(crm.get("title") or crm.get("name") or "Figure"))
    subtitle = clean_text(str(crm.get("subtitle") or ""))
    return Figure(title, alt, data, mime, subtitle=subtitle, files=_files(crm))


def _files(crm: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the data files of an output; they lie inside the run folder."""
    files = tuple(str(file) for file in crm.get("files", ()))
    for file in files:
        path = PurePosixPath(file)
        if path.is_absolute() or ".." in path.parts or "\\" in file or ":" in file:
            raise ReportError(f"offers the file {file!r}, which is not inside the run folder")
    return files

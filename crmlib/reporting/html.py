"""The HTML: one offline file without scripts, made from a notebook by a small template."""

from __future__ import annotations

import base64
import dataclasses
import mimetypes
import urllib.parse
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import jinja2
from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets import default

from crmlib.errors import ReportError
from crmlib.reporting.blocks import (
    Block,
    Figure,
    Heading,
    KeyFigures,
    Note,
    Preformatted,
    Prose,
    Room,
    Table,
)
from crmlib.reporting.columns import pieces
from crmlib.reporting.content import Content, read_content
from crmlib.reporting.prose import prose_html
from crmlib.reporting.report import ReportMeta, read_meta

__all__ = ["TEMPLATES", "CrmHTMLExporter"]

TEMPLATES = Path(__file__).parent / "templates"
WORD_LIMIT = 28  # longer words in tables may break
EMBEDDED_BYTES = 256 * 1024  # larger files are linked instead of embedded
_TYPES = {".csv": "text/csv", ".xlsx": mimetypes.types_map.get(".xlsx", "application/octet-stream")}


@dataclasses.dataclass(frozen=True)
class _Chapter:
    """A chapter of the contents with its sections."""

    heading: Heading
    sections: list[Heading]


@dataclasses.dataclass(frozen=True)
class _Section:
    """The written parts of a chapter."""

    anchor: str
    parts: list[Markup]


@dataclasses.dataclass(frozen=True)
class _Page:
    """What the template shows."""

    meta: ReportMeta
    contents: list[_Chapter]
    sections: list[_Section]


class CrmHTMLExporter(TemplateExporter):
    """Writes a report, or a single notebook, as one HTML file that needs nothing else.

    With the resource `crm_files_root`, the run folder, tables and figures get links to download
    their data; small files are embedded, larger ones linked. `crm_files_prefix` leads from the
    page to the run folder, e.g. `../`.
    """

    export_from_notebook = "CRM report (HTML)"
    output_mimetype = "text/html"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    @default("template_name")
    def _template_name_default(self) -> str:
        return "crm"

    @default("extra_template_basedirs")
    def _default_extra_template_basedirs(self) -> list[str]:
        return [str(TEMPLATES)]

    @default("default_preprocessors")
    def _default_preprocessors_default(self) -> list[Any]:
        return []  # `crmlib.reporting.content` decides what is shown

    def _create_environment(self) -> jinja2.Environment:
        environment: jinja2.Environment = super()._create_environment()
        environment.autoescape = True
        environment.filters["breakable"] = _breakable
        return environment

    def from_notebook_node(  # type: ignore[override]  # as the base class does
        self, nb: NotebookNode, resources: Any = None, **kwargs: Any
    ) -> tuple[str, Any]:
        """Convert a notebook to the text of an HTML file."""
        resources = self._init_resources(resources)
        name = str(resources.get("metadata", {}).get("name") or "notebook")
        root = resources.get("crm_files_root")
        prefix = str(resources.get("crm_files_prefix") or "")
        content = read_content(nb, name=name)
        writer = _Writer(self.environment, Path(root) if root else None, prefix)
        resources["crm_page"] = _page(content, read_meta(nb, content, name=name), writer)
        text, resources = super().from_notebook_node(nb, resources, **kwargs)
        del resources["crm_page"]
        return text, resources


def _page(content: Content, meta: ReportMeta, writer: _Writer) -> _Page:
    """Split the content into chapters and write their parts."""
    contents: list[_Chapter] = []
    for heading in content.headings:
        if heading.level == 1:
            contents.append(_Chapter(heading, []))
        elif heading.level == 2 and contents:
            contents[-1].sections.append(heading)
    sections = [_Section("", [])]
    for block in content.blocks:
        for part in _tokens_apart(block):
            if anchor := _chapter_anchor(part):
                sections.append(_Section(anchor, []))
            sections[-1].parts.append(writer.block(part))
    return _Page(meta, contents, [section for section in sections if section.parts])


def _tokens_apart(block: Block) -> Sequence[Block]:
    return [Prose((token,)) for token in block.tokens] if isinstance(block, Prose) else [block]


def _chapter_anchor(block: Block) -> str:
    if isinstance(block, Prose):
        token = block.tokens[0]
        if token["type"] == "heading" and token["attrs"]["level"] == 1:
            return str(token["attrs"]["anchor"])
    return ""


class _Writer:
    """Writes blocks with the macros of the template."""

    def __init__(self, environment: jinja2.Environment, root: Path | None, prefix: str) -> None:
        self._macros: Any = environment.get_template("blocks.html.j2").module
        self._root = root
        self._prefix = prefix

    def block(self, block: Block) -> Markup:
        if isinstance(block, Prose):
            return prose_html(block.tokens, table=self._table)
        if isinstance(block, Table):
            return self._table(block)
        if isinstance(block, Room):
            return Markup("")
        if isinstance(block, Figure):
            source = _data_uri(block.mime, block.data)
            return self._macro("figure")(block, source, self._links(block.files, block.title))
        simple = {KeyFigures: "key_figures", Note: "note", Preformatted: "preformatted"}
        return self._macro(simple[type(block)])(block)

    def _macro(self, name: str) -> Callable[..., Markup]:
        macro: Callable[..., Markup] = getattr(self._macros, name)
        return macro

    def _table(self, table: Table) -> Markup:
        return self._macro("table")(table, self._links(table.files, table.caption or "table"))

    def _links(self, files: Sequence[str], title: str) -> list[dict[str, str]]:
        """Make the download links; none if the run folder is not known."""
        if self._root is None:
            return []
        return [self._link(self._root / file, file, title) for file in files]

    def _link(self, path: Path, file: str, title: str) -> dict[str, str]:
        if not path.is_file():
            raise ReportError(
                f"The download {file!r} of {title!r} is not in the run folder; save tables "
                "and figures with the run context before the report is written."
            )
        suffix = PurePosixPath(file).suffix
        if path.stat().st_size <= EMBEDDED_BYTES:
            mime = _TYPES.get(suffix, "application/octet-stream")
            href = _data_uri(mime, path.read_bytes())
        else:
            href = self._prefix + urllib.parse.quote(file)
        name = PurePosixPath(file).name
        return {"href": href, "name": name, "kind": suffix[1:].upper() or "file", "title": title}


def _breakable(text: str) -> Markup:
    """Escape text and let long words break without forcing short ones to."""
    return Markup("<wbr>").join(pieces(text, word_limit=WORD_LIMIT))


def _data_uri(mime: str, data: bytes) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"

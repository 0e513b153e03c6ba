"""The PDF: a tagged, bookmarked A4 report made from a notebook by Typst."""

from __future__ import annotations

import dataclasses
import importlib.resources
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from traitlets import default

from crmlib.errors import ReportError
from crmlib.reporting.blocks import Block, Prose, clean_text
from crmlib.reporting.content import Content, read_content
from crmlib.reporting.fonts import FontSet, available_fonts, font_folder
from crmlib.reporting.report import ReportMeta, read_meta
from crmlib.reporting.typst import TypstWriter, string

__all__ = ["CrmPDFExporter"]

_CHAPTERS_RUN_ON = 2
"""So many chapters follow each other on the page; every later one begins on a new one."""
_SHORT = 5
"""A chapter of so few paragraphs, title and all, needs no page of its own."""
_CHAPTERS_IN_FULL = 10
"""Longer reports list chapters alone in the contents; bookmarks still hold the sections."""


class CrmPDFExporter(Exporter):
    """Writes a report, or a single notebook, as PDF/UA.

    The result is the same, byte for byte, for the same notebook and fonts.
    """

    export_from_notebook = "CRM report (PDF)"
    output_mimetype = "application/pdf"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".pdf"

    @default("default_preprocessors")
    def _default_preprocessors_default(self) -> list[Any]:
        return []  # `crmlib.reporting.content` decides what is shown

    def from_notebook_node(
        self, nb: NotebookNode, resources: Any = None, **kwargs: Any
    ) -> tuple[Any, Any]:
        """Convert a notebook to the bytes of a PDF."""
        nb, resources = super().from_notebook_node(nb, resources, **kwargs)
        name = str(resources.get("metadata", {}).get("name") or "notebook")
        content = read_content(nb, name=name)
        meta = read_meta(nb, content, name=name)
        resources["output_extension"] = ".pdf"
        return _compile(content, meta), resources


def _compile(content: Content, meta: ReportMeta) -> bytes:
    """Write the Typst source and compile it in a folder that holds nothing else."""
    import typst

    fonts = available_fonts()
    writer = TypstWriter(drawable=fonts.drawable)
    source = _source(content, writer, fonts)
    shown = dataclasses.asdict(meta) | {
        "author": meta.company or meta.data,
        "is_simulated": "yes" if meta.is_simulated else "",
        "marked_title": meta.marked_title,
        "whose": meta.whose,
    }
    inputs = {
        name: fonts.drawable(clean_text(str(value), limit=300)) for name, value in shown.items()
    }
    with tempfile.TemporaryDirectory(prefix="crm-pdf-") as name, font_folder(fonts) as folders:
        root = Path(name)
        (root / "report.typ").write_text(_style(), encoding="utf-8")
        (root / "main.typ").write_text(source, encoding="utf-8")
        for file, data in writer.images.items():
            (root / file).write_bytes(data)
        try:
            pdf, warnings = typst.compile_with_warnings(
                root / "main.typ",
                root=root,
                font_paths=list(folders),
                ignore_system_fonts=True,
                sys_inputs=inputs,
                pdf_standards="ua-1",
                timestamp=0,
                package_path=root,
                package_cache_path=root,
            )
        except typst.TypstError as error:
            diagnostic = clean_text(str(error), limit=1_000)
            raise ReportError(
                f"The PDF of {meta.title!r} cannot be made: {diagnostic}. Look at the figures "
                "first; each must be a readable SVG or PNG."
            ) from error
    unsettled = [str(warning) for warning in warnings if "converge" in str(warning)]
    if unsettled:
        raise ReportError(
            f"The pages of the PDF of {meta.title!r} do not settle: {unsettled[0][:300]}. "
            "Page numbers would be wrong; a rule of report.typ depends on its own place."
        )
    return pdf


def _style() -> str:
    folder = importlib.resources.files("crmlib.reporting") / "templates"
    return (folder / "report.typ").read_text(encoding="utf-8")


def _source(content: Content, writer: TypstWriter, fonts: FontSet) -> str:
    """Write the document: the first chapter, the contents and the second, then one per page.

    A chapter that is a few sentences follows the one before on its page.
    """
    families = "".join(f"{string(family)}, " for family in fonts.families)
    lines = ['#import "report.typ": *', f"#show: body => crm-report(({families}), body)"]
    chapters = _chapters(content)
    depth = 2 if len(chapters) - 1 <= _CHAPTERS_IN_FULL else 1
    for number, chapter in enumerate(chapters):
        if number == 2:
            lines.append(f"#crm-contents({depth})")
        elif number > _CHAPTERS_RUN_ON and not _is_short(chapter):
            lines.append("#pagebreak(weak: true)")
        for block in chapter:
            lines += _lines(writer.block(block))
    return "\n\n".join(lines) + "\n"


def _chapters(content: Content) -> list[list[Block]]:
    """Split the blocks into what stands before the first chapter, and the chapters."""
    chapters: list[list[Block]] = [[]]
    for block in content.blocks:
        parts = [Prose((one,)) for one in block.tokens] if isinstance(block, Prose) else [block]
        for part in parts:
            if _level(part) == 1:
                chapters.append([])
            chapters[-1].append(part)
    return chapters


def _level(block: Block) -> int:
    """Give the level of a heading, 0 for all else."""
    if not isinstance(block, Prose) or block.tokens[0]["type"] != "heading":
        return 0
    return int(block.tokens[0]["attrs"]["level"])


def _is_short(chapter: Sequence[Block]) -> bool:
    """Say whether a chapter is a title and a few sentences, because its table is not there."""
    return len(chapter) <= _SHORT and all(
        isinstance(block, Prose) and _level(block) <= 1 for block in chapter
    )


def _lines(expressions: list[str]) -> list[str]:
    return [f"#{{ {expression} }}" for expression in expressions if expression]

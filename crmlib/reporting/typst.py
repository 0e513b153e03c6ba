"""Write blocks as Typst source. Text enters it only as string literals, never as markup."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from crmlib.errors import ReportError
from crmlib.reporting import columns, formulas
from crmlib.reporting.blocks import (
    Block,
    Cell,
    Figure,
    KeyFigures,
    Note,
    Preformatted,
    Prose,
    Room,
    Table,
)
from crmlib.reporting.prose import (
    image_text,
    literal_text,
    plain_text,
    safe_url,
    table_of,
)

__all__ = ["TypstWriter", "string"]

Token = dict[str, Any]
TEXT_WIDTH = 487.0  # points between the margins of the page
_WORD_LIMIT = 28
_UNBROKEN = re.compile(r"([-+(]?[\d.,]+ %|\(?-[$€£¥][\d.,]*\d)")
_INLINE = {"emphasis": "emph", "strong": "strong"}


def string(text: str) -> str:
    """Write a Typst string literal: the one way for text into the source.

    >>> string("#x")
    '"#x"'
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _with_units(text: str) -> str:
    """Write text so that no line ends between a number and its per cent sign, or after a minus.

    >>> _with_units("up 3.1 % on")
    '"up ", box("3.1 %"), " on"'
    >>> _with_units("-$5, so")
    'box("-$5"), ", so"'
    """
    parts = [part for part in _UNBROKEN.split(text) if part]
    return ", ".join(
        f"box({string(part)})" if _UNBROKEN.fullmatch(part) else string(part) for part in parts
    )


def join(parts: Iterable[str]) -> str:
    """Write one piece of content made of several expressions."""
    written = [part for part in parts if part]
    return "[]" if not written else f"({', '.join(written)},).join()"


class TypstWriter:
    """Turns blocks into lines of Typst and collects the image files they show.

    Parameters
    ----------
    drawable
        Replaces the characters that no font can draw.
    """

    def __init__(self, *, drawable: Callable[[str], str]) -> None:
        self._drawable = drawable
        self.images: dict[str, bytes] = {}

    def block(self, block: Block) -> list[str]:
        """Write one block as code expressions, one a line."""
        if isinstance(block, Prose):
            return [self._token(token) for token in block.tokens]
        if isinstance(block, Table):
            return self._table(block)
        if isinstance(block, KeyFigures):
            tiles = (
                f"({self.text(i.name)}, {self.text(i.value)}, {self.text(i.note)})"
                for i in block.items
            )
            return [f"crm-tiles(({''.join(f'{tile}, ' for tile in tiles)}))"]
        if isinstance(block, Figure):
            return [self._figure(block)]
        if isinstance(block, Room):
            return [f"crm-room({min(max(block.share, 0.0), 1.0)})"]
        if isinstance(block, Note):
            return [f"crm-note({self.text(block.text)})"]
        if isinstance(block, Preformatted):
            return [self._preformatted(block.text)]
        raise ReportError(f"the PDF cannot show a block of the type {type(block).__name__}")

    def text(self, text: str, *, word_limit: int = _WORD_LIMIT) -> str:
        """Write text as content: long words may break, line ends and numbers with their % stay."""
        lines = []
        for line in self._drawable(text).split("\n"):
            cut = columns.pieces(line, word_limit=word_limit)
            lines.append(", brk, ".join(map(_with_units, filter(None, cut))) or '""')
        return join([", linebreak(), ".join(lines)])

    def _preformatted(self, text: str) -> str:
        # No-break spaces keep the alignment; the line may still break at every second one.
        kept = text.expandtabs(8).replace("  ", "\u00a0 ")
        return f"crm-printed({self.text(kept, word_limit=60)})"

    def _figure(self, figure: Figure) -> str:
        suffix = "svg" if figure.mime == "image/svg+xml" else "png"
        name = f"{hashlib.sha256(figure.data).hexdigest()[:24]}.{suffix}"
        self.images[name] = figure.data
        alt = string(self._drawable(figure.alt))
        subtitle = self.text(figure.subtitle) if figure.subtitle else "none"
        return (
            f"crm-figure({string(name)}, alt: {alt}, title: {self.text(figure.title)}, "
            f"subtitle: {subtitle})"
        )

    def _table(self, table: Table) -> list[str]:
        """Write a table, in parts if it is too wide."""
        if table.n_columns == 0:
            return []
        layouts = columns.fit(table, page_width=TEXT_WIDTH)
        lines = []
        for number, layout in enumerate(layouts, start=1):
            caption = table.caption
            if len(layouts) > 1:
                caption = f"{caption} (part {number} of {len(layouts)})".strip()
            notes = table.notes if number == len(layouts) else ()
            lines.append(self._table_part(table, layout, caption, notes))
        return lines

    def _table_part(
        self, table: Table, layout: columns.Layout, caption: str, notes: Sequence[str]
    ) -> str:
        widths = ", ".join(f"{width}pt" for width in layout.widths)
        header = [self._row(row, layout) for row in table.header]
        body = [self._row(row, layout) for row in table.body]
        return (
            f"crm-table(({widths},), {layout.size}pt, "
            f"{self.text(caption) if caption else 'none'}, "
            f"({''.join(f'{row}, ' for row in header)}), ({''.join(f'{row}, ' for row in body)}), "
            f"({''.join(f'{self.text(note)}, ' for note in notes)}))"
        )

    def _row(self, row: Sequence[Cell], layout: columns.Layout) -> str:
        """Write the cells of a row that fall in the columns of a part."""
        chosen = set(layout.columns)
        written, column = [], 0
        for cell in row:
            span = len(chosen & set(range(column, column + cell.span)))
            column += cell.span
            if span:
                content = self.text(cell.text, word_limit=layout.word_limit)
                if columns.is_unbroken(cell) and not cell.is_header:
                    content = f"box({string(self._drawable(cell.text))})"
                align = "right" if cell.is_numeric else "left"
                options = f"colspan: {span}, align: {align}, " if span > 1 else f"align: {align}, "
                bold = "strong" if cell.is_header else ""
                written.append(f"table.cell({options}{bold}({content}))")
        return f"({', '.join(written)},)"

    # Markdown

    def _inline(self, tokens: Sequence[Token]) -> str:
        return join(self._token(token) for token in tokens)

    def _token(self, token: Token) -> str:
        """Write one token of the syntax tree as an expression."""
        kind = token["type"]
        if kind in _INLINE:
            return f"{_INLINE[kind]}({self._inline(token['children'])})"
        writer = getattr(self, f"_md_{kind}", None)
        if writer is None:
            raise ReportError(
                f"the report does not know the Markdown element {kind!r}; write it as text"
            )
        written: str = writer(token)
        return written

    def _md_text(self, token: Token) -> str:
        return self.text(literal_text(token))

    _md_inline_html = _md_text

    def _md_block_html(self, token: Token) -> str:
        return f"par({self.text(token['raw'].strip())})"

    def _md_codespan(self, token: Token) -> str:
        return f"crm-code({self.text(token['raw'])})"

    def _md_block_code(self, token: Token) -> str:
        return self._preformatted(token["raw"].rstrip("\n"))

    def _md_linebreak(self, _token: Token) -> str:
        return "linebreak()"

    def _md_softbreak(self, _token: Token) -> str:
        return '" "'

    def _md_blank_line(self, _token: Token) -> str:
        return ""

    def _md_thematic_break(self, _token: Token) -> str:
        return "crm-rule"

    def _md_block_text(self, token: Token) -> str:
        return self._inline(token["children"])

    def _md_paragraph(self, token: Token) -> str:
        return f"par({self._inline(token['children'])})"

    def _md_heading(self, token: Token) -> str:
        attrs = token["attrs"]
        inner = self._inline(token["children"])
        return f"crm-heading({attrs['level']}, {string(attrs.get('anchor', ''))}, {inner})"

    def _md_block_quote(self, token: Token) -> str:
        return f"quote(block: true, {self._inline(token['children'])})"

    def _md_list(self, token: Token) -> str:
        items = ", ".join(self._inline(item["children"]) for item in token["children"])
        if token["attrs"].get("ordered"):
            return f"enum(start: {int(token['attrs'].get('start', 1))}, {items})"
        return f"list({items})"

    def _md_link(self, token: Token) -> str:
        inner = self._inline(token["children"])
        url = safe_url(token["attrs"]["url"])
        if url is None:
            return join([inner, self.text(f" ({token['attrs']['url']})")])
        if url.startswith("#"):
            return inner
        return f"link({string(url)}, {inner})"

    def _md_image(self, token: Token) -> str:
        return self.text(image_text(token))

    def _md_table(self, token: Token) -> str:
        return join(self._table(table_of(token)))

    def _md_inline_math(self, token: Token) -> str:
        return self._formula(token, display=False)

    def _md_block_math(self, token: Token) -> str:
        return self._formula(token, display=True)

    def _formula(self, token: Token, *, display: bool) -> str:
        latex = token["raw"].strip()
        converted = formulas.to_typst(latex)
        if converted is None:
            return f"crm-code({self.text(latex)})"
        alt = string(self._drawable(plain_text([token]).strip()))
        block = "true" if display else "false"
        return f"math.equation(block: {block}, alt: {alt}, ${converted}$.body)"

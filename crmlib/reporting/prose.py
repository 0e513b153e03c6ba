"""Markdown of cells: one parser for both writers, and the tokens written as HTML."""

from __future__ import annotations

import functools
import html
import re
import urllib.parse
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup, escape

from crmlib.errors import ReportError
from crmlib.reporting import formulas
from crmlib.reporting.blocks import PROSE_LIMIT, Cell, Table, clean_text

__all__ = ["parse_markdown", "plain_text", "prose_html", "safe_url", "table_of"]

Token = dict[str, Any]
_PLAIN = frozenset({"text", "codespan", "inline_html", "block_html", "block_code"})
_SIMPLE = {"emphasis": "em", "strong": "strong", "block_quote": "blockquote", "paragraph": "p"}


@functools.cache
def _parser() -> Callable[[str], Any]:
    import mistune

    return mistune.create_markdown(renderer=None, plugins=["table", "math"])


def parse_markdown(text: str) -> list[Token]:
    """Parse Markdown with tables and formulas; HTML in it is text like any other."""
    tokens = _parser()(clean_text(text, limit=PROSE_LIMIT))
    return [token for token in tokens if token["type"] != "blank_line"]


def literal_text(token: Token) -> str:
    """Return the characters that a text-like token stands for."""
    raw = str(token["raw"])
    return html.unescape(raw) if token["type"] == "text" else raw


def plain_text(tokens: Sequence[Token]) -> str:
    """Return the text of tokens without any formatting."""
    parts = []
    for token in tokens:
        if token["type"] in ("softbreak", "linebreak"):
            parts.append(" ")
        elif "children" in token:
            parts.append(plain_text(token["children"]))
        elif "raw" in token:
            parts.append(literal_text(token))
    return clean_text("".join(parts))


def safe_url(url: str) -> str | None:
    """Return the address if a reader may follow it: http, https, mailto or a # link."""
    if url.startswith("#") or re.fullmatch(r"(?:https?://|mailto:)[^\s\"'<>\\`]+", url, re.I):
        return urllib.parse.quote(url, safe="#:/?&=@%+,;!$()*~[]'-._")
    return None


def table_of(token: Token) -> Table:
    """Turn a Markdown table into the same block that stored tables become."""
    header: list[tuple[Cell, ...]] = []
    body: list[tuple[Cell, ...]] = []
    for part in token["children"]:
        if part["type"] == "table_head":
            header.append(_row(part["children"]))
        else:
            body.extend(_row(row["children"]) for row in part["children"])
    return Table(tuple(header), tuple(body))


def _row(cells: Sequence[Token]) -> tuple[Cell, ...]:
    return tuple(
        Cell(
            plain_text(cell["children"]),
            is_header=bool(cell["attrs"].get("head")),
            is_numeric=cell["attrs"].get("align") == "right",
        )
        for cell in cells
    )


def prose_html(tokens: Sequence[Token], *, table: Callable[[Table], Markup]) -> Markup:
    """Write tokens as HTML; `table` writes the tables among them."""
    return Markup("").join(_token_html(token, table) for token in tokens)


def _token_html(token: Token, table: Callable[[Table], Markup]) -> Markup:
    kind = token["type"]
    if kind in _SIMPLE:
        inner = prose_html(token["children"], table=table)
        end = "\n" if kind in ("paragraph", "block_quote") else ""
        return Markup("<{0}>{1}</{0}>{2}").format(_SIMPLE[kind], inner, end)
    writer = _WRITERS.get(kind)
    if kind == "table":
        return table(table_of(token))
    if writer is None:
        raise ReportError(
            f"the report does not know the Markdown element {kind!r}; write it as text"
        )
    return writer(token, table)


def _heading(token: Token, table: Callable[[Table], Markup]) -> Markup:
    level = int(token["attrs"]["level"])
    inner = prose_html(token["children"], table=table)
    anchor = token["attrs"].get("anchor", "")
    return Markup('<h{0} id="{1}">{2}</h{0}>\n').format(level, anchor, inner)


def _link(token: Token, table: Callable[[Table], Markup]) -> Markup:
    inner = prose_html(token["children"], table=table)
    url = safe_url(token["attrs"]["url"])
    if url is None:
        return Markup("{0} ({1})").format(inner, token["attrs"]["url"])
    return Markup('<a href="{0}" rel="noreferrer">{1}</a>').format(url, inner)


def image_text(token: Token) -> str:
    """Return an image reference as it was written: reports load nothing from elsewhere."""
    return f"![{plain_text(token['children'])}]({token['attrs']['url']})"


def _list(token: Token, table: Callable[[Table], Markup]) -> Markup:
    tag = "ol" if token["attrs"].get("ordered") else "ul"
    start = token["attrs"].get("start", 1)
    first = Markup(' start="{0}"').format(start) if tag == "ol" and start != 1 else Markup("")
    items = Markup("").join(
        Markup("<li>{0}</li>\n").format(prose_html(item["children"], table=table))
        for item in token["children"]
    )
    return Markup("<{0}{1}>\n{2}</{0}>\n").format(tag, first, items)


def _formula(token: Token, *, display: bool) -> Markup:
    mathml = formulas.to_mathml(token["raw"].strip(), display=display)
    if mathml is None:
        return Markup("<code>{0}</code>").format(token["raw"].strip())
    block = Markup('<div class="formula" tabindex="0">{0}</div>')
    return block.format(Markup(mathml)) if display else Markup(mathml)  # noqa: S704  checked


_WRITERS: dict[str, Callable[[Token, Callable[[Table], Markup]], Markup]] = {
    "text": lambda token, _: escape(literal_text(token)),
    "inline_html": lambda token, _: escape(token["raw"]),
    "block_html": lambda token, _: Markup("<p>{0}</p>\n").format(token["raw"].strip()),
    "codespan": lambda token, _: Markup("<code>{0}</code>").format(token["raw"]),
    "block_code": lambda token, _: Markup('<pre tabindex="0">{0}</pre>\n').format(token["raw"]),
    "linebreak": lambda token, _: Markup("<br>"),
    "softbreak": lambda token, _: Markup(" "),
    "blank_line": lambda token, _: Markup(""),
    "thematic_break": lambda token, _: Markup("<hr>\n"),
    "block_text": lambda token, table: prose_html(token["children"], table=table),
    "image": lambda token, _: escape(image_text(token)),
    "inline_math": lambda token, _: _formula(token, display=False),
    "block_math": lambda token, _: _formula(token, display=True),
    "heading": _heading,
    "link": _link,
    "list": _list,
}

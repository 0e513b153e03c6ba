"""Small executed notebooks, with outputs as the run leaves them."""

import base64
import html
from collections.abc import Sequence

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="360" height="180" viewBox="0 0 360 180">'
    '<rect x="10" y="10" width="200" height="120" fill="#0072B2"/></svg>'
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
NAMES = ["Jörg", "李小龙", "Ελληνικά", "العربية", "Zoë 🎉"]
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "[click](javascript:alert(1))",
    '#read("/etc/passwd")',
    '$ #eval("1+1")',
    '#panic("no") */ // /* ` @label <label>',
    "back\\slash \\n \\u{41} 'single' \"double\"",
    "\\input{/etc/passwd} \\end{document}",
    '{{ 7*7 }} {% raw %} "); evil(',
    "&lt;b&gt; &amp;amp; &#60;",
]


def markdown(source: str) -> NotebookNode:
    return new_markdown_cell(source)


def code(*outputs: NotebookNode, tags: Sequence[str] = ()) -> NotebookNode:
    cell = new_code_cell("secret_source()", outputs=list(outputs), execution_count=1)
    cell["metadata"]["tags"] = list(tags)
    return cell


def display(data: dict, **crm: object) -> NotebookNode:
    metadata = {"crm": crm} if crm else {}
    return new_output("display_data", data=data, metadata=metadata)


def table(
    rows: Sequence[Sequence[str]],
    *,
    columns: Sequence[str] = ("Customer", "Sales, USD"),
    caption: str = "Sales by customer",
    note: str = "",
    files: Sequence[str] = (),
) -> NotebookNode:
    """Return a table the way `crmlib.reporting.tables.show` stores it; numbers from column 2."""
    head = "".join(
        f'<th scope="col"{" class=num" if i else ""}>{html.escape(name)}</th>'
        for i, name in enumerate(columns)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="num">{html.escape(text)}</td>' if i else f"<td>{html.escape(text)}</td>"
            for i, text in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    text = (
        f'<table class="crm-table"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
    if note:
        text += f'<p class="crm-note">{html.escape(note)}</p>'
    data = {"text/html": text, "text/plain": f"Table: {caption}"}
    return display(data, kind="table", name="sales", files=list(files))


def figure(**changes: object) -> NotebookNode:
    crm = {"kind": "figure", "name": "bar", "title": "One bar", "alt": "A single bar."} | changes
    return display({"image/svg+xml": SVG, "text/plain": "Figure"}, **crm)


def notebook(*cells: NotebookNode) -> NotebookNode:
    return new_notebook(cells=list(cells))

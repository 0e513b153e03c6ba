"""Ways to look into a PDF."""

import io
from collections.abc import Callable, Sequence

import pypdf
from nbformat import NotebookNode

from crmlib.reporting.pdf import CrmPDFExporter


def pdf_of(nb: NotebookNode) -> pypdf.PdfReader:
    data, _ = CrmPDFExporter().from_notebook_node(nb)
    return pypdf.PdfReader(io.BytesIO(data))


def text_of(reader: pypdf.PdfReader) -> str:
    return "\n".join(page.extract_text() for page in reader.pages)


def squeezed(text: str) -> str:
    """Drop all white space: line ends on a page are nothing that a text holds."""
    return "".join(text.split())


def extents(page: pypdf.PageObject) -> list[tuple[float, float]]:
    """Return where every piece of text on a page begins and ends, in points from the left."""
    found: list[tuple[float, float]] = []
    fonts = page["/Resources"]["/Font"]
    font: dict[str, object] = {}

    def visit(operator: bytes, operands: list, cm: list[float], tm: list[float]) -> None:
        if operator == b"Tf":
            font["widths"] = _widths(fonts[operands[0]])
            font["size"] = float(operands[1])
        elif operator in (b"Tj", b"TJ"):
            parts = operands[0] if operator == b"TJ" else [operands[0]]
            advance = _advance(parts, font["widths"]) * font["size"]
            start = tm[4] * cm[0] + cm[4]
            found.append((start, start + advance * tm[0] * cm[0]))

    page.extract_text(visitor_operand_before=visit)
    return found


def _widths(font: pypdf.generic.DictionaryObject) -> Callable[[int], float]:
    inner = font["/DescendantFonts"][0].get_object()
    known: dict[int, float] = {}
    runs = list(inner.get("/W", []))
    while runs:
        first, second = runs.pop(0), runs.pop(0)
        if isinstance(second, list):
            known |= {int(first) + i: float(w) for i, w in enumerate(second)}
        else:
            known |= dict.fromkeys(range(int(first), int(second) + 1), float(runs.pop(0)))
    default = float(inner.get("/DW", 1000))
    return lambda glyph: known.get(glyph, default)


def _advance(parts: Sequence[object], width: Callable[[int], float]) -> float:
    total = 0.0
    for part in parts:
        if isinstance(part, (int, float)):
            total -= float(part)
        else:
            data = part if isinstance(part, bytes) else part.original_bytes
            total += sum(width(data[i] * 256 + data[i + 1]) for i in range(0, len(data) - 1, 2))
    return total / 1000

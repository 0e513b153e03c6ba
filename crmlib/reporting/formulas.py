"""Formulas: LaTeX to MathML and to Typst, never passing on what could act."""

from __future__ import annotations

import functools
import re
from xml.etree import ElementTree

__all__ = ["to_mathml", "to_typst"]

_NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
_ELEMENTS = frozenset(
    re.split(
        r"\s+",
        "math mrow mi mn mo mtext mspace mfrac msqrt mroot mstyle mpadded mphantom mfenced "
        "menclose msub msup msubsup munder mover munderover mtable mtr mtd",
    )
)
_ATTRIBUTES = frozenset(
    re.split(
        r"\s+",
        "display mathvariant stretchy fence form separator largeop movablelimits symmetric maxsize "
        "minsize lspace rspace accent accentunder displaystyle scriptlevel linethickness height "
        "columnalign rowspacing columnspacing columnlines rowlines width depth notation",
    )
)
_LESS, _GREATER = "\ue000", "\ue001"  # stand-ins: the converter copies < and > unescaped
_SAFE_TYPST = re.compile(r'(?:"[^"\\#]*"|\\[^\sA-Za-z]|[^#$"\\`/@<]|/(?![/*])|<=?(?!\w))*')
_LIMIT = 2_000


@functools.lru_cache(maxsize=512)
def to_mathml(latex: str, *, display: bool) -> str | None:
    """Convert a formula to MathML, or return `None` if it cannot be shown as one.

    Only presentation elements and attributes of MathML pass; the converter itself copies
    text and links of the formula unescaped.
    """
    from latex2mathml.converter import convert

    if len(latex) > _LIMIT:
        return None
    stand_in = latex.replace("<", _LESS).replace(">", _GREATER)
    try:
        converted = convert(stand_in, display="block" if display else "inline")
    except Exception:  # noqa: BLE001  the converter has no common error class
        return None
    escaped = converted.replace(_LESS, "&lt;").replace(_GREATER, "&gt;")
    try:
        root = ElementTree.fromstring(escaped)  # noqa: S314  no entities are declared in it
    except ElementTree.ParseError:
        return None
    for element in root.iter():
        tag = str(element.tag).removeprefix(_NAMESPACE)
        if tag not in _ELEMENTS or not set(element.attrib) <= _ATTRIBUTES:
            return None
    return escaped


@functools.lru_cache(maxsize=512)
def to_typst(latex: str) -> str | None:
    """Convert a formula to the inside of a Typst formula, or return `None` if that fails.

    A result passes only if it holds no code, comment, label or reference, and compiles alone.
    """
    import tex2typst
    import typst

    if len(latex) > _LIMIT or '"' in latex or "#" in latex:
        return None
    try:
        converted = tex2typst.tex2typst(latex)
    except ValueError:
        return None
    if not _SAFE_TYPST.fullmatch(converted):
        return None
    try:
        typst.compile(f"$ {converted} $".encode(), format="svg", ignore_system_fonts=True)
    except typst.TypstError:
        return None
    return converted

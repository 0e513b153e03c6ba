"""Fonts of the PDF: one sans serif for text, others for the scripts of customers' names."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib.util
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["FontSet", "available_fonts", "font_folder"]

_LOG = logging.getLogger(__name__)

_BASE = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSans-Oblique.ttf",
    "DejaVuSans-BoldOblique.ttf",
)
# Hebrew stands before DejaVu Sans, which spaces it badly. DejaVu Sans stands before all other
# scripts: its Arabic keeps its order when text is copied from the PDF.
_FAMILIES = ("Noto Sans", "Noto Sans Hebrew", "DejaVu Sans", "Noto Sans CJK SC", "Noto Emoji")
_PACKAGES = {
    "manimgx_fonts": ("Noto Sans", "Noto Sans Hebrew", "Noto Emoji"),
    "noto_cjk_sans_otc": ("Noto Sans CJK SC",),
}
_UNSEEN = frozenset({0x0A, 0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, *range(0xFE00, 0xFE10)})


@dataclasses.dataclass(frozen=True)
class FontSet:
    """Fonts found: the files, the families in order of use, the characters they can draw."""

    files: tuple[Path, ...]
    families: tuple[str, ...]
    characters: frozenset[int]

    def drawable(self, text: str) -> str:
        """Replace what no font can draw by U+FFFD."""
        if text.isascii():
            return text
        return "".join(
            char if ord(char) in self.characters or ord(char) in _UNSEEN else "\ufffd"
            for char in text
        )


@functools.cache
def available_fonts() -> FontSet:
    """Find the fonts: DejaVu Sans always, Noto for further scripts if the extra is installed."""
    import matplotlib as mpl

    base = Path(mpl.get_data_path()) / "fonts" / "ttf"
    files = [base / name for name in _BASE]
    families = {"DejaVu Sans"}
    for package, brought in _PACKAGES.items():
        folder = _package_folder(package)
        found = sorted(f for f in folder.iterdir() if f.suffix in (".ttf", ".otf", ".ttc"))
        files.extend(found)
        families.update(brought if found else ())
    if missing := [name for name in _FAMILIES if name not in families]:
        _LOG.warning(
            "PDF without the fonts %s: names in some scripts show as \ufffd. "
            "Install them with `pip install crmlib[fonts]`.",
            ", ".join(missing),
        )
    ordered = tuple(name for name in _FAMILIES if name in families)
    return FontSet(tuple(files), ordered, _characters(tuple(files)))


def _package_folder(package: str) -> Path:
    """Find the folder of an installed font package without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return Path(__file__).parent / "templates" / "crm"  # holds no font
    return Path(spec.submodule_search_locations[0])


def _characters(files: tuple[Path, ...]) -> frozenset[int]:
    from matplotlib.ft2font import FT2Font

    known: set[int] = set()
    for file in files:
        known.update(FT2Font(str(file)).get_charmap())
    return frozenset(known)


@contextlib.contextmanager
def font_folder(fonts: FontSet) -> Iterator[list[Path]]:
    """Give the folders that hold the fonts, and no font beside them.

    The folder of matplotlib also holds fonts that draw every character as a box; so its fonts
    are copied to a folder of their own for as long as the PDF is made.
    """
    with tempfile.TemporaryDirectory(prefix="crm-fonts-") as name:
        own = Path(name)
        for file in fonts.files:
            if file.name in _BASE:
                shutil.copyfile(file, own / file.name)
        others = sorted({file.parent for file in fonts.files if file.name not in _BASE})
        yield [own, *others]

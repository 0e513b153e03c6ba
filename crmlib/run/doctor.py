"""Look at the machine before a run does: what is missing, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import locale
import os
import platform
import shutil
import sys
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crmlib.settings import Settings

__all__ = ["Check", "examine"]

_MODULES = {
    "pandas": "pandas",
    "numpy": "numpy",
    "scipy": "scipy",
    "scikit-learn": "sklearn",
    "statsmodels": "statsmodels",
    "seaborn": "seaborn",
    "matplotlib": "matplotlib",
    "duckdb": "duckdb",
    "narwhals": "narwhals",
    "pyarrow": "pyarrow",
    "papermill": "papermill",
    "nbclient": "nbclient",
    "nbconvert": "nbconvert",
    "ipykernel": "ipykernel",
    "xlsxwriter": "xlsxwriter",
    "typst": "typst",
}
_OLDEST_PYTHON = (3, 11)
_FONTS = ("noto-cjk-sans-otc", "manimgx-fonts")
_ENOUGH_MB = 500


@dataclass(frozen=True)
class Check:
    """One thing looked at: `OK`, `WARN` or `FAIL`, what was found, and the remedy."""

    name: str
    state: str
    found: str
    remedy: str = ""


def examine(settings: Settings) -> list[Check]:
    """Look at everything a run needs; change nothing."""
    out = settings.path(settings.out)
    checks: list[Callable[[], Check]] = [
        _python,
        _packages,
        _fonts,
        lambda: _notebooks(settings.path("notebooks")),
        lambda: _writable(out),
        lambda: _space(out),
        lambda: _time_zone(settings.time_zone),
        _kernel,
        _encoding,
    ]
    return [check() for check in checks]


def _python() -> Check:
    version = platform.python_version()
    if tuple(map(int, platform.python_version_tuple()[:2])) >= _OLDEST_PYTHON:
        return Check("Python", "OK", version)
    return Check("Python", "FAIL", version, "Install Python 3.11 or newer.")


def _packages() -> Check:
    found, missing = [], []
    for package, module in _MODULES.items():
        try:
            if importlib.util.find_spec(module) is None:
                raise importlib.metadata.PackageNotFoundError(package)
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        remedy = "Install the project again: pip install -e ."
        return Check("packages", "FAIL", f"missing: {', '.join(missing)}", remedy)
    return Check("packages", "OK", ", ".join(found))


def _fonts() -> Check:
    missing = []
    for package in _FONTS:
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        remedy = "For names in Chinese, Japanese or Korean and emoji: pip install -e .[fonts]"
        return Check("fonts", "WARN", f"not installed: {', '.join(missing)}", remedy)
    return Check("fonts", "OK", ", ".join(_FONTS))


def _notebooks(folder: Path) -> Check:
    n_notebooks = len(list(folder.glob("*.ipynb"))) if folder.is_dir() else 0
    if n_notebooks:
        return Check("notebooks", "OK", f"{n_notebooks} in {folder}")
    remedy = "Start crm in the folder of crm.yaml, or name that file with --config."
    return Check("notebooks", "FAIL", f"none in {folder}", remedy)


def _existing(folder: Path) -> Path:
    return next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))


def _writable(out: Path) -> Check:
    place = _existing(out)
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return Check("output folder", "OK", str(out))
    remedy = "Permit writing, or choose another folder with --out."
    return Check("output folder", "FAIL", f"{place} is not a writable folder", remedy)


def _space(out: Path) -> Check:
    free = shutil.disk_usage(_existing(out)).free // 2**20
    if free >= _ENOUGH_MB:
        return Check("free space", "OK", f"{free:,} MB")
    remedy = f"Make room: a run wants {_ENOUGH_MB} MB. Old run folders may be deleted."
    return Check("free space", "WARN", f"{free:,} MB", remedy)


def _time_zone(name: str) -> Check:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return Check("time zones", "FAIL", f"{name} is unknown", "pip install tzdata")
    return Check("time zones", "OK", name)


def _kernel() -> Check:
    """Find what starts the kernel of a notebook: this interpreter with ipykernel."""
    if importlib.util.find_spec("ipykernel") is None:
        return Check("kernel", "FAIL", "ipykernel is missing", "pip install ipykernel")
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager(kernel_dirs=[]).get_kernel_spec("python3")
    except NoSuchKernel:
        return Check(
            "kernel", "FAIL", "no kernel python3", "pip install --force-reinstall ipykernel"
        )
    return Check("kernel", "OK", f"{spec.display_name}, {sys.executable}")


def _encoding() -> Check:
    name = locale.getpreferredencoding(False)
    stream = sys.stdout.encoding or "unknown"
    found = f"files {name}, output {stream}"
    if "utf" in stream.lower().replace("-", ""):
        return Check("encoding", "OK", found)
    remedy = "Letters outside ASCII are shown as escapes here. Set LANG=C.UTF-8."
    return Check("encoding", "WARN", found, remedy)

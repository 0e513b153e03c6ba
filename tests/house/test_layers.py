"""The house of the library: layers, sizes, and what no module does."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
LIBRARY = PROJECT / "crmlib"
MODULES = sorted(LIBRARY.rglob("*.py"))
LAYERS = [
    {"errors", "schema", "periods", "settings"},
    {"sources", "database", "simulation"},
    {"features"},
    {"evaluation"},
    {"models"},
    {"decisions"},
    {"loop"},
    {"reporting"},
    {"run"},
]
LAYER_OF = {room: height for height, rooms in enumerate(LAYERS) for room in rooms}


def name_of(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}


def imports_of(path: Path) -> set[str]:
    """Modules of the library that a module imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in NAMES else node.module)
    return {name for name in found if name.split(".")[0] == "crmlib" and name != name_of(path)}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_imports_only_from_its_layer_and_below(path):
    room = name_of(path).split(".")[1:2]
    if not room:
        return  # the package itself imports nothing
    height = LAYER_OF[room[0]]
    above = {
        name
        for name in imports_of(path)
        if name != "crmlib" and LAYER_OF[name.split(".")[1]] > height
    }
    assert not above


def test_no_import_cycle():
    graph = {name_of(path): imports_of(path) & NAMES for path in MODULES}
    packages = {name for name in NAMES if any(other.startswith(f"{name}.") for other in NAMES)}
    graph = {name: found - packages for name, found in graph.items() if name not in packages}
    assert list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module_and_functions_have_a_healthy_size(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            start = node.body[1] if ast.get_docstring(node) and node.body[1:] else node.body[0]
            assert node.end_lineno - start.lineno < 50, f"{node.name} has too long a body"


def test_median_module_is_short():
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    assert lengths[len(lengths) // 2] < 200


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_assert_print_or_warning_filter(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not isinstance(node, ast.Assert), f"assert in line {node.lineno}"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {"print", "warnings.filterwarnings", "warnings.simplefilter"}


def test_nothing_is_called_utils():
    vague = {"utils", "util", "helpers", "common", "misc"}
    assert not {path.stem for path in MODULES} & vague


def test_package_lists_its_rooms():
    import crmlib

    rooms = {
        path.name for path in LIBRARY.iterdir() if path.is_dir() and path.name != "__pycache__"
    }
    for room in rooms:
        assert f"`{room}`" in (crmlib.__doc__ or ""), room

"""Model files: skops with a fixed list of types, a sha256 and a version; nothing is ever unpickled.

A file is one line of text, `crmlib-model VERSION SHA256`, and behind it an uncompressed skops
archive. Every type the archive names is held against `crmlib.models.registry` before one object is
made. The same model gives the same bytes, so the sha256 also names the model.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import skops.io
from skops.io.exceptions import UnsupportedTypeException

from crmlib.errors import CrmlibError, ParameterError
from crmlib.models.plain_state import from_plain, to_plain
from crmlib.models.registry import ALLOWED
from crmlib.models.trees import check_trees

__all__ = ["FORMAT_VERSION", "ModelFileError", "load_model", "save_model"]

FORMAT_VERSION = 1
"""Raised when files of the new form can no longer be read by an older library."""
_HEADER = re.compile(rb"crmlib-model (\d{1,6}) ([0-9a-f]{64})\n")
_LONGEST_HEADER = 128
_MEMBER = re.compile(r"schema\.json|\d+\.npy")


class ModelFileError(CrmlibError):
    """A file is not a model file, was changed, or holds a type that is not on the list."""


def save_model(model: object, path: str | Path) -> str:
    """Write a fitted model to a file that holds data and no code.

    Parameters
    ----------
    model
        Estimator of `crmlib.models` or scikit-learn listed in `crmlib.models.registry`, or a dict,
        list or frame of such.
    path
        File to write; an existing one is replaced in one step.

    Returns
    -------
    str
        sha256 of the model; keep it apart from the file and give it to `load_model`.

    Raises
    ------
    ModelFileError
        If the model holds a type that is not on the list; nothing is written.
    """
    try:
        archive = _same_bytes(skops.io.dumps(to_plain(model)))
        _check_types(_schema_of(archive))
    except (UnsupportedTypeException, TypeError, ParameterError, AttributeError) as error:
        raise ModelFileError(
            f"{type(model).__name__} cannot be stored: {error}. Keep only numbers, texts, arrays, "
            "frames and models listed in crmlib.models.registry in it."
        ) from error
    digest = hashlib.sha256(archive).hexdigest()
    target = Path(path)
    part = target.with_name(target.name + ".part")
    part.write_bytes(f"crmlib-model {FORMAT_VERSION} {digest}\n".encode() + archive)
    os.replace(part, target)
    return digest


def load_model(path: str | Path, *, sha256: str | None = None) -> Any:
    """Read a model file; refuse anything else before an object is made.

    Guards against the pickle: a file that runs its author's code when it is opened.

    Parameters
    ----------
    path
        File written by `save_model`.
    sha256
        What `save_model` returned, kept elsewhere (the manifest of the run). The sha256 inside the
        file shows damage; only this one shows that somebody put another model in its place.

    Raises
    ------
    ModelFileError
        If the file is a pickle or anything but a model file, its bytes were changed, its format is
        newer than this library, or it names a type that is not on the list.
    """
    content = Path(path).read_bytes()
    header = _HEADER.match(content[:_LONGEST_HEADER])
    if header is None:
        raise ModelFileError(
            f"{path} is not a model file: it starts with {content[:16]!r}. Pickle and joblib files "
            "are not opened, because they can run code. Fit the model again and use save_model."
        )
    version, digest = int(header[1]), header[2].decode()
    if version > FORMAT_VERSION:
        raise ModelFileError(
            f"{path} has format version {version}, this library reads up to {FORMAT_VERSION}. "
            "Update crmlib."
        )
    archive = content[header.end() :]
    found = hashlib.sha256(archive).hexdigest()
    if found != digest or (sha256 is not None and found != sha256):
        expected = digest if found != digest else sha256
        raise ModelFileError(
            f"{path} was changed: its sha256 is {found}, not {expected}. Take it from the run "
            "folder again or fit the model again."
        )
    try:
        _check_types(_schema_of(archive))
        trusted = sorted(frozenset().union(*ALLOWED.values()))
        model = skops.io.loads(archive, trusted=trusted)
        check_trees(model)
        return from_plain(model)
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except Exception as error:
        raise ModelFileError(
            f"{path} cannot be read as a model ({type(error).__name__}: {error}). It was not "
            "written by save_model of this version; fit the model again."
        ) from error


def _schema_of(archive: bytes) -> dict[str, Any]:
    """Read the description of the objects; refuse members that skops does not write."""
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        for one in members.infolist():
            if not _MEMBER.fullmatch(one.filename) or one.compress_type != zipfile.ZIP_STORED:
                raise ModelFileError(
                    f"It holds the member {one.filename!r}, which no model file has. Do not use it."
                )
        return json.loads(members.read("schema.json"))


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    """Walk all nodes of a description."""
    if isinstance(part, dict):
        if {"__class__", "__module__", "__loader__"} & set(part):
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from _nodes(one)


def _check_types(schema: dict[str, Any]) -> None:
    """Refuse a description that names any type not on the list."""
    unknown = set()
    for node in _nodes(schema):
        name = f"{node.get('__module__')}.{node.get('__class__')}"
        if name not in ALLOWED.get(str(node.get("__loader__")), frozenset()):
            unknown.add(f"{name} ({node.get('__loader__')})")
    if unknown:
        raise ModelFileError(
            f"It names {len(unknown)} types that are not on the list, such as {min(unknown)}. "
            "Models hold only what crmlib.models.registry lists."
        )


def _same_bytes(archive: bytes) -> bytes:
    """Leave out the addresses and times that skops writes; arrays are numbered by first use."""
    with zipfile.ZipFile(io.BytesIO(archive)) as members:
        schema = json.loads(members.read("schema.json"))
        arrays: dict[bytes, str] = {}
        for node in _nodes(schema):
            node.pop("__id__", None)
            if "file" in node:
                content = _without_padding(members.read(node["file"]))
                node["file"] = arrays.setdefault(content, f"{len(arrays)}.npy")
    schema.pop("_skops_version", None)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as out:
        out.writestr(zipfile.ZipInfo("schema.json"), json.dumps(schema))
        for content, name in arrays.items():
            out.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _without_padding(content: bytes) -> bytes:
    """Set what the fields of a record leave unused to 0; it holds whatever memory held."""
    array = np.load(io.BytesIO(content), allow_pickle=False)
    if array.dtype.names is None:
        return content
    clean = np.zeros(array.shape, array.dtype)  # zeros_like leaves gaps as they are
    for name in array.dtype.names:
        clean[name] = array[name]
    if "missing_go_to_left" in array.dtype.names and "left_child" in array.dtype.names:
        clean["missing_go_to_left"][clean["left_child"] == -1] = 0  # a leaf never sets it
    buffer = io.BytesIO()
    np.save(buffer, clean, allow_pickle=False)
    return buffer.getvalue()

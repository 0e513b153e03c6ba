"""The settings of a project: `crm.yaml`, typed and checked before anything runs."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from pathlib import Path
from typing import Annotated, Any

import pydantic
import yaml

from crmlib.errors import ParameterError
from crmlib.periods import parse_day

__all__ = ["DATABASE", "Settings", "check_engine", "load_settings", "read_yaml"]

DATABASE = "database"
"""Source that is what deliveries were merged into."""

_Place = Annotated[str, pydantic.Field(pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
_INTERNAL = {"folder"}
_MERGE = "tag:yaml.org,2002:merge"


def check_engine(name: str) -> str:
    """Give the name of an engine back, and refuse what is none.

    Raises
    ------
    ValueError
        If it is none.

    Examples
    --------
    >>> check_engine("spark://10.0.0.7:7077")
    'spark://10.0.0.7:7077'
    """
    if name != "duckdb" and not re.fullmatch(r"local\[\d+\]|(spark|sc)://[^/:\s]+:\d+\S*", name):
        raise ValueError(f"{name!r} must be duckdb, local[N], spark://HOST:PORT or sc://HOST:PORT")
    return name


class Settings(pydantic.BaseModel):
    """What an iteration needs to know beside its data. Every field has a default.

    Paths in the file are relative to the file; `folder` is where it lies. `files` is the folder of
    the files that a mapping names, where `source` is a mapping.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    company: str = "Our company"
    source: _Place = "data/sample"
    files: _Place | None = None
    as_of: str = "last"
    time_zone: str = "UTC"
    currency: str = pydantic.Field(default="USD", pattern="^[A-Z]{3}$")
    out: _Place = "reports"
    workers: int = pydantic.Field(default=2, ge=1, le=16, strict=True)
    engine: str = "duckdb"
    memory_limit: str = pydantic.Field(default="1GB", pattern=r"^[0-9]+(\.[0-9]+)? ?(MB|GB)$")
    cell_timeout_seconds: int = pydantic.Field(default=600, ge=1, strict=True)
    max_quarantined_share: float = pydantic.Field(default=0.001, ge=0, le=1, strict=True)
    parameters: dict[str, Any] = {}
    folder: Path = Path()

    @pydantic.field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in zoneinfo.available_timezones():
            near = difflib.get_close_matches(value, zoneinfo.available_timezones(), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{value!r} is not a time zone such as Europe/Berlin{hint}")
        return value

    @pydantic.field_validator("as_of", mode="before")
    @classmethod
    def _a_day_or_last(cls, value: object) -> str:
        text = str(value)  # a caller may pass a date
        if text != "last":
            try:
                parse_day(text)
            except ParameterError as error:
                raise ValueError(str(error)) from error
        return text

    @pydantic.field_validator("engine")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        return check_engine(value)

    @pydantic.field_validator("memory_limit")
    @classmethod
    def _some_memory(cls, value: str) -> str:
        if not float(re.split("[ MG]", value)[0]):
            raise ValueError(f"{value!r} is no memory at all; write a size such as 500MB or 1GB")
        return value

    @property
    def n_at_once(self) -> int:
        """Notebooks that run at once: one on a Spark cluster, which gives the first all it has.

        Examples
        --------
        >>> Settings().n_at_once, Settings(engine="spark://host:7077").n_at_once
        (2, 1)
        """
        return 1 if self.engine.startswith("spark://") else self.workers

    def path(self, text: str) -> Path:
        """Resolve a path written in the settings, relative to the settings file."""
        return (self.folder / text).resolve()


def load_settings(path: Path | None = None, **overrides: Any) -> Settings:
    """Read `crm.yaml` and apply overrides that are not `None`.

    Parameters
    ----------
    path
        The settings file; without it `crm.yaml` of the working folder, or the defaults.

    Raises
    ------
    ParameterError
        If the file is missing, not YAML, or a setting is unknown or of the wrong type; the message
        names each one, with the nearest known name.
    """
    file = path or Path("crm.yaml")
    values: Any = {}
    if file.exists():
        values = read_yaml(file) or {}
    elif path is not None:
        raise ParameterError(f"There is no settings file {file}. Name an existing crm.yaml.")
    if not isinstance(values, dict):
        raise ParameterError(f"{file} must hold `name: value` lines, got {type(values).__name__}.")
    unfit = [name for name in values if not isinstance(name, str) or name in _INTERNAL]
    if unfit:
        raise ParameterError(f"{file}: " + "; ".join(_unknown(name) for name in unfit))
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**{"folder": file.parent.resolve(), **values})
    except pydantic.ValidationError as error:
        lines = [_explain(problem) for problem in error.errors()]
        raise ParameterError(f"{file}: " + "; ".join(lines)) from error


class _StrictLoader(yaml.SafeLoader):
    """Plain YAML, except that a key given twice is an error and a day stays text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        _check_mapping(node)
        return super().construct_mapping(node, deep=deep)


_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", lambda _loader, node: str(node.value))


class _TextLoader(yaml.BaseLoader):
    """The same for files in which every scalar is text, as written."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        _check_mapping(node)
        return super().construct_mapping(node, deep=deep)


def _check_mapping(node: yaml.MappingNode) -> None:
    """Refuse keys given twice, and text that is half a character and can be stored nowhere."""
    if not isinstance(node, yaml.MappingNode):
        return  # the loader itself refuses it
    first: dict[str, int] = {}
    for key, value in node.value:
        for part in (key, value):
            if isinstance(part, yaml.ScalarNode) and not _is_text(part.value):
                raise yaml.constructor.ConstructorError(
                    None,
                    None,
                    f"the key or value of {key.value!a} holds half a character (a lone surrogate)",
                    part.start_mark,
                )
        if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
            continue
        if key.value in first:
            raise yaml.constructor.ConstructorError(
                None,
                None,
                f"the key {key.value!r} is given twice, first in line {first[key.value]}; "
                "keep one of them",
                key.start_mark,
            )
        first[key.value] = key.start_mark.line + 1


def _is_text(value: str) -> bool:
    return not any("\ud800" <= one <= "\udfff" for one in value)


def read_yaml(file: Path, *, as_text: bool = False) -> Any:
    """Read a YAML file strictly.

    Guards against a key given twice, of which YAML silently keeps the last. Days stay text.

    Parameters
    ----------
    as_text
        Take every scalar as text, as written: `NO` is "NO", `007` is "007".

    Raises
    ------
    ParameterError
        If the file cannot be read, or is not YAML; the message names the line.
    """
    loader = _TextLoader if as_text else _StrictLoader
    try:
        return yaml.load(file.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    except OSError as error:
        raise ParameterError(f"{file} cannot be read: {error.strerror}. Name a file.") from error
    except RecursionError as error:
        raise ParameterError(f"{file} is nested too deeply to be read.") from error
    except (yaml.YAMLError, ValueError) as error:
        raise ParameterError(f"{file} is not readable as YAML: {error}") from error


def _unknown(name: object) -> str:
    """Say that there is no such setting, with the nearest known name."""
    known = sorted(set(Settings.model_fields) - _INTERNAL)
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {known}."
    return f"unknown setting {name!r}; {hint}"


def _explain(problem: Any) -> str:
    """Turn one pydantic problem into a sentence with a suggestion."""
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return _unknown(name)
    return f"setting {name!r} = {problem['input']!r}: {problem['msg']}"

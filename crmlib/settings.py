"""The settings of a project: `crm.yaml`, typed and checked before anything runs."""

from __future__ import annotations

import difflib
import zoneinfo
from pathlib import Path
from typing import Any

import pydantic
import yaml

from crmlib.errors import ParameterError
from crmlib.periods import parse_day

__all__ = ["Settings", "load_settings"]


class Settings(pydantic.BaseModel):
    """What an iteration needs to know beside its data. Every field has a default.

    Paths in the file are relative to the file; `folder` is where it lies.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    company: str = "Our company"
    source: str = "data/sample"
    as_of: str = "last"
    time_zone: str = "UTC"
    currency: str = pydantic.Field(default="USD", pattern="^[A-Z]{3}$")
    out: str = "reports"
    workers: int = pydantic.Field(default=2, ge=1, le=16)
    memory_limit: str = pydantic.Field(default="1GB", pattern=r"^[0-9]+(\.[0-9]+)? ?(MB|GB)$")
    cell_timeout_seconds: int = pydantic.Field(default=600, ge=1)
    max_quarantined_share: float = pydantic.Field(default=0.001, ge=0, le=1)
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
        text = str(value)  # YAML reads an unquoted day as a date
        if text != "last":
            parse_day(text)
        return text

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
    values: dict[str, Any] = {}
    if file.exists():
        try:
            values = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ParameterError(f"{file} is not readable as YAML: {error}") from error
    elif path is not None:
        raise ParameterError(f"There is no settings file {file}. Name an existing crm.yaml.")
    if not isinstance(values, dict):
        raise ParameterError(f"{file} must hold `name: value` lines, got {type(values).__name__}.")
    values |= {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**{"folder": file.parent.resolve(), **values})
    except pydantic.ValidationError as error:
        lines = [_explain(problem) for problem in error.errors()]
        raise ParameterError(f"{file}: " + "; ".join(lines)) from error


def _explain(problem: Any) -> str:
    """Turn one pydantic problem into a sentence with a suggestion."""
    name = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        near = difflib.get_close_matches(name, Settings.model_fields, n=1)
        hint = (
            f"did you mean {near[0]!r}?" if near else f"known are {sorted(Settings.model_fields)}."
        )
        return f"unknown setting {name!r}; {hint}"
    return f"setting {name!r} = {problem['input']!r}: {problem['msg']}"

"""Settings as the command line changes them: a wrong option is named, never the settings file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pydantic

from crmlib.errors import ParameterError
from crmlib.settings import Settings, load_settings

__all__ = ["check_options", "settings_of", "settings_of_run"]

_WANTED = {
    "memory_limit": "must be a size such as 500MB or 1GB",
    "source": "must name a folder, a mapping, complete-journey or database",
}


def settings_of(arguments: argparse.Namespace, **options: Any) -> Settings:
    """Read the settings file; `--out` on the command line is relative to where one stands."""
    out = getattr(arguments, "out", None)
    absolute = str(Path(out).absolute()) if out else None
    return load_settings(arguments.config, out=absolute, **options)


def settings_of_run(arguments: argparse.Namespace) -> Settings:
    """Read the settings of a run: those of the file, changed by its options.

    The file names its company for its own source. With another source the company is left empty,
    so that the figures of one company never stand under the name of another.

    Raises
    ------
    ParameterError
        If an option or a setting is wrong; the message names the option or the file.
    """
    names = ("as_of", "engine", "memory_limit")
    options = {name: getattr(arguments, name) for name in names}
    source = arguments.source
    check_options(**options, source=source)
    settings = settings_of(arguments, **options)
    if source is None or settings.path(source) == settings.path(settings.source):
        return settings
    return settings_of(arguments, **options, source=source, company="")


def check_options(**options: str | None) -> None:
    """Refuse values of options that no setting can take; those not given are `None`.

    Raises
    ------
    ParameterError
        If one is wrong.

    Examples
    --------
    >>> check_options(memory_limit="lots")
    Traceback (most recent call last):
    crmlib.errors.ParameterError: --memory-limit 'lots' must be a size such as 500MB or 1GB.
    """
    for name, value in options.items():
        if value is None:
            continue
        try:
            Settings.model_validate({name: value})
        except pydantic.ValidationError as error:
            option = "--" + name.replace("_", "-")
            raise ParameterError(f"{option} {_why(name, value, error)}") from error


def _why(name: str, value: str, error: pydantic.ValidationError) -> str:
    """Say in one sentence what the value must be."""
    problem = error.errors()[0]
    if problem["type"] == "string_pattern_mismatch":
        return f"{value!r} {_WANTED[name]}."
    message = problem["msg"].removeprefix("Value error, ").removeprefix(f"{name}=").rstrip(".")
    return f"{message}." if message.startswith(repr(value)) else f"{value!r}: {message}."

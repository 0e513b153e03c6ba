"""Values a run sets: from `crm.yaml`, a parameter file and `--set`, checked all at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from crmlib.errors import ParameterError
from crmlib.run.planning.notebooks import Notebook
from crmlib.run.planning.parameters import (
    Parameter,
    Value,
    declared_parameters,
    is_secret,
    read_value,
)
from crmlib.settings import read_yaml

__all__ = ["Override", "overrides_in_file", "overrides_in_options", "resolve_parameters"]

_GIVEN_OTHERWISE = {
    "as_of": "Give the day with --as-of.",
    "snapshot": "The runner names the snapshot; choose the data with --source.",
}


@dataclass(frozen=True)
class Override:
    """One value given from outside, as text, for one notebook or (empty) for all that have it."""

    notebook: str
    name: str
    text: str
    origin: str

    @property
    def label(self) -> str:
        """The name as the user wrote it."""
        return f"{self.notebook}.{self.name}" if self.notebook else self.name


def overrides_in_options(options: Sequence[str], *, origin: str = "--set") -> list[Override]:
    """Read `NAME=VALUE` and `NOTEBOOK.NAME=VALUE`.

    Raises
    ------
    ParameterError
        If an option has no `=`, or two give the same name different values.

    Examples
    --------
    >>> overrides_in_options(["lapse_days=60", "10_base.label=a=b"])[1].text
    'a=b'
    """
    found = []
    for option in options:
        label, equals, text = option.partition("=")
        if not equals or not label.strip():
            raise ParameterError(
                f"{origin} {_shown(label)} must read NAME=VALUE or NOTEBOOK.NAME=VALUE."
            )
        found.append(_override(label.strip(), text, origin))
    return _without_conflict(found)


def overrides_in_file(path: Path, *, section: str | None = None) -> list[Override]:
    """Read a YAML file of `name: value`, `notebook.name: value` or `notebook: {name: value}`.

    Scalars are taken as written: `NO` is the text "NO", `007` the text "007".

    Parameters
    ----------
    path
        The file.
    section
        Only what stands under this key, such as `parameters` of `crm.yaml`.

    Raises
    ------
    ParameterError
        If the file is missing, not YAML, gives a name twice, or a value is a list.
    """
    if not path.is_file():
        raise ParameterError(f"There is no readable parameter file {path}.")
    content = read_yaml(path, as_text=True)
    if section is not None and isinstance(content, Mapping):
        content = content.get(section)
    if content is None or content == "":
        return []
    if not isinstance(content, Mapping):
        raise ParameterError(f"{path} must hold `name: value` lines.")
    found = []
    for key, value in content.items():
        pairs = value.items() if isinstance(value, Mapping) else [("", value)]
        for name, text in pairs:
            label = f"{key}.{name}" if name else str(key)
            if not isinstance(text, str):
                raise ParameterError(f"{path}: the value of {_shown(label)} must be one scalar.")
            found.append(_override(label, text, path.name))
    return _without_conflict(found)


def _override(label: str, text: str, origin: str) -> Override:
    notebook, _, name = label.rpartition(".")
    return Override(notebook, name, text, origin)


def _without_conflict(overrides: list[Override]) -> list[Override]:
    """Refuse two different values for one name: nobody can tell which one is meant."""
    first: dict[str, Override] = {}
    for override in overrides:
        other = first.setdefault(override.label, override)
        if other.text != override.text and not is_secret(override.name):
            raise ParameterError(
                f"{override.origin} gives {_shown(override.label)} two values, "
                f"{_shown(other.text)} and {_shown(override.text)}. Keep one of them."
            )
    return overrides


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def resolve_parameters(
    notebooks: Iterable[Notebook], overrides: Sequence[Override]
) -> dict[str, dict[str, Value]]:
    """Work out the value of every parameter of every notebook.

    A later override beats an earlier one from another origin; within one origin, one that names
    its notebook beats one that does not.

    Returns
    -------
    dict
        Values by notebook and parameter, `as_of` and `snapshot` at their defaults.

    Raises
    ------
    ParameterError
        Naming every problem: declarations, unknown names, wrong types, values out of range.
    """
    declared: dict[str, dict[str, Parameter]] = {}
    problems: list[str] = []
    for notebook in notebooks:
        try:
            declared[notebook.name] = declared_parameters(notebook)
        except ParameterError as error:
            problems.append(str(error))
    values: dict[str, dict[str, Value]] = {
        notebook: {name: parameter.default for name, parameter in own.items()}
        for notebook, own in declared.items()
    }
    if not problems:
        for override in _in_order(overrides):
            _apply(override, declared, values, problems)
    if problems:
        raise ParameterError("\n".join(dict.fromkeys(problems)))
    return values


def _in_order(overrides: Sequence[Override]) -> list[Override]:
    origins = list(dict.fromkeys(override.origin for override in overrides))
    return sorted(overrides, key=lambda one: (origins.index(one.origin), bool(one.notebook)))


def _apply(
    override: Override,
    declared: Mapping[str, Mapping[str, Parameter]],
    values: dict[str, dict[str, Value]],
    problems: list[str],
) -> None:
    """Put one override into every notebook it concerns, or say why not."""
    if is_secret(override.name):
        problems.append(
            f"{override.origin}: {_shown(override.label)} looks like a secret. Secrets are no "
            "parameters; they would be stored in every report."
        )
        return
    if override.name in _GIVEN_OTHERWISE:
        problems.append(
            f"{override.origin}: {override.name} is not set here. {_GIVEN_OTHERWISE[override.name]}"
        )
        return
    concerned = [
        (notebook, own[override.name])
        for notebook, own in declared.items()
        if override.name in own and override.notebook in ("", notebook)
    ]
    if not concerned:
        problems.append(_unknown(override, declared))
    for notebook, parameter in concerned:
        try:
            values[notebook][parameter.name] = read_value(parameter, override.text)
        except ParameterError as error:
            meaning = f" ({parameter.meaning})" if parameter.meaning else ""
            problems.append(
                f"{override.origin}: parameter {notebook}.{parameter.name}="
                f"{_shown(override.text)} {error}; it is {parameter.kind}{meaning}."
            )


def _unknown(override: Override, declared: Mapping[str, Mapping[str, Parameter]]) -> str:
    """Say that nothing has this parameter, with the nearest names."""
    if override.notebook and override.notebook not in declared:
        near = difflib.get_close_matches(override.notebook, declared, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(declared)}."
        return f"{override.origin}: no notebook {_shown(override.notebook)} in this run; {hint}"
    known = sorted(
        {
            name
            for notebook, own in declared.items()
            for name in own
            if override.notebook in ("", notebook) and name not in _GIVEN_OTHERWISE
        }
    )
    near = difflib.get_close_matches(override.name, known, n=1)
    listed = ", ".join(known) or "none"
    hint = f"did you mean {near[0]!r}?" if near else f"known are: {listed}."
    return f"{override.origin}: unknown parameter {_shown(override.label)}; {hint}"

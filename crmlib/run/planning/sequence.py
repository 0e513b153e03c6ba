"""The order of notebooks, which follows from what each reads and writes."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from crmlib.errors import ParameterError
from crmlib.run.planning.notebooks import EARLIER, Notebook

__all__ = ["levels", "select", "sequence"]


def sequence(notebooks: Mapping[str, Notebook], *, tables: Collection[str]) -> list[str]:
    """Order notebooks so that each stands behind those whose tables it reads.

    Parameters
    ----------
    notebooks
        The notebooks by name.
    tables
        Names of the tables of the database.

    Raises
    ------
    ParameterError
        If somebody reads an unknown table or notebook, or notebooks wait for each other.
    """
    problems = [
        problem
        for notebook in notebooks.values()
        for name in notebook.reads
        if (problem := _unreadable(notebook, name, notebooks, tables))
    ]
    if problems:
        raise ParameterError("\n".join(problems))
    return [name for level in levels(notebooks) for name in level]


def levels(notebooks: Mapping[str, Notebook]) -> list[list[str]]:
    """Group notebooks by how many others must have run before, name order within a group.

    Raises
    ------
    ParameterError
        If notebooks wait for each other; the message shows the circle.
    """
    sorter = TopologicalSorter({name: one.notebooks_read for name, one in notebooks.items()})
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise ParameterError(
            f"Notebooks wait for each other: {circle} (each reads a table of the next). "
            "Move the shared computation into one of them or into crmlib."
        ) from error
    grouped = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        grouped.append(ready)
        sorter.done(*ready)
    return grouped


def select(notebooks: Mapping[str, Notebook], wanted: Sequence[str]) -> dict[str, Notebook]:
    """Keep the wanted notebooks and all they read, or everything if none is named.

    Raises
    ------
    ParameterError
        If a wanted notebook does not exist.
    """
    problems = []
    for name in wanted:
        if name not in notebooks:
            near = difflib.get_close_matches(name, notebooks, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(notebooks)}."
            problems.append(f"There is no notebook {name!r}; {hint}")
    if problems:
        raise ParameterError("\n".join(problems))
    kept: set[str] = set()
    waiting = list(wanted) or list(notebooks)
    while waiting:
        name = waiting.pop()
        if name in notebooks and name not in kept:
            kept.add(name)
            waiting.extend(notebooks[name].notebooks_read)
    return {name: one for name, one in notebooks.items() if name in kept}


def _unreadable(
    reader: Notebook, name: str, notebooks: Mapping[str, Notebook], tables: Collection[str]
) -> str | None:
    """Say why a declared table cannot exist, or return `None`."""
    if name.startswith(EARLIER):
        owner, _, what = name.removeprefix(EARLIER).partition("/")
        written = notebooks[owner].writes if owner in notebooks else ()
        if {f"tables/{what}", f"models/{what}"} & set(written):
            return None
        return f"{reader.name} reads `{name}`, but no notebook `{owner}` declares to write it."
    if "/" not in name:
        if name in tables:
            return None
        known, what = sorted(tables), f"no table `{name}` in the database"
    else:
        owner, _, table = name.partition("/")
        if owner in notebooks and f"tables/{table}" in notebooks[owner].writes:
            return None
        known = [
            f"{other.name}/{written.removeprefix('tables/')}"
            for other in notebooks.values()
            for written in other.writes
            if written.startswith("tables/")
        ]
        what = f"no notebook `{owner}`"
        if owner in notebooks:
            what = f"notebook `{owner}` does not declare that it writes table `{table}`"
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"{reader.name} reads `{name}`, but there is {what}.{hint}".replace(
        "there is notebook", "notebook"
    )

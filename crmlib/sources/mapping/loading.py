"""A mapping file read strictly, and everything that is wrong with it said at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydantic

from crmlib.errors import ParameterError
from crmlib.schema import TABLES, Table
from crmlib.settings import read_yaml
from crmlib.sources.base import RESERVED
from crmlib.sources.mapping import model
from crmlib.sources.mapping.model import ColumnSpec, CsvForm, Mapping, Part
from crmlib.sources.quoting import nearest, shown
from crmlib.sources.value_forms import is_utc

__all__ = ["load_mapping", "mapping_from"]

_MODELS = (model.Mapping, model.Part, model.Join, model.Unpivot, model.SetAside, model.ColumnSpec,
           model.CsvForm)  # fmt: skip

_PLACE = {"read", "sheet", "header_row", "table", "query", "rows"}

_NUMBERS = ("integer", "number", "amount")
_KINDS = {
    "format": ("instant", "day"),
    "time_zone": ("instant",),
    "decimal": _NUMBERS,
    "thousands": _NUMBERS,
    "factor": _NUMBERS,
    "product": _NUMBERS,
    "id_from_float": ("id",),
    "row_id": ("id",),
    "number_within": ("integer",),
}
"""Kinds of our columns that an option fits."""


def load_mapping(file: Path) -> Mapping:
    """Read a mapping file; every value is text as written, so that `NO` and `007` stay.

    Raises
    ------
    ParameterError
        If it is not readable or names something unknown; the message lists everything.
    """
    return mapping_from(read_yaml(file, as_text=True), file=file)


def mapping_from(values: Any, *, file: Path) -> Mapping:
    """Check the content of a mapping file against the fields and against our tables.

    Raises
    ------
    ParameterError
        If anything is wrong; the message lists everything.
    """
    if not isinstance(values, dict):
        raise ParameterError(f"{file} is not a mapping: it must begin with lines such as title: …")
    try:
        mapping = Mapping.model_validate(values)
    except pydantic.ValidationError as error:
        problems = list(dict.fromkeys(_explain(problem) for problem in error.errors()))
    else:
        problems = [
            f"tables.{name}{'' if len(parts) == 1 else f'.{number}'}: {problem}"
            for name, parts in mapping.tables.items()
            for number, part in enumerate(parts)
            for problem in (*_against_schema(name, part), *_one_sign_twice(part, mapping.csv))
        ]
        problems += _shared_prefixes(mapping)
        if not problems:
            return mapping
    listed = "\n".join(f"- {problem}" for problem in problems)
    raise ParameterError(
        f"{file} is not a mapping that can be used, for {len(problems)} reason(s). "
        f"Correct it, see docs/mappings.md.\n{listed}"
    )


def _explain(problem: Any) -> str:
    """Turn one pydantic problem into a sentence with the nearest known name."""
    place = [str(part) for part in problem["loc"]]
    if problem["type"] == "extra_forbidden":
        known = {field.alias or name for one in _MODELS for name, field in one.model_fields.items()}
        return f"{'.'.join(place[:-1]) or 'the file'}: unknown field {shown(place[-1])}" + (
            nearest(place[-1], known) or "."
        )
    name = ".".join(place) or "the file"
    if problem["type"] == "missing":
        return f"{name} is missing"
    message = problem["msg"].removeprefix("Value error, ")
    if name == "database":  # an address holds a password, which no message may show
        return f"{name} must be the name of an environment variable, not the address itself"
    if isinstance(problem["input"], dict | list | tuple):
        return f"{name}: {message}"
    return f"{name} = {shown(problem['input'])}: {message}"


def _against_schema(name: str, part: Part) -> Iterator[str]:
    """Compare the columns of one part with those of our table."""
    if name not in TABLES:
        yield f"there is no table {shown(name)}{nearest(name, TABLES) or '.'}"
        return
    table = TABLES[name].for_columns(part.columns)
    missing = [one for one in table.required if one not in part.columns]
    if name == "transactions" and "customer_id" not in part.columns:
        missing.append("customer_id")
    for one in missing:
        yield f"the column {one} is missing: {table[one].meaning}"
    folded = [one.casefold() for one in part.columns]
    for one, spec in part.columns.items():
        if folded.count(one.casefold()) > 1 or one.casefold().startswith(RESERVED):
            yield f"columns.{one}: the name is reserved, or given twice but for capitals"
        elif one not in table.names and not table.open_ended:
            yield f"{name} has no column {shown(one)}{nearest(one, table.names) or '.'}"
        else:
            yield from _against_column(table, one, spec, part)


def _against_column(table: Table, one: str, spec: ColumnSpec, part: Part) -> Iterator[str]:
    """Compare the options of one column with its kind; attributes may have any."""
    if one in table.names:
        kind = table[one].kind
        for option in spec.given(*_KINDS):
            if kind not in _KINDS[option]:
                yield f"columns.{one}: {option} does not fit a column of kind {kind}"
        for form in filter(is_utc, spec.format if kind == "day" else ()):
            yield (
                f"columns.{one}: {shown(form)} is a moment in UTC, whose day is another one "
                'in other zones; if the day in UTC is meant, take it with pattern: "(.{10}).*"'
            )
    for other in spec.number_within or ():
        if other not in part.columns or part.columns[other].number_within:
            yield f"columns.{one}: number_within names {shown(other)}, which is not mapped"


def _one_sign_twice(part: Part, common: CsvForm) -> Iterator[str]:
    """Refuse columns whose decimals are the thousands of their file, or the other way round."""
    form = part.csv or common
    for one, spec in part.columns.items():
        decimal = spec.decimal or form.decimal
        thousands = spec.thousands if spec.thousands is not None else form.thousands
        if decimal is not None and decimal == thousands:
            yield (
                f"columns.{one}: {shown(decimal)} is both decimal and thousands, one of the column "
                "and one of csv; state both for the column"
            )


def _shared_prefixes(mapping: Mapping) -> Iterator[str]:
    """Refuse row ids that two places, or two prefixes such as R and R1, would give alike."""
    places: dict[str, str] = {}
    for name, parts in mapping.tables.items():
        for part in parts:
            place = part.model_dump_json(include=_PLACE)
            for column, spec in part.columns.items():
                if spec.row_id is None:
                    continue
                for known, other in places.items():
                    if _collide(known, spec.row_id) and (known, other) != (spec.row_id, place):
                        yield (
                            f"tables.{name}.columns.{column}: row_id {shown(spec.row_id)} gives "
                            f"ids that row_id {shown(known)} gives to rows of another kind or "
                            "place; use prefixes that differ in more than digits at their end"
                        )
                        break
                places.setdefault(spec.row_id, place)


def _collide(one: str, other: str) -> bool:
    """Say that two prefixes, each followed by a number, can give the same id.

    Examples
    --------
    >>> _collide("R", "R1"), _collide("R", "R"), _collide("R", "R-"), _collide("R1", "R2")
    (True, True, False, False)
    """
    short, long = sorted((one, other), key=len)
    rest = long.removeprefix(short)
    return long.startswith(short) and (not rest or (rest.isdecimal() and rest[0] != "0"))

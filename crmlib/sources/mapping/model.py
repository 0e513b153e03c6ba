"""The fields of a mapping file, typed and checked before anything is read."""

from __future__ import annotations

import codecs
import re
import zoneinfo
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

import pyarrow as pa
import pyarrow.compute as pc
import pydantic

from crmlib.sources.value_forms import format_problem

__all__ = [
    "ColumnSpec",
    "Condition",
    "CsvForm",
    "Join",
    "Mapping",
    "Part",
    "Reading",
    "SetAside",
    "Unpivot",
]


_FACTOR_BELOW = 1_000_000
_FACTOR_DECIMALS = 8


def _as_list(value: Any) -> Any:
    """Take one thing for a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def _zone(value: str | None) -> str | None:
    if value is not None and value not in zoneinfo.available_timezones():
        raise ValueError(f"{value!r} is not a time zone such as Europe/Berlin")
    return value


def _encoding(value: str | None) -> str | None:
    try:
        return value and codecs.lookup(value).name
    except LookupError as error:
        raise ValueError(f"{value!r} is not an encoding such as cp1252 or utf-16") from error


def _date_formats(values: tuple[str, ...]) -> tuple[str, ...]:
    problems = [problem for problem in map(format_problem, values) if problem]
    if problems:
        raise ValueError("; ".join(problems))
    return values


def _pattern(value: str | None) -> str | None:
    """Refuse what the engine, whose expressions are those of pyarrow, cannot read."""
    if value is not None:
        try:
            pc.match_substring_regex("", value)
            re.compile(value)  # by which the groups are counted
        except (pa.ArrowInvalid, re.error) as error:
            raise ValueError(f"{value!r} is not a regular expression: {error}") from error
    return value


def _factor(value: Decimal | None) -> Decimal | None:
    """Refuse what the exact multiplication in SQL would round or cannot hold."""
    if value is not None:
        if not value.is_finite() or not value or abs(value) >= _FACTOR_BELOW:
            raise ValueError(f"a factor is a number other than 0, below {_FACTOR_BELOW:,}")
        if value != round(value, _FACTOR_DECIMALS):
            raise ValueError(f"a factor has {_FACTOR_DECIMALS} decimals at most; more are rounded")
    return value


Texts = Annotated[tuple[str, ...], pydantic.BeforeValidator(_as_list)]
Name = Annotated[str, pydantic.Field(min_length=1)]
Names = Annotated[tuple[Name, ...], pydantic.BeforeValidator(_as_list)]
Zone = Annotated[str | None, pydantic.AfterValidator(_zone)]
Pattern = Annotated[str | None, pydantic.AfterValidator(_pattern)]
Decimals = Literal[".", ","]
Thousands = Literal["", ".", ",", " ", "'"]


class _Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    def given(self, *names: str) -> list[str]:
        """Return those of some fields that the mapping gives."""
        return [name for name in names if name in self.model_fields_set]


class CsvForm(_Model):
    """How a text file is written; what is not stated is proved from the whole file.

    Parameters
    ----------
    header
        Names of the columns of a file without a header line.
    has_open_end
        The last line has no line end, and is known to be complete nevertheless.
    """

    delimiter: str | None = pydantic.Field(default=None, pattern=r"^[\t -~]$")
    quote: str = pydantic.Field(default='"', max_length=1)
    encoding: Annotated[str | None, pydantic.AfterValidator(_encoding)] = None
    decimal: Decimals | None = None
    thousands: Thousands | None = None
    header: tuple[str, ...] = ()
    has_open_end: bool = False

    @pydantic.field_validator("delimiter", mode="before")
    @classmethod
    def _tabulator(cls, value: Any) -> Any:
        return "\t" if value in ("tab", "\\t") else value

    @pydantic.model_validator(mode="after")
    def _two_signs(self) -> Self:
        if self.decimal is not None and self.decimal == self.thousands:
            raise ValueError("decimal and thousands must differ")
        return self


class Condition(_Model):
    """Something that is true or false for a row of the source."""

    column: Name
    values: Texts | None = None
    not_values: Texts | None = None
    pattern: Pattern = None
    filled: bool | None = None

    @pydantic.model_validator(mode="after")
    def _one_condition(self) -> Self:
        if len(self.given("values", "not_values", "pattern", "filled")) != 1:
            raise ValueError("state exactly one of values, not_values, pattern, filled")
        return self


class SetAside(Condition):
    """Rows that do not belong into the table, with the reason."""

    because: str = pydantic.Field(min_length=1)


class Unpivot(_Model):
    """Several columns of one row that become several rows.

    Parameters
    ----------
    columns
        Name of each column, and what stands for it in the column `name`.
    name, value
        Names of the two new columns.
    """

    columns: dict[str, str] = pydantic.Field(min_length=1)
    name: str
    value: str

    @pydantic.field_validator("columns", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {one: one for one in _as_list(value)}


class Reading(_Model):
    """Where rows stand: files, a database table or query, or the mapping itself.

    Parameters
    ----------
    read
        File name, pattern such as `day-*.csv`, or folder.
    sheet, header_row
        Of an Excel workbook.
    table, query
        Of the database whose address the environment variable named in `database` holds.
    rows
        Rows written in the mapping itself.
    """

    read: str | None = pydantic.Field(default=None, min_length=1)
    csv: CsvForm | None = None
    sheet: str | None = None
    header_row: int | None = pydantic.Field(default=None, ge=1)
    table: str | None = None
    query: str | None = None
    rows: tuple[dict[str, str], ...] = ()

    @pydantic.model_validator(mode="after")
    def _one_place(self) -> Self:
        if len(self.given("read", "table", "query", "rows")) != 1:
            raise ValueError("state exactly one of read, table, query, rows")
        if self.read is None and self.given("csv", "sheet", "header_row"):
            raise ValueError("csv, sheet and header_row belong to read")
        return self


class Join(Reading):
    """Columns of another file, added where its key is that of the row.

    Parameters
    ----------
    on
        Column of the rows, and the column of the other file that holds the same ids.
    prefix
        Written before the names of the columns that are added.
    id_from_float
        Ids stored as floating-point numbers are compared by their value: 17850.0 is 17850.
    """

    on: dict[str, str] = pydantic.Field(min_length=1)
    prefix: str = ""
    id_from_float: bool = False

    @pydantic.field_validator("on", mode="before")
    @classmethod
    def _same_name(cls, value: Any) -> Any:
        return value if isinstance(value, dict) else {one: one for one in _as_list(value)}


_MAKERS = ("source", "constant", "product", "row_id", "number_within")
_ON_SOURCE = ("join", "empty", "strip", "pattern", "values", "other", "format", "time_zone",
              "decimal", "thousands", "factor", "id_from_float")  # fmt: skip


class ColumnSpec(_Model):
    """How one of our columns is made.

    Exactly one of `from`, `constant`, `product`, `row_id` and `number_within` says what from.

    Parameters
    ----------
    source
        `from`: one column of the source, or several that are joined by `join`; the result is
        empty where one of them is.
    product
        Two numbers that are multiplied exactly.
    row_id
        Begin of an id made from the number of the row in the source.
    number_within
        Number of the row among those that are alike in these columns of ours.
    equal_rows
        `keep`: rows that are equal in every column of the source are different events. `drop`: they
        are one, and have the same number.
    empty
        Texts that stand for nothing.
    if_empty
        What stands where the source holds nothing.
    strip
        Texts left out, such as a currency sign.
    pattern
        Regular expression for the whole text; its group is the value, anything else is empty.
    values, other
        What stands for which text, and what becomes of other texts: `error` refuses the source.
    format
        One date format, or several of which a value must read in one way only.
    factor
        What a number is multiplied with: 0.01 turns cents into units.
    id_from_float
        Ids such as "17850.0" become "17850"; other decimals are refused.
    """

    source: Names | None = pydantic.Field(default=None, alias="from", min_length=1)
    join: str = ""
    constant: str | None = None
    product: tuple[Name, Name] | None = None
    row_id: str | None = None
    number_within: Names | None = None
    equal_rows: Literal["drop", "keep"] | None = None
    empty: Texts = ()
    if_empty: str | None = None
    strip: Texts = ()
    pattern: Pattern = None
    values: dict[str, str] = {}
    other: Literal["error", "keep", "empty"] = "error"
    format: Annotated[Texts, pydantic.AfterValidator(_date_formats)] = ()
    time_zone: Zone = None
    decimal: Decimals | None = None
    thousands: Thousands | None = None
    factor: Annotated[Decimal | None, pydantic.AfterValidator(_factor)] = None
    id_from_float: bool = False

    @pydantic.model_validator(mode="before")
    @classmethod
    def _plain_name(cls, value: Any) -> Any:
        return {"from": value} if isinstance(value, str) else value

    @pydantic.model_validator(mode="after")
    def _fits_together(self) -> Self:
        if len(self.given(*_MAKERS)) != 1:
            names = ", ".join(name if name != "source" else "from" for name in _MAKERS)
            raise ValueError(f"state exactly one of {names}")
        allowed = {"product": ("decimal", "thousands", "strip", "empty")}
        maker = self.given(*_MAKERS)[0]
        wrong = set(self.given(*_ON_SOURCE)) - set(allowed.get(maker, ()))
        if maker != "source" and wrong:
            raise ValueError(f"{', '.join(sorted(wrong))} cannot stand beside {maker}")
        if (self.number_within is None) != (self.equal_rows is None):
            raise ValueError("number_within and equal_rows (drop or keep) belong together")
        if self.pattern is not None and re.compile(self.pattern).groups != 1:
            raise ValueError("the pattern needs one group, such as C(\\d+)")
        if "other" in self.model_fields_set and not self.values:
            raise ValueError("other belongs to values")
        if self.decimal is not None and self.decimal == self.thousands:
            raise ValueError("decimal and thousands must differ")
        return self


class Part(Reading):
    """Rows of one of our tables, read from one place.

    Parameters
    ----------
    join
        Further files with columns of the same things.
    where
        Rows that belong to this table; all conditions must hold.
    set_aside
        Rows that are counted and kept as set aside, each with its reason.
    distinct
        Every combination of our columns once.
    columns
        Our columns, in terms of columns of the source.
    """

    join: Annotated[tuple[Join, ...], pydantic.BeforeValidator(_as_list)] = ()
    unpivot: Unpivot | None = None
    where: Annotated[tuple[Condition, ...], pydantic.BeforeValidator(_as_list)] = ()
    set_aside: Annotated[tuple[SetAside, ...], pydantic.BeforeValidator(_as_list)] = ()
    distinct: bool = False
    columns: dict[str, ColumnSpec] = pydantic.Field(min_length=1)


class Mapping(_Model):
    """A whole mapping file: what is known about the source, and our tables.

    Parameters
    ----------
    time_zone
        Zone of moments without an offset, by default that of the settings.
    currency
        Currency of all amounts, unless a column `currency` says it line by line.
    folder
        Where the files lie, relative to the mapping.
    database
        Name of the environment variable that holds the address of a SQL database.
    csv
        Form of text files whose part does not state its own.
    """

    title: str | None = None
    provider: str = ""
    terms: str = ""
    is_simulated: bool = False
    caveats: Texts = ()
    wording: str = ""
    time_zone: Zone = None
    currency: str | None = pydantic.Field(default=None, pattern="^[A-Z]{3}$")
    folder: str | None = None
    database: str | None = pydantic.Field(default=None, pattern="^[A-Za-z_][A-Za-z0-9_]*$")
    csv: CsvForm = CsvForm()
    tables: dict[
        str,
        Annotated[
            tuple[Part, ...], pydantic.BeforeValidator(_as_list), pydantic.Field(min_length=1)
        ],
    ] = pydantic.Field(min_length=1)

    @pydantic.model_validator(mode="after")
    def _has_database(self) -> Self:
        readings = [part for parts in self.tables.values() for part in parts]
        if not self.database and any(part.given("table", "query") for part in readings):
            raise ValueError("table and query need `database: NAME_OF_ENVIRONMENT_VARIABLE`")
        return self

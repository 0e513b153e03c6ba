"""Columns and tables: kinds, keys, references, and integer companions of days and money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from crmlib.errors import SchemaError

__all__ = [
    "LARGEST",
    "NEVER",
    "UNITS",
    "Column",
    "Kind",
    "OrphanAction",
    "RowRule",
    "Table",
    "companion",
    "require_columns",
]

Kind = Literal["id", "text", "instant", "day", "integer", "number", "amount", "flag"]
"""`id` and `text` are kept to the letter; `instant` is a moment with a zone, `day` a local calendar
day, `amount` money in the account currency, `flag` true or false."""

LARGEST: dict[Kind, float] = {"amount": 1e12, "number": 1e9}
"""Greatest absolute value a column of a kind may hold, unless the column says otherwise.

No shop sells for a billion in one line; beyond these bounds a value is a broken export, a
stand-in or a shifted column, sums lose cents, and cents overflow.
"""

UNITS: dict[Kind, str] = {
    "instant": "moment in UTC",
    "day": "local day",
    "amount": "account currency",
    "flag": "true or false",
}
"""Unit of a kind, where the column does not say another."""

NEVER = "never"
"""Stands in `Column.known_on` for an outcome without a day."""

OrphanAction = Literal["keep", "quarantine"]


@dataclass(frozen=True)
class Column:
    """One column of a table of the central customer database.

    Parameters
    ----------
    name
        The field's term; the suffix is the unit.
    kind
        See `Kind`.
    meaning
        One phrase for the data model page.
    required
        The column must be there and filled in every row.
    must_exist
        The column must be there, though it may be empty: renamed, it would change what rows mean.
    minimum, maximum
        Closed range of a number or amount.
    largest
        Greatest absolute value; by default that of the kind in `LARGEST`.
    values
        The only texts allowed, where the list is closed.
    reference
        `table.column` this id points to; checked where that table is present.
    orphan
        What happens to a row whose reference does not exist: `keep` it and count it (sales are
        real whatever the master data say) or `quarantine` it.
    unit
        What a value counts; by default that of the kind in `UNITS`.
    counted
        Values that are unusual and true, as comparison and words: the rows are used and the
        report says how many there are.
    known_on
        The day or instant column on which this value became known, where that is later than the
        row; `never` for an outcome without a day, which no cut at a day may show.
    example
        A value for example files.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    largest: float | None = None
    values: tuple[str, ...] = ()
    reference: str = ""
    orphan: OrphanAction = "quarantine"
    unit: str = ""
    counted: tuple[tuple[str, str], ...] = ()
    known_on: str = ""
    example: str = ""
    must_exist: bool = False

    @property
    def measured_in(self) -> str:
        """Unit of the column, its own or that of its kind; empty where there is none.

        Examples
        --------
        >>> Column("net_amount", "amount", "amount paid").measured_in
        'account currency'
        """
        return self.unit or UNITS.get(self.kind, "")

    @property
    def bound(self) -> float | None:
        """Greatest absolute value that is believed, of the column or else of its kind.

        Examples
        --------
        >>> Column("quantity", "number", "units sold").bound
        1000000000.0
        """
        return LARGEST.get(self.kind) if self.largest is None else self.largest


@dataclass(frozen=True)
class RowRule:
    """A rule about several columns of one row; it is checked where all of them are present.

    Parameters
    ----------
    columns
        Names of the columns it looks at; the first one is named in messages.
    broken_if
        Condition over these columns that is true for a row that breaks the rule; comparisons,
        `and`, `or`, `is null` only, so that every engine reads it alike.
    says
        What is wrong with such a row, for a reader.
    is_counted
        The row is unusual and true: used and counted. Otherwise it is quarantined.
    """

    columns: tuple[str, ...]
    broken_if: str
    says: str
    is_counted: bool = False


@dataclass(frozen=True)
class Table:
    """One table: its grain, key and columns, and what a reader learns from it.

    Parameters
    ----------
    grain
        What one row is.
    teaches
        What a report shows with this table and cannot show without it.
    key
        Columns whose values together name a row.
    open_ended
        Further columns of a source are kept as text attributes.
    known_on
        The day or instant column on which a row became known; empty where rows have no such day.
        A row in which it is empty has always been known.
    known_after_days
        Days after `known_on` at which the row is complete, such as the end of a week.
    rules
        Rules about several columns of one row.
    any_of
        Columns of which at least one must be filled.
    is_large
        The table may hold many millions of rows; rules about the spelling of ids look at the
        tables it refers to instead.
    families
        Columns of which a source may bring several; the name ends with `*`.
    """

    name: str
    grain: str
    teaches: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    open_ended: bool = False
    known_on: str = ""
    known_after_days: int = 0
    rules: tuple[RowRule, ...] = ()
    any_of: tuple[str, ...] = ()
    is_large: bool = False
    families: tuple[Column, ...] = ()

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(f"Table {self.name} has no column {name!r}; it has {list(self.names)}.")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which the table is refused."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def known_column(self) -> str:
        """Name of the integer day on which a row became known, or nothing.

        Examples
        --------
        >>> opened = Column("opened_at", "instant", "moment")
        >>> Table("complaints", "", "", (), (opened,), known_on="opened_at").known_column
        'opened_day'
        """
        return companion(self[self.known_on]) or "" if self.known_on else ""

    def for_columns(self, present: Iterable[str]) -> Table:
        """Return the table with every member of its column families that a source brings.

        Examples
        --------
        >>> consent = Column("consent_*", "flag", "may be contacted")
        >>> table = Table("customers", "", "", (), (), families=(consent,))
        >>> table.for_columns(["consent_email", "age"]).names
        ('consent_email',)
        """
        found = tuple(
            replace(family, name=name)
            for family in self.families
            for name in sorted(present)
            if name.startswith(family.name.removesuffix("*")) and name not in self.names
        )
        return replace(self, columns=self.columns + found) if found else self


def companion(column: Column) -> str | None:
    """Name the integer column kept beside a day, an instant or an amount.

    Days are counted from 1970-01-01 in the configured zone, money in cents; all arithmetic uses
    these, because engines disagree on dates and floats.

    Examples
    --------
    >>> companion(Column("occurred_at", "instant", "moment"))
    'occurred_day'
    >>> [companion(Column(name, "amount", "")) for name in ("net_amount", "unit_cost")]
    ['net_cents', 'unit_cost_cents']
    """
    if column.kind in ("instant", "day"):
        stem = column.name
        for ending in ("_at", "_on", "_date"):
            stem = stem.removesuffix(ending)
        return "day_number" if stem == "day" else f"{stem}_day"
    if column.kind == "amount":
        return f"{column.name.removesuffix('_amount')}_cents"
    return None


def require_columns(
    columns: Iterable[str], names: Iterable[str], *, what: str = "The frame"
) -> None:
    """Raise `SchemaError` if one of `names` is not among `columns` (a pandas frame will do).

    Examples
    --------
    >>> import pandas as pd
    >>> require_columns(pd.DataFrame({"customer_id": []}), ["customer_id"])
    """
    present = list(columns)
    missing = [name for name in names if name not in present]
    if missing:
        raise SchemaError(
            f"{what} lacks the column(s) {missing}; it has {present}. "
            "Select or rename the columns before the call."
        )

"""What intake found, typed, storable, and as frames for the data quality notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydantic

from crmlib.database.rules import Action, RuleKind
from crmlib.sources.base import Problem
from crmlib.sources.quoting import shown

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "FORMAT_VERSION",
    "Delivery",
    "Finding",
    "IntakeReport",
    "Note",
    "TableReport",
    "Totals",
]

FORMAT_VERSION = 3
"""Changes when an older snapshot can no longer be read."""


class _Stored(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")


class Finding(_Stored):
    """One rule that at least one row breaks.

    `n_rows` counts every row that breaks it, also where an earlier rule set the row aside.
    `examples` are the smallest values found, so that the order of the rows does not count.
    """

    table: str
    column: str
    kind: RuleKind
    action: Action
    n_rows: int
    says: str
    advice: str
    examples: tuple[str | None, ...] = ()

    def as_problem(self, file: str, *, example_places: tuple[str, ...]) -> Problem:
        """Word the finding for a message; values are made short and printable.

        Parameters
        ----------
        example_places
            Where each example stands in the source.
        """
        words = tuple(
            f"{place}: {shown(value)}"
            for place, value in zip(example_places, self.examples, strict=True)
        )
        is_about_row = self.kind in ("key", "mapping")
        says = f"a row {self.says}" if is_about_row else f"the value {self.says}"
        return Problem(file, says, self.advice, self.column, self.n_rows, words)


class TableReport(_Stored):
    """One table: where it is from, what it holds and what became of its rows.

    `rows_excluded` are those of the quarantined rows that a mapping sets aside on purpose.
    Where deliveries were merged the counts are those of all of them, and `source_file` is that of
    the last one. `rows_replaced` counts rows that gave way to a correction, `rows_unchanged` rows
    that were delivered again as they were.
    """

    name: str
    source_file: str
    file: str
    rows_in: int
    rows_used: int
    rows_quarantined: int
    rows_deduplicated: int
    n_bytes: int
    sha256: str
    rows_excluded: int = 0
    rows_replaced: int = 0
    rows_unchanged: int = 0
    quarantine_sha256: str | None = None
    columns: dict[str, str]
    is_derived: bool = False

    @property
    def reconciles(self) -> bool:
        """Whether rows in = used + quarantined + deduplicated."""
        parts = self.rows_used + self.rows_quarantined + self.rows_deduplicated
        return self.rows_in == parts

    @property
    def rows_stored(self) -> int:
        """Rows the table holds."""
        return self.rows_used - self.rows_replaced - self.rows_unchanged


class Delivery(_Stored):
    """What one intake brought.

    `rows` counts the rows used of each table; `first_day` and `last_day` are those of its order
    lines, ISO, and `n_days` counts the days with an order line. `n_refused` counts rows set aside
    in all tables, but for those a mapping excludes.
    """

    source: str
    fingerprint: str
    first_day: str | None
    last_day: str | None
    rows: dict[str, int]
    n_days: int = 0
    n_refused: int = 0


class Totals(_Stored):
    """What the order lines add up to."""

    n_customers: int
    n_orders: int
    net_cents: int


class Note(_Stored):
    """Origin, terms and caveats of the source, as stored."""

    title: str
    provider: str
    terms: str
    is_simulated: bool
    caveats: tuple[str, ...]
    wording: str


class IntakeReport(_Stored):
    """Everything intake found out; equal data give an equal report.

    `first_day` and `last_day` are the local days of the first and last order line, ISO.
    `deliveries` lists what the snapshot was made of, the last one last; `totals_in` and
    `totals_used` are those of the last one. `overrides` are rules that somebody set aside, with
    the reason.
    """

    format_version: int = FORMAT_VERSION
    source: str
    note: Note
    fingerprint: str
    time_zone: str
    currency: str
    first_day: str | None
    last_day: str | None
    tables: tuple[TableReport, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    totals_in: Totals
    totals_used: Totals
    deliveries: tuple[Delivery, ...] = ()
    overrides: tuple[str, ...] = ()

    def tables_frame(self) -> pd.DataFrame:
        """Return one row per table, indexed by `table`, with its counts of rows."""
        import pandas as pd  # half a second that intake does not need

        names = ["rows_in", "rows_used", "rows_quarantined", "rows_excluded", "rows_deduplicated"]
        names.append("reconciles")
        rows = [[getattr(table, name) for name in names] for table in self.tables]
        index = pd.Index([table.name for table in self.tables], name="table")
        return pd.DataFrame(rows, columns=names, index=index)

    def findings_frame(self) -> pd.DataFrame:
        """Return one row per rule that was broken, by table in the order of the rules."""
        import pandas as pd

        names = ["table", "column", "rule", "action", "n_rows", "examples", "meaning"]
        rows = [
            [
                finding.table,
                finding.column,
                finding.kind,
                finding.action,
                finding.n_rows,
                "; ".join(shown(value) for value in finding.examples if value is not None),
                finding.says,
            ]
            for finding in self.findings
        ]
        return pd.DataFrame(rows, columns=names).astype({"n_rows": "int64"})

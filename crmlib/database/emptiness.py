"""A table that the source did not bring: all columns, no row."""

from __future__ import annotations

from crmlib.schema.columns import Kind, Table, companion

__all__ = ["empty_query"]

_TYPES: dict[Kind, str] = {
    "id": "string",
    "text": "string",
    "instant": "timestamp",
    "day": "date",
    "integer": "bigint",
    "number": "double",
    "amount": "double",
    "flag": "boolean",
}


def empty_query(table: Table) -> str:
    """Write the query of a table without a row, in words that every engine knows.

    Parameters
    ----------
    table
        Its columns come with the types and the companions that a snapshot stores.

    Examples
    --------
    >>> from crmlib.schema import TABLES
    >>> empty_query(TABLES["referrals"]).split(", ")[0]
    'select cast(null as string) as referrer_id'
    """
    columns = [(column.name, _TYPES[column.kind]) for column in table.columns]
    columns += [(name, "bigint") for column in table.columns if (name := companion(column))]
    shown = ", ".join(f"cast(null as {type_}) as {name}" for name, type_ in columns)
    return f"select {shown} where 1 = 0"

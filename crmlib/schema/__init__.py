"""The central customer database in one place: tables, columns, kinds, keys, references."""

from crmlib.schema.columns import LARGEST, Column, Kind, Table, companion, require_columns
from crmlib.schema.tables import PLANNED, TABLES, TRANSACTIONS

__all__ = [
    "LARGEST",
    "PLANNED",
    "TABLES",
    "TRANSACTIONS",
    "Column",
    "Kind",
    "Table",
    "companion",
    "require_columns",
]

"""The central customer database in one place: tables, columns, kinds, keys, references."""

from crmlib.schema.columns import (
    LARGEST,
    NEVER,
    Column,
    Kind,
    RowRule,
    Table,
    companion,
    require_columns,
)
from crmlib.schema.sales import TRANSACTIONS
from crmlib.schema.tables import TABLES, intake_order

__all__ = [
    "LARGEST",
    "NEVER",
    "TABLES",
    "TRANSACTIONS",
    "Column",
    "Kind",
    "RowRule",
    "Table",
    "companion",
    "intake_order",
    "require_columns",
]

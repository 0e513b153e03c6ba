"""The central customer database in one place: tables, columns, kinds, keys, references."""

from crmlib.schema.columns import (
    LARGEST,
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

"""Short ways to write the columns that most tables have."""

from __future__ import annotations

from typing import Any

from crmlib.schema.columns import Column, Kind

__all__ = ["CAMPAIGN", "CUSTOMER", "PRODUCT", "identity", "needed"]

CUSTOMER = "customers.customer_id"
PRODUCT = "products.product_id"
CAMPAIGN = "campaigns.campaign_id"


def identity(name: str, meaning: str, **options: Any) -> Column:
    """Make an id column that may be empty."""
    return Column(name, "id", meaning, **options)


def needed(name: str, kind: Kind, meaning: str, **options: Any) -> Column:
    """Make a column without which the table is refused."""
    return Column(name, kind, meaning, required=True, **options)

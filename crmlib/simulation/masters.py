"""Ids, and the master data: customers and products."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from crmlib.simulation.arrow import days, flags, ids, money, numbers, table, texts
from crmlib.simulation.assortment import BANDS, BRANDS, COMPLEMENTS, N_PRODUCTS, UNLISTED
from crmlib.simulation.customers import INCOMES, Customers
from crmlib.simulation.market import CATEGORIES, KINDS, MANAGERS, REGIONS
from crmlib.simulation.outline import Outline

__all__ = ["customer_ids", "customers_table", "order_ids", "product_ids", "products_table"]

_POSTCODES = (10115, 80331, 50667, 1067, 25980, 82467)


def customer_ids(customers_or_numbers: np.ndarray, *, empty: np.ndarray | None = None) -> pa.Array:
    """Write the ids of customers from their numbers."""
    return ids("", customers_or_numbers + 1, width=8, empty=empty)


def product_ids(products: np.ndarray, *, empty: np.ndarray | None = None) -> pa.Array:
    """Write the ids of products from their numbers."""
    return ids("P", products + 1, width=4, empty=empty)


def order_ids(numbers_: np.ndarray, *, empty: np.ndarray | None = None) -> pa.Array:
    """Write the ids of orders from their numbers."""
    return ids("T", numbers_, width=11, empty=empty)


def customers_table(outline: Outline, customers: Customers) -> pa.Table:
    """Write who the customers are."""
    is_business = customers.kind > 0
    postcode = np.array(_POSTCODES)[customers.region] + customers.number % 40
    return table(
        "customers",
        {
            "customer_id": customer_ids(customers.number),
            "first_contact_date": days(outline.dates(customers.first_contact)),
            "birth_year": numbers(customers.birth_year, empty=is_business),
            "kind": texts(KINDS, customers.kind),
            "region": texts(REGIONS, customers.region),
            "postcode": ids("", postcode, width=5),
            "household_size": texts(
                ("1", "2", "3", "4", "5", "6"), customers.household - 1, empty=is_business
            ),
            "income_band": texts(INCOMES, customers.income, empty=is_business),
            "account_manager": texts(MANAGERS, customers.region),
            "consent_email": flags(customers.consent[:, 0]),
            "consent_post": flags(customers.consent[:, 1]),
            "consent_telephone": flags(customers.consent[:, 2]),
        },
    )


def products_table(outline: Outline) -> pa.Table:
    """Write the product master, without the products that are missing in it.

    Only the first planted pair is known to the master data.
    """
    product = np.setdiff1d(np.arange(N_PRODUCTS), UNLISTED)
    category = product // 12
    pair = COMPLEMENTS[0]
    has_partner = category == pair.second
    partner = pair.first * 12 + product % 12
    return table(
        "products",
        {
            "product_id": product_ids(product),
            "category": texts(CATEGORIES, category),
            "subcategory": texts(
                [f"{name} {level}" for name in CATEGORIES for level in BANDS], product // 4
            ),
            "brand": texts(BRANDS, outline.assortment.brand[product]),
            "unit_cost": money(outline.assortment.cost_cents[product]),
            "launched_on": days(outline.first_day - 100 - 7 * product),
            "complement_of": product_ids(partner, empty=~has_partner),
        },
    )

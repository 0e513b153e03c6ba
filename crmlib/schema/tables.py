"""The tables of the central customer database. Only `transactions` is required."""

from __future__ import annotations

from graphlib import TopologicalSorter

from crmlib.schema import measures, relations, sales
from crmlib.schema.columns import Table

__all__ = ["TABLES", "intake_order"]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        sales.TRANSACTIONS,
        sales.CUSTOMERS,
        sales.PRODUCTS,
        measures.OFFERS,
        measures.CAMPAIGNS,
        measures.ASSIGNMENTS,
        relations.CONTACTS,
        measures.CONVERSIONS,
        relations.VISITS,
        relations.VISIT_EVENTS,
        relations.PROSPECTS,
        relations.COMPLAINTS,
        relations.SURVEYS,
        relations.REFERRALS,
        relations.MEMBERSHIPS,
        relations.DEPARTURES,
        measures.SPEND,
        sales.RATES,
        sales.SALES_PLAN,
    )
}
"""Every table of the central customer database, by name."""


def intake_order() -> tuple[str, ...]:
    """Give the names of all tables, those that are referred to first.

    Exchange rates come before everything that holds money.

    Examples
    --------
    >>> order = intake_order()
    >>> order.index("campaigns") < order.index("assignments")
    True
    """
    graph: dict[str, list[str]] = {}
    for name, table in TABLES.items():
        others = {"rates", *(column.reference.split(".")[0] for column in table.columns)}
        graph[name] = sorted(others - {"", name}) if name != "rates" else []
    return tuple(TopologicalSorter(graph).static_order())

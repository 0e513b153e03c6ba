"""The sides from which sales are looked at: category, region, channel, account manager and more."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import narwhals as nw

from crmlib.features.snapshot import with_category

__all__ = ["NOT_KNOWN", "has_dimension", "named", "of_customers", "with_dimensions"]

NOT_KNOWN = "not known"
"""What stands where nobody knows it, so that all sales stand somewhere."""


def with_dimensions(
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    customers: nw.LazyFrame | None = None,
    *,
    by: Sequence[str],
) -> nw.LazyFrame:
    """Add to every order line the columns `by`, as text that is never missing.

    What the line says counts before what is known of its product (category) or its customer (all
    others, such as region, account manager, kind).

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    products, customers
        Master data, one row per `product_id` and `customer_id`.
    by
        Names of columns; one that nobody has is "not known" everywhere.

    Examples
    --------
    >>> import pandas as pd
    >>> from crmlib.features.collect import collect
    >>> lines = pd.DataFrame({"customer_id": ["a", "a"], "region": ["North", None]})
    >>> people = pd.DataFrame({"customer_id": ["a"], "region": ["South"], "kind": ["person"]})
    >>> lazy = [nw.from_native(one).lazy() for one in (lines, people)]
    >>> found = with_dimensions(lazy[0], None, lazy[1], by=["region", "kind", "channel"])
    >>> collect(found)[["region", "kind", "channel"]].values.tolist()
    [['North', 'person', 'not known'], ['South', 'person', 'not known']]
    """
    if not by:
        return lines
    if "category" in by:
        lines = with_category(lines, products)
    present = lines.collect_schema().names()
    known = customers.collect_schema().names() if customers is not None else []
    joined = {f"_{name}": nw.col(name) for name in by if name in known and name != "category"}
    if customers is not None and joined:
        people = customers.select(nw.col("customer_id").alias("_customer_id"), **joined)
        lines = lines.with_columns(_whom_to_ask(by, joined, present).alias("_who"))
        lines = lines.join(people, left_on="_who", right_on="_customer_id", how="left")
    sides = {}
    for name in by:
        sources = [one for one in (name, f"_{name}") if one in [*present, *joined]]
        said = [nw.col(one).cast(nw.String) for one in sources]
        sides[name] = nw.coalesce(*said, nw.lit(NOT_KNOWN)) if said else nw.lit(NOT_KNOWN)
    kept = [name for name in present if name not in by]
    return lines.with_columns(**sides).select(*kept, *by)


def _whom_to_ask(by: Sequence[str], joined: Collection[str], present: Collection[str]) -> nw.Expr:
    """Give the customer where what is known of him is wanted; a join without a key costs little."""
    asked = [name for name in by if f"_{name}" in joined]
    if not set(asked) <= set(present):
        return nw.col("customer_id")
    lacking = [nw.col(name).is_null() for name in asked]
    return nw.when(nw.any_horizontal(*lacking, ignore_nulls=False)).then(nw.col("customer_id"))


def of_customers(by: Sequence[str], lines: nw.LazyFrame) -> list[str]:
    """Name the columns of `by` that stand with customers alone: the same in all of their lines.

    These can be added after lines have been added up by customer, which spares a long join.

    Examples
    --------
    >>> import pandas as pd
    >>> lines = nw.from_native(pd.DataFrame({"customer_id": ["a"], "region": ["North"]})).lazy()
    >>> of_customers(["category", "region", "kind"], lines)
    ['kind']
    """
    present = lines.collect_schema().names()
    return [name for name in by if name not in present and name != "category"]


def named(group: Sequence[str]) -> str:
    """Give the name a reader sees of one dimension, or of several taken together.

    Examples
    --------
    >>> named(["account_manager"]), named(["category", "region"]), named([])
    ('account manager', 'category x region', 'total')
    """
    return " x ".join(group).replace("_", " ") or "total"


def has_dimension(
    name: str,
    lines: nw.LazyFrame,
    products: nw.LazyFrame | None = None,
    customers: nw.LazyFrame | None = None,
) -> bool:
    """Say whether any table has a column for a dimension."""
    master = products if name == "category" else customers
    tables = [table for table in (lines, master) if table is not None]
    return any(name in table.collect_schema().names() for table in tables)

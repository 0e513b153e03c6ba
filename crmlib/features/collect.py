"""The one way from an engine to pandas, in one go or bucket by bucket."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["among_customers", "by_bucket", "collect", "collect_arrow", "collect_by_customer"]

Bucket = Callable[[nw.LazyFrame], nw.LazyFrame]


def collect(frame: nw.LazyFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Run a lazy frame and bring the result to pandas in a fixed order.

    Engines return rows in any order; sorting here, on the small result, makes every table the same
    from run to run.

    Parameters
    ----------
    by
        Columns that name a row; the result is sorted by them. Without it, by all columns.
    """
    return _sorted(collect_arrow(frame), by=by)


def collect_by_customer(
    function: Callable[..., nw.LazyFrame],
    *tables: nw.LazyFrame | None,
    buckets: Iterable[Bucket],
    **options: Any,
) -> pd.DataFrame:
    """Run a feature function over one bucket of customers after the other.

    Guards against a table of customers that needs more memory than there is: each bucket holds all
    rows of some customers, so the results of the buckets together are the result of the whole.

    Parameters
    ----------
    function
        A feature function that gives one row per customer, for each customer by his own rows.
    tables
        What it takes, in its order; those with a column `customer_id` are cut, others given whole.
    buckets
        For each bucket how to cut a table; together they keep every customer once.
    options
        What else it takes, such as `as_of_day`.

    Returns
    -------
    pandas.DataFrame
        The rows of all buckets, sorted by `customer_id`.
    """
    results = by_bucket(function, *tables, buckets=buckets, **options)
    return _by_customer([collect_arrow(result) for result in results])


def by_bucket(
    function: Callable[..., nw.LazyFrame],
    *tables: nw.LazyFrame | None,
    buckets: Iterable[Bucket],
    **options: Any,
) -> Iterator[nw.LazyFrame]:
    """Give what `collect_by_customer` runs, one lazy frame per bucket; tables are options too."""

    def cut(table: Any, bucket: Bucket) -> Any:
        is_cut = isinstance(table, nw.LazyFrame) and "customer_id" in table.collect_schema()
        return bucket(table) if is_cut else table

    for one in buckets:
        some = {name: cut(value, one) for name, value in options.items()}
        yield function(*(cut(table, one) for table in tables), **some)


def _by_customer(parts: list[pa.Table]) -> pd.DataFrame:
    """Sort in Arrow and convert column by column: a second copy of millions of rows is not there.

    `parts` is emptied.
    """
    table = pa.concat_tables(parts)
    parts.clear()
    table = table.take(pc.sort_indices(table, [("customer_id", "ascending")]))
    frame: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
    return frame


def among_customers(table: nw.LazyFrame, customers: nw.LazyFrame) -> nw.LazyFrame:
    """Keep the rows of some customers; a table without a column `customer_id` stays whole.

    Parameters
    ----------
    customers
        `customer_id` of those wanted.
    """
    if "customer_id" not in table.collect_schema().names():
        return table
    return table.join(customers.select("customer_id"), on="customer_id", how="semi")


def collect_arrow(frame: nw.LazyFrame) -> pa.Table:
    """Run a lazy frame; Arrow keeps whole numbers whole where some are missing."""
    if frame.implementation.is_pandas():
        return pa.Table.from_pandas(frame.collect().to_native(), preserve_index=False)
    table: pa.Table = frame.collect("pyarrow").to_native()
    return table


def _sorted(table: pa.Table, *, by: Sequence[str]) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas()
    return frame.sort_values(list(by) or list(frame.columns), kind="stable", ignore_index=True)

"""Numpy arrays to Arrow columns: ids, texts, instants, days, money, each in its native type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crmlib.schema import TABLES, Column, Kind

__all__ = ["arrow_schema", "days", "flags", "ids", "instants", "money", "numbers", "table", "texts"]

_MICROSECONDS = 10**6
_DAY = 86_400

_TYPES: dict[Kind, pa.DataType] = {
    "id": pa.string(),
    "text": pa.string(),
    "instant": pa.timestamp("us", tz="UTC"),
    "day": pa.date32(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "amount": pa.decimal128(18, 2),
    "flag": pa.bool_(),
}
_CONSENTS = ("consent_email", "consent_post", "consent_telephone")


def ids(
    prefix: str, numbers: np.ndarray, *, width: int, empty: np.ndarray | None = None
) -> pa.Array:
    """Write numbers as ids with leading zeros.

    Examples
    --------
    >>> ids("T", np.array([7, 8]), width=4, empty=np.array([False, True])).to_pylist()
    ['T0007', None]
    """
    text = pc.utf8_lpad(pc.cast(pa.array(numbers, mask=empty), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, text, "") if prefix else text


def texts(
    names: Sequence[str | None], codes: np.ndarray, *, empty: np.ndarray | None = None
) -> pa.Array:
    """Take one of a few texts per row.

    Examples
    --------
    >>> texts(("in", "out"), np.array([1, 0])).to_pylist()
    ['out', 'in']
    """
    return pa.array(list(names), pa.string()).take(
        pa.array(np.asarray(codes, np.int64), mask=empty)
    )


def instants(
    day_numbers: np.ndarray, seconds: np.ndarray | int, *, empty: np.ndarray | None = None
) -> pa.Array:
    """Make moments from days since 1970-01-01 and seconds of the day.

    Examples
    --------
    >>> instants(np.array([1]), np.array([3600]))[0].as_py().isoformat()
    '1970-01-02T01:00:00+00:00'
    """
    value = (np.asarray(day_numbers, np.int64) * _DAY + seconds) * _MICROSECONDS
    return pa.array(value, mask=empty).cast(_TYPES["instant"])


def days(day_numbers: np.ndarray, *, empty: np.ndarray | None = None) -> pa.Array:
    """Make calendar days from days since 1970-01-01."""
    return pa.array(np.asarray(day_numbers, np.int32), mask=empty).cast(pa.date32())


def money(cents: np.ndarray, *, empty: np.ndarray | None = None) -> pa.Array:
    """Make amounts with two decimals from whole cents, exactly.

    Examples
    --------
    >>> money(np.array([-1999, 5])).to_pylist()
    [Decimal('-19.99'), Decimal('0.05')]
    """
    low = np.asarray(cents, np.int64)
    words = np.stack([low, low >> 63], axis=1)  # two's complement, the low word first
    valid = None if empty is None else pa.array(~empty).buffers()[1]
    buffers = [valid, pa.py_buffer(words)]
    return pa.Array.from_buffers(_TYPES["amount"], len(low), buffers)


def numbers(values: np.ndarray, *, empty: np.ndarray | None = None) -> pa.Array:
    """Make numbers or whole numbers, as the array holds them."""
    return pa.array(values, mask=empty)


def flags(values: np.ndarray, *, empty: np.ndarray | None = None) -> pa.Array:
    """Make true or false."""
    return pa.array(np.asarray(values, dtype=bool), mask=empty)


def arrow_schema(name: str) -> pa.Schema:
    """Give the columns of a table of the customer database with their types.

    Examples
    --------
    >>> arrow_schema("rates").names
    ['currency', 'day', 'rate_to_base']
    """
    columns: list[Column] = list(TABLES[name].for_columns(_CONSENTS).columns)
    return pa.schema([(column.name, _TYPES[column.kind]) for column in columns])


def table(name: str, columns: Mapping[str, pa.Array]) -> pa.Table:
    """Make a table of the customer database; columns that are not given are empty.

    Columns the schema does not know come last, where the table is open to them.
    """
    schema = arrow_schema(name)
    n_rows = len(next(iter(columns.values())))
    arrays = [
        columns[field.name].cast(field.type) if field.name in columns
        else pa.nulls(n_rows, field.type)
        for field in schema
    ]  # fmt: skip
    made = pa.Table.from_arrays(arrays, schema=schema)
    for extra in columns:
        if extra not in schema.names:
            made = made.append_column(extra, columns[extra])
    return made

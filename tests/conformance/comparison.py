"""Compare the results of two engines: whole numbers and text exactly, fractions to 1e-9."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

TOLERANCE = 1e-9


def assert_same(found: pa.Table, expected: pa.Table) -> None:
    """Compare tables whose rows may come in any order."""
    assert found.column_names == expected.column_names
    found_rows, expected_rows = rows_of(found), rows_of(expected)
    assert len(found_rows) == len(expected_rows)
    for name in expected.column_names:
        one, other = found_rows[name], expected_rows[name]
        assert one.isna().equals(other.isna()), f"{name}: other rows are empty"
        one, other = one[one.notna()], other[other.notna()]
        if pa.types.is_floating(expected.schema.field(name).type):
            np.testing.assert_allclose(
                one.astype(float), other.astype(float), rtol=TOLERANCE, atol=TOLERANCE, err_msg=name
            )
        else:
            assert one.tolist() == other.tolist(), name


def rows_of(table: pa.Table) -> pd.DataFrame:
    """Rows in one order: that of all columns as text, empty first."""
    frame = table.to_pandas()
    keys = frame.apply(lambda column: column.map(as_key))
    return frame.loc[keys.sort_values(list(keys.columns), kind="stable").index].reset_index(
        drop=True
    )


def as_key(value: object) -> str:
    if pd.isna(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, int | float | np.number):
        return f"{float(value):.6e}"
    return str(value)

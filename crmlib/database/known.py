"""What of a table was known at the end of a day, for every engine."""

from __future__ import annotations

import narwhals as nw

from crmlib.schema import NEVER, Table, companion, require_columns

__all__ = ["known_at"]


def known_at(frame: nw.LazyFrame, *, table: Table, as_of_day: int) -> nw.LazyFrame:
    """Cut a table at a day: rows known by then, and of these rows only what was known.

    Guards against knowledge from the future: a complaint is known from its first day, its answer
    and the compensation only from the day of the answer.

    Parameters
    ----------
    table
        Model of the table; its `known_on` and those of its columns decide.
    as_of_day
        Last day that counts, a day number.

    Returns
    -------
    narwhals.LazyFrame
        The same columns; rows without a day of knowledge have always been known.

    Raises
    ------
    SchemaError
        If the column that says when the value of another one became known is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from crmlib.schema.relations import DEPARTURES
    >>> frame = pd.DataFrame({"customer_id": ["a", "b"], "left_day": [3, 4]})
    >>> known = known_at(nw.from_native(frame).lazy(), table=DEPARTURES, as_of_day=3)
    >>> known.collect().to_native()["customer_id"].tolist()
    ['a']
    """
    present = frame.collect_schema()
    day = table.known_column
    if day in present:
        last = as_of_day - table.known_after_days
        frame = frame.filter(nw.col(day).is_null() | (nw.col(day) <= last))
    hidden = []
    for column in table.columns:
        names = [name for name in (column.name, companion(column) or "") if name in present]
        if not column.known_on or not names:
            continue
        if column.known_on == NEVER:
            never = nw.lit(value=False)
            hidden += [nw.when(never).then(nw.col(name)).alias(name) for name in names]
            continue
        known = companion(table[column.known_on]) or ""
        require_columns(present.names(), (known,), what=f"The table {table.name}")
        hidden += [nw.when(nw.col(known) <= as_of_day).then(nw.col(n)).alias(n) for n in names]
    return frame.with_columns(*hidden) if hidden else frame

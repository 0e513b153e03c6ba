"""What of a table was known at the end of a day, for every engine."""

from __future__ import annotations

import narwhals as nw

from crmlib.schema import NEVER, Table, companion

__all__ = ["known_at"]


def known_at(
    frame: nw.LazyFrame, *, table: Table, as_of_day: int, keep_undated: bool = False
) -> nw.LazyFrame:
    """Cut a table at a day: rows known by then, and of these rows only what was known.

    Guards against knowledge from the future: a complaint is known from its first day, its answer
    and the compensation only from the day of the answer.

    Parameters
    ----------
    table
        Model of the table; its `known_on` and those of its columns decide.
    as_of_day
        Last day that counts, a day number.
    keep_undated
        Keep values of which the source does not record when they became known, such as how a
        complaint ended without the day of the answer; otherwise they are never known.

    Returns
    -------
    narwhals.LazyFrame
        The same columns; rows without a day of knowledge have always been known. A table of
        visitors or customers that names visitors only has an empty `customer_id`.

    Examples
    --------
    >>> import pandas as pd
    >>> from crmlib.schema.relations import DEPARTURES
    >>> frame = pd.DataFrame({"customer_id": ["a", "b"], "left_day": [3, 4]})
    >>> known = known_at(nw.from_native(frame).lazy(), table=DEPARTURES, as_of_day=3)
    >>> known.collect().to_native()["customer_id"].tolist()
    ['a']
    """
    if "customer_id" in table.any_of and "customer_id" not in frame.collect_schema():
        frame = frame.with_columns(nw.lit(None, dtype=nw.String).alias("customer_id"))
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
        is_never = column.known_on == NEVER
        known = "" if is_never else companion(table[column.known_on]) or ""
        if known in present:
            is_known = nw.col(known) <= as_of_day
        elif keep_undated and not is_never:
            continue
        else:
            is_known = nw.lit(value=False)
        hidden += [nw.when(is_known).then(nw.col(name)).alias(name) for name in names]
    return frame.with_columns(*hidden) if hidden else frame

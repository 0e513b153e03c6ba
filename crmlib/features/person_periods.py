"""Lives counted by period: who enters, who leaves and who is seen no longer."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.orders import whole
from crmlib.schema import require_columns

__all__ = ["person_periods"]

_COUNTS = ("n_entered", "n_events", "n_censored")


def person_periods(
    lives: nw.LazyFrame, *, as_of_day: int, period_days: int, by: Sequence[str] = ()
) -> nw.LazyFrame:
    """Count by group and period of life the customers who enter, leave, or are seen no longer.

    Guards against a table with one row per customer and period, which for a million customers and
    five years of months has tens of millions of rows: the hazard of leaving needs the counts only.
    A customer who still stays counts in full periods, and one who was seen from a later day on
    (`seen_from_day`) from the first full period after it, so that neither waters the hazard down.

    Parameters
    ----------
    lives
        One row per customer: `start_day`, `end_day` (day of leaving, missing if not yet), the
        columns of `by`, and if known `seen_from_day`.
    as_of_day
        Last day that counts; who leaves later still stays.
    period_days
        Length of a period, from 1.
    by
        Columns to count by, such as region or contract, of few values each.

    Returns
    -------
    narwhals.LazyFrame
        One row per group and period (0 is the first) in which anything happened: the columns of
        `by`, `period`, `n_entered` (at risk from this period on), `n_events` (left in it),
        `n_censored` (seen to its end and no longer). At risk in a period are those who entered up
        to it less those who left or were censored before it: `crmlib.models.survival.life_table`.

    Raises
    ------
    SchemaError
        If a column is missing.
    ParameterError
        If `period_days` is below 1.

    References
    ----------
    P. D. Allison (1982), Discrete-time methods for the analysis of event histories, Sociological
    Methodology 13, section 4. J. D. Singer and J. B. Willett (1993), It's about time, Journal of
    Educational Statistics 18(2), section 3.

    Examples
    --------
    >>> import pandas as pd
    >>> from crmlib.features.collect import collect
    >>> frame = pd.DataFrame({"start_day": [0, 0, 5], "end_day": [12, None, None]})
    >>> lives = nw.from_native(frame).lazy()
    >>> found = person_periods(lives, as_of_day=29, period_days=10)
    >>> collect(found, by=["period"]).to_dict("list")  # doctest: +NORMALIZE_WHITESPACE
    {'period': [0, 1, 2], 'n_entered': [3, 0, 0], 'n_events': [0, 1, 0], 'n_censored': [0, 1, 1]}
    """
    names = lives.collect_schema().names()
    require_columns(names, ("start_day", "end_day", *by), what="The table of lives")
    if period_days < 1:
        raise ParameterError(f"period_days={period_days}: it must be at least 1.")
    start, end = nw.col("start_day"), nw.col("end_day")
    left = ~end.is_null() & (end <= as_of_day)
    seen = nw.when(left).then(end - start).otherwise(as_of_day - start + 1)
    late = nw.col("seen_from_day") - start if "seen_from_day" in names else nw.lit(0)
    waited = nw.when(late > 0).then(late).otherwise(0)
    spans = (
        lives.filter(start <= as_of_day)
        .with_columns(
            nw.when(left).then(1).otherwise(0).alias("_left"),
            seen.cast(nw.Int64).alias("_seen"),
            (waited.cast(nw.Int64) + (period_days - 1)).alias("_waited"),
        )
        .with_columns(
            (nw.col("_seen") // period_days + nw.col("_left") - 1).alias("_last"),
            (nw.col("_waited") // period_days).alias("_first"),
        )
        .filter(nw.col("_first") <= nw.col("_last"))
    )
    entered = spans.select(
        *by,
        nw.col("_first").alias("period"),
        n_entered=nw.lit(1),
        n_events=nw.lit(0),
        n_censored=nw.lit(0),
    )
    gone = spans.select(
        *by,
        nw.col("_last").alias("period"),
        n_entered=nw.lit(0),
        n_events=nw.col("_left"),
        n_censored=1 - nw.col("_left"),
    )
    return (
        nw.concat([entered, gone], how="vertical")
        .group_by(*by, "period")
        .agg(nw.col(*_COUNTS).sum())
        .with_columns(whole("period", *_COUNTS))
    )

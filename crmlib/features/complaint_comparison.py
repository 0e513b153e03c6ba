"""Customers on the day of a complaint beside customers on a day without one."""

from __future__ import annotations

import narwhals as nw

from crmlib.errors import ParameterError
from crmlib.features.around import around_moment
from crmlib.features.complaints import complaint_cases
from crmlib.features.orders import orders, unknown_count, whole
from crmlib.periods import Window, window_before

__all__ = ["complaint_comparison"]

_ONE_OF = 5
"""One order of so many stands for a complaint that nobody made."""
_LAG = 5
"""The days from the order are the product of two numbers below this one: four in the mean."""


def complaint_comparison(
    lines: nw.LazyFrame,
    complaints: nw.LazyFrame,
    departures: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    window_days: int = 365,
    after_days: int = 60,
    answer_days: int = 7,
) -> nw.LazyFrame:
    """Set customers on the day of a complaint beside customers on a day without one.

    Guards against comparing complainers with everybody: most complaints follow an order, so those
    who complain have just bought. Everybody is described on a day of his own: a complainer on the
    day of his first complaint in the window; every customer also on the first of the days drawn,
    shortly after one of five orders, unless he complained in the `after_days` before it or had
    left. Who complains later may stand in both groups. The draw is arithmetic on the order, so
    that it is the same everywhere and knows nothing of what follows.

    Parameters
    ----------
    departures
        Known losses; nobody is described on or after the day he left.
    window_days
        Length of the window of days; it ends `after_days` before `as_of_day`, so that what
        followed is seen in full.
    after_days
        Days after the day described in which orders count.
    answer_days
        An answer within so many days is in time. Orders count from after these days on, so that
        nobody is better off for having lived to see the answer.

    Returns
    -------
    narwhals.LazyFrame
        `customer_id`, `moment_day`, `is_complaint`, `is_in_time` (answered in time),
        `is_compensated`, `has_left` (known to have left within `answer_days`; 0 or 1 each),
        `n_complaints_before`, and the columns of `around_moment`.

    Raises
    ------
    ParameterError
        Unless window_days >= 1 and 0 <= answer_days < after_days.

    References
    ----------
    M. A. Hernan and J. M. Robins (2016), Using big data to emulate a target trial, American Journal
    of Epidemiology 183, 758-764 (one time zero for both groups; no immortal time).
    """
    if window_days < 1:
        raise ParameterError(f"window_days={window_days}: a window needs at least one day.")
    window = window_before(as_of_day - after_days, n_days=window_days)
    cases = complaint_cases(complaints, as_of_day=as_of_day)
    moments = nw.concat(
        [
            _complained(cases, window=window, answer_days=answer_days),
            _drawn(lines, cases, window=window, quiet_days=after_days),
        ]
    )
    if departures is not None:
        left = departures.group_by("customer_id").agg(nw.col("left_day").min())
        moments = moments.join(left, on="customer_id", how="left")
    else:
        moments = moments.with_columns(unknown_count().alias("left_day"))
    gone = nw.col("left_day") - nw.col("moment_day")
    moments = moments.filter(gone.is_null() | (gone > 0)).with_columns(
        nw.when(gone <= answer_days).then(1).otherwise(0).alias("has_left")
    )
    return around_moment(
        lines,
        moments.drop("left_day"),
        as_of_day=as_of_day,
        after_days=after_days,
        wait_days=answer_days,
    )


def _complained(cases: nw.LazyFrame, *, window: Window, answer_days: int) -> nw.LazyFrame:
    """Give each customer's first complaint in the window, and the number of those before."""
    day = nw.col("opened_day")
    in_window = nw.when((day >= window.first_day) & (day <= window.last_day)).then(day)
    took = nw.col("resolved_day") - day
    in_time = ~nw.col("resolved_day").is_null() & (took <= answer_days)
    return (
        cases.with_columns(in_window.alias("_in_window"))
        .with_columns(nw.col("_in_window").min().over("customer_id").alias("moment_day"))
        .filter(~nw.col("moment_day").is_null())
        .with_columns(
            n_complaints_before=nw.when(day < nw.col("moment_day")).then(1).otherwise(0),
            is_in_time=nw.when(day == nw.col("moment_day"))
            .then(nw.when(in_time).then(1).otherwise(0))
            .otherwise(1),
            is_compensated=nw.when(day == nw.col("moment_day"))
            .then(nw.col("is_compensated"))
            .otherwise(0),
        )
        .group_by("customer_id", "moment_day")
        .agg(
            nw.col("is_in_time").min(),
            nw.col("is_compensated").max(),
            nw.col("n_complaints_before").sum(),
        )
        .select(
            "customer_id", whole("moment_day"), nw.lit(1).cast(nw.Int64).alias("is_complaint"),
            whole("is_in_time", "is_compensated", "n_complaints_before"),
        )
    )  # fmt: skip


def _drawn(
    lines: nw.LazyFrame, cases: nw.LazyFrame, *, window: Window, quiet_days: int
) -> nw.LazyFrame:
    """Draw the first day of a complaint that nobody made; leave out those with one of late.

    Each order has the same chance, and the days from the order to the day drawn are mostly few, as
    with complaints: the draw knows nothing of what follows. A day drawn from the calendar would
    fall upon long silences, and one of all orders of a customer upon those who order no more.
    """
    day, cents = nw.col("occurred_day").cast(nw.Int64), nw.col("net_cents").abs()
    seed = day * 7_919 + cents * 104_729
    lag = (seed // _ONE_OF % _LAG) * (seed // (_ONE_OF * _LAG) % _LAG)
    drawn = (
        orders(lines, as_of_day=window.last_day)
        .filter(nw.col("is_order") == 1, seed % _ONE_OF == 0)
        .with_columns((day + lag).alias("moment_day"))
        .filter(nw.col("moment_day") >= window.first_day, nw.col("moment_day") <= window.last_day)
        .group_by("customer_id")
        .agg(nw.col("moment_day").min())
    )
    since = nw.col("moment_day") - nw.col("opened_day")
    return (
        drawn.join(cases.select("customer_id", "opened_day"), on="customer_id", how="left")
        .with_columns(
            n_complaints_before=nw.when(since > 0).then(1).otherwise(0),
            _recent=nw.when((since >= 0) & (since < quiet_days)).then(1).otherwise(0),
        )
        .group_by("customer_id", "moment_day")
        .agg(nw.col("n_complaints_before").sum(), nw.col("_recent").max())
        .filter(nw.col("_recent") == 0)
        .select(
            "customer_id", "moment_day",
            **dict.fromkeys(
                ("is_complaint", "is_in_time", "is_compensated"), nw.lit(0).cast(nw.Int64)
            ),
            n_complaints_before=nw.col("n_complaints_before").cast(nw.Int64),
        )
    )  # fmt: skip

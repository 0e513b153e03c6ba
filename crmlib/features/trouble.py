"""What went wrong between us and a customer: returns, complaints, problems reported."""

from __future__ import annotations

import narwhals as nw

from crmlib.features.complaints import complaint_cases
from crmlib.features.orders import customer_lines, distinct, whole

__all__ = ["complaint_days", "trouble_signs"]


def trouble_signs(
    lines: nw.LazyFrame,
    complaints: nw.LazyFrame | None = None,
    contacts: nw.LazyFrame | None = None,
    *,
    as_of_day: int,
    problem_purpose: str = "problem",
) -> nw.LazyFrame:
    """List the days on which a customer sent something back, complained or told of a problem.

    Parameters
    ----------
    lines
        Order lines, contract `crmlib.schema.TRANSACTIONS` with companions.
    complaints, contacts
        Complaints, and contacts of which those in which the customer turned to us with the
        purpose `problem_purpose` count; each may be missing.
    as_of_day
        Last day that counts, a day number.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer, kind and day: `customer_id`, `kind` (return, complaint, problem),
        `day`.
    """
    returned = customer_lines(lines, as_of_day=as_of_day).filter(nw.col("quantity") < 0)
    parts = [_days(returned, day="occurred_day", kind="return")]
    if complaints is not None:
        known = complaints.filter(nw.col("opened_day") <= as_of_day)
        parts.append(_days(known, day="opened_day", kind="complaint"))
    if contacts is not None and "purpose" in contacts.collect_schema():
        told = contacts.filter(
            nw.col("occurred_day") <= as_of_day,
            nw.col("direction") == "in",
            nw.col("purpose") == problem_purpose,
        )
        parts.append(_days(told, day="occurred_day", kind="problem"))
    return nw.concat(parts)


def _days(rows: nw.LazyFrame, *, day: str, kind: str) -> nw.LazyFrame:
    """Give each customer's days once."""
    known = rows.filter(~nw.col("customer_id").is_null())
    days = distinct(known.with_columns(_day=nw.col(day).cast(nw.Int64)), "customer_id", "_day")
    return days.select("customer_id", nw.lit(kind).alias("kind"), nw.col("_day").alias("day"))


def complaint_days(complaints: nw.LazyFrame, *, as_of_day: int) -> nw.LazyFrame:
    """Give of each complaint what the hazard of leaving may hang on: its days and its end.

    Returns
    -------
    narwhals.LazyFrame
        One row per customer and day of a complaint: `customer_id`, `opened_day`, `resolved_day`
        (of the last answer; null while one is open), `is_compensated` (1 or 0). Complaints that
        are closed without a known day are left out: nobody knows how long they stood open.
    """
    cases = complaint_cases(complaints, as_of_day=as_of_day).filter(
        ~nw.col("customer_id").is_null(),
        (nw.col("is_open") == 1) | ~nw.col("resolved_day").is_null(),
    )
    return (
        cases.group_by("customer_id", "opened_day")
        .agg(
            nw.col("resolved_day").max(),
            nw.col("is_open").max(),
            nw.col("is_compensated").max(),
        )
        .with_columns(
            nw.when(nw.col("is_open") == 0).then(nw.col("resolved_day")).alias("resolved_day")
        )
        .select("customer_id", whole("opened_day", "is_compensated"), "resolved_day")
    )

"""Whether the data are fit to be published: checks with a limit and a verdict each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

__all__ = ["Verdict", "quality_checks", "table_checks", "worst"]

Verdict = Literal["PASS", "REVIEW", "FAIL"]
_ORDER: tuple[Verdict, ...] = ("PASS", "REVIEW", "FAIL")


def quality_checks(
    tables: pd.DataFrame,
    daily: pd.DataFrame,
    lines_with_a_gap: Mapping[str, int],
    *,
    as_of_day: int,
    max_stale_days: int,
    n_overrides: int,
    of_tables: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Hold the loaded data against their limits.

    Parameters
    ----------
    tables
        Intake report, one row per table: `table`, `rows_in`, `rows_used`, `rows_quarantined`,
        `rows_excluded`, `rows_deduplicated`, `reconciles`.
    daily
        One row per day with a sale, `occurred_day` ascending.
    lines_with_a_gap
        Order lines up to `as_of` (`all`) and those without a customer (`anonymous`); lines of the
        whole delivery with an unknown product (`orphan`).
    max_stale_days
        Days between the last sale and `as_of` above which the data are too old.
    n_overrides
        Rules that somebody set aside for these data, with a reason.
    of_tables
        Checks of the single tables, from `table_checks`, to stand below.

    Returns
    -------
    pandas.DataFrame
        One row per check: `check`, `found`, `limit` (texts) and `verdict`.
    """
    n_lines = int(tables.loc[tables["table"] == "transactions", "rows_used"].sum())
    stale = as_of_day - int(daily["occurred_day"].max())
    silent, n_days = _days_without_sales(daily, as_of_day=as_of_day)
    refused = int((tables["rows_quarantined"] - tables["rows_excluded"]).sum())
    broken = int((~tables["reconciles"].astype(bool)).sum())
    n_orphan, n_anonymous = lines_with_a_gap["orphan"], lines_with_a_gap["anonymous"]
    orphans, anonymous = n_orphan / max(n_lines, 1), n_anonymous / max(lines_with_a_gap["all"], 1)
    rows = [
        ("Rows in = used + quarantined + duplicates", f"{broken} tables do not add up", "0",
         "FAIL" if broken else "PASS"),
        ("Age of the last sale", f"{stale} days before the snapshot day", f"{max_stale_days} days",
         "FAIL" if stale > max_stale_days else "PASS"),
        ("Days without any sale in the last 91", f"{silent} of {n_days} days", "35 days",
         "REVIEW" if silent > 35 else "PASS"),
        ("Rows refused", f"{refused:,} of {int(tables['rows_in'].sum()):,}", "0",
         "REVIEW" if refused else "PASS"),
        ("Lines of an unknown product, whole delivery", f"{n_orphan:,} ({orphans:.2%})", "1 %",
         "REVIEW" if orphans > 0.01 else "PASS"),
        ("Sales lines without a customer", f"{n_anonymous:,} ({anonymous:.2%})", "20 %",
         "REVIEW" if anonymous > 0.2 else "PASS"),
        ("Rules set aside by hand, reasons below", f"{n_overrides}", "0",
         "REVIEW" if n_overrides else "PASS"),
    ]  # fmt: skip
    checks = pd.DataFrame(rows, columns=["check", "found", "limit", "verdict"])
    return checks if of_tables is None else pd.concat([checks, of_tables], ignore_index=True)


def table_checks(
    health: pd.DataFrame, totals: pd.DataFrame, *, n_deliveries: int, is_whole: bool
) -> pd.DataFrame:
    """Hold every table, and the totals of the database, against their limits.

    Parameters
    ----------
    health, totals
        From `evaluation.table_health`.
    n_deliveries
        Deliveries the database was merged of; the totals of intake are those of the last one.
    is_whole
        Whether no order line lies after the snapshot day.

    Returns
    -------
    pandas.DataFrame
        As `quality_checks`.
    """
    quiet = health.loc[health["remark"].str.contains("quiet"), "table"]
    loose = health.loc[
        (health["table"] != "transactions") & health["remark"].str.contains("refer to"), "table"
    ]
    n_off = int(((totals["database"] - totals["used"]).abs() >= 0.005).sum())
    is_comparable = n_deliveries == 1 and is_whole
    if is_comparable:
        found = f"{n_off} of {len(totals)} differ"
    elif is_whole:
        found = f"not comparable: {n_deliveries} deliveries were merged"
    else:
        found = "not comparable: sales after the snapshot day are left out"
    rows = [
        ("Totals of the database and of intake", found, "0",
         "FAIL" if is_comparable and n_off else "PASS"),
        ("Tables that have gone quiet", ", ".join(quiet) or "0", "0",
         "REVIEW" if len(quiet) else "PASS"),
        ("Other tables whose ids refer to nothing", ", ".join(loose) or "0", "1 % of the rows",
         "REVIEW" if len(loose) else "PASS"),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["check", "found", "limit", "verdict"])


def _days_without_sales(daily: pd.DataFrame, *, as_of_day: int) -> tuple[int, int]:
    """Count the days of the last 91 on which nothing was sold, and those the data reach back to."""
    first = max(as_of_day - 90, int(daily["occurred_day"].min()))
    days = daily["occurred_day"].between(first, as_of_day)
    n_days = as_of_day - first + 1
    return n_days - int(days.sum()), n_days


def worst(verdicts: pd.Series) -> Verdict:
    """Give the gravest of some verdicts; PASS where there is none.

    Examples
    --------
    >>> worst(pd.Series(["PASS", "REVIEW"]))
    'REVIEW'
    """
    return max((v for v in _ORDER if (verdicts == v).any()), key=_ORDER.index, default="PASS")

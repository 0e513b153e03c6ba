"""Whether the data are fit to be published: checks with a limit and a verdict each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pandas as pd

__all__ = ["Verdict", "quality_checks", "worst"]

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

    Returns
    -------
    pandas.DataFrame
        One row per check: `check`, `found`, `limit` (texts) and `verdict`.
    """
    n_lines = int(tables.loc[tables["table"] == "transactions", "rows_used"].sum())
    stale = as_of_day - int(daily["occurred_day"].max())
    silent = _days_without_sales(daily, as_of_day=as_of_day)
    refused = int((tables["rows_quarantined"] - tables["rows_excluded"]).sum())
    broken = int((~tables["reconciles"].astype(bool)).sum())
    n_orphan, n_anonymous = lines_with_a_gap["orphan"], lines_with_a_gap["anonymous"]
    orphans, anonymous = n_orphan / max(n_lines, 1), n_anonymous / max(lines_with_a_gap["all"], 1)
    rows = [
        ("Rows in = used + quarantined + duplicates", f"{broken} tables do not add up", "0",
         "FAIL" if broken else "PASS"),
        ("Age of the last sale", f"{stale} days before the snapshot day", f"{max_stale_days} days",
         "FAIL" if stale > max_stale_days else "PASS"),
        ("Days without any sale in the last 91", f"{silent} of 91 days", "35 days",
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
    return pd.DataFrame(rows, columns=["check", "found", "limit", "verdict"])


def _days_without_sales(daily: pd.DataFrame, *, as_of_day: int) -> int:
    """Count the days of the last 91 on which nothing was sold."""
    first = max(as_of_day - 90, int(daily["occurred_day"].min()))
    days = daily["occurred_day"].between(first, as_of_day)
    return as_of_day - first + 1 - int(days.sum())


def worst(verdicts: pd.Series) -> Verdict:
    """Give the gravest of some verdicts; PASS where there is none.

    Examples
    --------
    >>> worst(pd.Series(["PASS", "REVIEW"]))
    'REVIEW'
    """
    return max((v for v in _ORDER if (verdicts == v).any()), key=_ORDER.index, default="PASS")

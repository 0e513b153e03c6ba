"""Counts of trials and successes that remember whose they are, so that intervals stay honest."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from crmlib.features.orders import whole

__all__ = ["cluster_sums", "successes"]

_SUMS = ("n_trials", "n_successes", "_tt", "_ss", "_ts")


def successes(
    rows: nw.LazyFrame, *, by: Sequence[str], success: str = "is_success"
) -> nw.LazyFrame:
    """Count trials and successes of each group; rows without a success known are no trials.

    Returns
    -------
    narwhals.LazyFrame
        One row per group: `by`, `n_trials`, `n_successes`.
    """
    return (
        rows.filter(~nw.col(success).is_null())
        .group_by(*by)
        .agg(nw.len().alias("n_trials"), nw.col(success).sum().alias("n_successes"))
        .with_columns(whole("n_trials", "n_successes"))
    )


def cluster_sums(
    rows: nw.LazyFrame, *, by: Sequence[str], cluster: str, success: str = "is_success"
) -> nw.LazyFrame:
    """Add up trials and successes of each group, and what the spread between clusters needs.

    Guards against intervals that take fifty mails to one customer for fifty customers: the sums
    of squares over clusters (customers, visitors) tell `crmlib.evaluation.clusters` how alike the
    trials of one cluster are, and only one row per group leaves the engine.

    Parameters
    ----------
    rows
        One row per trial; rows without a success known (null) are no trials.
    by
        Columns that name a group.
    cluster
        Column of whom a trial belongs to.
    success
        Column of 0 or 1.

    Returns
    -------
    narwhals.LazyFrame
        One row per group: `by`, `n_clusters`, `n_trials`, `n_successes`, and over the clusters the
        sums of squares `trials_squared`, `successes_squared` and of products `both`.
    """
    of_clusters = successes(rows, by=[*by, cluster], success=success)
    n, y = nw.col("n_trials"), nw.col("n_successes")
    return (
        of_clusters.with_columns((n * n).alias("_tt"), (y * y).alias("_ss"), (n * y).alias("_ts"))
        .group_by(*by)
        .agg(nw.len().alias("n_clusters"), nw.col(*_SUMS).sum())
        .with_columns(whole("n_clusters", *_SUMS))
        .rename({"_tt": "trials_squared", "_ss": "successes_squared", "_ts": "both"})
    )

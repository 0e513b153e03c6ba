"""Keep the name of a segment from run to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from crmlib.errors import ParameterError

__all__ = ["Alignment", "align_labels"]


@dataclass(frozen=True)
class Alignment:
    """New segments under their old names.

    Attributes
    ----------
    labels
        Name of each customer of the new run.
    names
        New label -> name: the old one, or the new label where no old segment is like it.
    overlap
        Per new label `name`, `jaccard` with the old segment of that name among the customers in
        both runs (0 for a segment that is new), `is_new`.
    lost
        Old names that no segment continues.
    migration
        Customers in both runs: rows old name, columns new name, counts.
    """

    labels: pd.Series
    names: dict[Any, Any]
    overlap: pd.DataFrame
    lost: list[Any]
    migration: pd.DataFrame


def align_labels(old: pd.Series, new: pd.Series, *, min_jaccard: float = 0.25) -> Alignment:
    """Give each new segment the name of the old one it continues.

    The pairing with the greatest total overlap (Jaccard) of customers in both runs; guards against
    a report that says everybody moved when only the numbers of the segments did. Pairs that overlap
    less than `min_jaccard` are no continuation.

    Parameters
    ----------
    old, new
        Segment of each customer, index `customer_id`.
    min_jaccard
        Least overlap of a continuation (0-1).

    Raises
    ------
    ParameterError
        If no customer is in both runs, or one is there twice.

    References
    ----------
    H. W. Kuhn (1955), The Hungarian method for the assignment problem, Naval Research Logistics
    Quarterly 2, 83-97.

    Examples
    --------
    >>> old = pd.Series(["gold", "gold", "basic"], index=["a", "b", "c"])
    >>> new = pd.Series([1, 1, 0], index=["a", "b", "c"])
    >>> align_labels(old, new).labels.to_dict()
    {'a': 'gold', 'b': 'gold', 'c': 'basic'}
    """
    for which, labels in (("old", old), ("new", new)):
        if labels.index.has_duplicates:
            twice = labels.index[labels.index.duplicated()][0]
            raise ParameterError(f"Customer {twice!r} is twice in the {which} run.")
    shared = old.index.intersection(new.index)
    if shared.empty:
        raise ParameterError(
            f"Not enough data to align segments (have 0 customers in both runs, of {len(old)} and "
            f"{len(new)}, need 1)."
        )
    both = pd.crosstab(old.loc[shared].to_numpy(), new.loc[shared].to_numpy()).astype(float)
    count = both.to_numpy()
    either = count.sum(axis=1)[:, None] + count.sum(axis=0) - count
    jaccard = count / either
    pairs = zip(*linear_sum_assignment(jaccard, maximize=True), strict=True)
    continued = {
        both.columns[b]: (both.index[a], float(jaccard[a, b]))
        for a, b in pairs
        if jaccard[a, b] >= min_jaccard
    }
    taken = {name for name, _ in continued.values()}
    names, rows = {}, []
    for label in sorted(new.unique()):
        name, overlap = continued.get(label, (_free(label, taken | set(old.unique())), 0.0))
        taken.add(name)
        names[label] = name
        rows.append((label, name, overlap, label not in continued))
    table = pd.DataFrame(rows, columns=["label", "name", "jaccard", "is_new"]).set_index("label")
    labels = new.map(names)
    migration = pd.crosstab(
        pd.Series(old.loc[shared].to_numpy(), name="old"),
        pd.Series(labels.loc[shared].to_numpy(), name="new"),
    )
    lost = [name for name in sorted(old.unique()) if name not in set(names.values())]
    return Alignment(labels, names, table, lost, migration)


def _free(label: Any, taken: set[Any]) -> Any:
    """Give a label that no segment has: itself, or the next number, or itself with a mark."""
    if label not in taken:
        return label
    if isinstance(label, int | np.integer):
        return max(int(other) for other in taken if isinstance(other, int | np.integer)) + 1
    return f"{label} (new)"

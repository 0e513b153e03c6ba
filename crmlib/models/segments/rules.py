"""Say in a few readable conditions who belongs to a segment, and how true that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.model_selection import cross_val_predict
from sklearn.tree import DecisionTreeClassifier

from crmlib.errors import ParameterError

__all__ = ["SegmentRules", "extract_rules"]

_LEAF = -1
_MIN_SEGMENTS = 2


@dataclass(frozen=True)
class SegmentRules:
    """Rules that reproduce segments.

    Attributes
    ----------
    table
        One row per rule: `segment, rule` (conditions in the units of the data, joined by "and"),
        `n_customers` that it catches, `precision` (share of them in the segment), `recall` (share
        of the segment that it catches). Rules are disjoint and leave nobody out.
    fidelity
        Share of customers whom the rules put into their segment, each judged by rules made without
        him (five folds).
    by_segment
        `precision` and `recall` of all rules of a segment together.
    """

    table: pd.DataFrame
    fidelity: float
    by_segment: pd.DataFrame


def extract_rules(
    frame: pd.DataFrame,
    labels: npt.ArrayLike,
    *,
    max_depth: int = 3,
    min_share: float = 0.01,
    random_state: int | None = 0,
) -> SegmentRules:
    """Reproduce segments by a shallow decision tree and read its branches as rules.

    Guards against a segment that only the algorithm can recognise: what cannot be said in
    `max_depth` conditions shows as a low fidelity.

    Parameters
    ----------
    frame
        Numeric columns in the units that readers know.
    labels
        Segment of each customer.
    max_depth
        Greatest number of cuts on the way to a rule.
    min_share
        Least share of the customers that a rule catches.

    Raises
    ------
    ParameterError
        With fewer than two segments, missing values, or fewer than five customers in a segment.

    References
    ----------
    L. Breiman et al. (1984), Classification and Regression Trees, chapter 2. M. W. Craven and J. W.
    Shavlik (1996), Extracting tree-structured representations of trained networks, NIPS 8, section
    3 (fidelity).

    Examples
    --------
    >>> frame = pd.DataFrame({"orders": [1.0] * 10 + [9.0] * 10})
    >>> found = extract_rules(frame, ["rare"] * 10 + ["often"] * 10)
    >>> found.table["rule"].tolist(), found.fidelity
    (['orders > 5', 'orders <= 5'], 1.0)
    """
    truth = pd.Series(np.asarray(labels), index=frame.index)
    sizes = truth.value_counts()
    n_folds = 5
    if len(truth) != len(frame) or len(sizes) < _MIN_SEGMENTS or sizes.min() < n_folds:
        raise ParameterError(
            f"Not enough data for rules (have {len(sizes)} segments, the smallest of "
            f"{sizes.min() if len(sizes) else 0} customers, need {_MIN_SEGMENTS} of {n_folds})."
        )
    missing = [str(name) for name in frame if frame[name].isna().any()]
    if missing:
        raise ParameterError(f"Values are missing in {missing}: fill them before rules are made.")
    tree = DecisionTreeClassifier(
        max_depth=max_depth,
        min_samples_leaf=max(1, int(min_share * len(frame))),
        random_state=random_state,
    )
    values = frame.to_numpy(dtype=float)
    said = pd.Series(cross_val_predict(tree, values, truth, cv=n_folds), index=frame.index)
    tree.fit(values, truth)
    leaves = pd.Series(tree.apply(values), index=frame.index)
    rows = []
    for leaf, conditions in _paths(tree, list(frame.columns)):
        inside = leaves == leaf
        segment = tree.classes_[tree.tree_.value[leaf, 0].argmax()]
        hits = int((truth[inside] == segment).sum())
        n_inside = int(inside.sum())
        rows.append((segment, conditions, n_inside, hits / n_inside, hits / sizes[segment]))
    columns = ["segment", "rule", "n_customers", "precision", "recall"]
    table = pd.DataFrame(rows, columns=columns).sort_values(
        ["segment", "recall"], ascending=[True, False], ignore_index=True
    )
    right = (said == truth).groupby(truth).sum()
    caught = said.value_counts().reindex(right.index, fill_value=0)
    by_segment = pd.DataFrame(
        {"precision": (right / caught.where(caught > 0)).fillna(0.0), "recall": right / sizes},
    ).rename_axis("segment")
    return SegmentRules(table, float((said == truth).mean()), by_segment)


def _paths(tree: DecisionTreeClassifier, names: list[str]) -> list[tuple[int, str]]:
    """Leaves of a tree with the conditions that lead to each, one range per column."""
    inner = tree.tree_
    found: list[tuple[int, str]] = []

    def walk(node: int, bounds: dict[str, tuple[float, float]]) -> None:
        if inner.children_left[node] == _LEAF:
            found.append((node, _words(bounds)))
            return
        name, cut = names[inner.feature[node]], float(inner.threshold[node])
        low, high = bounds.get(name, (-np.inf, np.inf))
        walk(inner.children_left[node], {**bounds, name: (low, min(high, cut))})
        walk(inner.children_right[node], {**bounds, name: (max(low, cut), high)})

    walk(0, {})
    return found


def _words(bounds: dict[str, tuple[float, float]]) -> str:
    parts = []
    for name, (low, high) in bounds.items():
        if np.isinf(low):
            parts.append(f"{name} <= {high:.4g}")
        elif np.isinf(high):
            parts.append(f"{name} > {low:.4g}")
        else:
            parts.append(f"{low:.4g} < {name} <= {high:.4g}")
    return " and ".join(parts) or "everybody"

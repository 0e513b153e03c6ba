"""Decision trees from a file: scikit-learn follows their indices blindly, so they are checked.

A tree whose branch points outside it crashes the process at the first prediction, or never ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree._tree import Tree

from crmlib.errors import CrmlibError

__all__ = ["check_trees"]


class TreeError(CrmlibError):
    """A decision tree in a file points outside itself."""


def check_trees(model: Any) -> None:
    """Refuse trees whose branches or features lie outside of the tree or the columns.

    Raises
    ------
    TreeError
        If an index is out of range or a branch leads back.
    """
    _walk(model, None, set())


def _walk(part: Any, n_features: int | None, seen: set[int]) -> None:
    """Visit everything a model holds, with the number of columns its owner was fitted with."""
    if id(part) in seen or part is None or isinstance(part, str | int | float | bool):
        return
    seen.add(id(part))
    if isinstance(part, TreePredictor):
        _check_boosted(part, n_features)
    elif isinstance(part, Tree):
        _check_single(part, n_features)
    elif isinstance(part, dict):
        for one in part.values():
            _walk(one, n_features, seen)
    elif isinstance(part, list | tuple) or (isinstance(part, np.ndarray) and part.dtype == object):
        for one in part:
            _walk(one, n_features, seen)
    elif hasattr(part, "__dict__"):
        own = vars(part).get("n_features_in_", vars(part).get("_n_features", n_features))
        _walk(vars(part), own, seen)


def _check_boosted(tree: TreePredictor, n_features: int | None) -> None:
    """Check a tree of gradient boosting, its sets of categories too."""
    nodes = tree.nodes
    inner = nodes["is_leaf"] == 0
    _check(nodes, inner, ("left", "right", "feature_idx"), n_features)
    grouped = nodes["bitset_idx"][inner & (nodes["is_categorical"] != 0)]
    n_sets = min(len(tree.binned_left_cat_bitsets), len(tree.raw_left_cat_bitsets))
    if len(grouped) and int(grouped.max()) >= n_sets:
        raise TreeError("A tree points to categories it does not have. Do not use this file.")


def _check_single(tree: Tree, n_features: int | None) -> None:
    """Check a tree that stands alone or in a forest."""
    nodes = tree.__getstate__()["nodes"]
    _check(nodes, nodes["left_child"] != -1, ("left_child", "right_child", "feature"), n_features)


def _check(
    nodes: np.ndarray, inner: np.ndarray, fields: tuple[str, str, str], n_features: int | None
) -> None:
    """Refuse branches that do not lead forward inside the tree and features that do not exist."""
    left, right, feature = fields
    places = np.flatnonzero(inner)
    for side in (left, right):
        to = nodes[side][inner].astype(np.int64)
        if ((to <= places) | (to >= len(nodes))).any():
            raise TreeError("A tree has a branch that leads nowhere or back. Do not use this file.")
    used = nodes[feature][inner].astype(np.int64)
    if len(used) and (n_features is None or used.min() < 0 or used.max() >= n_features):
        raise TreeError(
            f"A tree asks for column {int(used.max())} of {n_features}. Do not use this file."
        )

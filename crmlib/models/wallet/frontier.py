"""What the best of comparable customers reach: a high quantile given who they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from crmlib.errors import NotEnoughDataError, ParameterError

__all__ = ["MIN_CUSTOMERS", "Frontier", "fit_frontier"]

Array = npt.NDArray[np.float64]
MIN_CUSTOMERS = 100
"""Customers below which a frontier says nothing."""
_MAX_VALUES = 200
_LEAF = 20
_LEAF_SHARE = 0.01


@dataclass(frozen=True)
class Frontier:
    """The frontier of each customer, on the logarithmic scale.

    Attributes
    ----------
    out_of_fold
        Of each customer, from customers of the other groups only.
    by_fold
        One column per group: of each customer, from the customers of all other groups.
    fold
        Group of each customer.
    """

    out_of_fold: Array
    by_fold: Array
    fold: npt.NDArray[np.int64]


def fit_frontier(
    logarithms: npt.ArrayLike,
    attributes: pd.DataFrame,
    *,
    quantile: float = 0.9,
    fold: npt.NDArray[np.int64],
    max_train: int = 20_000,
    random_state: int = 0,
) -> Frontier:
    """Estimate a high quantile of a value given attributes, each customer by others than himself.

    Gradient-boosted trees on the pinball loss; a missing attribute is a value of its own. Guards
    against a customer who lifts the frontier he is held against.

    Parameters
    ----------
    logarithms
        Natural logarithm of the value, one per customer.
    attributes
        Texts and numbers, in the same order; nothing that the share won could have caused.
    quantile
        Between 0 and 1.
    fold
        Group of each customer, 0 to n - 1, drawn at random.
    max_train
        Most customers a model is trained on, the first ones in the order given.

    Raises
    ------
    NotEnoughDataError
        With fewer than 100 customers.
    ParameterError
        If the quantile is not between 0 and 1.

    References
    ----------
    R. Koenker and G. Bassett (1978), Econometrica 46, 33-50, eq. 3.1 (pinball loss). C. Cazals,
    J.-P. Florens and L. Simar (2002), Journal of Econometrics 106, 1-25 (frontiers that do not hang
    on the single best). J. H. Friedman (2001), Annals of Statistics 29, algorithm 1.
    """
    y = np.asarray(logarithms, dtype=float)
    if len(y) < MIN_CUSTOMERS:
        raise NotEnoughDataError(
            f"Not enough data for a frontier (have {len(y)} customers, need {MIN_CUSTOMERS})."
        )
    if not 0 < quantile < 1:
        raise ParameterError(f"quantile={quantile!r}: it must be between 0 and 1.")
    x, is_category = _encoded(attributes)
    kinds, kind = np.unique(x, axis=0, return_inverse=True)  # few differ; all of one are alike
    n_folds = int(fold.max()) + 1
    by_fold = np.empty((len(y), n_folds))
    for k in range(n_folds):
        rows = np.flatnonzero(fold != k)[:max_train]
        model = HistGradientBoostingRegressor(
            loss="quantile",
            quantile=quantile,
            max_iter=60,
            learning_rate=0.08,
            max_leaf_nodes=8,
            min_samples_leaf=max(_LEAF, int(_LEAF_SHARE * len(rows))),
            categorical_features=is_category,
            early_stopping=False,
            random_state=random_state,
        )
        with threadpool_limits(1):
            by_fold[:, k] = model.fit(x[rows], y[rows]).predict(kinds)[kind]
    return Frontier(by_fold[np.arange(len(y)), fold], by_fold, fold)


def _encoded(attributes: pd.DataFrame) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Turn attributes into numbers; of many values of a text the most frequent are kept."""
    columns, is_category = [np.zeros(len(attributes))], [False]
    for name in attributes:
        values = attributes[name]
        if pd.api.types.is_numeric_dtype(values):
            columns.append(values.to_numpy(dtype=float, na_value=np.nan))
            is_category.append(False)
            continue
        counts = values.value_counts(sort=False).rename("n").rename_axis("value").reset_index()
        counts = counts.sort_values(["n", "value"], ascending=[False, True]).head(_MAX_VALUES)
        codes = pd.Series(np.arange(len(counts), dtype=float), index=counts["value"])
        columns.append(values.map(codes).to_numpy(dtype=float))
        is_category.append(True)
    return np.column_stack(columns), np.array(is_category)

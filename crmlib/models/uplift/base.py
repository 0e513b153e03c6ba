"""What all uplift learners share: the experiment they learn from, checked once, and prediction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from crmlib.errors import ParameterError, SchemaError

__all__ = ["MIN_PER_ARM", "Experiment", "UpliftLearner", "fit_outcome", "mean_outcome"]

Array = npt.NDArray[np.float64]
MIN_PER_ARM = 50
"""Fewer customers than this in an arm teach nothing about whom to treat."""
MIN_OF_A_KIND = 5
"""Fewer customers with (or without) a reaction in an arm cannot be split into five folds."""


@dataclass(frozen=True)
class Experiment:
    """Features, outcome and arm of every customer; arm 0 is the control."""

    features: pd.DataFrame
    outcome: Array
    arm: npt.NDArray[np.intp]
    is_binary: bool

    @property
    def n_arms(self) -> int:
        """Arms, the control included."""
        return int(self.arm.max()) + 1


class UpliftLearner(BaseEstimator, ABC):
    """Base of the learners: `fit(X, y, treatment=...)`, then `predict(X)` gives effects per arm.

    Everything runs in one thread: boosting in two threads is many times slower on a busy machine.
    """

    def __init__(
        self, estimator: Any = None, *, control: str = "control", random_state: int = 0
    ) -> None:
        self.estimator = estimator
        self.control = control
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: npt.ArrayLike, *, treatment: npt.ArrayLike) -> Self:  # noqa: N803
        """Learn the effect of each arm against the control from a randomised experiment.

        Parameters
        ----------
        X
            One row per customer; what was known before the treatment.
        y
            Outcome per customer: 0/1, or an amount in any unit.
        treatment
            Name of the arm of each customer; one of them is `control`.

        Returns
        -------
        self
            With `arms_` (treated arms, sorted), `feature_names_in_`, `n_features_in_`.

        Raises
        ------
        ParameterError
            If no customer is in the control, an arm has fewer than 50 customers, fewer than 5 of
            an arm reacted (binary outcome), an arm has the same outcome for all, or values are
            missing in `y` or `treatment`.
        """
        experiment = self._experiment(X, y, treatment)
        with threadpool_limits(limits=1):
            self._fit(experiment)
        return self

    def predict(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        """Give the effect of each arm on each customer.

        Returns
        -------
        pandas.DataFrame
            Index of `X`, one column per treated arm, in units of the outcome (of its mean; for a
            0/1 outcome a difference of probabilities).

        Raises
        ------
        SchemaError
            If `X` lacks a column the learner was fitted with.
        """
        check_is_fitted(self)
        absent = [name for name in self.feature_names_in_ if name not in X]
        if absent:
            raise SchemaError(
                f"The customers lack {len(absent)} of {self.n_features_in_} features, such as "
                f"{absent[0]!r}. Make them the same way as those of the experiment."
            )
        same = list(X.columns) == list(self.feature_names_in_)
        features = X if same else X[list(self.feature_names_in_)]
        with threadpool_limits(limits=1):
            effects = self._effects(features)
        return pd.DataFrame(effects, index=X.index, columns=list(self.arms_))

    def _experiment(
        self,
        X: pd.DataFrame,  # noqa: N803
        y: npt.ArrayLike,
        treatment: npt.ArrayLike,
    ) -> Experiment:
        """Check the data and put the arms into the order control, then by name."""
        outcome = np.asarray(y, dtype=float)
        codes, labels = pd.factorize(np.asarray(treatment, dtype=object))
        if not len(X) == len(outcome) == len(codes):
            raise ParameterError(
                f"X has {len(X)} rows, y {len(outcome)}, treatment {len(codes)}: all need one row "
                "per customer."
            )
        missing = int((~np.isfinite(outcome)).sum()), int((codes < 0).sum())
        if any(missing):
            raise ParameterError(
                f"{missing[0]} of {len(codes)} customers have no finite outcome, {missing[1]} no "
                "arm. No reaction is the outcome 0; leave out who was not in the experiment."
            )
        arms = sorted((name for name in labels if name != self.control), key=str)
        if not arms or len(arms) == len(labels):
            raise ParameterError(
                f"No comparison: the arms are {sorted(labels, key=str)}, the control is called "
                f"{self.control!r}. Both a control and a treated arm are needed."
            )
        places = {name: k for k, name in enumerate([self.control, *arms])}
        arm = np.array([places[name] for name in labels])[codes]
        is_binary = bool(((outcome == 0) | (outcome == 1)).all())
        for name, k in places.items():
            _check_arm(str(name), outcome[arm == k], is_binary=is_binary)
        self.arms_ = np.array(arms, dtype=object)
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return Experiment(X, outcome, arm, is_binary)

    def _outcome_model(self, *, is_binary: bool) -> Any:
        """Give an unfitted model of the outcome: the one asked for, or gradient boosting."""
        if self.estimator is not None:
            return clone(self.estimator)
        boosting = HistGradientBoostingClassifier if is_binary else HistGradientBoostingRegressor
        return boosting(
            max_iter=100, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=50,
            early_stopping=False, random_state=self.random_state,
        )  # fmt: skip

    @abstractmethod
    def _fit(self, experiment: Experiment) -> None:
        """Learn the effects of all arms."""

    @abstractmethod
    def _effects(self, features: pd.DataFrame) -> Array:
        """Give effects, one row per customer and one column per treated arm."""


def _check_arm(name: str, outcome: Array, *, is_binary: bool) -> None:
    """Refuse an arm from which nothing can be learned."""
    if len(outcome) < MIN_PER_ARM:
        raise ParameterError(
            f"Arm {name!r}: not enough data (have {len(outcome)} customers, need {MIN_PER_ARM})."
        )
    if is_binary:
        fewer = int(min(outcome.sum(), len(outcome) - outcome.sum()))
        if fewer < MIN_OF_A_KIND:
            raise ParameterError(
                f"Arm {name!r}: not enough data (have {fewer} customers with the rarer outcome, "
                f"need {MIN_OF_A_KIND}). Wait for more reactions or choose a more frequent one."
            )
    elif np.ptp(outcome) == 0:
        raise ParameterError(
            f"Arm {name!r}: the outcome is {outcome[0]:g} for all {len(outcome)} customers. "
            "Nothing can be learned from it; choose another outcome."
        )


def fit_outcome(model: Any, features: pd.DataFrame, outcome: Array) -> Any:
    """Fit a classifier to a 0/1 outcome, a regressor to any."""
    return model.fit(features, outcome.astype(int) if is_classifier(model) else outcome)


def mean_outcome(model: Any, features: pd.DataFrame) -> Array:
    """Give the expected outcome: the probability of 1, or the regression."""
    if is_classifier(model):
        return model.predict_proba(features)[:, 1]
    return model.predict(features)

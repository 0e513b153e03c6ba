"""Uplift learned directly: outcomes are predicted out of fold, then effects are regressed."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from crmlib.errors import ParameterError
from crmlib.models.uplift.base import (
    MIN_OF_A_KIND,
    Array,
    Experiment,
    UpliftLearner,
    fit_outcome,
    mean_outcome,
)

__all__ = ["DRLearner", "XLearner"]

_LEVEL = 0.95


class _CrossFitted(UpliftLearner):
    """Learner with a second model, of the effect, on out-of-fold predictions of the outcome."""

    def __init__(
        self,
        estimator: Any = None,
        *,
        effect_estimator: Any = None,
        n_folds: int = 5,
        control: str = "control",
        random_state: int = 0,
    ) -> None:
        super().__init__(estimator, control=control, random_state=random_state)
        self.effect_estimator = effect_estimator
        self.n_folds = n_folds

    def _effect_model(self) -> Any:
        """Give an unfitted regressor of effects: the one asked for, or cautious boosting."""
        if self.effect_estimator is not None:
            return clone(self.effect_estimator)
        return HistGradientBoostingRegressor(
            max_iter=50, learning_rate=0.05, max_leaf_nodes=4, min_samples_leaf=200,
            early_stopping=False, random_state=self.random_state,
        )  # fmt: skip

    def _outcomes_out_of_fold(self, experiment: Experiment) -> Array:
        """Predict every customer's outcome in every arm by models that have not seen him.

        Returns an array of customers x arms, the control first.
        """
        if not 2 <= self.n_folds <= MIN_OF_A_KIND:
            raise ParameterError(f"n_folds={self.n_folds}: choose 2 to {MIN_OF_A_KIND} folds.")
        predicted = np.empty((len(experiment.arm), experiment.n_arms))
        kind = experiment.outcome if experiment.is_binary else np.zeros(len(experiment.arm))
        folds = StratifiedKFold(self.n_folds, shuffle=True, random_state=self.random_state)
        for learn, judge in folds.split(experiment.arm, 2 * experiment.arm + kind):
            for k in range(experiment.n_arms):
                rows = learn[experiment.arm[learn] == k]
                model = fit_outcome(
                    self._outcome_model(is_binary=experiment.is_binary),
                    experiment.features.iloc[rows],
                    experiment.outcome[rows],
                )
                predicted[judge, k] = mean_outcome(model, experiment.features.iloc[judge])
        return predicted


class XLearner(_CrossFitted):
    """Learn effects from what each customer did against what he is predicted to do otherwise.

    Made for arms of unequal size: the larger arm's outcome model does most of the work. The
    outcome models are cross-fitted, so that an over-fitted one does not eat the effect.

    Parameters
    ----------
    estimator
        scikit-learn classifier (0/1 outcome) or regressor of the outcome; gradient boosting if
        left out.
    effect_estimator
        scikit-learn regressor of the effect; shallow gradient boosting with leaves of at least
        200 customers if left out.
    n_folds
        Parts for cross-fitting, 2 to 5.
    control, random_state
        As for `SLearner`; the seed also makes the folds.

    References
    ----------
    S. Künzel, J. Sekhon, P. Bickel & B. Yu (2019), PNAS 116, 4156-4165, supplement, algorithm 3,
    with the share of the treated as weight g.
    """

    def _fit(self, experiment: Experiment) -> None:
        expected = self._outcomes_out_of_fold(experiment)
        control = experiment.arm == 0
        self.effect_models_ = []
        self.weights_ = []
        for k in range(1, experiment.n_arms):
            treated = experiment.arm == k
            gained = experiment.outcome[treated] - expected[treated, 0]
            missed = expected[control, k] - experiment.outcome[control]
            self.effect_models_.append(
                (
                    self._effect_model().fit(experiment.features[treated], gained),
                    self._effect_model().fit(experiment.features[control], missed),
                )
            )
            self.weights_.append(float(treated.sum() / (treated.sum() + control.sum())))

    def _effects(self, features: pd.DataFrame) -> Array:
        columns = [
            g * of_control.predict(features) + (1 - g) * of_treated.predict(features)
            for g, (of_treated, of_control) in zip(self.weights_, self.effect_models_, strict=True)
        ]
        return np.column_stack(columns)


class DRLearner(_CrossFitted):
    """Regress a doubly robust measurement of each customer's effect on the features.

    The measurement is right on average whatever the outcome models say, as long as the chances of
    assignment are right, and those are known in an experiment. Its mean is the effect of the arm
    on the whole population, with an honest interval that is as narrow as the features allow.

    Parameters
    ----------
    estimator, effect_estimator, n_folds, control, random_state
        As for `XLearner`.

    Attributes
    ----------
    average_effects_ : pandas.DataFrame
        One row per treated arm: `effect`, `standard_error`, `low`, `high` (95 %), in units of the
        outcome per customer.

    References
    ----------
    E. Kennedy (2023), Electronic Journal of Statistics 17, 3008-3049, algorithm 1.
    J. Robins, A. Rotnitzky & L. Zhao (1994), JASA 89, 846-866 (the average).
    """

    def fit(
        self,
        X: pd.DataFrame,  # noqa: N803
        y: npt.ArrayLike,
        *,
        treatment: npt.ArrayLike,
        strata: npt.ArrayLike | None = None,
    ) -> Self:
        """Learn the effect of each arm from an experiment randomised within strata.

        Parameters
        ----------
        X, y, treatment
            As for `SLearner.fit`.
        strata
            Stratum of each customer, where the chance of an arm differs between strata; left out,
            the chance of an arm is its share of all customers.

        Raises
        ------
        ParameterError
            As for `SLearner.fit`; if an arm is empty in a stratum.
        """
        experiment = self._experiment(X, y, treatment)
        with threadpool_limits(limits=1):
            self._fit(experiment, strata=strata)
        return self

    def _fit(self, experiment: Experiment, *, strata: npt.ArrayLike | None = None) -> None:
        effects = self._measured_effects(experiment, _checked_strata(experiment, strata))
        self.effect_models_ = [
            self._effect_model().fit(experiment.features, effects[:, k])
            for k in range(effects.shape[1])
        ]
        mean, error = effects.mean(axis=0), effects.std(axis=0, ddof=1) / np.sqrt(len(effects))
        half = stats.norm.ppf((1 + _LEVEL) / 2) * error
        self.average_effects_ = pd.DataFrame(
            {"effect": mean, "standard_error": error, "low": mean - half, "high": mean + half},
            index=list(self.arms_),
        )

    def _measured_effects(self, experiment: Experiment, strata: npt.NDArray[np.intp]) -> Array:
        """Give the doubly robust measurement of each customer's effect, one column per arm.

        Each stratum's mean surprise is added to what is expected in it: with the chance of an arm
        taken as its share in the stratum this leaves the mean as it is, and without it the
        interval would be far too wide where the level of the outcome differs between strata.
        """
        expected = self._outcomes_out_of_fold(experiment)
        seen = experiment.arm[:, None] == np.arange(experiment.n_arms)
        surprise = seen * (experiment.outcome[:, None] - expected)
        sums, counts = (
            pd.DataFrame(values).groupby(strata).transform("sum").to_numpy()
            for values in (surprise, seen.astype(float))
        )
        chances = counts / pd.Series(strata).groupby(strata).transform("size").to_numpy()[:, None]
        level = sums / counts
        corrected = expected + level + seen * (surprise - level) / chances
        return corrected[:, 1:] - corrected[:, [0]]

    def _effects(self, features: pd.DataFrame) -> Array:
        return np.column_stack([model.predict(features) for model in self.effect_models_])


def _checked_strata(experiment: Experiment, strata: npt.ArrayLike | None) -> npt.NDArray[np.intp]:
    """Give each stratum a number; refuse those in which an arm is empty."""
    n = len(experiment.arm)
    labels = pd.Series(np.zeros(n) if strata is None else np.asarray(strata))
    if len(labels) != n:
        raise ParameterError(
            f"strata has {len(labels)} values for {n} customers: one each is needed."
        )
    counts = pd.crosstab(labels, experiment.arm).reindex(columns=range(experiment.n_arms))
    empty = (counts.fillna(0) == 0).any(axis=1)
    if empty.any() or labels.isna().any():
        raise ParameterError(
            f"{int(empty.sum())} strata have an empty arm (for example "
            f"{list(counts.index[empty][:1])}) and {int(labels.isna().sum())} customers no "
            "stratum. Join small strata."
        )
    return np.asarray(pd.factorize(labels)[0])

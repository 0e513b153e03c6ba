"""Uplift as the difference of two predicted outcomes: by one model of all arms, or one per arm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from crmlib.models.uplift.base import Array, Experiment, UpliftLearner, fit_outcome, mean_outcome

__all__ = ["SLearner", "TLearner"]


class SLearner(UpliftLearner):
    """Learn one model of the outcome with the arm among the features.

    Sturdy where effects are small, and pulled towards no effect. The estimator must be able to
    let the effect depend on the features (trees do, a linear model without products does not).

    Parameters
    ----------
    estimator
        scikit-learn classifier (for a 0/1 outcome) or regressor; gradient boosting if left out.
    control
        Name of the untreated arm.
    random_state
        Seed of the gradient boosting.

    References
    ----------
    S. Künzel, J. Sekhon, P. Bickel & B. Yu (2019), PNAS 116, 4156-4165, supplement, algorithm 2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"age": rng.uniform(20, 80, 2000)})
    >>> mailed = rng.integers(0, 2, 2000)
    >>> reacted = rng.random(2000) < 0.2 + 0.4 * mailed * (X["age"] > 50)
    >>> learner = SLearner().fit(X, reacted, treatment=np.where(mailed, "mail", "control"))
    >>> learner.predict(pd.DataFrame({"age": [30, 70]}))["mail"].gt(0.2).tolist()
    [False, True]
    """

    def _fit(self, experiment: Experiment) -> None:
        model = self._outcome_model(is_binary=experiment.is_binary)
        design = self._with_arm(experiment.features, experiment.arm)
        self.model_ = fit_outcome(model, design, experiment.outcome)

    def _with_arm(self, features: pd.DataFrame, arm: np.ndarray) -> pd.DataFrame:
        """Add one 0/1 column per treated arm."""
        columns = {f"arm {name}": (arm == k) * 1.0 for k, name in enumerate(self.arms_, 1)}
        return features.assign(**columns)

    def _effects(self, features: pd.DataFrame) -> Array:
        outcomes = [
            mean_outcome(self.model_, self._with_arm(features, np.full(len(features), k)))
            for k in range(len(self.arms_) + 1)
        ]
        return np.column_stack(outcomes[1:]) - outcomes[0][:, None]


class TLearner(UpliftLearner):
    """Learn one model of the outcome per arm; the control's is shared by all comparisons.

    Free of the pull towards no effect, and noisy where arms are small or effects weak.

    Parameters
    ----------
    estimator, control, random_state
        As for `SLearner`.

    References
    ----------
    S. Künzel, J. Sekhon, P. Bickel & B. Yu (2019), PNAS 116, 4156-4165, supplement, algorithm 1.
    """

    def _fit(self, experiment: Experiment) -> None:
        self.models_ = [
            fit_outcome(
                self._outcome_model(is_binary=experiment.is_binary),
                experiment.features[experiment.arm == k],
                experiment.outcome[experiment.arm == k],
            )
            for k in range(experiment.n_arms)
        ]

    def _effects(self, features: pd.DataFrame) -> Array:
        outcomes = [mean_outcome(model, features) for model in self.models_]
        return np.column_stack(outcomes[1:]) - outcomes[0][:, None]

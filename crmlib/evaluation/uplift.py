"""How well a score finds the customers on whom a measure works: Qini, AUUC, uplift by rank.

Every function looks at the randomised customers only, and needs no model: a score, an outcome and
who was treated. The incremental gain of a share of the customers is a plain sum of transformed
outcomes with fixed denominators. Therefore a score without order has a Qini of exactly 0, a score
is measured the same whatever stands in the columns beside it, and no score can exceed the perfect
one. The popular form that divides by the treated and controls *seen so far* keeps neither promise.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.evaluation.ranking import (
    MIN_PER_ARM,
    RankedTrial,
    check_trial,
    edges_of,
    interval,
    need_in_groups,
    resampled,
)

__all__ = [
    "MIN_PER_ARM",
    "qini_coefficient",
    "qini_curve",
    "transformed_outcome",
    "uplift_at_k",
    "uplift_by_decile",
    "uplift_scores",
]

Array = npt.NDArray[np.float64]


def transformed_outcome(outcome: npt.ArrayLike, treated: npt.ArrayLike) -> Array:
    """Turn each outcome into an unbiased, noisy measurement of that customer's uplift.

    Parameters
    ----------
    outcome
        One finite number per customer, any unit.
    treated
        1 for treated, 0 for control; the assignment was random.

    Returns
    -------
    numpy.ndarray
        Outcome x (treated / share treated - control / share control); its mean is the difference
        of the two means.

    References
    ----------
    S. Athey & G. Imbens (2016), PNAS 113, 7353-7360, section "transformed outcome".

    Examples
    --------
    >>> transformed_outcome([1, 0, 1, 0], [1, 1, 0, 0])
    array([ 2.,  0., -2., -0.])
    """
    return check_trial(outcome, treated).gain


def qini_curve(
    prediction: npt.ArrayLike,
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    n_points: int = 101,
) -> pd.DataFrame:
    """Draw the incremental outcome won by treating the best-scored share of the customers.

    Parameters
    ----------
    prediction
        Score per customer; higher is treated first. Equal scores count in the average of all
        their orders.
    outcome, treated
        As for `transformed_outcome`.
    n_points
        Points from share 0 to share 1.

    Returns
    -------
    pandas.DataFrame
        `share` of customers treated; `gain` in units of the outcome per customer of the whole
        population, by this score; `random` by no score; `perfect` by knowing the outcomes, which
        no score exceeds.

    References
    ----------
    N. J. Radcliffe (2007), Using control groups to target on predicted lift, Direct Marketing
    Analytics Journal 1, 14-21. F. Devriendt, J. Van Belle, T. Guns & W. Verbeke (2022), Learning
    to rank for uplift modeling, IEEE TKDE 34, 4888-4904, table 2 (joint, relative).

    Examples
    --------
    >>> qini_curve([4, 3, 2, 1], [1, 0, 0, 1], [1, 0, 1, 0], n_points=3)["gain"].tolist()
    [0.0, 0.5, 0.0]
    """
    trial = check_trial(outcome, treated)
    ones = np.ones(len(trial.outcome))
    shares = np.linspace(0, 1, n_points)
    curves = {
        name: np.interp(shares, *RankedTrial(score, trial, name=name).curve(ones))
        for name, score in (("prediction", prediction), ("perfect", trial.gain))
    }
    return pd.DataFrame(
        {
            "share": shares,
            "gain": curves["prediction"],
            "random": shares * trial.gain.mean(),
            "perfect": curves["perfect"],
        }
    )


def qini_coefficient(
    prediction: npt.ArrayLike,
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    normalised: bool = False,
) -> float:
    """Measure the area between the Qini curve and the straight line of a random order.

    Parameters
    ----------
    prediction, outcome, treated
        As for `qini_curve`.
    normalised
        Divide by the coefficient of the perfect order: 1 is perfect, 0 is random.

    Returns
    -------
    float
        In units of the outcome per customer, or a share of the perfect one.

    Raises
    ------
    ParameterError
        If an arm is empty or a value is missing; if `normalised` and the outcome is the same for
        everybody.

    Examples
    --------
    >>> qini_coefficient([4, 3, 2, 1], [1, 0, 0, 1], [1, 0, 1, 0])
    0.375
    >>> qini_coefficient([7, 7, 7, 7], [1, 0, 0, 1], [1, 0, 1, 0])
    0.0
    """
    trial = check_trial(outcome, treated)
    ones = np.ones(len(trial.outcome))
    qini = RankedTrial(prediction, trial).areas(ones)[1]
    if not normalised:
        return qini
    if np.ptp(trial.outcome) == 0:
        raise ParameterError(
            f"The outcome is {trial.outcome[0]:g} for all {len(ones)} customers: no order is "
            "better than another. Choose an outcome that varies."
        )
    return qini / RankedTrial(trial.gain, trial).areas(ones)[1]


def uplift_at_k(
    prediction: npt.ArrayLike,
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    share: float = 0.3,
) -> float:
    """Give the difference treated minus control among the best-scored share of the customers.

    Equal scores at the cut count in parts. The interval is a row of `uplift_scores`.

    Examples
    --------
    >>> uplift_at_k([4, 3, 2, 1], [1, 0, 0, 1], [1, 0, 1, 0], share=0.5)
    1.0
    """
    trial = check_trial(outcome, treated)
    edges = edges_of(share)
    ranked = RankedTrial(prediction, trial)
    need_in_groups(ranked, edges, need=1)
    return float(ranked.uplifts(np.ones(len(trial.outcome)), edges)[0])


def uplift_scores(
    predictions: pd.DataFrame,
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    response: str | None = None,
    share: float = 0.3,
    level: float = 0.95,
    n_resamples: int = 999,
) -> pd.DataFrame:
    """Score several models on one experiment, with intervals, against chance and against response.

    Guards against two habits: calling a positive Qini a success without its interval, and never
    asking whether targeting those who *buy* anyway would have won as much. Every column is ranked
    alone, and all of them see the same resampled customers, so that equal columns get equal rows.

    Parameters
    ----------
    predictions
        One column per model, one row per customer, higher is treated first. The customers were
        not used to fit the models.
    outcome, treated
        As for `transformed_outcome`.
    response
        Column of `predictions` that holds the score one would use instead, usually the
        probability of a reaction; every other column is compared with it, pairwise.
    share
        Share of the customers for `uplift_at_k`, 0-1.

    Returns
    -------
    pandas.DataFrame
        Columns `model`, `measure`, `value`, `low`, `high`, `p_value` (two-sided, of a value of 0).
        Measures: `qini` (0 is a random order) and `auuc`, in units of the outcome per customer;
        `uplift_at_k`; `uplift_at_k_minus_random`; with `response` also `qini_minus_response` and
        `uplift_at_k_minus_response`.

    Raises
    ------
    ParameterError
        With fewer than 10 treated or control customers in the share; missing values; an unknown
        `response`.

    References
    ----------
    As for `qini_curve`; B. Efron & R. Tibshirani (1993), An Introduction to the Bootstrap, eq.
    13.5.
    """
    if response is not None and response not in predictions:
        raise ParameterError(
            f"response={response!r} is no column of the predictions. There are: "
            f"{', '.join(map(str, predictions.columns))}."
        )
    trial = check_trial(outcome, treated, need=MIN_PER_ARM)
    edges = edges_of(share)
    ranked = [RankedTrial(predictions[name], trial, name=str(name)) for name in predictions]
    for one in ranked:
        need_in_groups(one, edges, need=MIN_PER_ARM)
    baseline = list(predictions).index(response) if response is not None else None

    tiny = 1e-12 * np.abs(trial.outcome).max()

    def measures(weights: Array) -> Array:
        everyone = weights @ trial.gain / weights.sum()
        table = []
        for one in ranked:
            auuc, qini = one.areas(weights)
            top = one.uplifts(weights, edges)[0]
            table.append([qini, auuc, top, top - everyone])
        found = np.array(table)
        if baseline is not None:
            found = np.c_[found, (found - found[baseline])[:, [0, 2]]]
        found[np.abs(found) < tiny] = 0.0  # rounding must not decide which side of 0 a draw is
        return found.ravel()

    value = measures(np.ones(len(trial.outcome)))
    draws = resampled(measures, trial, rng=rng, n=n_resamples)
    low, high, p_value = interval(draws, level=level)
    names = ["qini", "auuc", "uplift_at_k", "uplift_at_k_minus_random"]
    if baseline is not None:
        names += ["qini_minus_response", "uplift_at_k_minus_response"]
    rows = pd.MultiIndex.from_product([predictions.columns, names], names=["model", "measure"])
    table = {"value": value, "low": low, "high": high, "p_value": p_value}
    return pd.DataFrame(table, index=rows).reset_index()


def uplift_by_decile(
    prediction: npt.ArrayLike,
    outcome: npt.ArrayLike,
    treated: npt.ArrayLike,
    *,
    rng: np.random.Generator,
    n_groups: int = 10,
    level: float = 0.95,
    n_resamples: int = 999,
) -> pd.DataFrame:
    """Tabulate what the measure did in each tenth of the customers, best-scored first.

    Returns
    -------
    pandas.DataFrame
        `decile` (1 = highest scores), `n_treated`, `n_control`, `mean_treated`, `mean_control`,
        `uplift`, `low`, `high`; customers of equal score on an edge count in parts, so the
        numbers of customers need not be whole.

    Raises
    ------
    ParameterError
        With fewer than 10 treated or control customers in a group.
    """
    trial = check_trial(outcome, treated, need=MIN_PER_ARM)
    ranked = RankedTrial(prediction, trial)
    edges = np.linspace(0, 1, n_groups + 1)
    need_in_groups(ranked, edges, need=MIN_PER_ARM)
    n_treated, n_control, treated_sum, control_sum = ranked.groups(
        np.ones(len(trial.outcome)), edges
    )
    draws = resampled(lambda w: ranked.uplifts(w, edges), trial, rng=rng, n=n_resamples)
    low, high, _ = interval(draws, level=level)
    return pd.DataFrame(
        {
            "decile": np.arange(1, n_groups + 1),
            "n_treated": n_treated,
            "n_control": n_control,
            "mean_treated": treated_sum / n_treated,
            "mean_control": control_sum / n_control,
            "uplift": treated_sum / n_treated - control_sum / n_control,
            "low": low,
            "high": high,
        }
    )

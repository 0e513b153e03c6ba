"""Which of a few options each customer likes best, told from the few choices he made."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
import pandas as pd
from scipy import special
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from crmlib.errors import DataRejectedError, NotEnoughDataError
from crmlib.evaluation.intervals import wilson_interval
from crmlib.models.likelihood import Array, Scored, maximise
from crmlib.schema import require_columns

__all__ = [
    "MAX_OPTIONS",
    "MIN_REPEATERS",
    "PreferredOption",
    "preference_chances",
    "preference_shares",
    "preferred_options",
]

MAX_OPTIONS = 12
"""Options told apart."""
MIN_REPEATERS = 10
"""Customers with two choices below which nobody can say how faithful customers are."""
_NODES = 64


class PreferredOption(BaseEstimator):
    """Probability that an option is the one a customer chooses most often in the long run.

    Guards against a preference read off a single choice: how much one choice says depends on how
    faithful customers are to what they like, and that is learned from all of them. Choices are
    multinomial; what customers differ by follows one of two priors, whichever the data support
    (Bayesian information criterion):

    - "graded": shares of the options follow one Dirichlet distribution; likings shade into each
      other;
    - "one preferred": every customer has one preferred option, and his shares follow a Dirichlet
      distribution with more weight on it.

    Attributes
    ----------
    prior_ : str
        The prior used.
    params_ : pandas.Series
        Its parameters: the weight of each option; or the share of customers who prefer it, the
        weight of an `other` option and what being `preferred` adds.
    log_likelihoods_ : pandas.Series
        Of both priors.
    options_ : pandas.Index
        The options learned from.

    References
    ----------
    T. P. Minka (2000), Estimating a Dirichlet distribution, section 3 (Dirichlet-multinomial
    likelihood). G. Schwarz (1978), Annals of Statistics 6, 461-464 (the criterion). The second
    prior is a mixture of Dirichlet distributions, one per option, as in G. J. McLachlan and D.
    Peel (2000), Finite Mixture Models, section 1.4.

    Examples
    --------
    >>> counts = pd.DataFrame({"mail": [3, 2, 1, 0] * 20, "phone": [0, 0, 0, 2] * 20})
    >>> model = PreferredOption().fit(counts)
    >>> model.probabilities(counts).iloc[[2, 3]].round(1).values.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    prior_: Literal["graded", "one preferred"]
    params_: pd.Series
    log_likelihoods_: pd.Series
    options_: pd.Index

    def fit(self, counts: pd.DataFrame) -> Self:
        """Learn from how often each customer chose each option.

        Parameters
        ----------
        counts
            One row per customer, one column per option, whole numbers; every option was chosen
            by somebody.

        Raises
        ------
        DataRejectedError
            If a count is negative, missing or no whole number, or an option was never chosen.
        NotEnoughDataError
            If fewer than ten customers made two choices.
        """
        chosen = _checked(counts)
        if (chosen.sum(axis=0) == 0).any():
            unused = counts.columns[chosen.sum(axis=0) == 0].tolist()
            raise DataRejectedError(f"Nobody chose {unused[:5]}: leave these options out.")
        n_repeaters = int((chosen.sum(axis=1) > 1).sum())
        if n_repeaters < MIN_REPEATERS:
            raise NotEnoughDataError(
                f"Not enough data for preferences: have {n_repeaters} customers with two choices, "
                f"need {MIN_REPEATERS}. Look at a longer time."
            )
        patterns, repeats = np.unique(chosen, axis=0, return_counts=True)
        times = repeats.astype(float)
        n, n_options = float(times.sum()), chosen.shape[1]
        self.prior_, self.options_ = "graded", counts.columns
        if n_options == 1:  # nothing to tell apart
            self.params_ = pd.Series(1.0, counts.columns)
            self.log_likelihoods_ = pd.Series({"graded": 0.0})
            return self
        popularity = (chosen.sum(axis=0) + 1) / (chosen.sum() + n_options)
        graded = maximise(_graded(patterns, times), popularity, n=n)
        start = np.r_[popularity[1:] / popularity[0], 0.5, 2.0]
        single = maximise(_one_preferred(patterns, times), start, n=n)
        found = {"graded": graded, "one preferred": single}
        self.log_likelihoods_ = pd.Series({k: one.log_likelihood for k, one in found.items()})
        gain = single.log_likelihood - graded.log_likelihood
        if gain > np.log(n) / 2:  # one parameter more
            shares = np.r_[1.0, single.params[:-2]]
            values = np.r_[shares / shares.sum(), single.params[-2:]]
            self.prior_ = "one preferred"
            self.params_ = pd.Series(values, [*counts.columns, "other", "preferred"])
        else:
            self.params_ = pd.Series(graded.params, counts.columns)
        return self

    def probabilities(self, counts: pd.DataFrame) -> pd.DataFrame:
        """Say for each customer how probably each option is the preferred one.

        Returns
        -------
        pandas.DataFrame
            Index and columns of `counts`; rows add up to 1.
        """
        check_is_fitted(self, "params_")
        require_columns(counts, list(self.options_), what="The table of counts")
        chosen = _checked(counts[list(self.options_)])
        patterns, place = np.unique(chosen, axis=0, return_inverse=True)
        parameters = self.params_.to_numpy(dtype=float)
        if self.prior_ == "graded":
            told = _p_largest(patterns + parameters)
        else:
            shares, (other, preferred) = parameters[:-2], parameters[-2:]
            odds = _log_odds(patterns, other, preferred) + np.log(shares)
            told = special.softmax(odds, axis=1)
        return pd.DataFrame(told[place.reshape(-1)], index=counts.index, columns=self.options_)


def preference_chances(
    choices: pd.DataFrame, *, option: str, subject: str = "customer_id"
) -> pd.DataFrame:
    """Say for each customer and option how probably it is the preferred one.

    Parameters
    ----------
    choices
        `subject`, `option`, `n_times`: how often the customer chose it.
    option
        Column of the options; a handful, not hundreds.

    Returns
    -------
    pandas.DataFrame
        One row per customer and option: `subject`, `option`, `p_preferred`, `n_times`,
        `n_choices` (of the customer in all), sorted; beyond `MAX_OPTIONS` the less frequent options
        are one, `other`; no row if too few customers chose twice.

    Examples
    --------
    >>> choices = pd.DataFrame({"customer_id": range(20), "channel": ["mail", "phone"] * 10,
    ...                         "n_times": 2})
    >>> preference_chances(choices, option="channel").round(2).values.tolist()[:2]
    [[0, 'mail', 1.0, 2, 2], [0, 'phone', 0.0, 0, 2]]
    """
    require_columns(choices, [subject, option, "n_times"], what="The table of choices")
    size = choices.groupby(option)["n_times"].sum().sort_index(kind="stable")
    named = size.sort_values(ascending=False, kind="stable").index[:MAX_OPTIONS]
    kept = choices[option].where(choices[option].isin(named), "other")
    counts = _counted(choices[subject], kept, choices["n_times"])
    names = [subject, option, "p_preferred", "n_times", "n_choices"]
    if (counts.sum(axis=1) > 1).sum() < MIN_REPEATERS:
        kinds = {"p_preferred": "float64", "n_times": "int64", "n_choices": "int64"}
        return choices.iloc[:0].assign(p_preferred=0.0, n_choices=0)[names].astype(kinds)
    told = PreferredOption().fit(counts).probabilities(counts)
    n, n_options = counts.shape
    return pd.DataFrame(
        {
            subject: counts.index.repeat(n_options),
            option: pd.Index(np.tile(counts.columns.to_numpy(), n)).astype(counts.columns.dtype),
            "p_preferred": told.to_numpy().ravel(),
            "n_times": counts.to_numpy().ravel().astype("int64"),
            "n_choices": np.repeat(counts.to_numpy().sum(axis=1), n_options).astype("int64"),
        }
    )


def preferred_options(chances: pd.DataFrame, *, option: str) -> pd.DataFrame:
    """Name each customer's most probable preference; of equally probable ones the first by name.

    Parameters
    ----------
    chances
        From `preference_chances`, as it is: all options of a customer stand together.

    Returns
    -------
    pandas.DataFrame
        One row per customer: the columns of `chances`; `n_times` is that of the preferred option.
    """
    n_options = max(chances[option].nunique(), 1)
    best = chances["p_preferred"].to_numpy().reshape(-1, n_options).argmax(axis=1)
    first = n_options * np.arange(len(best))
    return chances.iloc[first + best].reset_index(drop=True)


def preference_shares(chances: pd.DataFrame, *, option: str, level: float = 0.95) -> pd.DataFrame:
    """Estimate what share of the customers prefers each option.

    The interval is Wilson's at the number of customers whose preference is as good as known: one of
    whom nothing is known counts for nothing.

    Parameters
    ----------
    chances
        From `preference_chances`.

    Returns
    -------
    pandas.DataFrame
        One row per option, the largest share first: `option`, `customer_share`, `low_share`,
        `high_share`, `n_choices` (of the option, by all).

    References
    ----------
    T. A. Louis (1982), Journal of the Royal Statistical Society B 44, 226-233, eq. 3.2: the
    information left of a share when membership is only probable.
    """
    by_option = chances.groupby(option)
    share = by_option["p_preferred"].mean()
    spread = by_option["p_preferred"].agg(lambda p: ((p - p.mean()) ** 2).sum())
    known = spread / (share * (1 - share)).where(lambda v: v > 0)
    known = known.fillna(by_option.size()).clip(upper=by_option.size())
    bounds = wilson_interval(share * known, known, level=level)
    table = pd.DataFrame(
        {
            option: share.index.to_numpy(),
            "customer_share": share.to_numpy(),
            "low_share": bounds["low"].to_numpy(),
            "high_share": bounds["high"].to_numpy(),
            "n_choices": by_option["n_times"].sum().to_numpy(),
        }
    )
    return table.sort_values(["customer_share", option], ascending=[False, True], ignore_index=True)


def _counted(subjects: pd.Series, options: pd.Series, times: pd.Series) -> pd.DataFrame:
    """Add up choices to one row per subject and one column per option, both in order."""
    row, rows = pd.factorize(subjects, sort=True)
    column, columns = pd.factorize(options, sort=True)
    cell = row * max(len(columns), 1) + column
    counts = np.bincount(cell, weights=times, minlength=len(rows) * len(columns))
    table = counts.astype("int64").reshape(len(rows), len(columns))
    return pd.DataFrame(table, index=rows, columns=columns)


def _checked(counts: pd.DataFrame) -> Array:
    """Turn counts into an array, or say what is wrong with them."""
    chosen = counts.to_numpy(dtype=float)
    wrong = ~(np.isfinite(chosen) & (chosen >= 0) & (chosen == np.floor(chosen)))
    if wrong.any():
        raise DataRejectedError(
            f"{int(wrong.sum())} of {chosen.size} counts of choices are no whole numbers from 0 "
            f"on, for example {chosen[wrong][0]}. Count how often each option was chosen."
        )
    return chosen


def _graded(patterns: Array, times: Array) -> Scored:
    """Log-likelihood of the Dirichlet-multinomial and its gradient."""
    n = patterns.sum(axis=1)

    def scored(alpha: Array) -> tuple[float, Array]:
        total = alpha.sum()
        value = special.gammaln(total) - special.gammaln(total + n)
        value += (special.gammaln(alpha + patterns) - special.gammaln(alpha)).sum(axis=1)
        of_total = special.psi(total) - special.psi(total + n)
        slopes = of_total[:, None] + special.psi(alpha + patterns) - special.psi(alpha)
        return float(times @ value), times @ slopes

    return scored


def _one_preferred(patterns: Array, times: Array) -> Scored:
    """Log-likelihood of the mixture and its gradient.

    Parameters are the shares of those who prefer the other options relative to the first one, the
    weight of an option that is not preferred, and what the preferred one has more.
    """
    n, n_options = patterns.sum(axis=1), patterns.shape[1]

    def scored(params: Array) -> tuple[float, Array]:
        relative, (other, more) = np.r_[1.0, params[:-2]], params[-2:]
        shares, total = relative / relative.sum(), n_options * other + more
        odds = _log_odds(patterns, other, more) + np.log(shares)
        mixed = special.logsumexp(odds, axis=1)
        value = special.gammaln(total) - special.gammaln(total + n) + mixed
        value += (special.gammaln(other + patterns) - special.gammaln(other)).sum(axis=1)
        weight = np.exp(odds - mixed[:, None])
        of_total = special.psi(total) - special.psi(total + n)
        of_other = special.psi(other + patterns) - special.psi(other)
        of_preferred = special.psi(other + more + patterns) - special.psi(other + more)
        by_other = (of_other + weight * (of_preferred - of_other)).sum(axis=1)
        slope_other = times @ (n_options * of_total + by_other)
        slope_more = times @ (of_total + (weight * of_preferred).sum(axis=1))
        slope_shares = (times @ (weight - shares))[1:] / relative[1:]
        return float(times @ value), np.r_[slope_shares, slope_other, slope_more]

    return scored


def _log_odds(patterns: Array, other: float, more: float) -> Array:
    """Say how much likelier the choices are if each option is preferred, in logarithms."""
    with_it = special.gammaln(other + more + patterns) - special.gammaln(other + more)
    without = special.gammaln(other + patterns) - special.gammaln(other)
    odds: Array = with_it - without
    return odds


def _p_largest(shapes: Array) -> Array:
    """Probability that each share of a Dirichlet distribution is the largest, by quadrature.

    The shares are gamma variables over their sum, so the largest is the largest gamma variable.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    levels = (nodes + 1) / 2
    told = np.empty_like(shapes)
    for k in range(shapes.shape[1]):
        at = special.gammaincinv(shapes[:, [k]], levels)
        below = np.full_like(at, 0.5)
        for j in range(shapes.shape[1]):
            if j != k:
                below *= special.gammainc(shapes[:, [j]], at)
        told[:, k] = below @ weights
    normal: Array = told / told.sum(axis=1, keepdims=True)
    return normal

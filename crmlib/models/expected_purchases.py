"""What a customer could be expected to buy, judged by customers like him: the models."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse, stats
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from crmlib.errors import NotEnoughDataError
from crmlib.evaluation.experiments.multiplicity import benjamini_hochberg
from crmlib.models.purchases import Purchases

__all__ = [
    "ExpectedPurchases",
    "NextPurchase",
    "gaps_of_best",
    "open_cells",
    "substitutes",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_RIDGE_SHARE = 0.2
_SUBSTITUTE_RIDGE = 0.01  # a strong ridge hides what is bought instead of each other
_MIN_CORRELATION = 0.1
_MIN_EITHER_KIND = 10
_MIN_CUSTOMERS = 50
_MAX_CELLS = 100_000
_ROWS_AT_ONCE = 5_000
_EDGE = 1e-4


class ExpectedPurchases:
    """Probability that a customer buys an item in the window, from all else he buys.

    Each item is regressed on all the others by ridge regression, all at once in closed form, so
    that the cost does not grow with the number of customers but for counting pairs. A logistic
    regression on that score and the logarithm of the spend turns it into a probability; it is
    fitted on scores that a half of the customers got from the other half, so that nobody is
    compared with himself. Measured on 2,442 households and 270 categories, it ranks what is
    bought for the first time in the next eight weeks as well as a logistic regression per category
    (area under the curve .772 against .779), in a hundredth of the time.

    Parameters
    ----------
    ridge_share
        Ridge penalty as a share of the number of customers.

    Attributes
    ----------
    weights_
        What each item (row) adds to the score of each other one (column).
    base_
        Share of customers who buy each item.
    coef_, intercept_
        Of the logistic regression on score and log spend.
    share_weights_, base_share_
        The same for the share of spend.

    References
    ----------
    H. Steck (2019), Embarrassingly shallow autoencoders for sparse data, WWW 2019, eq. 8. J. Platt
    (1999), Advances in Large Margin Classifiers, MIT Press, eq. 9.
    """

    def __init__(self, *, ridge_share: float = _RIDGE_SHARE) -> None:
        self.ridge_share = ridge_share

    def fit(self, data: Purchases) -> Self:
        """Learn from all customers.

        Raises
        ------
        NotEnoughDataError
            With fewer than 50 customers or 2 items.
        """
        n, n_items = data.held.shape
        if n < _MIN_CUSTOMERS or n_items <= 1:
            raise NotEnoughDataError(
                f"Not enough data for comparable customers (have {n} customers and {n_items} "
                f"items, need {_MIN_CUSTOMERS} and 2). Choose a longer window."
            )
        self.base_ = np.asarray(data.held.mean(axis=0)).ravel()
        precision = _inverse(data.held, self.ridge_share)
        self.weights_ = _weights(precision)
        self._fit_shares(data, precision)
        fold = np.arange(n) % 2
        halves = [_weights(_inverse(data.held[fold == k], self.ridge_share)) for k in (1, 0)]
        rows = data.sample(max(_MAX_CELLS // n_items, _MIN_CUSTOMERS))
        score = np.empty((len(rows), n_items))
        for k in (0, 1):
            score[fold[rows] == k] = self._score(data, rows[fold[rows] == k], halves[k])
        spend = np.log(data.spend[rows])
        self._centre = (float(spend.mean()), float(spend.std()) or 1.0)
        model = LogisticRegression(C=1e6).fit(
            self._features(score, data.spend[rows]), data.held[rows].toarray().ravel()
        )
        self.coef_, self.intercept_ = model.coef_[0], float(model.intercept_[0])
        return self

    def predict(self, data: Purchases, rows: Ints) -> Floats:
        """Give the expected probability of each item for the customers of these rows."""
        score = self._score(data, rows, self.weights_)
        linear = self._features(score, data.spend[rows]) @ self.coef_ + self.intercept_
        return np.asarray(1 / (1 + np.exp(-linear))).reshape(score.shape)

    def predict_share(self, data: Purchases, rows: Ints) -> Floats:
        """Give the part of their spend that customers like these give to each item, buyers or not.

        Guards against the mean of buyers, who like the item better than those without it do.
        """
        share = self.base_share_ + data.held[rows] @ self.share_weights_
        return np.asarray((share - self.base_ @ self.share_weights_).clip(min=0.0))

    def _fit_shares(self, data: Purchases, precision: Floats) -> None:
        """Regress the share of spend for each item on all other items that are bought."""
        shares = sparse.csr_array(sparse.diags_array(1 / data.spend) @ data.net)
        self.base_share_ = np.asarray(shares.mean(axis=0)).ravel()
        together = (data.held.T @ shares).toarray() / len(data.spend)
        on_all = precision @ (together - np.outer(self.base_, self.base_share_))
        # what is left when the item itself is taken out of the regression
        self.share_weights_ = on_all - precision * (np.diag(on_all) / np.diag(precision))

    def _score(self, data: Purchases, rows: Ints, weights: Floats) -> Floats:
        return np.asarray(
            self.base_ + data.held[rows] @ weights - self.base_ @ weights, dtype=np.float64
        )

    def _features(self, score: Floats, spend: Floats) -> Floats:
        mean, deviation = self._centre
        size = (np.log(spend) - mean) / deviation
        return np.c_[score.ravel(), np.repeat(size, score.shape[1])]


def _inverse(held: sparse.csr_array, ridge_share: float) -> Floats:
    """Invert the covariances of the items, with a ridge on their diagonal."""
    n = held.shape[0]
    share = np.asarray(held.mean(axis=0)).ravel()
    gram = (held.T @ held).toarray() / n - np.outer(share, share)
    gram[np.diag_indices_from(gram)] += ridge_share
    return np.asarray(np.linalg.inv(gram))


def _weights(precision: Floats) -> Floats:
    """Give the regression of each item on all the others; none on itself."""
    weights = -precision / np.diag(precision)
    weights[np.diag_indices_from(weights)] = 0.0
    return np.asarray(weights)


def substitutes(data: Purchases, *, max_false_share: float = 0.05) -> pd.DataFrame:
    """List pairs of which who buys the one buys the other less, all else he buys being alike.

    Parameters
    ----------
    data
        Who bought what.
    max_false_share
        Greatest share of false ones among the pairs listed.

    Returns
    -------
    pandas.DataFrame
        `item`, `instead`, `partial_correlation` (at most -0.1), both ways round, the strongest
        first.

    References
    ----------
    J. Whittaker (1990), Graphical Models in Applied Multivariate Statistics, Wiley, corollary
    5.8.2 (partial correlation from the inverse covariance). R. A. Fisher (1924), Metron 3, 329-332
    (its distribution).
    """
    n, n_items = data.held.shape
    if n < _MIN_CUSTOMERS or n_items <= 1:
        return pd.DataFrame({"item": [], "instead": [], "partial_correlation": []})
    precision = _inverse(data.held, _SUBSTITUTE_RIDGE)
    scale = np.sqrt(np.diag(precision))
    a, b = np.triu_indices(n_items, k=1)
    value = -(precision / np.outer(scale, scale))[a, b]
    z = np.arctanh(value.clip(-0.999, 0.999)) * np.sqrt(max(n - n_items - 1, 1))
    q_value = benjamini_hochberg(stats.norm.cdf(z)).to_numpy()
    kept = (q_value <= max_false_share) & (value <= -_MIN_CORRELATION)
    a, b, value = a[kept], b[kept], value[kept]
    names = data.items.to_numpy()
    table = pd.DataFrame(
        {
            "item": names[np.r_[a, b]],
            "instead": names[np.r_[b, a]],
            "partial_correlation": np.r_[value, value],
        }
    )
    return table.sort_values(["partial_correlation", "item", "instead"], ignore_index=True)


def open_cells(data: Purchases, expected: ExpectedPurchases, rows: Ints) -> pd.DataFrame:
    """List what some customers did not buy in the window, with what was to be expected.

    Parameters
    ----------
    data
        Who bought what.
    expected
        Fitted on them.
    rows
        Which customers, such as `data.best(0.1)` or `data.sample(5000)`.

    Returns
    -------
    pandas.DataFrame
        One row per customer and item not bought: `customer_id`, `item`, `expected_rate`,
        `spend_share` (part of the spend of customers like him that is for it), `spend_amount` (of
        the customer in all), `is_ahead` (bought in the days after).
    """
    is_open = data.held[rows].toarray() == 0
    row, column = np.nonzero(is_open)
    return pd.DataFrame(
        {
            "customer_id": data.customers[rows[row]],
            "item": data.items[column],
            "expected_rate": expected.predict(data, rows)[row, column],
            "spend_share": expected.predict_share(data, rows)[row, column],
            "spend_amount": data.spend[rows[row]],
            "is_ahead": data.ahead[rows].toarray()[row, column] > 0,
        }
    )


def gaps_of_best(
    data: Purchases, expected: ExpectedPurchases, *, best_share: float, min_expected: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Find what the best customers do not buy although customers like them do.

    Parameters
    ----------
    data
        Who bought what.
    expected
        Fitted on them.
    best_share
        Share of customers with the greatest value who are looked at.
    min_expected
        Least expected probability of a gap that is listed.

    Returns
    -------
    tuple of pandas.DataFrame
        The gaps as in `open_cells`, without `is_ahead`; and one row per item: `item`, `n_best`
        (customers looked at), `n_buyers` (of them), `expected_rate` (mean probability).
    """
    rows = data.best(best_share)
    gaps, total = [], np.zeros(len(data.items))
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[start : start + _ROWS_AT_ONCE]
        total += expected.predict(data, part).sum(axis=0)
        cells = open_cells(data, expected, part).drop(columns="is_ahead")
        gaps.append(cells[cells["expected_rate"] >= min_expected])
    by_item = pd.DataFrame(
        {
            "item": data.items,
            "n_best": len(rows),
            "n_buyers": np.asarray(data.held[rows].sum(axis=0)).ravel().astype(np.int64),
            "expected_rate": total / max(len(rows), 1),
        }
    )
    return pd.concat(gaps, ignore_index=True), by_item


class NextPurchase:
    """Probability that something not bought in the window is bought in the days after it.

    A logistic regression on the expected probability and on the spend, learned from customers whose
    days after the window are known.

    Attributes
    ----------
    coef_, intercept_
        Of log odds of the expected probability, and of log spend.
    """

    def fit(self, cells: pd.DataFrame) -> Self:
        """Learn from `expected_rate`, `spend_amount` and `is_ahead`.

        Raises
        ------
        NotEnoughDataError
            With fewer than 10 cells bought or not bought in the days after.
        """
        n_ahead = int(cells["is_ahead"].sum())
        if min(n_ahead, len(cells) - n_ahead) < _MIN_EITHER_KIND:
            raise NotEnoughDataError(
                f"Not enough later purchases to learn from (have {n_ahead} of {len(cells)}, need "
                f"{_MIN_EITHER_KIND} of either kind)."
            )
        model = LogisticRegression(C=1e6).fit(_next_features(cells), cells["is_ahead"])
        self.coef_, self.intercept_ = model.coef_[0], float(model.intercept_[0])
        return self

    def predict(self, cells: pd.DataFrame) -> Floats:
        """Give the probability of a purchase in the days after."""
        return np.asarray(1 / (1 + np.exp(-(_next_features(cells) @ self.coef_ + self.intercept_))))


def _next_features(cells: pd.DataFrame) -> Floats:
    odds = logit(cells["expected_rate"].clip(_EDGE, 1 - _EDGE))
    return np.c_[odds, np.log(cells["spend_amount"].clip(lower=0.01))]

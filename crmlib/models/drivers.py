"""What drives satisfaction: importance derived from the answers, not from what is stated."""

from __future__ import annotations

import itertools
import math

import numpy as np
import numpy.typing as npt
import pandas as pd
import statsmodels.api as sm
from scipy import stats
from threadpoolctl import threadpool_limits

from crmlib.errors import NotEnoughDataError, ParameterError
from crmlib.evaluation.experiments import benjamini_hochberg

__all__ = ["correlation_beyond_level", "driver_importance", "shares_of_r2"]

Array = npt.NDArray[np.float64]
_MOST_EXACT = 10
"""With more attributes than this the shares are Johnson's, which need no subsets."""
_MIN_PER_COLUMN = 10
_MIN_ASKED = 0.5
_MOST_BLOCKS = 2_000
_COLUMNS = [
    "attribute", "n_answers", "slope", "weight", "low_weight", "high_weight", "p_adjusted",
    "importance_share", "low_share", "high_share", "is_driver",
]  # fmt: skip


def driver_importance(
    ratings: pd.DataFrame,
    outcome: pd.Series,
    *,
    rng: np.random.Generator,
    n_resamples: int = 499,
    threshold: float = 0.05,
) -> pd.DataFrame:
    """Share out what the attributes together explain of an outcome. Observational.

    Guards against the importance that people state, which follows what they think they should
    say, and against simple correlations, which count the same thing several times where attributes
    go together. The share of an attribute is the mean of what it adds to the explained variance
    over all orders in which the attributes can be taken in.

    Parameters
    ----------
    ratings
        One row per respondent, one numeric column per attribute, higher = better. Attributes
        that fewer than half of the respondents judged are left out, and then respondents who did
        not judge all of the others.
    outcome
        What is to be explained (satisfaction, recommendation, staying as 0 and 1), same index.
    rng
        Source of randomness of the intervals.
    threshold
        Share of false ones among the attributes called drivers that is allowed.

    Returns
    -------
    pandas.DataFrame
        One row per attribute, the most important first: `attribute`, `n_answers`, `slope` (of the
        outcome per point of the attribute, all others alike), `weight`
        (standard deviations of the outcome per standard deviation of the attribute, all others
        alike) with `low_weight`, `high_weight`, `p_adjusted` (heteroscedasticity-robust,
        Benjamini-Hochberg), `importance_share` (of what is explained; they add up to 1) with its
        bootstrap interval `low_share`, `high_share`, `is_driver` (the weight is positive beyond
        chance). `attrs["r2"]` holds the share of the variance explained.

    Raises
    ------
    NotEnoughDataError
        With fewer than 10 respondents per attribute, or an outcome or attribute that is the same
        for everybody.
    ParameterError
        If the indexes differ.

    References
    ----------
    R. H. Lindeman, P. F. Merenda & R. Z. Gold (1980), Introduction to Bivariate and Multivariate
    Analysis, p. 119 (shares); U. Groemping (2007), The American Statistician 61, 139-147, eq. 4;
    J. W. Johnson (2000), Multivariate Behavioral Research 35, 1-19 (more than 10 attributes);
    J. G. MacKinnon & H. White (1985), Journal of Econometrics 29, 305-325 (robust errors, HC3).
    """
    if not ratings.index.equals(outcome.index):
        raise ParameterError("Ratings and outcome have different indexes: align them first.")
    x, y = _complete(ratings, outcome)
    both = np.column_stack([x, y])
    standard = (both - both.mean(axis=0)) / both.std(axis=0)
    with threadpool_limits(1):
        fit = sm.OLS(standard[:, -1], standard[:, :-1]).fit(cov_type="HC3")
        point = shares_of_r2(np.corrcoef(both, rowvar=False)[None])[0]
        drawn = shares_of_r2(_resampled_correlations(standard, rng, n_resamples))
    r2 = float(point.sum())
    drawn = drawn / drawn.sum(axis=1, keepdims=True)
    reach = stats.norm.isf(0.025) * fit.bse
    adjusted = benjamini_hochberg(np.where(np.isfinite(fit.pvalues), fit.pvalues, 1.0))
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    table = pd.DataFrame(
        {
            "attribute": list(x.columns),
            "n_answers": len(x),
            "slope": fit.params * y.std(ddof=0) / x.std(ddof=0).to_numpy(),
            "weight": fit.params,
            "low_weight": fit.params - reach,
            "high_weight": fit.params + reach,
            "p_adjusted": adjusted.to_numpy(),
            "importance_share": point / r2 if r2 > 0 else np.nan,
            "low_share": low,
            "high_share": high,
            "is_driver": (adjusted.to_numpy() < threshold) & (fit.params > 0),
        }
    )[_COLUMNS]
    table = table.sort_values(
        ["importance_share", "attribute"], ascending=[False, True], ignore_index=True
    )
    table.attrs["r2"] = r2
    return table


def _complete(ratings: pd.DataFrame, outcome: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """Keep the attributes that enough judged, and respondents who judged all of them."""
    known = ratings[outcome.notna()]
    asked = known.columns[known.notna().mean() >= _MIN_ASKED] if len(known) else known.columns[:0]
    x = known[asked].dropna().astype(float)
    x = x.loc[:, x.min() < x.max()]
    y = outcome[x.index].astype(float)
    need = _MIN_PER_COLUMN * (1 + x.shape[1])
    if x.shape[1] == 0 or len(x) < need:
        raise NotEnoughDataError(
            f"Not enough answers for drivers (have {len(x)} respondents who judged all of "
            f"{x.shape[1]} attributes, need {need} and one attribute)."
        )
    if y.min() == y.max() or np.linalg.matrix_rank(x - x.mean()) < x.shape[1]:
        raise NotEnoughDataError(
            f"The outcome is the same for all {len(x)} respondents, or an attribute follows from "
            "the others: nothing can be shared out."
        )
    return x, y


def _resampled_correlations(standard: Array, rng: np.random.Generator, n_resamples: int) -> Array:
    """Draw respondents with replacement and give the correlations of each resample.

    More than 2,000 respondents are put at random into as many blocks, and blocks are drawn: the
    cost no longer grows with the survey.
    """
    n, k = standard.shape
    blocks = rng.permutation(n) % min(n, _MOST_BLOCKS)
    values = np.column_stack([np.ones(n), standard])
    products = (values[:, :, None] * values[:, None, :]).reshape(n, -1)
    sums = np.zeros((min(n, _MOST_BLOCKS), products.shape[1]))
    np.add.at(sums, blocks, products)
    counts = rng.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size=n_resamples)
    moments = (counts @ sums).reshape(n_resamples, k + 1, k + 1)
    total = moments[:, :1, :1]
    means = moments[:, 0, 1:] / total[:, 0]
    covariance = moments[:, 1:, 1:] / total - means[:, :, None] * means[:, None, :]
    spread = np.sqrt(np.maximum(np.einsum("bii->bi", covariance), 1e-12))
    return np.asarray(covariance / spread[:, :, None] / spread[:, None, :], dtype=float)


def shares_of_r2(correlations: Array) -> Array:
    """Share the explained variance out to the attributes; the outcome is the last column.

    Parameters
    ----------
    correlations
        Shape (matrices, attributes + 1, attributes + 1).

    Returns
    -------
    numpy.ndarray
        Shape (matrices, attributes); each row adds up to R squared.

    Examples
    --------
    >>> pair = np.array([[[1, 0.5, 0.6], [0.5, 1, 0.4], [0.6, 0.4, 1]]])
    >>> shares_of_r2(pair).round(4).tolist()
    [[0.2867, 0.0867]]
    """
    p = correlations.shape[1] - 1
    inner, outer = correlations[:, :p, :p], correlations[:, :p, p]
    if p > _MOST_EXACT:
        roots, vectors = np.linalg.eigh(inner)
        half = (vectors * np.sqrt(np.maximum(roots, 1e-12))[:, None, :]) @ np.swapaxes(
            vectors, 1, 2
        )
        slopes = np.linalg.solve(half, outer[:, :, None])[:, :, 0]
        return np.asarray(np.einsum("bij,bj->bi", half**2, slopes**2), dtype=float)
    explained = np.zeros((len(correlations), 2**p))
    for size in range(1, p + 1):
        chosen = np.array(list(itertools.combinations(range(p), size)))
        part = inner[:, chosen[:, :, None], chosen[:, None, :]]
        own = outer[:, chosen]
        slopes = np.linalg.solve(part, own[..., None])[..., 0]
        explained[:, (2**chosen).sum(axis=1)] = (slopes * own).sum(axis=-1)
    sets = np.arange(2**p)
    sizes = np.array([int(number).bit_count() for number in sets])
    shares = np.zeros((len(correlations), p))
    for j in range(p):
        without = sets[(sets >> j) & 1 == 0]
        weights = [1 / (p * math.comb(p - 1, int(size))) for size in sizes[without]]
        added = explained[:, without | (1 << j)] - explained[:, without]
        shares[:, j] = added @ np.array(weights)
    return shares


def correlation_beyond_level(ratings: pd.DataFrame, outcome: pd.Series) -> pd.Series:
    """Correlate each attribute with the outcome, each respondent's general level taken out.

    Guards against attributes that seem to drive satisfaction only because some people give high
    points to everything. The level is the mean of the respondent's other attributes. What people
    really like all round goes with it, so that the truth lies between this and the plain
    correlation.

    Parameters
    ----------
    ratings, outcome
        As for `driver_importance`; at least two attributes.

    Returns
    -------
    pandas.Series
        Partial correlation per attribute, from -1 to 1, in the order of the columns.

    Raises
    ------
    NotEnoughDataError
        As `driver_importance`, or with fewer than two attributes.

    References
    ----------
    P. E. Rossi, Z. Gilula & G. M. Allenby (2001), Overcoming scale usage heterogeneity, Journal of
    the American Statistical Association 96, 20-31 (the problem; their remedy is a model of level
    and spread).
    """
    x, y = _complete(ratings, outcome)
    if x.shape[1] < 2:
        raise NotEnoughDataError("The level of a respondent needs two attributes (have 1).")
    found = {}
    for name in x:
        level = x.drop(columns=name).mean(axis=1)
        three = np.corrcoef(np.column_stack([x[name], y, level]), rowvar=False)
        both, own, of_outcome = three[0, 1], three[0, 2], three[1, 2]
        rest = math.sqrt((1 - own**2) * (1 - of_outcome**2))
        found[name] = (both - own * of_outcome) / rest if rest > 0 else math.nan
    return pd.Series(found, name="partial_correlation")

"""How many complaints there are: by month, and by groups of customers and goods."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from crmlib.evaluation.experiments import benjamini_hochberg
from crmlib.schema import require_columns

__all__ = ["group_rates", "monthly_rates"]

Array = npt.NDArray[np.float64]
PER = 1000
_LEVEL = 0.95
_SPREADS = np.linspace(0.02, 1.0, 50)
"""Standard deviations of the groups' true rates, over their mean, that are thought possible."""
_RATES = [
    "dimension", "group", "n_customers", "n_orders", "n_complaints", "n_complainers",
    "raw_per_1000", "shrunk_per_1000", "low_per_1000", "high_per_1000", "p_adjusted",
    "is_different",
]  # fmt: skip


def monthly_rates(months: pd.DataFrame, *, last_complete_month: int) -> pd.DataFrame:
    """Give complaints per 1,000 orders by month with exact Poisson intervals.

    Parameters
    ----------
    months
        `month` (12 x year + month - 1), `n_orders`, `n_complaints`.
    last_complete_month
        Later months are not over and left out.

    Returns
    -------
    pandas.DataFrame
        `month_on` (`YYYY-MM`), `n_orders`, `n_complaints`, `raw_per_1000`, `low_per_1000`,
        `high_per_1000` (missing in months without orders); every month from the first on.

    References
    ----------
    F. Garwood (1936), Biometrika 28, 437-442 (interval).
    """
    kept = months[months["month"] <= last_complete_month].set_index("month")
    span = range(int(kept.index.min()), last_complete_month + 1) if len(kept) else range(0)
    counts = kept[["n_orders", "n_complaints"]].reindex(span, fill_value=0).astype("int64")
    y, n = counts["n_complaints"].to_numpy(), counts["n_orders"].to_numpy(dtype=float)
    n = np.where(n > 0, n, np.nan)
    low = np.where(y > 0, stats.gamma.ppf((1 - _LEVEL) / 2, np.maximum(y, 1)), 0.0)
    high = stats.gamma.isf((1 - _LEVEL) / 2, y + 1)
    return pd.DataFrame(
        {
            "month_on": [f"{m // 12}-{m % 12 + 1:02d}" for m in counts.index],
            "n_orders": counts["n_orders"].to_numpy(),
            "n_complaints": y,
            "raw_per_1000": PER * y / n,
            "low_per_1000": PER * low / n,
            "high_per_1000": PER * high / n,
        }
    )


def group_rates(counts: pd.DataFrame, *, threshold: float = 0.05) -> pd.DataFrame:
    """Compare the rate of complaints of groups: shrunk, with intervals, corrected for many looks.

    Guards against the smallest group being the best or the worst by chance alone: each rate is
    drawn towards that of all, the more the fewer orders it rests on. A customer who complains
    often counts as less than so many customers: the counts are divided by their dispersion over
    customers.

    Parameters
    ----------
    counts
        From `crmlib.features.complaints.complaint_counts`, collected.
    threshold
        Share of false ones among the groups called different that is allowed.

    Returns
    -------
    pandas.DataFrame
        One row per group but `all`, most orders first: `dimension`, `group`, `n_customers`,
        `n_orders`, `n_complaints`, `n_complainers`, `raw_per_1000` (complaints per 1,000 orders;
        per 1,000 customers where there are no orders), `shrunk_per_1000` with its 95 % interval
        `low_per_1000`, `high_per_1000`, `p_adjusted` (against all other groups of the dimension,
        Benjamini-Hochberg over all groups), `is_different`.

    References
    ----------
    C. N. Morris (1983), Parametric empirical Bayes inference, Journal of the American Statistical
    Association 78, 47-55 (drawing towards the mean); A. Gelman (2006), Bayesian Analysis 1,
    515-533, section 3.2 (all spreads alike before a look at the data); P. McCullagh & J. A. Nelder
    (1989), Generalized Linear Models, 2nd ed., section 6.2.3 (dispersion).
    """
    require_columns(counts, ["dimension", "group", "n_complaints"], what="The table of counts")
    spread = _dispersion(counts)
    parts = []
    for _, part in counts[counts["dimension"] != "all"].groupby("dimension"):
        base = part["n_orders"] if part["n_orders"].sum() > 0 else part["n_customers"]
        known = part[base > 0].copy()
        y = known["n_complaints"].to_numpy(dtype=float)
        n = base[base > 0].to_numpy(dtype=float)
        if len(known) < 2 or y.sum() == 0:
            continue
        posterior = _posterior(y / spread, n / spread)
        known["raw_per_1000"] = PER * y / n
        known["shrunk_per_1000"] = PER * posterior.mean()
        known["low_per_1000"] = PER * posterior.ppf((1 - _LEVEL) / 2)
        known["high_per_1000"] = PER * posterior.isf((1 - _LEVEL) / 2)
        known["p_value"] = _against_the_rest(y, n, spread)
        parts.append(known)
    if not parts:
        return pd.DataFrame(columns=_RATES)
    table = pd.concat(parts, ignore_index=True)
    table["p_adjusted"] = benjamini_hochberg(table["p_value"])
    table["is_different"] = table["p_adjusted"] < threshold
    return table.sort_values(
        ["dimension", "n_orders", "group"], ascending=[True, False, True], ignore_index=True
    )[_RATES]


def _dispersion(counts: pd.DataFrame) -> float:
    """Give the variance of complaints over customers as a multiple of that of Poisson, from 1."""
    everybody = counts[counts["dimension"] == "all"]
    if everybody.empty or everybody["n_orders"].iloc[0] == 0:
        return 1.0
    all_ = everybody.iloc[0].drop(["dimension", "group"]).astype(float)
    rate = all_["n_complaints"] / all_["n_orders"]
    squares = (
        all_["complaints_squared"]
        - 2 * rate * all_["orders_complaints"]
        + rate**2 * all_["orders_squared"]
    )
    return float(max(1.0, squares / all_["n_complaints"])) if rate > 0 else 1.0


def _posterior(y: Array, n: Array) -> Any:
    """Give the gamma distribution of each rate, matched to mean and variance.

    How much the groups differ is not known: each spread of `_SPREADS` counts as far as it makes
    the counts likely. Nor is the common mean, whose variance is its square over all complaints.
    """
    common = y.sum() / n.sum()
    shape = (1 / _SPREADS**2)[:, None]
    rate = shape / common
    terms = special.gammaln(shape + y) - special.gammaln(shape) + special.xlogy(shape, rate)
    log_likelihood = (terms - (shape + y) * np.log(rate + n)).sum(axis=1)
    weight = special.softmax(log_likelihood)[:, None]
    means = (shape + y) / (rate + n)
    variances = means / (rate + n) + (rate / (rate + n) * common) ** 2 / y.sum()
    mean = (weight * means).sum(axis=0)
    variance = (weight * (variances + means**2)).sum(axis=0) - mean**2
    return stats.gamma(mean**2 / variance, scale=variance / mean)


def _against_the_rest(y: Array, n: Array, spread: float) -> Array:
    """Give the p value of each rate against that of all other groups, by likelihood ratio."""
    total, base = y.sum(), n.sum()
    expected = total * n / base
    other, other_expected = total - y, total - expected
    ratio = special.xlogy(y, y / expected) + special.xlogy(other, other / other_expected)
    return np.asarray(stats.chi2.sf(2 * ratio / spread, 1), dtype=float)

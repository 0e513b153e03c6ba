"""Potential and share of wallet of each customer, with intervals of what they add up to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special, stats

from crmlib.errors import NotEnoughDataError
from crmlib.models.wallet.calibration import Answers, ShareModel, answers_of, fit_share
from crmlib.models.wallet.frontier import MIN_CUSTOMERS, Frontier, fit_frontier
from crmlib.schema import require_columns

__all__ = ["Wallets", "comparable_customers", "estimate_wallets", "wallets_if_enough"]

Array = npt.NDArray[np.float64]
_N_FOLDS = 10
_N_BANDS = 5
_N_GROUPS = 50
_MANY_ANSWERS = 2_000
_Z = 1.959963984540054
_YEAR_DAYS = 365
_MEASURES = ("spent", "orders", "basket")
_CUSTOMERS = ["customer_id", "spent_amount", "potential_amount", "not_won_amount", "won_share",
              "low_share", "high_share", "frontier_share", "source"]  # fmt: skip
_TOTALS = ["n_customers", "spent_amount", "potential_amount", "not_won_amount", "low_amount",
           "high_amount", "won_share", "low_share", "high_share"]  # fmt: skip
_BANDS = ["band", "n_customers", "won_share", "low_share", "high_share"]
_CHECK = ["band", "n_customers", "estimated_share", "answered_share", "low_share", "high_share"]


@dataclass(frozen=True)
class Wallets:
    """What was found out about the customers' wallets.

    Attributes
    ----------
    customers
        One row per customer: `customer_id`, `spent_amount` (here, a year), `potential_amount` (a
        year, wherever it is spent), `not_won_amount`, `won_share` with `low_share`, `high_share`
        (95 % for the single customer; missing without answers), `frontier_share` (spent over the
        frontier alone), `source` (asked, estimated, frontier).
    totals
        One row: the same of all customers, with 95 % intervals of the sum.
    bands
        Fifths of the customers by estimated share: `band`, `n_customers`, `won_share` (mean) with
        the interval of the mean, such that all five hold together.
    check
        Fifths of those asked, each estimated without his own answer: `band`, `n_customers`,
        `estimated_share`, `answered_share` (means) with its interval.
    n_answered
        Customers who were asked.
    rank_correlation
        Between estimate and answer, each estimated without his own answer.
    """

    customers: pd.DataFrame
    totals: pd.DataFrame
    bands: pd.DataFrame
    check: pd.DataFrame
    n_answered: int
    rank_correlation: float

    @property
    def is_calibrated(self) -> bool:
        """Whether answers of customers stand behind the shares."""
        return bool(len(self.check))


def comparable_customers(
    purchases: pd.DataFrame, *, as_of_day: int, active_days: int, min_days: int = 90
) -> pd.DataFrame:
    """Keep the customers whose yearly spending can be told: known long enough, and still here.

    Parameters
    ----------
    purchases
        From `crmlib.features.wallet.yearly_purchases`, collected.
    active_days
        Days since the last order up to which a customer is still here.
    min_days
        Days since the first order from which on.

    Returns
    -------
    pandas.DataFrame
        Those with an order after the first one and sales above 0.
    """
    kept = (
        (purchases["exposure_days"] >= min_days)
        & (purchases["last_day"] > as_of_day - active_days)
        & (purchases["n_orders"] > 0)
        & (purchases["net_cents"] > 0)
        & (purchases["net_cents_all"] > 0)
    )
    return purchases[kept].reset_index(drop=True)


def estimate_wallets(
    purchases: pd.DataFrame,
    attributes: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    quantile: float = 0.9,
    min_answered: int = 100,
    max_train: int = 20_000,
    rng: np.random.Generator,
) -> Wallets:
    """Estimate what each customer could spend a year and the share of it that he spends here.

    The frontier is a high quantile of yearly spending of comparable customers. Where enough
    customers were asked for their share, the distances of orders and of baskets to their frontiers
    are calibrated to the answers, and who was asked counts with his own answer too; otherwise the
    share is what is spent over the frontier, which is no more than a ranking with a scale.

    Parameters
    ----------
    purchases
        From `comparable_customers`.
    attributes
        `customer_id` and what customers are comparable by, none of it caused by the share; the
        main category is added from `purchases`.
    answers
        `customer_id`, `wallet_share`, one row per answer; may be empty.
    quantile
        Of the frontier.
    min_answered
        Customers asked below which answers are not used.
    max_train
        Most customers a frontier is trained on.

    Raises
    ------
    NotEnoughDataError
        With fewer than 100 customers.
    SchemaError
        If a column is missing.

    References
    ----------
    P. S. Kott (2001), Journal of Official Statistics 17, 521-526, eq. 2 (delete-a-group jackknife).
    R. Y. Du, W. A. Kamakura and C. F. Mela (2007), Size and share of customer wallet, Journal of
    Marketing 71(2), 94-113.
    """
    needed = ("customer_id", "exposure_days", "n_orders", "net_cents", "n_orders_all",
              "net_cents_all", "main_category")  # fmt: skip
    require_columns(purchases.columns, needed, what="The table of purchases")
    if len(purchases) < MIN_CUSTOMERS:
        raise NotEnoughDataError(
            f"Not enough data for shares of wallet (have {len(purchases)} customers, need "
            f"{MIN_CUSTOMERS})."
        )
    table = purchases.merge(attributes, on="customer_id", how="left")
    table = table.sort_values("customer_id").iloc[rng.permutation(len(table))]
    table = table.reset_index(drop=True)
    names = ["main_category", *(name for name in attributes if name != "customer_id")]
    fold = _groups(len(table), _N_FOLDS)
    values = _measures(table)
    told = answers_of(table["customer_id"], answers)
    is_calibrated = int((told.n > 0).sum()) >= min_answered
    fit = partial(fit_frontier, quantile=quantile, fold=fold, max_train=max_train)
    frontiers = {
        name: fit(np.log(values[name]), table[names])
        for name in (_MEASURES if is_calibrated else _MEASURES[:1])
    }
    solve = _calibrated if is_calibrated else _from_frontier
    found = solve(values, frontiers, told, None)
    return _described(table["customer_id"], values, frontiers, told, (found, solve))


def wallets_if_enough(
    purchases: pd.DataFrame,
    attributes: pd.DataFrame,
    answers: pd.DataFrame,
    *,
    quantile: float = 0.9,
    rng: np.random.Generator,
) -> Wallets:
    """Estimate wallets, or give tables without rows where there are fewer than 100 customers."""
    if len(purchases) >= MIN_CUSTOMERS:
        return estimate_wallets(purchases, attributes, answers, quantile=quantile, rng=rng)
    return Wallets(
        customers=pd.DataFrame(columns=_CUSTOMERS),
        totals=pd.DataFrame(columns=_TOTALS),
        bands=pd.DataFrame(columns=_BANDS),
        check=pd.DataFrame(columns=_CHECK),
        n_answered=int(answers["customer_id"].nunique()),
        rank_correlation=np.nan,
    )


def _measures(table: pd.DataFrame) -> dict[str, Array]:
    """Give spending and orders a year, and the amount of an order."""
    years = table["exposure_days"].to_numpy(dtype=float) / _YEAR_DAYS
    basket = table["net_cents_all"] / table["n_orders_all"].clip(lower=1) / 100
    return {
        "spent": np.maximum(table["net_cents"].to_numpy(dtype=float) / 100 / years, 0.01),
        "orders": table["n_orders"].to_numpy(dtype=float) / years,
        "basket": np.maximum(basket.to_numpy(dtype=float), 0.01),
    }


@dataclass(frozen=True)
class _Found:
    share: Array
    spread: Array
    not_won: Array


Solver = Callable[[dict[str, Array], dict[str, Frontier], Answers, "int | None"], _Found]


def _from_frontier(
    values: dict[str, Array], frontiers: dict[str, Frontier], told: Answers, left_out: int | None
) -> _Found:
    """Take the frontier for the need; without a group, that of all others."""
    spent, frontier = values["spent"], frontiers["spent"]
    here = frontier.out_of_fold if left_out is None else frontier.by_fold[:, left_out]
    potential = np.maximum(np.exp(here), spent)
    return _Found(spent / potential, np.full(len(spent), np.nan), potential - spent)


def _design(values: dict[str, Array], frontiers: dict[str, Frontier], told: Answers) -> Array:
    """Give ones and the distances of orders and basket to their frontiers.

    With many answers the curve may bend: the squared distance of orders is added.
    """
    distances = [np.log(values[n]) - frontiers[n].out_of_fold for n in ("orders", "basket")]
    if (told.n > 0).sum() >= _MANY_ANSWERS:
        distances.append(distances[0] ** 2)
    return np.column_stack([np.ones(len(values["spent"])), *distances])


def _calibrated(
    values: dict[str, Array], frontiers: dict[str, Frontier], told: Answers, left_out: int | None
) -> _Found:
    """Bring the distances to the frontiers to the scale of the answers, without those of a group.

    The calibration makes up for a frontier that lies too high or low, so the group is left out of
    it alone.
    """
    design = _design(values, frontiers, told)
    if left_out is not None:
        told = told.kept(_groups(len(design), _N_GROUPS) != left_out)
    model = fit_share(design, told)
    share, spread = model.combined(model.share(design), told)
    return _Found(share, spread, model.not_won(values["spent"], share, spread))


def _groups(n: int, n_groups: int) -> npt.NDArray[np.int64]:
    """Give the group of each customer, who are in random order, to be left out in turn."""
    return np.arange(n) % n_groups


def _described(
    ids: pd.Series,
    values: dict[str, Array],
    frontiers: dict[str, Frontier],
    told: Answers,
    solved: tuple[_Found, Solver],
) -> Wallets:
    """Put the results into tables."""
    found, solve = solved
    spent, is_calibrated = values["spent"], solve is _calibrated
    band = pd.qcut(pd.Series(found.share).rank(method="first"), _N_BANDS, labels=False).to_numpy()
    n_groups = _N_GROUPS if is_calibrated else _N_FOLDS
    group = _groups(len(spent), n_groups)
    whole = _statistics(found, spent, band, group >= 0)
    parts = [
        _statistics(solve(values, frontiers, told, k), spent, band, group != k)
        for k in range(n_groups)
    ]
    deviation = np.array(parts) - np.mean(parts, axis=0)
    variance = (n_groups - 1) / n_groups * (deviation**2).sum(axis=0)
    single = np.nan_to_num(found.spread * found.share * (1 - found.share)) ** 2
    variance[2:] += [single[band == k].mean() / (band == k).sum() for k in range(_N_BANDS)]
    tail = np.array([0.025, 0.025, *(0.025 / _N_BANDS,) * _N_BANDS])  # all fifths together
    reach = stats.t.isf(tail, n_groups - 1) * np.sqrt(variance)
    low, high = whole - reach, whole + reach
    n = len(spent)
    totals = (n, spent.sum(), spent.sum() + n * whole[0], n * whole[0], n * max(low[0], 0.0),
              n * high[0], whole[1], low[1], high[1])  # fmt: skip
    bands = pd.DataFrame(
        {
            "band": np.arange(1, _N_BANDS + 1),
            "n_customers": np.bincount(band, minlength=_N_BANDS),
            "won_share": whole[2:],
            "low_share": low[2:].clip(0, 1),
            "high_share": high[2:].clip(0, 1),
        }
    )
    check, rank = _check(values, frontiers, told) if is_calibrated else (None, np.nan)
    return Wallets(
        customers=_customers(ids, values, frontiers, told, found),
        totals=pd.DataFrame([totals], columns=_TOTALS),
        bands=bands[_BANDS],
        check=pd.DataFrame(columns=_CHECK) if check is None else check,
        n_answered=int((told.n > 0).sum()),
        rank_correlation=rank,
    )


def _statistics(found: _Found, spent: Array, band: Array, kept: npt.NDArray[np.bool_]) -> Array:
    """Give what has an interval: mean not won, share won of all, mean share per band."""
    not_won = found.not_won[kept].mean()
    by_band = [found.share[kept & (band == k)].mean() for k in range(_N_BANDS)]
    here = spent[kept].mean()
    return np.array([not_won, here / (here + not_won), *by_band])


def _customers(
    ids: pd.Series,
    values: dict[str, Array],
    frontiers: dict[str, Frontier],
    told: Answers,
    found: _Found,
) -> pd.DataFrame:
    """List the customers; the interval is of the single customer."""
    spent = values["spent"]
    alone = _from_frontier(values, frontiers, told, None).share
    logit = special.logit(np.clip(found.share, 1e-9, 1 - 1e-9))
    is_calibrated = np.isfinite(found.spread)
    source = np.where(~is_calibrated, "frontier", np.where(told.n > 0, "asked", "estimated"))
    table = pd.DataFrame(
        {
            "customer_id": ids,
            "spent_amount": spent,
            "potential_amount": spent + found.not_won,
            "not_won_amount": found.not_won,
            "won_share": found.share,
            "low_share": special.expit(logit - _Z * found.spread),
            "high_share": special.expit(logit + _Z * found.spread),
            "frontier_share": alone,
            "source": source,
        }
    )
    return table.sort_values("customer_id", ignore_index=True)[_CUSTOMERS]


def _check(
    values: dict[str, Array], frontiers: dict[str, Frontier], told: Answers
) -> tuple[pd.DataFrame, float]:
    """Hold estimates made without a customer's own answer against it."""
    design, fold = _design(values, frontiers, told), frontiers["spent"].fold
    estimate = np.empty(len(fold))
    for k in range(_N_FOLDS):
        model: ShareModel = fit_share(design, told.kept(fold != k))
        estimate[fold == k] = model.share(design)[fold == k]
    asked = told.n > 0
    pairs = pd.DataFrame({"estimated_share": estimate[asked], "answered_share": told.mean[asked]})
    pairs["band"] = pd.qcut(pairs["estimated_share"].rank(method="first"), _N_BANDS, labels=False)
    grouped = pairs.groupby("band")
    table = grouped[["estimated_share", "answered_share"]].mean()
    reach = _Z * grouped["answered_share"].sem(ddof=1)
    table["n_customers"] = grouped.size()
    table["low_share"] = (table["answered_share"] - reach).clip(lower=0)
    table["high_share"] = (table["answered_share"] + reach).clip(upper=1)
    table.index = table.index + 1
    rank = stats.spearmanr(pairs["estimated_share"], pairs["answered_share"]).statistic
    return table.rename_axis("band").reset_index()[_CHECK], float(rank)

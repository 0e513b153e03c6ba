"""How sales respond to spending: what carries over to later weeks, and where it saturates."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import optimize, signal
from threadpoolctl import threadpool_limits

from crmlib.errors import ParameterError
from crmlib.models.curves import Curves, ExponentialCurves, HillCurves

__all__ = ["ResponseModel", "adstock"]

Array = npt.NDArray[np.float64]
_LOW, _HIGH = math.log(0.05), math.log(20.0)
"""Saturation is searched where mean spend brings between 5 % and all of what is possible."""
_STARTS = [(0.1, 0.0), (0.5, 0.0), (0.8, 0.0), (0.4, 1.2), (0.4, -1.2)]
_WEEKS_PER_PARAMETER = 4
_AT_BOUND = 1e-3
_SHAPES = {"exponential": ("rate",), "hill": ("half", "shape")}


def adstock(spend: npt.ArrayLike, carry_over: float) -> Array:
    """Spread spending over the weeks after it: `a[t] = (1 - c) * spend[t] + c * a[t - 1]`.

    The weights add up to 1, so that steady spending is its own adstock and one response curve
    serves single weeks and a steady budget.

    References
    ----------
    S. Broadbent (1979), One way TV advertisements work, Journal of the Market Research Society
    21(3) (geometric adstock).

    Examples
    --------
    >>> adstock([8, 0, 0, 0], 0.5).tolist()
    [4.0, 2.0, 1.0, 0.5]
    """
    weights = [1 - carry_over], [1, -carry_over]
    return np.asarray(signal.lfilter(*weights, np.asarray(spend, dtype=float), axis=0))


class ResponseModel:
    """Fit carry-over and saturation of each channel to a weekly series of sales.

    Sales are a base, the controls, and per channel `scale` times a saturating curve of the adstock.
    Observational: spending that follows demand looks effective. Guards against answers the data do
    not hold: the intervals come from a bootstrap of blocks of weeks, and `at_bound` marks a channel
    whose carry-over or saturation lies at the edge of what was searched.

    Parameters
    ----------
    saturation
        `exponential`: 1 - exp(-rate a); `hill`: a**shape / (half**shape + a**shape).
    n_resamples
        Bootstrap samples.
    block_weeks
        Length of the blocks of residuals that are drawn together.
    max_carry_over
        Greatest carry-over that is searched.
    level
        Nominal coverage of the intervals.
    random_state
        Seed of the bootstrap.

    Attributes
    ----------
    params_
        Per channel `carry_over`, `scale` and `rate` (or `half`, `shape`), each with `_low` and
        `_high`, and `at_bound`.
    base_
        Coefficients of the constant and the controls.
    residuals_, r_squared_
        Per week; share of the variance explained.

    References
    ----------
    Y. Jin, Y. Wang, Y. Sun, D. Chan and J. Koehler (2017), Bayesian methods for media mix modeling
    with carryover and shape effects, Google, eq. 1 to 5. G. Golub and V. Pereyra (1973), SIAM
    Journal on Numerical Analysis 10(2) (variable projection: the linear coefficients are solved
    for). H. R. Kuensch (1989), Annals of Statistics 17(3) (blocks).
    """

    def __init__(
        self,
        *,
        saturation: str = "exponential",
        n_resamples: int = 200,
        block_weeks: int = 4,
        max_carry_over: float = 0.95,
        level: float = 0.95,
        random_state: int | None = None,
    ) -> None:
        self.saturation = saturation
        self.n_resamples = n_resamples
        self.block_weeks = block_weeks
        self.max_carry_over = max_carry_over
        self.level = level
        self.random_state = random_state

    def fit(
        self, spend: pd.DataFrame, sales: pd.Series, *, controls: pd.DataFrame | None = None
    ) -> ResponseModel:
        """Estimate the response.

        Parameters
        ----------
        spend
            One row per week, oldest first, one column per channel.
        sales
            Sales of each week.
        controls
            What else moves sales: trend, season, price; one row per week.

        Raises
        ------
        ParameterError
            With too few weeks, missing values, negative or constant spend, or rows that differ.
        """
        others = pd.DataFrame(index=spend.index) if controls is None else controls
        self._check(spend, sales, others)
        self._spend = spend.to_numpy(dtype=float)
        self._unit = self._spend.mean(axis=0)
        y = sales.to_numpy(dtype=float)
        self._base = np.column_stack([np.ones(len(y)), others.to_numpy(dtype=float)])
        self._columns = ["constant", *map(str, others.columns)]
        self.channels_ = list(spend.columns)
        with threadpool_limits(1):
            starts = [self._start(*start) for start in _STARTS]
            found = min((self._search(y, start) for start in starts), key=lambda one: one.cost)
            fitted = y - self._residuals(found.x, y)
            self.residuals_ = pd.Series(y - fitted, index=sales.index)
            draws = self._bootstrap(fitted, y - fitted, found.x)
        self.r_squared_ = float(1 - (y - fitted).var() / y.var())
        self.base_ = pd.Series(self._linear(found.x, y)[0], index=self._columns)
        self.params_ = self._with_limits(self._table(found.x, y), draws)
        span = self._upper() - self._lower()
        edge = np.minimum(found.x - self._lower(), self._upper() - found.x) < _AT_BOUND * span
        self.params_["at_bound"] = edge.reshape(len(self.channels_), -1).any(axis=1)
        return self

    def contributions(self, spend: pd.DataFrame | None = None) -> pd.DataFrame:
        """Give what each channel brought in each week, by default in the weeks of the fit."""
        index = self.residuals_.index if spend is None else spend.index
        money = self._spend if spend is None else spend[self.channels_].to_numpy(dtype=float)
        aged = [adstock(money[:, k], c) for k, c in enumerate(self.params_["carry_over"])]
        rows = [self.curves().value(week) for week in np.column_stack(aged)]
        return pd.DataFrame(rows, index=index, columns=self.channels_)

    def curves(self) -> Curves:
        """Give the response per week to a steady weekly spend, for `decisions.budget.allocate`."""
        scale = self.params_["scale"]
        if self.saturation == "hill":
            return HillCurves(scale=scale, half=self.params_["half"], shape=self.params_["shape"])
        return ExponentialCurves(scale=scale, rate=self.params_["rate"])

    def _check(self, spend: pd.DataFrame, sales: pd.Series, controls: pd.DataFrame) -> None:
        if self.saturation not in _SHAPES:
            raise ParameterError(f"saturation={self.saturation!r}: it is one of {list(_SHAPES)}.")
        if not len(spend) == len(sales) == len(controls):
            raise ParameterError(
                f"{len(spend)} weeks of spend, {len(sales)} of sales, {len(controls)} of controls."
            )
        per_channel = 2 + len(_SHAPES[self.saturation])
        n_parameters = 1 + controls.shape[1] + per_channel * spend.shape[1]
        if len(spend) < _WEEKS_PER_PARAMETER * n_parameters:
            raise ParameterError(
                f"Not enough data for a response model (have {len(spend)} weeks, need "
                f"{_WEEKS_PER_PARAMETER * n_parameters} for {n_parameters} parameters)."
            )
        for name, column in {**spend, **controls, "sales": sales}.items():
            values = column.to_numpy(dtype=float, na_value=np.nan)
            if not np.isfinite(values).all():
                n_bad = int((~np.isfinite(values)).sum())
                raise ParameterError(f"{name!r} is missing or infinite in {n_bad} weeks.")
            if np.ptp(values) == 0:
                raise ParameterError(
                    f"{name!r} is constant ({values[0]:g}): nothing can be learnt."
                )
        below = [name for name in spend if (spend[name] < 0).any()]
        if below:
            raise ParameterError(f"Spend is negative in {below}. Enter refunds in their own week.")

    def _start(self, carry_over: float, log_rate: float) -> Array:
        shape = [carry_over, log_rate] + ([0.0] if self.saturation == "hill" else [])
        return np.tile(shape, len(self.channels_)).astype(float)

    def _lower(self) -> Array:
        return np.tile([0.0, _LOW, -1.0][: 1 + self._n_shapes()], len(self.channels_))

    def _upper(self) -> Array:
        top = [self.max_carry_over, _HIGH, 1.0][: 1 + self._n_shapes()]
        return np.tile(top, len(self.channels_))

    def _n_shapes(self) -> int:
        return len(_SHAPES[self.saturation])

    def _saturated(self, x: Array) -> Array:
        """Curves of all channels with scale 1: columns of a linear regression."""
        columns = []
        for k, (carry_over, log_rate, *shape) in enumerate(x.reshape(len(self.channels_), -1)):
            amount = adstock(self._spend[:, k], carry_over) / self._unit[k] * math.exp(log_rate)
            if shape:
                raised = amount ** math.exp(shape[0])
                columns.append(raised / (1 + raised))
            else:
                columns.append(-np.expm1(-amount))
        return np.column_stack(columns)

    def _linear(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Coefficients of base and channels; those of channels are not below 0."""
        curves = self._saturated(x)
        basis = np.linalg.qr(self._base)[0]
        scale = optimize.nnls(curves - basis @ (basis.T @ curves), y - basis @ (basis.T @ y))[0]
        return np.linalg.lstsq(self._base, y - curves @ scale, rcond=None)[0], scale

    def _residuals(self, x: Array, y: Array) -> Array:
        base, scale = self._linear(x, y)
        residuals: Array = y - self._base @ base - self._saturated(x) @ scale
        return residuals

    def _search(self, y: Array, start: Array, **options: float) -> optimize.OptimizeResult:
        spread = y.std()
        return optimize.least_squares(
            lambda x: self._residuals(x, y) / spread,
            start,
            bounds=(self._lower(), self._upper()),
            **options,
        )

    def _table(self, x: Array, y: Array) -> pd.DataFrame:
        """Parameters by name, in the unit of the spend."""
        raw = x.reshape(len(self.channels_), -1)
        rate = np.exp(raw[:, 1]) / self._unit
        columns = {"carry_over": raw[:, 0], "scale": self._linear(x, y)[1]}
        if self.saturation == "hill":
            columns |= {"half": 1 / rate, "shape": np.exp(raw[:, 2])}
        else:
            columns |= {"rate": rate}
        return pd.DataFrame(columns, index=self.channels_)

    def _bootstrap(self, fitted: Array, residuals: Array, start: Array) -> list[pd.DataFrame]:
        rng = np.random.default_rng(self.random_state)
        n, block = len(fitted), self.block_weeks
        inside = np.clip(start, self._lower() + 1e-3, self._upper() - 1e-3)
        # residuals of a fit are too small by the degrees of freedom it took
        lost = self._base.shape[1] + len(start) + len(self.channels_)
        widened = (residuals - residuals.mean()) * math.sqrt(n / (n - lost))
        draws = []
        for _ in range(self.n_resamples):
            begins = rng.integers(0, n, -(-n // block))
            places = (begins[:, None] + np.arange(block)).ravel()[:n] % n
            sample = fitted + widened[places]
            draws.append(self._table(self._search(sample, inside, max_nfev=30).x, sample))
        return draws

    def _with_limits(self, table: pd.DataFrame, draws: list[pd.DataFrame]) -> pd.DataFrame:
        if not draws:
            return table
        tail = (1 - self.level) / 2
        found = table.copy()
        drawn = np.stack([draw.to_numpy() for draw in draws])
        for k, name in enumerate(table.columns):
            found[f"{name}_low"], found[f"{name}_high"] = np.quantile(
                drawn[:, :, k], [tail, 1 - tail], axis=0
            )
        return found

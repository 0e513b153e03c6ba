"""Forecasts with intervals, chosen by a rolling back-test that the naive forecast takes part in."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from crmlib.errors import ParameterError
from crmlib.models.projection import Projection, project_grown_season, project_level
from crmlib.models.smoothing import project_smoothed

__all__ = ["MODELS", "Forecaster", "back_test", "project"]

Array = npt.NDArray[np.float64]
MODELS = {
    "naive": "the last value",
    "seasonal_naive": "the value one season ago",
    "grown_season": "the value one season ago times the growth since",
    "mean_level": "a mean of the past in which recent periods count more",
    "level": "exponential smoothing of the level",
    "trend": "exponential smoothing of level and damped trend",
    "seasonal": "exponential smoothing of level and season",
    "trend_seasonal": "exponential smoothing of level, damped trend and season",
}
"""Names of the models and what each does."""
_SEASONAL = {"seasonal_naive", "seasonal", "trend_seasonal"}
_TREND = {"trend", "trend_seasonal"}
_MIN_PERIODS = 10
_MOSTLY = 0.5
_SPARE = 3
"""Periods a season must be known beyond itself."""


class Forecaster:
    """Forecast a series by the model that was best when it was tried on the past.

    Guards against a clever model that is worse than repeating the last season: the naive forecast
    takes part, and unless a model has the smaller error in total and at most origins, it is used,
    which `naive_wins_` and `verdict_` say.

    Parameters
    ----------
    season_length
        Periods in a season, 1 for none: 12 for months, 52 for weeks, 7 for days.
    n_origins
        How many times the past is forecast in the back-test.
    models
        Names out of `MODELS`; by default all.
    level
        Nominal coverage of the intervals.
    at_least
        Lowest possible value, such as 0 for orders; by default none.
    least_skill
        Share of the error of the naive forecast that a model must save to be used in its place.

    Attributes
    ----------
    back_test_
        Per model `mae`, `mase` (over the error of the naive forecast within the first training
        part), `bias` (forecast less actual), `coverage` of the intervals, `skill` (1 - mae over
        that of the benchmark) and `better_in` (share of origins with a smaller error than it).
    benchmark_, chosen_
        Name of the naive forecast compared with, and of the model used.
    naive_wins_, verdict_
        Whether no model beat the benchmark, and the same in a sentence.
    left_out_
        Models that could not be tried, with the reason.

    References
    ----------
    R. J. Hyndman and G. Athanasopoulos (2021), Forecasting: principles and practice, 3rd ed.,
    sections 5.2 and 5.5 (naive and their variance), 5.10 (rolling origin), 8.5 to 8.7 (ETS and
    their variance, table 8.8). R. J. Hyndman and A. B. Koehler (2006), International Journal of
    Forecasting 22(4), eq. 10 (MASE). Fitted by `statsmodels...ets.ETSModel`, additive errors.

    Examples
    --------
    >>> series = pd.Series([10.0, 12, 11, 13, 12, 14, 13, 15, 14, 16, 15, 17, 16, 18, 17, 19])
    >>> model = Forecaster(models=["naive"], n_origins=3).fit(series, horizon=2)
    >>> model.predict(2)["forecast"].tolist()
    [19.0, 19.0]
    """

    def __init__(
        self,
        *,
        season_length: int = 1,
        n_origins: int = 6,
        models: list[str] | None = None,
        level: float = 0.95,
        at_least: float | None = None,
        least_skill: float = 0.0,
    ) -> None:
        self.season_length = season_length
        self.n_origins = n_origins
        self.models = models
        self.level = level
        self.at_least = at_least
        self.least_skill = least_skill

    def fit(self, series: pd.Series, *, horizon: int) -> Forecaster:
        """Choose a model by how well it would have forecast `horizon` periods ahead.

        Parameters
        ----------
        series
            One value per period, oldest first, none missing.
        horizon
            Periods ahead that matter.

        Raises
        ------
        ParameterError
            With missing values, a constant series, too few periods, or an unknown model.
        """
        errors = back_test(
            series,
            horizon=horizon,
            season_length=self.season_length,
            n_origins=self.n_origins,
            models=self.models,
            level=self.level,
        )
        self.left_out_ = errors.attrs["left_out"]
        self.benchmark_ = errors.attrs["benchmark"]
        self.back_test_ = _summary(errors, self.benchmark_, scale=errors.attrs["scale"])
        mostly = self.back_test_["better_in"] > _MOSTLY
        better = self.back_test_["mae"][mostly & (self.back_test_["skill"] > self.least_skill)]
        self.chosen_ = self.benchmark_ if better.empty else str(better.idxmin())
        self.naive_wins_ = self.chosen_ in {"naive", "seasonal_naive"}
        self.verdict_ = self._verdict(n=len(series), horizon=horizon)
        self._series = series
        return self

    def predict(self, horizon: int) -> pd.DataFrame:
        """Forecast the periods after the last one.

        Returns
        -------
        pandas.DataFrame
            `forecast, low, high`; the index continues that of the series if its periods can be
            counted on, else it is the step (1, 2, ...).
        """
        values = self._series.to_numpy(dtype=float)
        made = project(
            values, model=self.chosen_, horizon=horizon, season_length=self.season_length
        )
        found = made.by_step(level=self.level, at_least=self.at_least)
        if isinstance(self._series.index, pd.PeriodIndex):
            return found.set_axis(self._series.index[-1] + np.arange(1, horizon + 1))
        return found

    def _verdict(self, *, n: int, horizon: int) -> str:
        row = self.back_test_.loc[self.chosen_]
        tried = f"In {self.n_origins} forecasts of {horizon} periods within {n}"
        name, naive = MODELS[self.chosen_], MODELS[self.benchmark_]
        if self.chosen_ == self.benchmark_:
            return f"{tried}, no model beat the naive forecast; it is used: {name}."
        return (
            f"{tried}, {name} had an error {100 * row['skill']:.0f} % below that of the naive "
            f"forecast ({naive}), smaller in {100 * row['better_in']:.0f} % of them."
        )


def back_test(
    series: pd.Series,
    *,
    horizon: int,
    season_length: int = 1,
    n_origins: int = 6,
    models: list[str] | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Forecast the past from several origins, each time knowing only what came before.

    Every model is fitted anew at each origin; the origins end `horizon` periods before the last
    period and are one period apart.

    Returns
    -------
    pandas.DataFrame
        `model, origin` (periods known), `step, actual, forecast, low, high`; `attrs` hold
        `benchmark`, `left_out` (models without a fit and why) and `scale` (of MASE).

    Raises
    ------
    ParameterError
        As `Forecaster.fit`.

    References
    ----------
    L. J. Tashman (2000), Out-of-sample tests of forecasting accuracy, International Journal of
    Forecasting 16(4), section 3.
    """
    values = _checked(series, horizon=horizon, season_length=season_length, n_origins=n_origins)
    wanted = list(MODELS) if models is None else list(models)
    unknown = [name for name in wanted if name not in MODELS]
    if unknown:
        raise ParameterError(f"Unknown models {unknown}; there are {list(MODELS)}.")
    first = len(values) - horizon - n_origins + 1
    seasonal = season_length > 1 and first >= 2 * season_length
    benchmark = "seasonal_naive" if seasonal else "naive"
    rows, left_out = [], {}
    for name in dict.fromkeys([benchmark, *wanted]):
        try:
            for origin in range(first, first + n_origins):
                options = {"horizon": horizon, "season_length": season_length}
                made = project(values[:origin], model=name, **options)
                found = made.by_step(level=level).reset_index()
                actual = values[origin : origin + horizon]
                rows.append(found.assign(model=name, origin=origin, actual=actual))
        except ParameterError as error:
            left_out[name] = str(error)
    errors = pd.concat(rows, ignore_index=True)
    errors = errors[~errors["model"].isin(list(left_out))]
    columns = ["model", "origin", "step", "actual", "forecast", "low", "high"]
    errors = errors[columns].reset_index(drop=True)
    lag = season_length if seasonal else 1
    scale = float(np.abs(values[lag:first] - values[: first - lag]).mean())
    errors.attrs = {"benchmark": benchmark, "left_out": left_out, "scale": scale}
    return errors


def _checked(series: pd.Series, *, horizon: int, season_length: int, n_origins: int) -> Array:
    if min(horizon, season_length, n_origins) < 1:
        raise ParameterError(
            f"horizon={horizon}, season_length={season_length}, n_origins={n_origins}: each must "
            "be at least 1."
        )
    values = series.to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(values).all():
        raise ParameterError(
            f"{int((~np.isfinite(values)).sum())} of {len(values)} values are missing or infinite. "
            "Fill them (0 where nothing was sold) or begin later."
        )
    needed = _MIN_PERIODS + horizon + n_origins - 1
    if len(values) < needed:
        raise ParameterError(
            f"Not enough data for a forecast of {horizon} periods with {n_origins} trials (have "
            f"{len(values)} periods, need {needed})."
        )
    if np.ptp(values[: len(values) - horizon - n_origins + 1]) == 0:
        raise ParameterError(f"The series is constant ({values[0]:g}): there is nothing to learn.")
    return values


def project(
    values: npt.ArrayLike, *, model: str, horizon: int, season_length: int = 1
) -> Projection:
    """Fit one model to a whole series, which is not checked, and forecast with it.

    Parameters
    ----------
    values
        One value per period, oldest first, at least two.
    model
        One of `MODELS`.

    Raises
    ------
    ParameterError
        If there are too few periods or the model has no maximum.
    """
    known = np.asarray(values, dtype=float)
    n = len(known)
    needed = season_length * (1 if model == "seasonal_naive" else 2) + _SPARE
    if model in _SEASONAL and (season_length == 1 or n < needed):
        raise ParameterError(
            f"No season can be learnt (have {n} periods, need {needed} and a season longer than 1)."
        )
    if model in {"naive", "seasonal_naive"}:
        lag = 1 if model == "naive" else season_length
        steps = np.arange(horizon)
        past = known[lag:] - known[:-lag]
        variance = (past @ past) / len(past) * (steps // lag + 1)
        return Projection(known[n - lag + steps % lag], np.sqrt(variance), len(past))
    if model == "grown_season":
        return project_grown_season(known, horizon=horizon, season_length=season_length)
    if model == "mean_level":
        return project_level(known, horizon=horizon)
    try:
        return project_smoothed(
            known,
            horizon=horizon,
            with_trend=model in _TREND,
            season_length=season_length if model in _SEASONAL else 1,
        )
    except ParameterError as error:
        raise ParameterError(f"The model {model} cannot be used. {error}") from error


def _summary(errors: pd.DataFrame, benchmark: str, *, scale: float) -> pd.DataFrame:
    gap = errors["forecast"] - errors["actual"]
    inside = (errors["low"] <= errors["actual"]) & (errors["actual"] <= errors["high"])
    judged = errors.assign(absolute=gap.abs(), bias=gap, inside=inside)
    by_model = judged.groupby("model", sort=False)[["absolute", "bias", "inside"]].mean()
    by_origin = judged.pivot_table(index="origin", columns="model", values="absolute")
    smaller = by_origin.lt(by_origin[benchmark], axis=0).mean()
    mae = by_model["absolute"]
    return pd.DataFrame(
        {
            "mae": mae,
            "mase": mae / scale if scale > 0 else np.inf,
            "bias": by_model["bias"],
            "coverage": by_model["inside"],
            "skill": 1 - mae / mae[benchmark] if mae[benchmark] > 0 else 0.0,
            "better_in": smaller.reindex(mae.index),
        }
    )

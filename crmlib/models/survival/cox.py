"""What makes customers leave sooner, and whether it does so throughout."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.tools.sm_exceptions import ConvergenceWarning, HessianInversionWarning
from threadpoolctl import threadpool_limits

from crmlib.errors import ParameterError
from crmlib.models.survival.concordance import concordance_index
from crmlib.models.survival.kaplan_meier import KaplanMeier
from crmlib.models.survival.observations import Array, checked_durations, checked_events
from crmlib.models.survival.risk_sets import RiskSets, risk_sets

__all__ = ["CoxModel"]

_FLAT_SCORE = 1e-3
"""Greatest score, in standard errors of its parameter, that counts as a maximum."""
_HUGE_ERROR = 50.0
"""A standard error of a standardised column that no data with a maximum give."""


class CoxModel:
    """Estimate how covariates multiply the hazard of leaving (proportional hazards, Efron's ties).

    Guards against covariates that separate who leaves from who stays, whose estimates are infinite,
    and, by `proportional_hazards_test`, against ratios that change with time.

    Parameters
    ----------
    level
        Nominal coverage of the intervals.

    Attributes
    ----------
    params_, standard_errors_
        Logarithms of the hazard ratios by column.
    log_likelihood_, log_likelihood_null_
        Partial log-likelihood with and without covariates.
    concordance_
        Harrell's index on the customers of the fit, an optimistic figure.
    baseline_
        Cumulative hazard at the mean of the covariates, index `time`.
    n_, n_events_
        Customers and customers who left.

    References
    ----------
    D. R. Cox (1972), JRSS B 34, eq. 12. B. Efron (1977), JASA 72, section 6. N. Breslow (1974),
    Biometrics 30, eq. 7 (baseline). Fitted by `statsmodels.duration.hazard_regression.PHReg`.

    Examples
    --------
    >>> frame = pd.DataFrame({"complaints": [0, 1, 2, 0, 1, 0, 1, 2]})
    >>> model = CoxModel().fit(frame, [9, 5, 2, 8, 9, 7, 4, 6], [0, 1, 1, 1, 0, 1, 1, 1])
    >>> model.hazard_ratios().round(3).loc["complaints", "hazard_ratio"]
    np.float64(2.395)
    """

    def __init__(self, *, level: float = 0.95) -> None:
        self.level = level

    def fit(
        self, covariates: pd.DataFrame, durations: npt.ArrayLike, events: npt.ArrayLike
    ) -> CoxModel:
        """Estimate the hazard ratios.

        Parameters
        ----------
        covariates
            Numeric columns, one row per customer, known at the start of the durations.
        durations, events
            As for `KaplanMeier.fit`.

        Raises
        ------
        ParameterError
            With too few events, missing values, a column that is text, constant, a combination of
            others, or that separates those who leave.
        """
        times = checked_durations(durations)
        happened = checked_events(events, n=len(times), n_needed=covariates.shape[1] + 1)
        x = self._checked(covariates, times, happened)
        self._centre, scale = x.mean(axis=0), x.std(axis=0)
        standard = (x - self._centre) / scale
        with threadpool_limits(1), np.errstate(all="ignore"):
            beta, covariance = self._estimate(standard, times, happened)
            found = risk_sets(standard, times, happened, np.exp(standard @ beta))
        self._check_maximum(found, covariance)
        self.params_ = pd.Series(beta / scale, index=self.columns_)
        errors = np.sqrt(np.diag(covariance)) / scale
        self.standard_errors_ = pd.Series(errors, index=self.columns_)
        self.n_, self.n_events_ = len(times), int(happened.sum())
        baseline = pd.Series(np.cumsum(found.hazard), index=pd.Index(found.time, name="time"))
        self.baseline_ = baseline
        self.concordance_ = concordance_index(times, happened, standard @ beta)
        self._curve = KaplanMeier().fit(times, happened)
        self._sets = found
        return self

    def hazard_ratios(self) -> pd.DataFrame:
        """Give by how much one more unit of each covariate multiplies the hazard.

        Returns
        -------
        pandas.DataFrame
            Per column `hazard_ratio, low, high, p_value` (Wald).
        """
        reach = stats.norm.isf((1 - self.level) / 2) * self.standard_errors_
        z = self.params_ / self.standard_errors_
        return pd.DataFrame(
            {
                "hazard_ratio": np.exp(self.params_),
                "low": np.exp(self.params_ - reach),
                "high": np.exp(self.params_ + reach),
                "p_value": 2 * stats.norm.sf(z.abs()),
            }
        )

    def log_hazard(self, covariates: pd.DataFrame) -> pd.Series:
        """Give each customer's logarithm of the hazard relative to the mean customer."""
        missing = [name for name in self.columns_ if name not in covariates]
        if missing:
            raise ParameterError(f"The covariates lack {missing}, which the model was fitted with.")
        x = covariates[self.columns_].to_numpy(dtype=float) - self._centre
        return pd.Series(x @ self.params_.to_numpy(), index=covariates.index)

    def predict_survival(self, covariates: pd.DataFrame, times: npt.ArrayLike) -> pd.DataFrame:
        """Give the probability that each customer stays longer than each time.

        Returns
        -------
        pandas.DataFrame
            A row per customer, a column per time.
        """
        wanted = np.atleast_1d(np.asarray(times, dtype=float))
        steps = np.concatenate([[0.0], self.baseline_.to_numpy()])
        hazard = steps[self.baseline_.index.searchsorted(wanted, side="right")]
        relative = np.exp(self.log_hazard(covariates).to_numpy())
        return pd.DataFrame(
            np.exp(-np.outer(relative, hazard)), index=covariates.index, columns=wanted
        )

    def proportional_hazards_test(self, *, transform: str = "km") -> pd.DataFrame:
        """Test whether each hazard ratio stays the same over time.

        The score test of one more covariate x g(t), with the information of each time rather than
        its mean. A small `p_value` says that the effect changes: report it for parts of the time.

        Parameters
        ----------
        transform
            g: `km` (1 - Kaplan-Meier before t), `log`, or `identity`.

        Returns
        -------
        pandas.DataFrame
            Per column, and `(all)`: `chi2, df, p_value`.

        Raises
        ------
        ParameterError
            If the transform is none of these.

        References
        ----------
        P. M. Grambsch and T. M. Therneau (1994), Biometrika 81, 515-526, section 2, eq. 5 with the
        covariance before its approximation. D. Schoenfeld (1982), Biometrika 69, 239-241.
        """
        sets = self._sets
        g = self._time_scale(transform, sets.time)
        g = g - np.average(g, weights=sets.n_events)
        score = g @ sets.residuals
        plain = sets.information.sum(axis=0)
        mixed = np.einsum("t,tjk->jk", g, sets.information)
        squared = np.einsum("t,tjk->jk", g**2, sets.information)
        inner = squared - mixed @ np.linalg.solve(plain, mixed)
        single = score**2 / np.diag(inner)
        joint = float(score @ np.linalg.lstsq(inner, score, rcond=None)[0])
        n = len(self.columns_)
        found = pd.DataFrame(
            {"chi2": [*single, joint], "df": [1] * n + [n]},
            index=pd.Index([*self.columns_, "(all)"], name="covariate"),
        )
        return found.assign(p_value=stats.chi2.sf(found["chi2"], found["df"]))

    def _time_scale(self, transform: str, time: Array) -> Array:
        if transform == "identity":
            return time
        if transform == "log":
            return np.log(np.maximum(time, np.finfo(float).tiny))
        if transform == "km":
            before = self._curve.table_.index.searchsorted(time) - 1
            survival = self._curve.table_["survival"].to_numpy()
            return np.asarray(1 - np.where(before < 0, 1.0, survival[before]))
        raise ParameterError(f"transform={transform!r}: it must be km, log or identity.")

    def _checked(
        self, covariates: pd.DataFrame, times: Array, happened: npt.NDArray[np.bool_]
    ) -> Array:
        """Covariates as floats; raise if one of them cannot be estimated."""
        if len(covariates) != len(times):
            raise ParameterError(f"{len(covariates)} rows of covariates, {len(times)} durations.")
        order = np.argsort(-times, kind="stable")
        first = np.searchsorted(-times[order], -times[happened], side="right") - 1
        self.columns_ = [str(name) for name in covariates.columns]
        for name in covariates.columns:
            column = covariates[name]
            if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)):
                raise ParameterError(f"Column {name!r} is {column.dtype}, not a number: encode it.")
            values = column.to_numpy(dtype=float, na_value=np.nan)
            if not np.isfinite(values).all():
                n_bad = int((~np.isfinite(values)).sum())
                raise ParameterError(f"Column {name!r} has {n_bad} missing or infinite values.")
            if values.min() == values.max():
                raise ParameterError(f"Column {name!r} is constant ({values[0]:g}): leave it out.")
            for sign in (1, -1):
                greatest = np.maximum.accumulate(sign * values[order])[first]
                if (sign * values[happened] >= greatest).all():
                    raise ParameterError(
                        f"Column {name!r} separates: whoever left had the "
                        f"{'highest' if sign > 0 else 'lowest'} value of all still there, so that "
                        "its hazard ratio is infinite. Leave it out or pool its values."
                    )
        x = covariates.to_numpy(dtype=float)
        if np.linalg.matrix_rank(x - x.mean(axis=0)) < x.shape[1]:
            raise ParameterError(
                f"A column of {self.columns_} is a combination of the others. Leave one out."
            )
        return x

    def _estimate(
        self, x: Array, times: Array, happened: npt.NDArray[np.bool_]
    ) -> tuple[Array, Array]:
        model = PHReg(times, x, status=happened.astype(int), ties="efron")
        try:
            with warnings.catch_warnings(record=True):
                result = model.fit()
        except (ConvergenceWarning, HessianInversionWarning, np.linalg.LinAlgError) as error:
            raise self._no_maximum() from error
        self.log_likelihood_ = float(result.llf)
        self.log_likelihood_null_ = float(model.loglike(np.zeros(x.shape[1])))
        return np.asarray(result.params), np.asarray(result.cov_params())

    def _check_maximum(self, found: RiskSets, covariance: Array) -> None:
        score = found.residuals.sum(axis=0)
        errors = np.sqrt(np.maximum(np.diag(covariance), 0))
        if not (np.abs(score * errors).max() < _FLAT_SCORE and errors.max() < _HUGE_ERROR):
            raise self._no_maximum()

    def _no_maximum(self) -> ParameterError:
        return ParameterError(
            f"The hazard ratios of {self.columns_} have no finite estimate: together they separate "
            "who leaves first. Leave columns out or pool their values."
        )

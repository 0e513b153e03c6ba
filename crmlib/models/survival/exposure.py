"""Hazard ratios from days at risk and losses, counted by what may change the hazard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special, stats

from crmlib.errors import ParameterError

__all__ = ["ExposureHazard", "independent_columns"]

_HUGE_ERROR = 50.0
_MAX_STEPS = 100
_FLAT = 1e-12
"""Squared length of the score, in its own metric, that counts as a maximum."""
_SMALLEST = 1e-12


class ExposureHazard:
    """Regress the hazard of leaving on covariates that change in time, from counts.

    The hazard is constant within a step of time as a customer and multiplied by the covariates
    (piecewise exponential). Guards against cells of text values without a loss, which have no
    finite ratio: such values are joined with the reference and named in `pooled_`.

    Parameters
    ----------
    level
        Nominal coverage of the intervals.
    min_events
        A value of a text column with fewer losses is pooled with the reference.

    Attributes
    ----------
    params_, standard_errors_
        Logarithms of the hazard ratios; a text column has one per value but the reference
        (`complaint=answered`).
    n_events_
        Losses per term.
    pooled_
        Terms that are not told apart from the reference.
    time_test_
        Per column `chi2`, `df`, `p_value` of the likelihood-ratio test that its ratios are the
        same in the first and the second half of the days at risk.

    References
    ----------
    T. R. Holford (1980), The analysis of rates and of survivorship using log-linear models,
    Biometrics 36, 299-305, eq. 2.4 (likelihood of a Poisson regression). N. Laird and D. Olivier
    (1981), JASA 76, 231-240.

    Examples
    --------
    >>> counts = pd.DataFrame({"step": [0, 0, 1, 1], "complaint": ["none", "open"] * 2,
    ...                        "n_days": [1000, 100] * 2, "n_events": [20, 8, 10, 4]})
    >>> model = ExposureHazard(min_events=1).fit(counts, covariates={"complaint": "none"})
    >>> model.ratios().round(2)[["hazard_ratio", "low", "high"]].values.tolist()
    [[4.0, 2.05, 7.81]]
    """

    def __init__(self, *, level: float = 0.95, min_events: int = 5) -> None:
        self.level = level
        self.min_events = min_events

    def fit(self, counts: pd.DataFrame, *, covariates: dict[str, str | None]) -> ExposureHazard:
        """Estimate the ratios.

        Parameters
        ----------
        counts
            `step`, the covariates, `n_days`, `n_events`.
        covariates
            Names of columns; for a text column its reference value, for numbers None.

        Raises
        ------
        ParameterError
            If a column is missing, no covariate varies, there are fewer losses than coefficients,
            or an estimate is infinite.
        """
        missing = [n for n in ("step", *covariates, "n_days", "n_events") if n not in counts]
        if missing:
            raise ParameterError(f"The counts of exposure lack the columns {missing}.")
        rows = counts[counts["n_days"] > 0]
        if not rows["n_events"].sum() > 0:
            raise ParameterError(
                f"Not enough data for hazard ratios (have 0 losses in {len(rows)} cells, need 1)."
            )
        design = self._design(rows, covariates)
        events = rows["n_events"].to_numpy(dtype=float)
        steps = _steps(rows)
        n_needed = design.shape[1] + steps.shape[1]
        if not design.shape[1] or events.sum() < n_needed:
            raise ParameterError(
                f"Not enough data for hazard ratios (have {events.sum():.0f} losses and "
                f"{design.shape[1]} terms with {self.min_events} losses or more, need "
                f"{max(n_needed, 1)} losses and 1 term)."
            )
        result = _poisson(pd.concat([steps, design], axis=1), rows, events)
        spread = pd.concat([steps, design], axis=1).std().replace(0, 1.0)
        if not result.is_maximum or (result.errors * spread > _HUGE_ERROR).any():
            raise ParameterError(
                f"The hazard ratios of {list(covariates)} have no finite estimate: some columns "
                "tell exactly who leaves. Leave columns out or pool their values."
            )
        self.params_ = result.params[design.columns]
        self.standard_errors_ = result.errors[design.columns]
        self.n_events_ = (design.gt(0).mul(events, axis=0)).sum().astype(int)
        self.log_likelihood_ = result.log_likelihood
        self.time_test_ = self._time_test(rows, steps, design, events, covariates)
        return self

    def ratios(self) -> pd.DataFrame:
        """Give by how much each term multiplies the hazard.

        Returns
        -------
        pandas.DataFrame
            Per term `n_events, hazard_ratio, low, high, p_value` (Wald).
        """
        reach = stats.norm.isf((1 - self.level) / 2) * self.standard_errors_
        z = (self.params_ / self.standard_errors_).abs()
        return pd.DataFrame(
            {
                "n_events": self.n_events_,
                "hazard_ratio": np.exp(self.params_),
                "low": np.exp(self.params_ - reach),
                "high": np.exp(self.params_ + reach),
                "p_value": 2 * stats.norm.sf(z),
            }
        )

    def _design(self, rows: pd.DataFrame, covariates: dict[str, str | None]) -> pd.DataFrame:
        """Turn covariates into numbers; rare values stay with the reference."""
        terms: dict[str, pd.Series] = {}
        self.pooled_: list[str] = []
        for name, reference in covariates.items():
            if reference is None:
                parts = {name: rows[name].astype(float)}
            else:
                values = sorted(set(rows[name]) - {reference})
                parts = {f"{name}={value}": (rows[name] == value) * 1.0 for value in values}
            for term, part in parts.items():
                seen = rows["n_events"][part > 0].sum()
                if seen < self.min_events or part.nunique() < 2:
                    self.pooled_.append(term)
                else:
                    terms[term] = part
        design = pd.DataFrame(terms, index=rows.index)
        kept = independent_columns(design)
        self.pooled_ += [term for term in terms if term not in kept]
        return design[kept]

    def _time_test(
        self,
        rows: pd.DataFrame,
        steps: pd.DataFrame,
        design: pd.DataFrame,
        events: np.ndarray,
        covariates: dict[str, str | None],
    ) -> pd.DataFrame:
        """Test for each covariate whether its ratios change with time as a customer."""
        days = rows.groupby("step")["n_days"].sum().cumsum()
        later = rows["step"] > days.index[int((days >= days.iloc[-1] / 2).argmax())]
        found = {}
        for name in covariates:
            own = [term for term in design if term == name or term.startswith(f"{name}=")]
            extra = design[own].mul(later * 1.0, axis=0).add_suffix(" later")
            seen = extra.gt(0).mul(events, axis=0).sum() >= self.min_events
            before = design[own].gt(0).mul((~later) * events, axis=0).sum() >= self.min_events
            extra = extra.loc[:, seen.to_numpy() & before.to_numpy()]
            if extra.empty or not extra.shape[1]:
                continue
            full = _poisson(pd.concat([steps, design, extra], axis=1), rows, events)
            chi2 = max(2 * (full.log_likelihood - self.log_likelihood_), 0.0)
            df = extra.shape[1]
            found[name] = {"chi2": chi2, "df": df, "p_value": float(stats.chi2.sf(chi2, df))}
        return pd.DataFrame.from_dict(found, orient="index", columns=["chi2", "df", "p_value"])


def independent_columns(design: pd.DataFrame) -> list[str]:
    """Name the columns that are no combination of a constant and those before them.

    Guards against two columns that say the same, such as an unknown income and an unknown age of
    the same customers, of which none has an estimate of its own.

    Examples
    --------
    >>> independent_columns(pd.DataFrame({"a": [0, 1, 0], "b": [1, 0, 1], "c": [1, 2, 3]}))
    ['a', 'c']
    """
    basis = np.ones((len(design), 1)) / np.sqrt(max(len(design), 1))
    kept = []
    for name in design:
        column = design[name].to_numpy(dtype=float)
        rest = column - basis @ (basis.T @ column)
        rest = rest - basis @ (basis.T @ rest)
        size = float(np.linalg.norm(rest))
        if size > 1e-9 * max(float(np.linalg.norm(column)), 1e-300):
            kept.append(str(name))
            basis = np.column_stack([basis, rest / size])
    return kept


def _steps(rows: pd.DataFrame) -> pd.DataFrame:
    """Give one column per step of time; steps without a loss are joined with the one before."""
    seen = rows.groupby("step")["n_events"].sum()
    firsts = [int(seen.index[0]), *map(int, seen.index[1:][seen.iloc[1:] > 0])]
    if len(firsts) > 1 and seen.iloc[0] == 0:
        del firsts[1]
    place = np.searchsorted(np.array(firsts), rows["step"].to_numpy(), side="right") - 1
    columns = {f"step {first}": (place == k) * 1.0 for k, first in enumerate(firsts)}
    return pd.DataFrame(columns, index=rows.index)


@dataclass(frozen=True)
class _Fitted:
    """A Poisson regression at its maximum."""

    params: pd.Series
    errors: pd.Series
    log_likelihood: float
    is_maximum: bool


def _poisson(design: pd.DataFrame, rows: pd.DataFrame, events: np.ndarray) -> _Fitted:
    """Fit the Poisson regression of losses with the days at risk as exposure, by Newton's method.

    Starts from the overall rate; a step is halved until it does not lower the likelihood.
    """
    x, days = design.to_numpy(dtype=float), rows["n_days"].to_numpy(dtype=float)
    beta = np.linalg.lstsq(x, np.full(len(x), np.log(events.sum() / days.sum())), rcond=None)[0]

    def likelihood(b: np.ndarray) -> float:
        linear = np.minimum(x @ b, 700.0) + np.log(days)
        return float(events @ linear - np.exp(linear).sum() - special.gammaln(events + 1).sum())

    best, information, is_maximum = likelihood(beta), np.eye(x.shape[1]), False
    for _ in range(_MAX_STEPS):
        expected = days * np.exp(x @ beta)
        information = (x * expected[:, None]).T @ x
        score = x.T @ (events - expected)
        step = np.linalg.lstsq(information, score, rcond=None)[0]
        if float(score @ step) < _FLAT:
            is_maximum = True
            break
        while likelihood(beta + step) < best and np.abs(step).max() > _SMALLEST:
            step = step / 2
        beta = beta + step
        best = likelihood(beta)
    errors = np.sqrt(np.diag(np.linalg.pinv(information, hermitian=True)))
    return _Fitted(
        pd.Series(beta, design.columns), pd.Series(errors, design.columns), best, is_maximum
    )

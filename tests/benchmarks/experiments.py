"""Bootstrap comparison of two arms against scipy.stats.bootstrap, and what each interval covers.

scipy is a library of the project, so no interpreter of its own is needed. It is given its cheapest
interval, the percentile one of the difference, in batches that fit into memory; ours is a
bootstrap-t, which also needs every resample's standard error. scipy's BCa is measured on the small
arms only: its jackknife takes the square of the customers.
"""

from __future__ import annotations

import sys

import numpy as np
import numpy.typing as npt
from scipy import stats

from crmlib.evaluation.experiments import compare_spend
from tests.benchmarks.measure import in_turn, run_function

Array = npt.NDArray[np.float64]
N_PAIRS = 3
N_LARGE = 1_000_000
N_SMALL = 5_000


def _spend(n: int, *, buyers: float) -> tuple[Array, Array]:
    """Spend of two arms: some buy, lognormal amounts with the spread of a real campaign."""
    rng = np.random.default_rng(1)
    amounts = rng.lognormal(4, 0.85, (2, n)) * (rng.random((2, n)) < buyers)
    return amounts[0], amounts[1]


def _difference(a: Array, b: Array, axis: int = -1) -> Array:
    return a.mean(axis=axis) - b.mean(axis=axis)


def _against_scipy(n: int, *, buyers: float, n_resamples: int, method: str = "percentile") -> str:
    arms = _spend(n, buyers=buyers)

    def ours() -> object:
        return compare_spend(*arms, rng=np.random.default_rng(1), n_resamples=n_resamples)

    def theirs() -> object:
        return stats.bootstrap(
            arms,
            _difference,
            n_resamples=n_resamples,
            batch=max(1, 5_000_000 // n),
            method=method,
            rng=np.random.default_rng(1),
        )

    return in_turn(lambda: run_function(ours), lambda: run_function(theirs), n=N_PAIRS)


def two_million_customers(*, buyers: float = 1.0, n_resamples: int = 199) -> str:
    """Two arms of a million customers, all of whom (or the share `buyers`) buy."""
    return _against_scipy(N_LARGE, buyers=buyers, n_resamples=n_resamples)


def ten_thousand_customers(*, method: str = "percentile") -> str:
    """Two arms of 5,000 customers, a tenth of whom buy, 1,999 resamples."""
    return _against_scipy(N_SMALL, buyers=0.1, n_resamples=1999, method=method)


def covered(n_repetitions: int = 400) -> str:
    """What the intervals cover: 1,800 against 200 customers, a fifth of whom buy."""
    rng = np.random.default_rng(2)
    hits = np.zeros(3)
    for _ in range(n_repetitions):
        arms = [rng.lognormal(0, 0.85, n) * (rng.random(n) < 0.2) for n in (1800, 200)]
        found = compare_spend(*arms, rng=rng, n_resamples=999)
        ends = [(found.low, found.high)]
        for method in ("percentile", "BCa"):
            interval = stats.bootstrap(
                arms, _difference, n_resamples=999, method=method, rng=rng
            ).confidence_interval
            ends.append((interval.low, interval.high))
        hits += [low <= 0 <= high for low, high in ends]
    shares = 100 * hits / n_repetitions
    return f"{shares[0]:.1f} % (ours), {shares[1]:.1f} % (percentile), {shares[2]:.1f} % (BCa)"


def main() -> None:
    lines = {
        "2 x 1,000,000 customers, all buy, 199 resamples": two_million_customers,
        "2 x 1,000,000 customers, 1 % buy": lambda: two_million_customers(buyers=0.01),
        "2 x 5,000 customers / percentile": ten_thousand_customers,
        "2 x 5,000 customers / BCa": lambda: ten_thousand_customers(method="BCa"),
        "coverage of nominal 95 %": covered,
    }
    for name, measure in lines.items():
        sys.stdout.write(f"{name:<50} {measure()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

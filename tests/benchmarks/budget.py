"""Allocation of a hundred thousand cells, against scipy's general optimiser on a small part."""

from __future__ import annotations

import statistics
import sys
import time

import numpy as np
from scipy import optimize

from crmlib.decisions.budget import allocate
from crmlib.models.curves import ExponentialCurves
from tests.benchmarks.measure import in_turn, run_function

N_CELLS = 100_000
N_RUNS = 31


def _curves(n: int) -> ExponentialCurves:
    rng = np.random.default_rng(1)
    return ExponentialCurves(scale=rng.gamma(2, 50, n), rate=rng.gamma(2, 0.01, n))


def hundred_thousand_cells() -> str:
    """Median wall and processor time of one allocation to the cent."""
    curves = _curves(N_CELLS)
    wall, busy = [], []
    for _ in range(N_RUNS):
        start = time.perf_counter(), time.process_time()
        allocate(curves, 20.0 * N_CELLS)
        wall.append(time.perf_counter() - start[0])
        busy.append(time.process_time() - start[1])
    return (
        f"{1000 * statistics.median(wall):6.1f} ms ({1000 * statistics.median(busy):.1f} ms of "
        f"processor, at best {1000 * min(wall):.1f} ms)"
    )


def against_scipy(n: int = 30) -> str:
    """The same optimum by SLSQP, which takes the cube of the cells."""
    curves, total = _curves(n), 20.0 * n

    def theirs() -> object:
        return optimize.minimize(
            lambda x: -curves.value(x).sum(),
            np.full(n, total / n),
            jac=lambda x: -np.exp(curves.log_slope(x)),
            bounds=[(0, None)] * n,
            constraints={"type": "eq", "fun": lambda x: x.sum() - total},
            method="SLSQP",
            options={"ftol": 1e-10, "maxiter": 1000},
        )

    return in_turn(
        lambda: run_function(lambda: allocate(curves, total)), lambda: run_function(theirs), n=3
    )


if __name__ == "__main__":
    sys.stdout.write(f"100,000 cells: {hundred_thousand_cells()}\n30 cells: {against_scipy()}\n")

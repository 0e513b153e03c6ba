"""Fits and expectations of BG/NBD against lifetimes, the package most would pick instead.

lifetimes 0.11.3 needs numpy below 2 and pandas below 2.2, so an interpreter of its own, named by
CRM_BENCH_PYTHON. Only the fits are timed on both sides, not imports or reading.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from crmlib.models.btyd import BetaGeo, ParetoNBD
from tests.benchmarks.measure import Cost, in_turn
from tests.models.btyd.simulated import million_customers
from tests.models.published import cdnow_summary

THEIRS = """
import sys, time, warnings
warnings.filterwarnings('ignore')
import pandas as pd
from lifetimes import BetaGeoFitter, ParetoNBDFitter
s = pd.read_csv(sys.argv[1])
model = {'BetaGeo': BetaGeoFitter, 'ParetoNBD': ParetoNBDFitter}[sys.argv[2]]
columns = s.btyd_frequency, s.btyd_recency, s.btyd_T
took = []
for _ in range(int(sys.argv[3])):
    start = time.perf_counter()
    fitted = model().fit(*columns)
    took.append(time.perf_counter() - start)
start = time.perf_counter()
fitted.conditional_expected_number_of_purchases_up_to_time(39, *columns)
print(sorted(took)[len(took) // 2], time.perf_counter() - start, *fitted.params_)
"""


def fit_and_expect(
    summary: pd.DataFrame,
    folder: Path,
    *,
    model: str = "BetaGeo",
    n_fits: int = 1,
    n_pairs: int = 3,
) -> str:
    """Time fits, and expectations of all customers; raise if the parameters differ."""
    peer = os.environ.get("CRM_BENCH_PYTHON")
    if peer is None:
        return "not measured: CRM_BENCH_PYTHON names no interpreter with lifetimes"
    path = folder / "summary.csv"
    summary.to_csv(path, index=False)
    ours_by_name = {"BetaGeo": BetaGeo, "ParetoNBD": ParetoNBD}
    expectations: dict[str, list[float]] = {"ours": [], "theirs": []}
    params: dict[str, list[float]] = {}

    def ours() -> Cost:
        took = []
        for _ in range(n_fits):
            start = time.perf_counter()
            fitted = ours_by_name[model]().fit(summary)
            took.append(time.perf_counter() - start)
        params["ours"] = fitted.params_.tolist()
        start = time.perf_counter()
        fitted.conditional_expected_purchases(summary, 39.0)
        expectations["ours"].append(time.perf_counter() - start)
        return Cost(statistics.median(took), float("nan"))

    def theirs() -> Cost:
        command = [peer, "-c", THEIRS, str(path), model, str(n_fits)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        fit, expect, *params["theirs"] = (float(word) for word in said)
        expectations["theirs"].append(expect)
        return Cost(fit, float("nan"))

    result = in_turn(ours, theirs, n=n_pairs)
    np.testing.assert_allclose(params["ours"], params["theirs"], rtol=2e-2)
    one, other = (1000 * statistics.median(seconds) for seconds in expectations.values())
    return f"{result}; expectations {one:,.1f} ms against {other:,.1f} ms"


def expectations_on_unique_rows(summary: pd.DataFrame, *, n_runs: int = 15) -> str:
    """Median time of conditional expectations: unique histories, and with finding them."""
    fitted = BetaGeo().fit(summary)
    rows = fitted._histories(summary)
    unique, whole = [], []
    for _ in range(n_runs):
        start = time.perf_counter(), time.process_time()
        fitted._if_alive(rows, 39.0) * fitted._alive(rows)
        unique.append((time.perf_counter() - start[0], time.process_time() - start[1]))
        start = time.perf_counter(), time.process_time()
        fitted.conditional_expected_purchases(summary, 39.0)
        whole.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    wall, busy = (1000 * np.median(side) for side in zip(*unique, strict=True))
    all_wall, all_busy = (1000 * np.median(side) for side in zip(*whole, strict=True))
    return (
        f"{wall:6.1f} ms ({busy:.1f} ms of processor) on {len(rows.x):,} unique rows of "
        f"{len(summary):,}; with checking and finding them {all_wall:.0f} ms ({all_busy:.0f})"
    )


def main(folder: Path) -> None:
    """Measure all of it."""
    million = million_customers()
    cdnow = cdnow_summary()
    for name, result in {
        "expectations of a million customers": lambda: expectations_on_unique_rows(million),
        "BG/NBD fit, CDNOW / lifetimes": lambda: fit_and_expect(cdnow, folder, n_fits=5, n_pairs=7),
        "Pareto/NBD fit, CDNOW / lifetimes": lambda: fit_and_expect(
            cdnow, folder, model="ParetoNBD"
        ),
        "BG/NBD fit, a million customers / lifetimes": lambda: fit_and_expect(million, folder),
    }.items():
        sys.stdout.write(f"{name:<46} {result()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))

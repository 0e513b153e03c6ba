"""Uplift learners and Qini against scikit-uplift in its own interpreter, on the same base learner.

The peer's interpreter is named by CRM_BENCH_PYTHON; it has scikit-uplift. Only fitting and
predicting are timed, not importing and reading. Both sides use scikit-learn's gradient boosting
with the settings that the learners here have as defaults, so equal models are expected, and the
difference is what each library does around them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from crmlib.evaluation.uplift import qini_coefficient
from tests.benchmarks.measure import Cost, in_turn

PROJECT = Path(__file__).resolve().parents[2]
N_CUSTOMERS = 100_000
N_FEATURES = 10
N_PAIRS = 5

_READ = """
import sys, time
import numpy as np, pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
folder, out = sys.argv[1:]
x, y, t = (np.load(f'{folder}/{name}.npy') for name in ('x', 'y', 't'))
X = pd.DataFrame(x, columns=[f'x{k}' for k in range(x.shape[1])])
y, t = pd.Series(y), pd.Series(t)
half = len(X) // 2
def boosting():
    return HistGradientBoostingClassifier(
        max_iter=100, learning_rate=.05, max_leaf_nodes=8, min_samples_leaf=50,
        early_stopping=False, random_state=0)
"""
_WRITE = """
print(time.perf_counter() - start)
np.save(out, np.asarray(effect).ravel())
"""
_OURS = (
    _READ
    + """
from crmlib.models.uplift import SLearner, TLearner
arm = np.where(t == 1, 'mail', 'control')
start = time.perf_counter()
learner = LEARNER(boosting()).fit(X[:half], y[:half], treatment=arm[:half])
effect = learner.predict(X[half:])['mail']
"""
    + _WRITE
)
_THEIRS = (
    _READ
    + """
from sklift.models import SoloModel, TwoModels
model = MODEL
start = time.perf_counter()
model.fit(X[:half], y[:half], t[:half])
effect = model.predict(X[half:])
"""
    + _WRITE
)
_OUR_QINI = (
    """
import sys, time
import numpy as np
from crmlib.evaluation.uplift import qini_coefficient
folder, out = sys.argv[1:]
x, y, t = (np.load(f'{folder}/{name}.npy') for name in ('x', 'y', 't'))
score, y, t = np.tile(x[:, 0], 10), np.tile(y, 10), np.tile(t, 10)
start = time.perf_counter()
effect = qini_coefficient(score, y, t, normalised=True)
"""
    + _WRITE
)
_THEIR_QINI = (
    """
import sys, time
import numpy as np
from sklift.metrics import qini_auc_score
folder, out = sys.argv[1:]
x, y, t = (np.load(f'{folder}/{name}.npy') for name in ('x', 'y', 't'))
score, y, t = np.tile(x[:, 0], 10), np.tile(y, 10), np.tile(t, 10)
start = time.perf_counter()
effect = qini_auc_score(y, score, t)
"""
    + _WRITE
)
_LEARNERS = {
    "SLearner": "SoloModel(boosting())",
    "TLearner": "TwoModels(boosting(), boosting(), method='vanilla')",
}


def write_experiment(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Write an experiment whose effect depends on two features; give the judged half."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(N_CUSTOMERS, N_FEATURES))
    t = rng.integers(0, 2, N_CUSTOMERS)
    rate = 0.15 + 0.05 * np.tanh(x[:, 2]) + t * (0.04 + 0.05 * np.tanh(x[:, 0] + x[:, 1]))
    y = (rng.random(N_CUSTOMERS) < rate).astype(int)
    for name, values in (("x", x), ("y", y), ("t", t)):
        np.save(folder / f"{name}.npy", values)
    half = N_CUSTOMERS // 2
    return y[half:], t[half:]


def timed(python: str, source: str, folder: Path, out: Path, *, threads: str) -> Callable[[], Cost]:
    """Make a run of a script that prints the seconds of the part that counts."""
    environment = os.environ | {"OMP_NUM_THREADS": threads}

    def run() -> Cost:
        done = subprocess.run(
            [python, "-c", source, str(folder), str(out)],
            cwd=PROJECT, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{python} failed: {done.stderr[-2000:]}")
        return Cost(float(done.stdout.split()[-1]), float("nan"))

    return run


def learners_and_qini(folder: Path, *, threads: str = "1") -> list[str]:
    """Time both sides in turn; raise if ours find less of the effect than theirs.

    Parameters
    ----------
    threads
        OMP_NUM_THREADS of both sides. The learners here use one thread whatever it says.
    """
    peer = os.environ.get("CRM_BENCH_PYTHON")
    if peer is None:
        return ["not measured: CRM_BENCH_PYTHON names no interpreter with scikit-uplift"]
    outcome, treated = write_experiment(folder)
    lines = []
    outs = [folder / "ours.npy", folder / "theirs.npy"]
    for name, made in _LEARNERS.items():
        ours = timed(
            sys.executable, _OURS.replace("LEARNER", name), folder, outs[0], threads=threads
        )
        theirs = timed(peer, _THEIRS.replace("MODEL", made), folder, outs[1], threads=threads)
        result = in_turn(ours, theirs, n=N_PAIRS)
        qini = [qini_coefficient(np.load(out), outcome, treated) for out in outs]
        if qini[0] < qini[1] - 1e-4:
            raise RuntimeError(f"{name} finds less: Qini {qini[0]:.5f} against {qini[1]:.5f}")
        lines.append(f"{name}: {result}; Qini {qini[0]:.5f} against {qini[1]:.5f}")
    ours = timed(sys.executable, _OUR_QINI, folder, outs[0], threads=threads)
    theirs = timed(peer, _THEIR_QINI, folder, outs[1], threads=threads)
    lines.append(f"Qini of a million customers: {in_turn(ours, theirs, n=N_PAIRS)}")
    return lines


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        for number in ("1", "2"):
            sys.stdout.write(f"OMP_NUM_THREADS={number}\n")
            sys.stdout.write("\n".join(learners_and_qini(Path(name), threads=number)) + "\n")
            sys.stdout.flush()

"""Pair rules of a million baskets: counted in the engine, against mlxtend in its own interpreter.

The peer's interpreter is named by CRM_BENCH_PYTHON; it has mlxtend, pandas and pyarrow.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks.measure import in_turn, run_command

PROJECT = Path(__file__).resolve().parents[2]
N_BASKETS = 1_000_000
N_ITEMS = 1000
N_PAIRS = 3

OURS = """
import sys
import narwhals as nw
from crmlib.database import connect
from crmlib.features.baskets import basket_pairs
from crmlib.features.collect import collect
from crmlib.models.baskets import pair_rules

lines = nw.from_native(connect(threads=2, memory_limit='2GB').read_parquet(sys.argv[1]))
pairs = collect(basket_pairs(lines, as_of_day=1, min_baskets=1000))
rules = pair_rules(pairs, min_support=0.001, min_confidence=0.1)
rules[['support', 'confidence', 'lift']].sum().to_csv(sys.argv[2])
"""

IN_MEMORY = """
import sys
import pandas as pd
from crmlib.models.baskets import count_pairs, pair_rules

lines = pd.read_parquet(sys.argv[1], columns=['transaction_id', 'product_id'])
rules = pair_rules(count_pairs(lines, min_baskets=1000), min_support=0.001, min_confidence=0.1)
rules[['support', 'confidence', 'lift']].sum().to_csv(sys.argv[2])
"""

THEIRS = """
import sys
import pandas as pd
from mlxtend.frequent_patterns import association_rules, fpgrowth
from scipy import sparse

lines = pd.read_parquet(sys.argv[1], columns=['transaction_id', 'product_id'])
baskets = pd.factorize(lines.transaction_id)[0]
codes, names = pd.factorize(lines.product_id, sort=True)
held = sparse.coo_matrix(([True] * len(lines), (baskets, codes))).tocsr()
held.data[:] = True
frame = pd.DataFrame.sparse.from_spmatrix(held.astype(bool), columns=names)
sets = fpgrowth(frame, min_support=0.001, use_colnames=True, max_len=2)
rules = association_rules(sets, metric='confidence', min_threshold=0.1)
rules[['support', 'confidence', 'lift']].sum().to_csv(sys.argv[2])
"""


def million_baskets(path: Path) -> None:
    """Write baskets of about five items; few items are in many, some go together."""
    rng = np.random.default_rng(1)
    sizes = rng.poisson(4, N_BASKETS) + 1
    popularity = 1 / (np.arange(N_ITEMS) + 10.0)
    items = rng.choice(N_ITEMS, sizes.sum(), p=popularity / popularity.sum())
    follows = rng.random(sizes.sum()) < 0.2
    items[1:] = np.where(follows[1:], (items[:-1] + 1) % N_ITEMS, items[1:])
    names = np.array([f"P{k:05d}" for k in range(N_ITEMS)])
    frame = pd.DataFrame(
        {
            "transaction_id": np.repeat(np.arange(N_BASKETS), sizes).astype(str),
            "product_id": names[items],
            "occurred_day": 1,
            "quantity": 1.0,
        }
    )
    frame.drop_duplicates(["transaction_id", "product_id"]).to_parquet(path)


def pair_rules_of_a_million_baskets(folder: Path, *, source: str = OURS) -> str:
    """Time both, reading the file and importing included; raise if the rules differ."""
    peer = os.environ.get("CRM_BENCH_PYTHON")
    if peer is None:
        return "not measured: CRM_BENCH_PYTHON names no interpreter with mlxtend"
    path = folder / "baskets.parquet"
    million_baskets(path)
    ours = [sys.executable, "-c", source, str(path), str(folder / "ours.csv")]
    theirs = [peer, "-c", THEIRS, str(path), str(folder / "theirs.csv")]
    result = in_turn(
        lambda: run_command(ours, cwd=PROJECT), lambda: run_command(theirs, cwd=PROJECT), n=N_PAIRS
    )
    both = [pd.read_csv(folder / f"{name}.csv", index_col=0) for name in ("ours", "theirs")]
    pd.testing.assert_frame_equal(*both, check_names=False)
    return result


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        for words, code in (("in the engine", OURS), ("in memory", IN_MEMORY)):
            result = pair_rules_of_a_million_baskets(Path(name), source=code)
            sys.stdout.write(f"{words}: {result}\n")

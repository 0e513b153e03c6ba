"""Pair rules of a million baskets: counted in the engine, against mlxtend in its own interpreter.

The peer's interpreter is named by CRM_BENCH_PYTHON; it has mlxtend, pandas and pyarrow.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

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


DOCUMENTED = """
import sys
import pandas as pd
from mlxtend.frequent_patterns import association_rules, fpgrowth
from mlxtend.preprocessing import TransactionEncoder

lines = pd.read_parquet(sys.argv[1], columns=['transaction_id', 'product_id'])
baskets = lines.groupby('transaction_id')['product_id'].agg(list).tolist()
encoder = TransactionEncoder()
frame = pd.DataFrame(encoder.fit(baskets).transform(baskets), columns=encoder.columns_)
sets = fpgrowth(frame, min_support=0.001, use_colnames=True, max_len=2)
rules = association_rules(sets, metric='confidence', min_threshold=0.1)
rules[['support', 'confidence', 'lift']].sum().to_csv(sys.argv[2])
"""


def write_baskets(path: Path, *, n: int) -> None:
    """Write baskets of about five items; few items are in many, some go together."""
    rng = np.random.default_rng(1)
    sizes = rng.poisson(4, n) + 1
    popularity = 1 / (np.arange(N_ITEMS) + 10.0)
    items = rng.choice(N_ITEMS, sizes.sum(), p=popularity / popularity.sum())
    follows = rng.random(sizes.sum()) < 0.2
    items[1:] = np.where(follows[1:], (items[:-1] + 1) % N_ITEMS, items[1:])
    names = np.array([f"P{k:05d}" for k in range(N_ITEMS)])
    frame = pd.DataFrame(
        {
            "transaction_id": np.repeat(np.arange(n), sizes).astype(str),
            "product_id": names[items],
            "occurred_day": 1,
            "quantity": 1.0,
        }
    )
    frame.drop_duplicates(["transaction_id", "product_id"]).to_parquet(path)


def against_mlxtend(
    folder: Path, *, ours: str = IN_MEMORY, theirs: str = THEIRS, n: int = N_BASKETS
) -> str:
    """Time both, reading the file and importing included; raise if the rules differ."""
    peer = os.environ.get("CRM_BENCH_PYTHON")
    if peer is None:
        return "not measured: CRM_BENCH_PYTHON names no interpreter with mlxtend"
    path = folder / "baskets.parquet"
    write_baskets(path, n=n)
    least = str(n // 1000)
    mine = [sys.executable, "-c", ours.replace("1000", least), str(path), str(folder / "ours.csv")]
    other = [peer, "-c", theirs, str(path), str(folder / "theirs.csv")]
    result = in_turn(
        lambda: run_command(mine, cwd=PROJECT), lambda: run_command(other, cwd=PROJECT), n=N_PAIRS
    )
    both = [pd.read_csv(folder / f"{name}.csv", index_col=0) for name in ("ours", "theirs")]
    pd.testing.assert_frame_equal(*both, check_names=False)
    return result


def main(folder: Path) -> None:
    """Measure all of it.

    The way mlxtend documents, with a dense table, takes over a quarter of an hour and 10 GB for a
    million baskets, so it is timed on fewer.
    """
    parts: dict[str, dict[str, Any]] = {
        "a million baskets / sparse table in mlxtend": {},
        "the same in the engine": {"ours": OURS},
        "20,000 baskets / mlxtend as documented": {"theirs": DOCUMENTED, "n": 20_000},
    }
    for name, options in parts.items():
        sys.stdout.write(f"pair rules, {name:<48} {against_mlxtend(folder, **options)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))

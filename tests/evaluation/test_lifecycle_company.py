"""Lifecycle of simulated companies: intervals from one cover the rates of a far larger one."""

from __future__ import annotations

from pathlib import Path

import duckdb
import narwhals as nw
import pandas as pd

from crmlib.evaluation.lifecycle import LifecycleRules, standings
from crmlib.evaluation.transitions import steps, transition_rates
from crmlib.features.collect import collect
from crmlib.features.lifecycle import spending_by_period
from crmlib.periods import day_number, parse_day
from crmlib.simulation.company import simulate_company

RULES = LifecycleRules(period_days=91, active_days=60, lapse_days=180)
AS_OF = day_number(parse_day("2024-12-31"))
FIRST = day_number(parse_day("2023-01-01"))


def rates(folder: Path, *, n_customers: int, seed: int) -> pd.DataFrame:
    """Transitions over four periods of a company made for the purpose."""
    simulate_company(folder, n_customers=n_customers, n_months=24, seed=seed)
    path = folder / "transactions.parquet"
    with duckdb.connect() as connection:
        lines = connection.sql(
            f"""select transaction_id, customer_id, quantity,
                (occurred_at::date - date '1970-01-01')::int as occurred_day,
                (net_amount * 100)::bigint as net_cents from '{path}'"""
        )
        spending = collect(
            spending_by_period(
                nw.from_native(lines), as_of_day=AS_OF, period_days=91, n_periods=6, lapse_days=180
            )
        )
    stages = standings(spending, as_of_day=AS_OF, known_since_day=FIRST, n_stages=5, rules=RULES)
    return transition_rates(steps(stages)).set_index(["stage_before", "stage"])


def test_intervals_of_transitions_cover_those_of_a_large_company(tmp_path):
    """Nine in ten of the intervals of six small companies hold the rate of one of 30,000."""
    large = rates(tmp_path / "large", n_customers=30_000, seed=5)
    possible = large[(large["n_moved"] > 0) & (large["move_rate"] < 1)]
    covered = []
    for seed in range(6):
        small = rates(tmp_path / str(seed), n_customers=2_000, seed=100 + seed)
        both = possible.join(small.add_suffix("_small"), how="inner")
        inside = (both["low_rate_small"] <= both["move_rate"]) & (
            both["move_rate"] <= both["high_rate_small"]
        )
        covered.append(inside)
    assert pd.concat(covered).mean() >= 0.9

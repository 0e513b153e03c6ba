"""The simulated company: wall time and memory by number of customers.

Run `python -m tests.benchmarks.simulation [CUSTOMERS ...]`; by default 10,000 and 100,000, and
1,000,000 takes some minutes.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measure import Cost, run_command

N_MONTHS = 24


def simulate(n_customers: int, folder: Path) -> Cost:
    """Cost of `crm simulate` in a process of its own."""
    script = Path(sys.executable).with_name("crm")
    command = [str(script), "simulate", "--out", str(folder / f"company_{n_customers}")]
    command += ["--customers", str(n_customers), "--months", str(N_MONTHS), "--seed", "1"]
    return run_command(command, cwd=folder)


def main(sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as name:
        first = None
        for n_customers in sizes:
            cost = simulate(n_customers, Path(name))
            first = first or cost
            sys.stdout.write(
                f"{n_customers:>10,} customers x {N_MONTHS} months {cost.seconds:8.1f} s "
                f"{cost.megabytes:8,.0f} MB ({cost.megabytes / first.megabytes:.2f} times the "
                "memory of the first)\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or [10_000, 100_000])

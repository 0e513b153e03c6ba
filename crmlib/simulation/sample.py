"""The small simulated shop in `data/sample`: every table, a few hundred customers, plain CSV.

Run `python -m crmlib.simulation.sample data/sample` to write it anew; the result is the same to
the byte.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from crmlib.simulation.company import simulate_company
from crmlib.simulation.truth_page import source_note

__all__ = ["write_sample"]


def write_sample(folder: Path) -> None:
    """Write the sample and its source note into `folder`, over what is there; without its truth."""
    with tempfile.TemporaryDirectory() as work:
        made = simulate_company(
            Path(work) / "sample",
            n_customers=270,
            n_months=18,
            seed=20241231,
            first_day="2023-07-01",
            file_format="csv",
        )
        folder.mkdir(parents=True, exist_ok=True)
        for file in sorted(made.folder.glob("*.csv")):
            (folder / file.name).write_bytes(file.read_bytes())
    note = source_note(title="Sample shop (simulated)")
    (folder / "source.yaml").write_text(note, encoding="utf-8")


if __name__ == "__main__":
    write_sample(Path(sys.argv[1]))

"""`python -m tests.golden`: write the golden tables anew from the sample; read the diff."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from crmlib.run.normalise import execute_with_defaults

GOLDEN = Path(__file__).resolve().parent
NOTEBOOKS = sorted((GOLDEN.parents[1] / "notebooks").glob("*.ipynb"))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        list(execute_with_defaults(NOTEBOOKS, run_folder=Path(name)))
        for table in sorted(GOLDEN.rglob("*.csv")):
            shutil.copy(Path(name) / "tables" / table.relative_to(GOLDEN), table)


if __name__ == "__main__":
    main()

"""A simulated company laid open for queries: its tables, and its truth as truth_<table>."""

from pathlib import Path

import duckdb
import pandas as pd


class Simulated:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._connection = duckdb.connect()
        self._connection.execute("set TimeZone = 'UTC'")
        for path in sorted(folder.glob("*.parquet")):
            self._connection.execute(f"create view {path.stem} as from '{path}'")
        for path in sorted((folder / "truth").glob("*.parquet")):
            self._connection.execute(f"create view truth_{path.stem} as from '{path}'")

    def frame(self, query: str) -> pd.DataFrame:
        return self._connection.execute(query).df()

    def number(self, query: str) -> float:
        return float(self._connection.execute(query).fetchone()[0])

    def row(self, query: str) -> tuple:
        return self._connection.execute(query).fetchone()


def contents(folder: Path) -> dict[str, bytes]:
    """Bytes of every file below a folder, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

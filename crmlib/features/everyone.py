"""Features of everybody in a file, read piece by piece: a million customers in little memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

__all__ = ["Everyone", "People", "columns_of", "pieces_of", "rows_of"]

_KEY = "customer_id"
_PIECE_ROWS = 65_536
"""Customers read at a time; a multiple of those that a score takes at a time."""


class Everyone:
    """One row per customer in a Parquet file, of which only what is asked for comes to memory.

    Guards against the one table that does not fit: a score looks at every column of a customer,
    but at no two customers together. Every frame it gives has the index `customer_id`.

    Parameters
    ----------
    path
        Parquet file with a column `customer_id` that names each row, sorted by it; it must not
        change.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept: npt.NDArray[np.bool_] | None = None
        self._more: pd.DataFrame | None = None

    def __len__(self) -> int:
        if self._kept is not None:
            return int(self._kept.sum())
        return int(pq.read_metadata(self.path).num_rows)

    @property
    def index(self) -> pd.Index:
        """Who they are, in the order of all that this object gives."""
        return self.columns([]).index

    def columns(self, names: Sequence[str]) -> pd.DataFrame:
        """Read some columns, those that were added among them, for all customers."""
        added = [] if self._more is None else [name for name in names if name in self._more]
        stored = [name for name in names if name not in added]
        table = pq.read_table(self.path, columns=[_KEY, *stored])
        if self._kept is not None:
            table = table.filter(pa.array(self._kept))
        frame = _frame(table)[stored]
        if self._more is not None:
            frame = frame.assign(**{name: self._more[name].to_numpy() for name in added})
        return frame[list(names)]

    def rows(self, customers: Sequence[str] | pd.Series) -> pd.DataFrame:
        """Read all columns of some customers, in the order in which they are named."""
        wanted = pa.array(customers, pa.string())
        found, places = [], [np.empty(0, dtype=np.int64)]
        for table, start in self._tables(pq.ParquetFile(self.path)):
            is_wanted = pc.is_in(table[_KEY], value_set=wanted)
            found.append(table.filter(is_wanted))
            places.append(start + np.flatnonzero(is_wanted.to_numpy()))
        frame = _frame(pa.concat_tables(found))
        if self._more is not None:
            more = self._more.iloc[np.concatenate(places)]
            frame = frame.assign(**{str(name): more[name].to_numpy() for name in more})
        return frame.loc[list(customers)]

    def pieces(self) -> Iterator[pd.DataFrame]:
        """Read all columns, and those that were added, some customers at a time."""
        for table, start in self._tables(pq.ParquetFile(self.path)):
            frame = _frame(table)
            if self._more is not None:
                more = self._more.iloc[start : start + len(frame)]
                frame = frame.assign(**{str(name): more[name].to_numpy() for name in more})
            yield frame

    def where(self, chosen: npt.ArrayLike) -> Everyone:
        """Keep some of the customers: one true or false for each."""
        mask = np.asarray(chosen, dtype=bool)
        new = Everyone(self.path)
        new._kept = mask
        if self._kept is not None:
            new._kept = self._kept.copy()
            new._kept[self._kept] = mask
        new._more = None if self._more is None else self._more[mask]
        return new

    def at_most(self, name: str, value: float) -> Everyone:
        """Keep the customers of whom a column is known and not above a value."""
        return self.where(self.columns([name])[name] <= value)

    def adding(self, more: pd.DataFrame) -> Everyone:
        """Add columns that were worked out here, one row for each customer in the same order."""
        new = Everyone(self.path)
        new._kept = self._kept
        new._more = more if self._more is None else self._more.assign(**dict(more.items()))
        return new

    def _tables(self, file: pq.ParquetFile) -> Iterator[tuple[pa.Table, int]]:
        """Read some customers at a time, each with the number of those before them."""
        seen = given = 0
        with file:
            for batch in file.iter_batches(batch_size=_PIECE_ROWS):
                table = pa.Table.from_batches([batch])
                if self._kept is not None:
                    table = table.filter(pa.array(self._kept[seen : seen + len(batch)]))
                seen, start, given = seen + len(batch), given, given + len(table)
                yield table, start  # whoever takes the table may take it apart


People: TypeAlias = pd.DataFrame | Everyone
"""Features of customers, index `customer_id`: few of them in memory, or everybody in a file."""


def columns_of(people: People, names: Sequence[str]) -> pd.DataFrame:
    """Give columns of all customers; those of a frame in memory may have been added to it."""
    if isinstance(people, Everyone):
        return people.columns(names)
    return people[[*names]]


def rows_of(people: People, customers: pd.Series) -> pd.DataFrame:
    """Give all columns of some customers."""
    return people.rows(customers) if isinstance(people, Everyone) else people.loc[customers]


def pieces_of(people: People) -> Iterator[pd.DataFrame]:
    """Give all columns of all customers in one frame, or in several after each other."""
    if isinstance(people, Everyone):
        yield from people.pieces()
    else:
        yield people


def _frame(table: pa.Table) -> pd.DataFrame:
    frame: pd.DataFrame = table.to_pandas(split_blocks=True, self_destruct=True)
    return frame.set_index(_KEY)

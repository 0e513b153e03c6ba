"""The tables of an iteration as a notebook reads them: point in time, in the engine, bounded."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from crmlib.database import Snapshot
from crmlib.database.engine import Engine, open_engine
from crmlib.errors import ParameterError
from crmlib.features.collect import among_customers, by_bucket, collect, collect_by_customer
from crmlib.features.everyone import Everyone
from crmlib.periods import Window, day_number, parse_day
from crmlib.schema import TABLES

__all__ = ["Tables"]

_SEED = 20_240_101
"""Start of the draw of customers to learn from."""


class Tables:
    """The tables of a snapshot as they were known at the end of a day.

    Attributes
    ----------
    snapshot
        The database snapshot and its intake report.
    as_of_day
        Last day number that counts.
    known
        First and last day with a sale in the data.
    """

    def __init__(self, snapshot: Snapshot, *, as_of_day: int) -> None:
        self.snapshot = snapshot
        self.as_of_day = as_of_day
        self.known = _known_days(snapshot)
        self._reads: set[str] = set()
        self._narrow: dict[tuple[str, int], nw.LazyFrame[Any]] = {}
        self._narrow_to: pd.DataFrame | None = None
        self._shared = os.environ.get("CRM_SHARED_FOLDER", "")
        limit = os.environ.get("CRM_MEMORY_LIMIT", "1GB")
        threads = int(os.environ.get("OMP_NUM_THREADS", "2"))
        self._engine: Engine = open_engine(
            os.environ.get("CRM_ENGINE", "duckdb"), memory_limit=limit, threads=threads
        )

    def close(self) -> None:
        """Let go of the engine."""
        self._engine.close()

    def collect(self, query: nw.LazyFrame[Any]) -> pd.DataFrame:
        """Run a query and bring its result to pandas, sorted by its columns."""
        with self._engine.explaining():
            return collect(query)

    def by_customer(
        self,
        function: Callable[..., nw.LazyFrame[Any]],
        *tables: str,
        as_of_day: int | None = None,
        seen_then: bool = False,
        customers: pd.DataFrame | None = None,
        **options: Any,
    ) -> pd.DataFrame:
        """Run a feature function that gives one row per customer, in no more memory than allowed.

        The customers go through in as many buckets as the memory limit demands; the result is
        that of one go.

        Parameters
        ----------
        function
            Such as `crmlib.features.snapshot.customer_snapshot`; it takes `as_of_day`.
        tables
            Names of the tables it takes, the largest first; of the others those that the source
            did not bring are given as None.
        as_of_day
            Last day number that counts, that of the iteration or an earlier one.
        seen_then
            Give the function only what was known on that day, not what became known since. A
            feature that comes out differently knows the future.
        customers
            Only those whose `customer_id` it holds; all if left out. Their rows are taken out of
            the tables once for all calls with the same frame, so that the others cost nothing.
        options
            What else it takes.

        Examples
        --------
        `context.by_customer(customer_snapshot, "transactions", "products", recent_days=90)`
        """
        first, *others = tables
        day = self.as_of_day if as_of_day is None else as_of_day
        if day > self.as_of_day:
            raise ParameterError(
                f"as_of_day={day} lies after the day of the iteration, {self.as_of_day}."
            )
        known_day = day if seen_then else self.as_of_day
        with self._engine.explaining():
            main = self._seen(first, known_day, customers)
            seen = [self._seen(name, known_day, customers) for name in others]
            return collect_by_customer(
                function,
                self.table(first) if main is None else main,
                *seen,
                buckets=self._engine.buckets(self._n_rows(first, customers)),
                as_of_day=day,
                **options,
            )

    def on_days(
        self,
        function: Callable[..., nw.LazyFrame[Any]],
        *tables: str,
        days: Iterable[int],
        customers: pd.DataFrame | None = None,
        seen_then: bool = False,
        **options: Any,
    ) -> dict[int, pd.DataFrame]:
        """Do the same as of several days: one table per day number, index `customer_id`.

        Parameters
        ----------
        customers
            Only those whose `customer_id` it holds; all if left out.
        """
        options |= {"seen_then": seen_then, "customers": customers}
        return {
            day: self.by_customer(function, *tables, as_of_day=day, **options).set_index(
                "customer_id"
            )
            for day in days
        }

    def everyone(
        self,
        function: Callable[..., nw.LazyFrame[Any]],
        *tables: str,
        built_on: Callable[..., nw.LazyFrame[Any]] | None = None,
        **options: Any,
    ) -> Everyone:
        """Work a feature function out for everybody, once per run, into a file.

        The chapters of a run share the file: who needs it while another one writes it waits.

        Parameters
        ----------
        function, tables, options
            As `by_customer` takes them.
        built_on
            A feature function of the same tables whose result `function` takes as `known`; it is
            worked out in the same way, so that what others have worked out already counts.
        """
        path = self._shared_place(function, tables, options)
        with _held(path):
            if not path.exists():
                if built_on is not None:
                    options = options | {"known": self.everyone(built_on, *tables)}
                self._store(path, function, tables, options)
        self._reads.update(name for name in tables if self.has(name))
        return Everyone(path)

    def _store(
        self,
        path: Path,
        function: Callable[..., nw.LazyFrame[Any]],
        tables: Sequence[str],
        options: Mapping[str, Any],
    ) -> None:
        """Work a feature function out into a file that is there when it is whole."""
        first, *others = tables
        part = path.with_suffix(".part")
        with self._engine.explaining():
            laid = {
                name: self._engine.read(value.path) if isinstance(value, Everyone) else value
                for name, value in options.items()
            }
            parts = by_bucket(
                function,
                self.table(first),
                *(self._seen(name, self.as_of_day, None) for name in others),
                buckets=self._engine.buckets(self._n_rows(first, None)),
                as_of_day=self.as_of_day,
                **laid,
            )
            self._engine.store(parts, part, by="customer_id")
        part.replace(path)

    def _shared_place(
        self, function: Callable[..., Any], tables: Sequence[str], options: Mapping[str, Any]
    ) -> Path:
        """Name the file of a feature function by all that its rows depend on."""
        if not self._shared:
            self._shared = tempfile.mkdtemp(prefix="crmlib-everyone-")
            weakref.finalize(self, shutil.rmtree, self._shared, ignore_errors=True)
        what = [function.__module__, function.__qualname__, tables, sorted(options.items())]
        made = repr([*what, self.as_of_day, self.snapshot.name])
        return Path(self._shared) / f"{hashlib.sha256(made.encode()).hexdigest()[:16]}.parquet"

    def sample_customers(self, most: int) -> pd.DataFrame | None:
        """Draw customers to learn from, by chance but the same in every run; None if all will do.

        Returns
        -------
        pandas.DataFrame or None
            `customer_id` of `most` customers.
        """
        every = self.collect(self.table("customers").select("customer_id"))
        if len(every) <= most:
            return None
        drawn = np.random.default_rng(_SEED).choice(len(every), most, replace=False)
        return every.iloc[np.sort(drawn)].reset_index(drop=True)

    def sampled(
        self, rows: nw.LazyFrame[Any], most: int
    ) -> tuple[nw.LazyFrame[Any], pd.DataFrame | None]:
        """Keep the rows of customers drawn by chance, and say who they are; all if these will do.

        Returns
        -------
        tuple
            The rows, and what `sample_customers` gives.
        """
        drawn = self.sample_customers(most)
        if drawn is None:
            return rows, None
        return among_customers(rows, self.given(drawn)), drawn

    def _seen(
        self, name: str, known_day: int, customers: pd.DataFrame | None
    ) -> nw.LazyFrame[Any] | None:
        """Give a table as it was known on a day, None if the source did not bring it."""
        if not self.has(name):
            return None
        self._reads.add(name)
        table = self._engine.table(self.snapshot, name, as_of_day=known_day)
        if customers is None:
            return table
        if customers is not self._narrow_to:
            self._narrow, self._narrow_to = {}, customers
        if (name, known_day) not in self._narrow:
            some = among_customers(table, self._engine.given(customers))
            self._narrow[name, known_day] = some if some is table else self._engine.kept(some)
        return self._narrow[name, known_day]

    def _n_rows(self, name: str, customers: pd.DataFrame | None) -> int:
        """Say about how many rows of a table are read; few customers have their share of them."""
        used = {table.name: table.rows_used for table in self.snapshot.report.tables}
        share = 1.0 if customers is None else len(customers) / max(used.get("customers", 0), 1)
        return round(used.get(name, 0) * min(share, 1.0))

    def given(self, frame: pd.DataFrame) -> nw.LazyFrame[Any]:
        """Give a table that was worked out here back to the engine, to be joined with others."""
        return self._engine.given(frame)

    def kept(self, query: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
        """Work a query out once, on the engine, where several others build on what it gives."""
        with self._engine.explaining():
            return self._engine.kept(query)

    def has(self, table: str) -> bool:
        """Say whether the source brought this table."""
        return table in self.snapshot.tables

    def table(self, name: str) -> nw.LazyFrame[Any]:
        """Give a table of the database as it was known at the end of `as_of`, as a lazy frame.

        A table that the source did not bring has all columns of the data model and no row.
        """
        self._reads.add(name)
        if not self.has(name):
            return self._engine.empty(TABLES[name])
        return self._engine.table(self.snapshot, name, as_of_day=self.as_of_day)

    def tables(self, *names: str) -> dict[str, nw.LazyFrame[Any]]:
        """Give those of the named tables that the source brought, by name."""
        self._reads.update(names)
        return {name: self.table(name) for name in names if self.has(name)}


@contextlib.contextmanager
def _held(path: Path) -> Iterator[None]:
    """Keep a file for one process at a time; the system lets go of it when that one ends."""
    with path.with_suffix(".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _known_days(snapshot: Snapshot) -> Window:
    """Give the first and the last day with a sale; an empty window without sales."""
    report = snapshot.report
    if report.first_day is None or report.last_day is None:
        return Window(0, -1)
    return Window(day_number(parse_day(report.first_day)), day_number(parse_day(report.last_day)))

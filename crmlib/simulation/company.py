"""The company that does not exist: all tables of the database, and the truth beside them."""

from __future__ import annotations

import datetime
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from crmlib.errors import ParameterError, PublicationError
from crmlib.periods import day_number, day_text, parse_day
from crmlib.schema import TABLES
from crmlib.simulation import measures, planning, truth
from crmlib.simulation.blocks import Block, simulate_block
from crmlib.simulation.masters import products_table
from crmlib.simulation.outline import Outline, make_outline
from crmlib.simulation.randomness import BLOCK
from crmlib.simulation.satisfaction import employee_surveys
from crmlib.simulation.truth_page import source_note, truth_page
from crmlib.simulation.writing import FileFormat, TableFiles

__all__ = ["Summary", "simulate_company"]


@dataclass(frozen=True)
class Summary:
    """What was written: rows by table in the order of the schema, first and last day."""

    folder: Path
    rows: dict[str, int]
    first_day: str
    last_day: str


def simulate_company(
    out: Path,
    *,
    n_customers: int = 2000,
    n_months: int = 24,
    seed: int = 1,
    first_day: str | datetime.date = "2023-01-01",
    file_format: FileFormat = "parquet",
    progress: Callable[[str], None] | None = None,
) -> Summary:
    """Simulate a company and write all its tables, its source note and its truth.

    The folder appears as a whole or not at all. The same arguments give the same bytes. Memory
    does not grow with the number of customers.

    Parameters
    ----------
    out
        Folder to write; it must not exist yet, or be empty.
    n_months
        Calendar months with data, from `first_day`.
    seed
        Whole number from 0.
    first_day
        First day with data.
    file_format
        `parquet` or `csv`; the truth is always Parquet.
    progress
        Called with one line per block of customers.

    Raises
    ------
    ParameterError
        If a number is out of its range or the folder holds something.
    PublicationError
        If the folder cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     made = simulate_company(Path(folder), n_customers=50, n_months=3, seed=1)
    >>> made.rows["customers"], made.last_day
    (50, '2023-03-31')
    """
    out = Path(out)
    first, n_days = _checked(out, n_customers, n_months, seed, first_day, file_format)
    outline = make_outline(seed, n_customers=n_customers, first_day=first, n_days=n_days)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as work:
            folder = Path(work) / out.name
            (folder / "truth").mkdir(parents=True)
            rows = _write(outline, folder, file_format, progress or (lambda _line: None))
            (folder / "source.yaml").write_text(source_note(), encoding="utf-8")
            if out.exists():
                out.rmdir()
            shutil.move(folder, out)
    except OSError as error:
        raise PublicationError(
            f"The simulated company could not be written to {out}: {error}. Free disk space or "
            "permit writing, then start again."
        ) from error
    ordered = {name: rows[name] for name in TABLES}
    return Summary(out, ordered, day_text(first), day_text(first + n_days - 1))


def _checked(
    out: Path,
    n_customers: int,
    n_months: int,
    seed: int,
    first_day: str | datetime.date,
    file_format: str,
) -> tuple[int, int]:
    """Refuse what cannot be simulated; give the first day number and the number of days."""
    for name, value, low, high in (
        ("customers", n_customers, 1, 20_000_000),
        ("months", n_months, 3, 240),
        ("seed", seed, 0, 2**63 - 1),
    ):
        if not low <= value <= high:
            raise ParameterError(
                f"{name}={value} is not from {low} to {high:,}. Choose one that is."
            )
    if file_format not in ("parquet", "csv"):
        raise ParameterError(f"format={file_format!r} is unknown. Choose parquet or csv.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ParameterError(
            f"{out} holds something already. Name a folder that does not exist or is empty."
        )
    day = first_day if isinstance(first_day, datetime.date) else parse_day(first_day, name="start")
    month = np.datetime64(day, "M") + n_months
    last = month.astype("datetime64[D]") + (day.day - 1)
    return day_number(day), int((last - np.datetime64(day, "D")).astype(int))


def _write(
    outline: Outline, folder: Path, file_format: FileFormat, say: Callable[[str], None]
) -> dict[str, int]:
    """Write block after block, then what needs all of them."""
    months, rates = planning.make_months(outline), planning.make_rates(outline)
    sold = np.zeros(0)
    weekly = np.zeros(0)
    with (
        TableFiles(folder, file_format=file_format) as files,
        TableFiles(folder / "truth", file_format="parquet") as truths,
    ):
        files.write("surveys", employee_surveys(outline))
        for block in range(-(-outline.n_customers // BLOCK)):
            done = min(block * BLOCK, outline.n_customers)
            say(f"customer {done:,} of {outline.n_customers:,}")
            made = simulate_block(outline, months, rates, block)
            _write_block(files, truths, made)
            sold = made.sold_cents + (sold if block else 0)
            weekly = made.orders_by_week + (weekly if block else 0)
        files.write("products", products_table(outline))
        files.write("offers", measures.offers_table(outline))
        files.write("campaigns", measures.campaigns_table(outline))
        files.write("spend", measures.spend_table(outline))
        files.write("rates", planning.rates_table(outline, rates))
        files.write("sales_plan", planning.sales_plan_table(outline, months, sold))
        tables = {"media_effects": truth.media_truth(outline, weekly)}
        for name, table in (tables | truth.company_truth(outline)).items():
            truths.write(name, table)
        (folder / "truth" / "README.md").write_text(truth_page(outline), encoding="utf-8")
        return dict(files.rows)


def _write_block(files: TableFiles, truths: TableFiles, made: Block) -> None:
    for name, parts in made.tables.items():
        files.write(name, pa.concat_tables(parts))
    for name, parts in made.truths.items():
        truths.write(name, pa.concat_tables(parts))

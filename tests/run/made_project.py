"""A throw-away project: a few orders, and notebooks that write their results in plain Python."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from crmlib.run.commands import main
from crmlib.run.publication.manifest import Run, published_runs

ORDERS = """transaction_id,customer_id,product_id,occurred_at,quantity,net_amount
t1,0001,p1,2024-12-01T10:00:00Z,1,10.00
t2,0002,p1,2024-12-03T10:00:00Z,2,20.00
"""

CUSTOMERS = "customer_id,region\n0001,North\n0002,South\n"

PRELUDE = """
import json, os, pathlib

folder = pathlib.Path(os.environ["CRM_RUN_FOLDER"])
reads, writes = [], []

def save(name, text, kind="tables", endings=("csv", "parquet", "xlsx")):
    for ending in endings:
        path = folder / kind / notebook / f"{name}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    writes.append(f"{kind}/{name}")

def result(name):
    reads.append(name)
    return (folder / "tables" / f"{name}.csv").read_text()

def finish(headline=("All is well.",), status="PASS", **metrics):
    record = dict(notebook=notebook, as_of=as_of, snapshot=snapshot, reads=reads, writes=writes,
                  headline=list(headline), metrics=metrics, status=status)
    path = folder / "notebooks" / f"{notebook}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record))
"""

FINISH = "finish()"


def _cell(kind: str, source: str, number: int, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    cell: dict[str, Any] = {
        "cell_type": kind,
        "id": f"cell-{number}",
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
    }
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell


def write_notebook(
    folder: Path,
    name: str,
    *cells: str,
    reads: str = "`transactions`",
    writes: str = "table `numbers`",
    parameters: str = "",
    last: str | None = FINISH,
) -> Path:
    """Write a notebook: title, parameters, prelude, the given code cells, and `finish()`."""
    title = name.partition("_")[2].replace("_", " ").capitalize()
    intro = f"# {title}\n\n**Question.** What?\n\n**Reads** {reads}. **Writes** {writes}."
    declared = f'as_of: str = "2024-12-31"  # day\nsnapshot: str = "sample"  # data\n{parameters}'
    code = [f"notebook = {name!r}" + PRELUDE, *cells, *([last] if last else [])]
    made = [
        _cell("markdown", intro, 0),
        _cell("code", declared, 1, ("parameters",)),
        *(_cell("code", source, number) for number, source in enumerate(code, start=2)),
    ]
    content = {
        "cells": made,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.ipynb"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


class MadeProject:
    """A project folder with two notebooks, the second of which reads the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notebooks = folder / "notebooks"
        self.out = folder / "reports"
        self.source = folder / "orders"
        self.source.mkdir(parents=True)
        (self.source / "transactions.csv").write_text(ORDERS, encoding="utf-8")
        (self.source / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
        self.config = folder / "crm.yaml"
        self.config.write_text("source: orders\ncompany: Häberle & Söhne\n", encoding="utf-8")
        self.base()
        self.report()

    def base(self, *cells: str) -> None:
        """Write the first notebook."""
        write_notebook(
            self.notebooks,
            "10_base",
            *(cells or ('save("numbers", str(n_customers))\nprint("customers:", n_customers)',)),
            parameters="n_customers: int = 2  # customers counted, from 1 to 100",
        )

    def report(self, *cells: str) -> None:
        """Write the notebook that reads it."""
        write_notebook(
            self.notebooks,
            "90_report",
            *(cells or ('save("summary", "customers: " + result("10_base/numbers"))',)),
            reads="`10_base/numbers`",
            writes="table `summary`",
            last='finish(["We have customers.", "They buy.", "Again."], n_sentences=3)',
        )

    def crm(self, command: str, *arguments: str) -> int:
        """Run a command in this process."""
        return main([command, "--config", str(self.config), *arguments])

    def runs(self) -> list[Run]:
        """Published runs, newest first."""
        return published_runs(self.out)[0]

    def content(self) -> dict[str, str]:
        """Hashes of all files of the newest run but those that name it, manifest and ledger."""
        files = self.runs()[0].manifest["files"]
        return {
            name: record["sha256"]
            for name, record in files.items()
            if name != "ledger/predictions.parquet"
        }

    def bytes_of_out(self) -> dict[str, bytes]:
        """Everything below the output folder except the lock."""
        paths = (path for path in self.out.rglob("*") if path.is_file() and path.name != ".lock")
        return {str(path.relative_to(self.out)): path.read_bytes() for path in paths}

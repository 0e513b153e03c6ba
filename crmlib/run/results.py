"""The folder of a run as one notebook sees it: where its results go, where those of others lie."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any

import pandas as pd

from crmlib.errors import ParameterError, PublicationError

__all__ = ["ResultFolder"]


class ResultFolder:
    """Results of a notebook, each under one name, and the record that they are whole.

    Parameters
    ----------
    folder
        The staging folder of a run, or the folder of drafts.
    notebook
        Whose results these are.
    """

    def __init__(self, folder: Path, notebook: str) -> None:
        self._folder = folder
        self._notebook = notebook
        self._writes: set[str] = set()
        self._record(notebook).unlink(missing_ok=True)

    def place(self, kind: str, name: str) -> Path:
        """Give the path, without ending, of a new result: `tables`, `figures`, `models`, `ledger`.

        Raises
        ------
        ParameterError
            If the name is a path, or taken.
        """
        if not name.isidentifier():
            raise ParameterError(f"{name!r} is not a name such as customer_stages.")
        if f"{kind}/{name}" in self._writes:
            raise ParameterError(f"{self._notebook} saves {kind} {name!r} twice; use two names.")
        self._writes.add(f"{kind}/{name}")
        folder = self._folder / kind / self._notebook
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def table(self, name: str, *, as_of: str, snapshot: str) -> pd.DataFrame:
        """Read a table of another notebook, by `notebook/table`.

        Raises
        ------
        PublicationError
            If that notebook has not run yet, or its draft is about another day or other data.
        """
        path = self._folder / "tables" / f"{name}.parquet"
        owner = name.split("/")[0]
        if not path.exists():
            raise PublicationError(
                f"{self._notebook} reads {name}, which is not there yet. Run the notebook "
                f"{owner} first, or all of them with `crm run`."
            )
        self._refuse_other_draft(owner, (as_of, snapshot))
        return pd.read_parquet(path)

    def owners(self, table: str) -> list[str]:
        """Name the notebooks before this one that saved a table of this name."""
        found = self._folder.glob(f"tables/*/{table}.parquet")
        return sorted(path.parent.name for path in found if path.parent.name < self._notebook)

    def finish(self, record: dict[str, Any]) -> None:
        """Write the record that the notebook is complete, with what it wrote, in one step."""
        metrics = {name: _plain_number(value) for name, value in record["metrics"].items()}
        whole = record | {"metrics": metrics, "writes": sorted(self._writes)}
        path = self._record(self._notebook)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(whole, indent=1, ensure_ascii=False), encoding="utf-8")
        part.replace(path)

    def _refuse_other_draft(self, owner: str, ours: tuple[str, str]) -> None:
        """Refuse to mix drafts of different days or data; the runner sees to it by itself."""
        file = self._record(owner)
        if "CRM_RUN_FOLDER" in os.environ or not file.exists():
            return
        record = json.loads(file.read_text(encoding="utf-8"))
        theirs = (record["as_of"], record["snapshot"])
        if theirs != ours:
            raise PublicationError(
                f"{self._notebook} is about {ours[0]} (snapshot {ours[1]}), the draft of {owner} "
                f"about {theirs[0]} (snapshot {theirs[1]}). Run {owner} with the same "
                "parameters."
            )

    def _record(self, notebook: str) -> Path:
        return self._folder / "notebooks" / f"{notebook}.json"


def _plain_number(value: Any) -> float | int | str | None:
    """Turn a numpy number into one that JSON knows; what is not known becomes null."""
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain

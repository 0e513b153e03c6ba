"""What a notebook reads and where its results go; the only door in and out of a notebook."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from IPython.display import display
from matplotlib.axes import Axes

from crmlib.database import Snapshot, load, open_snapshot
from crmlib.errors import ParameterError
from crmlib.loop.ledger import (
    Prediction,
    no_predictions,
    prediction_rows,
    score_prediction,
)
from crmlib.periods import day_number, parse_day
from crmlib.reporting import showing, tables, text, theme
from crmlib.reporting.narrative.data_quality import missing_sentence
from crmlib.run.planning.notebooks import EARLIER
from crmlib.run.project import project_folder
from crmlib.run.results import ResultFolder
from crmlib.run.tables import Tables
from crmlib.schema import TABLES
from crmlib.settings import Settings

__all__ = ["RunContext", "start"]

Status = Literal["PASS", "REVIEW", "FAIL"]
SAMPLE = "sample"


def start(notebook: str, *, as_of: str, snapshot: str) -> RunContext:
    """Open the data of an iteration for one notebook.

    Parameters
    ----------
    notebook
        Name of the notebook, its file name without the ending.
    as_of
        Last calendar day that counts, `YYYY-MM-DD`.
    snapshot
        Name of a database snapshot, or `sample` for the small simulated shop.

    Raises
    ------
    ParameterError
        If there is no sale on or before `as_of`, or no snapshot of that name.
    """
    theme.use()
    project = project_folder()
    if snapshot == SAMPLE:
        opened = load(Settings(folder=project, source="data/sample"))
    else:
        opened = open_snapshot(_snapshot_folder(project / "data" / "snapshots", snapshot))
    first, last = opened.report.first_day, opened.report.last_day
    if first is None or parse_day(as_of) < parse_day(first):
        raise ParameterError(
            f"as_of={as_of} lies before the first sale ({first}). Choose a day from {first} to "
            f"{last}."
        )
    folder = Path(os.environ.get("CRM_RUN_FOLDER", project / "reports" / "draft"))
    return RunContext(notebook, as_of=as_of, snapshot=opened, folder=folder)


def _snapshot_folder(snapshots: Path, name: str) -> Path:
    """Find a snapshot by its name."""
    if not (snapshots / name).is_dir():
        known = [SAMPLE, *sorted(file.parent.name for file in snapshots.glob("*/snapshot.json"))]
        raise ParameterError(
            f"There is no snapshot {name!r}; known are {', '.join(known)}. Take the data in with "
            "`crm intake`, which prints the name."
        )
    return snapshots / name


class RunContext(Tables):
    """One notebook's view of the iteration.

    Attributes
    ----------
    as_of, as_of_day
        Last day that counts, as ISO text and as a day number.
    currency
        Account currency, ISO 4217.
    known
        First and last day with a sale in the data.
    snapshot
        The database snapshot and its intake report.
    """

    def __init__(self, notebook: str, *, as_of: str, snapshot: Snapshot, folder: Path) -> None:
        self.notebook = notebook
        self.as_of = as_of
        super().__init__(snapshot, as_of_day=day_number(parse_day(as_of)))
        self.currency = snapshot.report.currency
        self._results = ResultFolder(folder, notebook)
        self._headline: list[str] = []
        self._lacks: list[str] = []
        self._predictions: list[pd.DataFrame] = []
        named = os.environ.get("CRM_EARLIER_RUN", "")
        self._earlier = Path(named) if named else None

    def rng(self) -> np.random.Generator:
        """Give a source of randomness that starts at the same place in every run."""
        return np.random.default_rng(list(self.notebook.encode()))

    def needs(self, *names: str) -> None:
        """Say without which tables this chapter has nothing to show.

        If the source brings one of them not, or without a row, the headline says so in place of
        all else, and the report leaves the rest of the chapter out. The cells run all the same, on
        empty tables.
        """
        used = {table.name: table.rows_used for table in self.snapshot.report.tables}
        self._lacks = [name for name in names if not used.get(name)]

    def needs_any(self, *names: str) -> None:
        """Say that this chapter has nothing to show without at least one of these tables."""
        self.needs(*names)
        if len(self._lacks) < len(names):
            self._lacks = []

    def show_missing(self, *names: str) -> None:
        """Say in one sentence per table that is not there what this section would show with it."""
        self.show_text([missing_sentence(TABLES[name]) for name in names if not self.has(name)])

    def show_text(self, paragraphs: Sequence[str]) -> None:
        """Show Markdown paragraphs; nothing where there are none."""
        showing.show_plain(paragraphs)

    def result(self, name: str) -> pd.DataFrame:
        """Read a table that an earlier notebook saved, by `notebook/table`.

        Raises
        ------
        PublicationError
            If that notebook has not run yet.
        """
        self._reads.add(name)
        return self._results.table(name, as_of=self.as_of, snapshot=self.snapshot.name)

    def earlier(self, name: str) -> pd.DataFrame:
        """Read a table that the iteration before saved, by `notebook/table`.

        Without an iteration before, or such a table of it, there are no rows and no columns.
        """
        self._reads.add(f"{EARLIER}{name}")
        path = self._earlier / "tables" / f"{name}.parquet" if self._earlier else None
        return pd.read_parquet(path) if path and path.exists() else pd.DataFrame()

    def earlier_model(self, name: str) -> Any:
        """Load a model that the iteration before saved, by `notebook/model`; None without one."""
        from crmlib.models.files import load_model

        self._reads.add(f"{EARLIER}{name}")
        path = self._earlier / "models" / f"{name}.model" if self._earlier else None
        return load_model(path) if path and path.exists() else None

    def save_model(self, model: object, name: str) -> str:
        """Save a fitted model for the next iteration and give its sha256, which names it."""
        from crmlib.models.files import save_model

        return save_model(model, self._results.place("models", name).with_suffix(".model"))

    def predict_scores(
        self,
        scores: Mapping[str, pd.DataFrame],
        version: str,
        *,
        horizon_days: int,
        subject_kind: str = "customer",
    ) -> None:
        """Freeze scores of customers by the name of their outcome.

        Parameters
        ----------
        scores
            `customer_id`, `predicted`, `low`, `high` by outcome, such as `purchase`; none writes a
            ledger without rows.
        version
            Names the model; changes whenever its predictions may.
        """
        if not scores:
            self._predictions.append(no_predictions())
        for quantity, frame in scores.items():
            rows, what = score_prediction(frame, quantity, version, horizon_days=horizon_days)
            self.predict(rows, replace(what, subject_kind=subject_kind))

    def predict(self, frame: pd.DataFrame, what: Prediction) -> None:
        """Freeze predictions in the ledger, to be held against what happens.

        Parameters
        ----------
        frame
            One row per subject: `subject_id`, `predicted`, `low`, `high`.
        """
        self._predictions.append(prediction_rows(frame, what, as_of=self.as_of))

    def results(self, table: str) -> dict[str, pd.DataFrame]:
        """Read the table of one name of every earlier notebook that saved one, by notebook.

        The runner refuses the notebook unless it declares to read all of them.
        """
        return {name: self.result(f"{name}/{table}") for name in self._results.owners(table)}

    def headline(self, notebook: str) -> list[str]:
        """Read the headline sentences of an earlier notebook."""
        return [str(sentence) for sentence in self.result(f"{notebook}/headline")["sentence"]]

    def save_table(self, frame: pd.DataFrame, name: str) -> pd.DataFrame:
        """Save a table as Parquet, CSV and XLSX and give it back, ready to be shown.

        A table of more rows than a person reads in a spreadsheet has no XLSX.
        """
        stem = self._results.place("tables", name)
        plain = frame.reset_index(drop=True)
        amounts = [column for column in plain.columns if str(column).endswith("_amount")]
        plain[amounts] = plain[amounts].round(2)
        plain.attrs = {}
        plain.to_parquet(stem.with_suffix(".parquet"), index=False)
        tables.write_csv(plain, stem.with_suffix(".csv"))
        endings = ["csv"]
        if len(plain) <= tables.MOST_ROWS_OF_A_SHEET:
            tables.write_xlsx(plain, stem.with_suffix(".xlsx"))
            endings.append("xlsx")
        files = [f"tables/{self.notebook}/{name}.{ending}" for ending in endings]
        plain.attrs["crm"] = {"name": name, "files": files, "currency": self.currency}
        return plain

    def show_table(
        self,
        frame: pd.DataFrame,
        name: str,
        *,
        caption: str,
        note: str = "",
        n_rows: int = 20,
        empty: str = "",
    ) -> None:
        """Save a table and show its first rows.

        Parameters
        ----------
        caption
            What the table says, in a few words.
        note
            Population, unit and what to keep in mind.
        n_rows
            Rows shown at most; the files hold all of them.
        empty
            Sentence to show in place of a table without rows: what is missing, or what it means.
        """
        saved = self.save_table(frame, name)
        if empty and frame.empty:
            self.show_text([empty])
        else:
            tables.show(saved, caption=caption, note=note, n_rows=n_rows)

    def show_headline(self, sentences: Sequence[str]) -> None:
        """Show the sentences a reader must not miss and save them as the table `headline`."""
        lacking = [missing_sentence(TABLES[name]) for name in self._lacks]
        self._headline = lacking or list(sentences)
        said = pd.DataFrame({"sentence": self._headline}, dtype="str")
        self.save_table(said.assign(is_missing=bool(lacking)), "headline")
        showing.show_headline(self._headline, is_all=bool(lacking))

    def show_figure(
        self, draw: Callable[..., Axes], data: pd.DataFrame, *, name: str = "", **options: object
    ) -> None:
        """Draw a chart, save it as SVG with the numbers behind it as CSV, and show it.

        Parameters
        ----------
        draw
            A function of `crmlib.reporting.figures`; its name is the name of the figure.
        data
            The frame it draws.
        name
            Another name, where one function draws several figures.
        options
            What the function takes beside `as_of` and `currency`.
        """
        name = name or draw.__name__
        stem = self._results.place("figures", name)
        ax = draw(data, as_of=self.as_of, currency=self.currency, **options)
        svg = theme.svg_of(ax)
        stem.with_suffix(".svg").write_text(svg, encoding="utf-8")
        tables.write_csv(data, stem.with_suffix(".csv"))
        finding, subtitle, alt = theme.described(ax)
        about = {
            "kind": "figure",
            "name": name,
            "title": finding,
            "subtitle": subtitle,
            "alt": alt,
            "files": [f"figures/{self.notebook}/{name}.csv"],
        }
        title = f"**{text.literal(finding)}**  \n{text.literal(subtitle)}"
        display(
            {"text/markdown": title, "text/plain": finding},
            raw=True,
            metadata={"crm": {"kind": "figure-title"}},
        )
        display(
            {"image/svg+xml": svg, "text/plain": f"Figure: {alt}"},
            raw=True,
            metadata={"crm": about},
        )

    def finish(
        self,
        *,
        metrics: Mapping[str, float | int | str] | None = None,
        status: Status = "PASS",
    ) -> None:
        """Declare the notebook complete. Without this the run counts as failed.

        Parameters
        ----------
        metrics
            Numbers for monitoring, by name.
        status
            FAIL stops the publication where the notebook is the data quality one.
        """
        if self._predictions:
            rows = pd.concat(self._predictions, ignore_index=True)
            path = self._results.place("ledger", "predictions").with_suffix(".parquet")
            rows.to_parquet(path, index=False)
        record = {
            "notebook": self.notebook,
            "as_of": self.as_of,
            "snapshot": self.snapshot.name,
            "reads": sorted(self._reads),
            "headline": self._headline,
            "lacks": self._lacks,
            "metrics": dict(metrics or {}),
            "status": status,
        }
        self._results.finish(record)
        self.close()

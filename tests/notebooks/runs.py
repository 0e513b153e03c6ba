"""Published runs that tests of several chapters read: of real shops and of a company with truth."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

PROJECT = Path(__file__).resolve().parents[2]
CRM = str(Path(sys.executable).with_name("crm"))


@dataclass(frozen=True)
class PublishedRun:
    """The folder of a published run and, of a simulated company, the truth beside its data."""

    folder: Path
    source: Path | None = None

    def table(self, name: str) -> pd.DataFrame:
        """Read a table of a chapter, by `chapter/table`."""
        return pd.read_parquet(self.folder / "tables" / f"{name}.parquet")

    def headline(self, chapter: str) -> list[str]:
        """Read the sentences that open a chapter."""
        return list(self.table(f"{chapter}/headline")["sentence"])

    def truth(self, name: str) -> pd.DataFrame:
        """Read a table of the truth."""
        assert self.source is not None
        return pd.read_parquet(self.source / "truth" / f"{name}.parquet")


def publish(project: Path, *, out: str, options: tuple[str, ...] = ()) -> Path:
    """Run all notebooks in a project of its own and give the folder of the run."""
    command = [CRM, "run", "--config", str(project / "crm.yaml"), "--out", out, "--json", *options]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return project / out / "latest"


def project_in(folder: Path, *, settings: str | None = None) -> Path:
    """Make a project that shares the notebooks, with its own settings if any are given."""
    (folder / "notebooks").symlink_to(PROJECT / "notebooks")
    if settings is None:
        (folder / "crm.yaml").symlink_to(PROJECT / "crm.yaml")
    else:
        (folder / "crm.yaml").write_text(settings, encoding="utf-8")
    (folder / "data").mkdir()
    return folder

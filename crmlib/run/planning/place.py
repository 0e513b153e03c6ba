"""Where runs may be published: never into what a run reads or has published."""

from __future__ import annotations

import os
from pathlib import Path

import crmlib
from crmlib.errors import ParameterError
from crmlib.run.publication.manifest import is_run_folder
from crmlib.settings import Settings

__all__ = ["check_out"]

_INPUTS = ("notebooks", "crmlib", "data/snapshots")


def check_out(settings: Settings) -> None:
    """Refuse an output folder inside a published run or among what runs are made from.

    Raises
    ------
    ParameterError
        If it is such a folder, or a file.
    """
    out = settings.path(settings.out)
    upwards = (out, *out.parents)
    remedy = "Choose another folder with --out or `out` in the settings."
    if file := next((path for path in upwards if os.path.isfile(path)), None):
        raise ParameterError(f"The output folder {out}: {file} is a file. {remedy}")
    if run := next((path for path in upwards if is_run_folder(path)), None):
        raise ParameterError(f"The output folder {out} lies in the published run {run}. {remedy}")
    inputs = [*(settings.path(name) for name in _INPUTS), Path(crmlib.__file__).resolve().parent]
    if taken := next((folder for folder in inputs if folder in upwards), None):
        raise ParameterError(
            f"The output folder {out} lies in {taken}, which runs are made from. {remedy}"
        )

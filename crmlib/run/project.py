"""Where the project lies."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["project_folder"]


def project_folder() -> Path:
    """Find the folder of the project: named by the runner, or the one above that has `crm.yaml`."""
    named = os.environ.get("CRM_PROJECT_FOLDER")
    if named:
        return Path(named)
    here = Path.cwd().resolve()
    return next((p for p in (here, *here.parents) if (p / "crm.yaml").exists()), here)

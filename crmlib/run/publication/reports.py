"""The reports of a run, written into its staging folder from the executed notebooks."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from crmlib.errors import PublicationError
from crmlib.periods import parse_day
from crmlib.run.execution.execute import Outcome
from crmlib.run.planning.notebooks import Notebook
from crmlib.run.publication.files import digest
from crmlib.run.publication.manifest import Run

__all__ = ["ReportHead", "index_page", "index_stamp", "report_order", "write_reports"]

Chapters = Sequence[tuple[str, Any]]
_SUMMARY = "90_"


@dataclass(frozen=True)
class ReportHead:
    """What stands in head and foot of every page."""

    title: str
    company: str
    as_of: str
    source_note: str
    status: str
    data: str = ""
    is_simulated: bool = False
    language: str = "en"


def report_order(names: Sequence[str]) -> list[str]:
    """Put the management summary first, then the chapters by name.

    Examples
    --------
    >>> report_order(["10_base", "90_report", "00_quality"])
    ['90_report', '00_quality', '10_base']
    """
    return sorted(names, key=lambda name: (not name.startswith(_SUMMARY), name))


def write_reports(
    staging: Path,
    notebooks: Mapping[str, Notebook],
    outcomes: Mapping[str, Outcome],
    head: ReportHead,
) -> None:
    """Write `report.html`, `report.pdf`, `metrics.json` and one page per notebook, and check them.

    Raises
    ------
    PublicationError
        If a report is empty, cut, or lacks a notebook.
    ReportError
        If a notebook holds something that cannot be shown faithfully.
    """
    import nbformat

    chapters = []
    for name in report_order(list(outcomes)):
        path = staging / "notebooks" / f"{name}.ipynb"
        node = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        chapters.append((name, node))
        own = replace(head, title=notebooks[name].title, status=outcomes[name].status)
        _write(path.with_suffix(".html"), _page([(name, node)], own, staging, prefix="../"))
    _write(staging / "report.html", _page(chapters, head, staging))
    (staging / "report.pdf").write_bytes(_pdf(chapters, head, staging))
    metrics = {name: outcomes[name].metrics for name in sorted(outcomes)}
    text = json.dumps(metrics, indent=1, sort_keys=True, ensure_ascii=False)
    _write(staging / "metrics.json", text + "\n")
    _check(staging, [notebooks[name] for name in outcomes])


def _page(chapters: Chapters, head: ReportHead, staging: Path, *, prefix: str = "") -> str:
    from crmlib.reporting.html import CrmHTMLExporter
    from crmlib.reporting.report import ReportMeta, compose

    report = compose(chapters, meta=ReportMeta(**asdict(head)))
    resources = {"crm_files_root": staging, "crm_files_prefix": prefix}
    text, _ = CrmHTMLExporter().from_notebook_node(report, resources=resources)
    return text


def _pdf(chapters: Chapters, head: ReportHead, staging: Path) -> bytes:
    from crmlib.reporting.pdf import CrmPDFExporter
    from crmlib.reporting.report import ReportMeta, compose

    report = compose(chapters, meta=ReportMeta(**asdict(head)))
    data, _ = CrmPDFExporter().from_notebook_node(report, resources={"crm_files_root": staging})
    return bytes(data)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _check(staging: Path, notebooks: Sequence[Notebook]) -> None:
    """Refuse reports that are cut or lack a chapter."""
    page = (staging / "report.html").read_text(encoding="utf-8")
    shown = _words(html.unescape(re.sub(r"<[^>]+>", " ", page)))
    lacking = [one.name for one in notebooks if _words(one.title) not in shown]
    if lacking or "</html>" not in page[-200:]:
        raise PublicationError(
            f"report.html is not whole: no chapter for {', '.join(lacking) or 'its end'}. Was a "
            "notebook changed while the run went on? Run again."
        )
    pdf = (staging / "report.pdf").read_bytes()
    if not pdf.startswith(b"%PDF-") or b"%%EOF" not in pdf[-1024:]:
        raise PublicationError("report.pdf is not whole.")


def _words(text: str) -> str:
    """Reduce text to letters and digits, so that markup and line breaks do not matter."""
    return "".join(one for one in text if one.isalnum()).casefold()


def index_stamp(runs: Sequence[Run], code: str, above: str) -> str:
    """Return the last line of the index page, which tells a stale or changed page.

    Parameters
    ----------
    above
        The page above that line.
    """
    return f"<!-- {digest([code, [run.seal for run in runs], above])} -->\n"


def index_page(runs: Sequence[Run], code: str) -> str:
    """Make the page that lists all runs, newest first."""
    from crmlib.reporting import index

    page = index.index_page([_entry(index.RunEntry, run) for run in runs]).rstrip()
    return f"{page}\n{index_stamp(runs, code, page)}"


def _entry(kind: Any, run: Run) -> Any:
    manifest = run.manifest
    published = datetime.fromisoformat(manifest["published_at"])
    age = (published.date() - parse_day(min(manifest["as_of"], manifest["data"]["last_day"]))).days
    return kind(
        run_id=run.run_id,
        as_of=manifest["as_of"],
        published_at=f"{published:%Y-%m-%d %H:%M} UTC",
        status=manifest["status"],
        headline=manifest["headline"][0] if manifest["headline"] else "",
        n_notebooks=len(manifest["notebooks"]),
        n_days_old=f"data {age} day{'' if age == 1 else 's'} old",
        whose=run.whose,
        is_simulated=run.is_simulated,
    )

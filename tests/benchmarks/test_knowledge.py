"""The benchmark of the knowledge chapters in small, so that it cannot rot."""

from __future__ import annotations

import pytest

from crmlib.simulation.company import simulate_company
from tests.benchmarks import knowledge
from tests.benchmarks.__main__ import PARTS


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> knowledge.Found:
    """What two chapters took on a company of a few hundred customers."""
    folder = tmp_path_factory.mktemp("bench")
    simulate_company(folder / "company", n_customers=300, n_months=14, seed=5)
    place = knowledge.project(folder / "project", str(folder / "company"))
    return knowledge.measured(place, ["24_visitors", "30_complaints"])


def test_every_chapter_that_ran_is_timed_with_those_it_reads(found: knowledge.Found) -> None:
    assert {"24_visitors", "30_complaints", "10_customer_base"} <= set(found.chapters)
    assert all(took > 0 for took in found.chapters.values())
    assert max(found.chapters.values()) < found.seconds


def test_processor_and_memory_of_the_kernels_count(found: knowledge.Found) -> None:
    """The command waits for its kernels: alone it would take under two seconds and 200 MB."""
    assert found.processor_seconds > 2
    assert found.megabytes > 300


def test_a_broken_limit_is_said(found: knowledge.Found) -> None:
    kept = found.lines("small", knowledge.Limits(seconds=1e6, megabytes=1e6))
    assert len(kept) == len(found.chapters) + 1
    assert kept[-1].endswith(" kept")
    broken = found.lines("small", knowledge.Limits(seconds=1e6, megabytes=1))
    assert broken[-1].endswith("NOT KEPT")


def test_all_chapters_are_named_once_and_no_score() -> None:
    names = knowledge.chapters()
    assert names[0] == "00_data_quality"
    assert {"22_channel_and_moment", "38_sales_controlling"} <= set(names)
    assert not [name for name in names if name[0] in "4589"]


def test_it_is_a_part_of_make_bench() -> None:
    assert PARTS["knowledge"] is knowledge.main

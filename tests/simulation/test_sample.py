"""The simulated shop: what is committed is what the generator writes."""

from crmlib.schema import TABLES
from crmlib.simulation.sample import write_sample

LARGEST = 1_500_000


def test_committed_sample_is_the_generated_one(project, tmp_path):
    write_sample(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    committed = project / "data" / "sample"
    assert names == sorted(path.name for path in committed.iterdir())
    for name in names:
        assert (tmp_path / name).read_bytes() == (committed / name).read_bytes(), name


def test_sample_holds_every_table_and_stays_small(tmp_path):
    write_sample(tmp_path)
    files = list(tmp_path.iterdir())
    assert {path.name for path in files} == {"source.yaml", *(f"{name}.csv" for name in TABLES)}
    assert sum(path.stat().st_size for path in files) < LARGEST


def test_sample_passes_intake_untouched_and_has_what_real_life_has(sample):
    assert sample.report.note.is_simulated
    assert all(table.rows_quarantined == 0 for table in sample.report.tables)
    found = {(finding.column, finding.says) for finding in sample.report.findings}
    assert ("quantity", "is negative: a return") in found
    assert ("product_id", "is not in the table products") in found

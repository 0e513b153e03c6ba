"""The simulated shop: what is committed is what the generator writes."""

from crmlib.schema import TABLES
from crmlib.simulation.sample import simulate_sample, write_sample


def test_committed_sample_is_the_generated_one(project, tmp_path):
    write_sample(tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    committed = project / "data" / "sample"
    assert names == sorted(path.name for path in committed.iterdir())
    for name in names:
        assert (tmp_path / name).read_bytes() == (committed / name).read_bytes(), name


def test_sample_holds_every_table_and_what_real_life_has():
    tables = simulate_sample()
    assert set(tables) == set(TABLES)
    lines = tables["transactions"]
    assert (lines["customer_id"] == "").any()
    assert (lines["quantity"] < 0).any()
    assert not set(lines["product_id"]) <= set(tables["products"]["product_id"])
    assert tables["customers"]["customer_id"].str.startswith("0").all()


def test_sample_passes_intake_untouched(sample):
    assert sample.report.note.is_simulated
    assert all(table.rows_quarantined == 0 for table in sample.report.tables)

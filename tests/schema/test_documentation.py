"""The page of the data model and the example files are what the tables say, and can be loaded."""

import datetime

import pandas as pd
import pytest

from crmlib.database.intake import intake
from crmlib.schema import TABLES
from crmlib.schema.documentation import PAGE, TEMPLATES, data_model_page, example_file
from crmlib.settings import Settings
from crmlib.sources import open_source


def test_the_page_is_up_to_date(project):
    assert (project / PAGE).read_text(encoding="utf-8") == data_model_page()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_the_page_explains_every_column(table):
    section = data_model_page().split(f"\n## {table.name}\n")[1].split("\n## ")[0]
    for column in (*table.columns, *table.families):
        assert f"`{column.name}`" in section
        assert column.meaning in section


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_the_example_file_is_up_to_date(project, table):
    file = project / TEMPLATES / f"{table.name}.csv"
    assert file.read_text(encoding="utf-8") == example_file(table)


def test_there_is_no_other_example_file(project):
    assert {path.stem for path in (project / TEMPLATES).glob("*.csv")} == set(TABLES)


def test_the_example_files_are_loaded_whole(project, tmp_path):
    settings = Settings(folder=tmp_path, currency="EUR", max_quarantined_share=0.0)
    source = open_source(str(project / TEMPLATES), settings=settings)
    snapshot = intake(
        source, settings=settings, snapshots=tmp_path, received_on=datetime.date(2024, 6, 1)
    )
    assert set(snapshot.tables) == set(TABLES)
    for table in snapshot.report.tables:
        assert (table.rows_in, table.rows_used) == (1, 1)
    line = pd.read_parquet(snapshot.path("transactions")).iloc[0]
    assert (line["currency"], line["net_cents"], line["rate_to_base"]) == ("GBP", 2355, 1.1834)

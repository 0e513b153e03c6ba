"""What one iteration leaves for the next: tables, models, predictions."""

from __future__ import annotations

import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.loop.ledger import Prediction
from crmlib.models.segments import Segmentation
from crmlib.run.context import RunContext
from crmlib.run.planning.notebooks import read_notebooks
from crmlib.run.planning.sequence import sequence
from tests.run.made_project import MadeProject, write_notebook

pytestmark = pytest.mark.notebooks

READING = """
earlier = os.environ["CRM_EARLIER_RUN"]
path = pathlib.Path(earlier) / "tables" / notebook / "numbers.csv"
reads.append("earlier:10_base/numbers")
save("numbers", str(1 + int(path.read_text()) if earlier else 1))
"""


@pytest.fixture
def loop(tmp_path) -> MadeProject:
    """A project of which a notebook counts on from the iteration before."""
    shop = MadeProject(tmp_path / "loop")
    reads = "`transactions`, `earlier:10_base/numbers`"
    write_notebook(shop.notebooks, "10_base", READING, reads=reads)
    return shop


def numbers(shop: MadeProject) -> str:
    return (shop.runs()[0].folder / "tables/10_base/numbers.csv").read_text()


def test_each_iteration_finds_the_one_of_the_day_before(loop):
    """A later day reads an earlier one; the same day again, or an earlier one, does not."""
    for day, found in (("2024-12-01", "1"), ("2024-12-02", "2"), ("2024-12-03", "3")):
        assert loop.crm("run", "--as-of", day) == 0
        assert numbers(loop) == found
    assert loop.crm("run", "--as-of", "2024-12-02", "--fresh") == 0
    assert numbers(loop) == "2"
    assert loop.crm("run", "--as-of", "2024-12-03") == 0
    assert len(loop.runs()) == 4, "the earlier run came out the same, so nothing has changed"


def test_a_partial_run_is_no_iteration(loop):
    assert loop.crm("run", "--as-of", "2024-12-01", "--only", "10_base") == 0
    assert loop.crm("run", "--as-of", "2024-12-02") == 0
    assert numbers(loop) == "1"


def test_a_run_of_another_company_is_no_iteration_before(loop):
    assert loop.crm("run", "--as-of", "2024-12-01") == 0
    loop.config.write_text("source: orders\ncompany: Another\n", encoding="utf-8")
    assert loop.crm("run", "--as-of", "2024-12-02") == 0
    assert numbers(loop) == "1"


def test_what_nobody_declares_cannot_be_read_from_the_iteration_before(loop):
    reads = "`transactions`, `earlier:10_base/missing`"
    write_notebook(loop.notebooks, "10_base", READING, reads=reads)
    with pytest.raises(ParameterError, match="no notebook `10_base` declares to write it"):
        sequence(read_notebooks(loop.notebooks), tables=["transactions"])


def test_tables_models_and_predictions_pass_from_one_context_to_the_next(
    sample, tmp_path, monkeypatch
):
    monkeypatch.delenv("CRM_EARLIER_RUN", raising=False)
    first = RunContext("42_x", as_of="2024-06-30", snapshot=sample, folder=tmp_path / "first")
    assert first.earlier("42_x/members").empty
    assert first.earlier_model("42_x/groups") is None
    frame = pd.DataFrame({"a": [0.0, 0.1, 5.0, 5.1] * 5, "b": [1.0, 1.1, 9.0, 9.2] * 5})
    model = Segmentation(n_segments=2, random_state=0).fit(frame)
    first.save_model(model, "groups")
    first.save_table(pd.DataFrame({"customer_id": ["1"]}), "members")
    made = pd.DataFrame({"subject_id": ["1"], "predicted": [1.0], "low": [0.5], "high": [2.0]})
    first.predict(made, Prediction("naive", "1", "orders", "orders", horizon_days=28))
    first.finish()
    kept = pd.read_parquet(tmp_path / "first/ledger/42_x/predictions.parquet")
    assert kept["predicted"].tolist() == [1.0]

    monkeypatch.setenv("CRM_EARLIER_RUN", str(tmp_path / "first"))
    second = RunContext("42_x", as_of="2024-07-31", snapshot=sample, folder=tmp_path / "second")
    assert second.earlier("42_x/members")["customer_id"].tolist() == ["1"]
    again = second.earlier_model("42_x/groups")
    assert (again.predict(frame) == model.predict(frame)).all()
    second.finish()
    record = (tmp_path / "second/notebooks/42_x.json").read_text()
    assert "earlier:42_x/members" in record
    assert "earlier:42_x/groups" in record

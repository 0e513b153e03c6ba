"""The run context: results leave through it, once, whole and named."""

import gc
import json

import pandas as pd
import pytest

from crmlib.database import engine, load
from crmlib.errors import ParameterError, PublicationError
from crmlib.features.collect import collect
from crmlib.features.coverage import line_counts
from crmlib.features.score_features import SCORE_TABLES, measure_features, score_features
from crmlib.features.snapshot import customer_snapshot
from crmlib.reporting import tables
from crmlib.reporting.figures import concentration as figures
from crmlib.run.context import RunContext, start
from crmlib.schema import TABLES
from crmlib.settings import Settings


@pytest.fixture
def context(sample, tmp_path) -> RunContext:
    return RunContext("10_test", as_of="2024-06-30", snapshot=sample, folder=tmp_path)


def test_no_sale_after_as_of_is_seen(context):
    lines = context.table("transactions")
    assert collect(lines.select("occurred_day"))["occurred_day"].max() <= context.as_of_day
    assert collect(line_counts(lines, as_of_day=10**6)).iloc[0]["n_lines"] < 5029


def test_a_table_is_saved_in_three_formats_and_read_back(context, tmp_path):
    frame = pd.DataFrame({"customer_id": ["007", "=x"], "net_amount": [1.5, 2.0]})
    saved = context.save_table(frame, "things")
    assert saved.attrs["crm"]["files"] == [
        "tables/10_test/things.csv",
        "tables/10_test/things.xlsx",
    ]
    later = RunContext("90_later", as_of="2024-06-30", snapshot=context.snapshot, folder=tmp_path)
    pd.testing.assert_frame_equal(later.result("10_test/things"), frame, check_dtype=False)
    assert frame.attrs == {}


def test_a_name_is_used_once_and_never_a_path(context):
    context.save_table(pd.DataFrame({"a": [1]}), "things")
    with pytest.raises(ParameterError, match="saves tables 'things' twice"):
        context.save_table(pd.DataFrame({"a": [1]}), "things")
    with pytest.raises(ParameterError, match=r"'\.\./x' is not a name"):
        context.save_table(pd.DataFrame({"a": [1]}), "../x")


def test_a_figure_is_saved_with_its_numbers_and_words(context, tmp_path):
    curve = pd.DataFrame({"customer_share": [0, 0.5, 1], "net_share": [0, 0.8, 1.0]})
    gini = {"value": 0.3, "low": 0.2, "high": 0.4}
    measures = pd.DataFrame({"measure": ["Sales of the best tenth"], "value_share": [0.2]})
    context.show_figure(figures.lorenz, curve, gini=gini, measures=measures)
    assert (tmp_path / "figures/10_test/lorenz.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert (tmp_path / "figures/10_test/lorenz.csv").exists()


def test_a_missing_result_names_the_notebook_to_run(context):
    with pytest.raises(PublicationError, match=r"reads 00_x/y.*Run the notebook 00_x first"):
        context.result("00_x/y")


def test_the_finish_record_lists_reads_writes_and_plain_numbers(context, tmp_path):
    context.table("transactions")
    context.save_table(pd.DataFrame({"a": [1]}), "things")
    context.show_headline(["All well."])
    context.finish(metrics={"n": pd.Series([3]).sum()}, status="REVIEW")
    record = json.loads((tmp_path / "notebooks/10_test.json").read_text(encoding="utf-8"))
    assert record["reads"] == ["transactions"]
    assert record["writes"] == ["tables/headline", "tables/things"]
    assert record["headline"] == ["All well."]
    assert record["metrics"] == {"n": 3}
    assert record["status"] == "REVIEW"


def test_starting_again_takes_the_old_finish_record_away(context, sample, tmp_path):
    context.finish()
    RunContext("10_test", as_of="2024-06-30", snapshot=sample, folder=tmp_path)
    assert not (tmp_path / "notebooks/10_test.json").exists()


def test_a_day_before_the_first_sale_is_explained(monkeypatch, tmp_path, project):
    (tmp_path / "data").symlink_to(project / "data")
    monkeypatch.setenv("CRM_PROJECT_FOLDER", str(tmp_path))
    with pytest.raises(ParameterError, match=r"as_of=2020-01-01 lies before the first sale \(2023"):
        start("10_test", as_of="2020-01-01", snapshot="sample")


def test_an_unknown_snapshot_is_explained(monkeypatch, tmp_path):
    monkeypatch.setenv("CRM_PROJECT_FOLDER", str(tmp_path))
    named = tmp_path / "data" / "snapshots" / "aaaa"
    named.mkdir(parents=True)
    (named / "snapshot.json").write_text("{}")
    known = "no snapshot '0123456789abcdef'; known are sample, aaaa"
    with pytest.raises(ParameterError, match=known):
        start("10_test", as_of="2020-01-01", snapshot="0123456789abcdef")


def test_customers_go_through_in_as_many_buckets_as_memory_demands(
    sample, tmp_path, monkeypatch, context
):
    whole = context.by_customer(customer_snapshot, "transactions", "products", recent_days=30)
    monkeypatch.setenv("CRM_MEMORY_LIMIT", "50MB")
    monkeypatch.setattr("crmlib.database.engine.BYTES_PER_LINE", 20_000)
    small = RunContext("10_small", as_of="2024-06-30", snapshot=sample, folder=tmp_path)
    parts = small.by_customer(customer_snapshot, "transactions", "products", recent_days=30)
    pd.testing.assert_frame_equal(parts, whole)
    without = context.by_customer(customer_snapshot, "transactions", "spend", recent_days=30)
    assert without["main_category"].isna().all()
    assert len(without) == len(whole) > 100


@pytest.fixture
def bare_context(tmp_path) -> RunContext:
    """Give a context of a source that brings transactions alone."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "transactions.csv").write_text(
        "transaction_id,customer_id,product_id,occurred_at,quantity,net_amount\n"
        "t1,c1,p1,2024-01-05T10:00:00Z,1,5.00\n"
    )
    snapshot = load(Settings(folder=tmp_path, source="source"))
    return RunContext("30_test", as_of="2024-06-30", snapshot=snapshot, folder=tmp_path / "run")


@pytest.mark.parametrize("name", sorted(set(TABLES) - {"transactions", "customers"}))
def test_a_table_that_is_not_there_has_its_columns_and_no_row(bare_context, context, name):
    """Same columns, same types as where the table is there, so that every query runs."""
    assert collect(bare_context.table(name)).empty
    stored, empty = (one.table(name).collect_schema() for one in (context, bare_context))
    shared = set(TABLES[name].names) & set(stored)
    assert shared <= set(empty)
    assert {column: empty[column] for column in shared} == {
        column: stored[column] for column in shared
    }


def test_a_chapter_without_its_table_says_so_in_place_of_its_headline(bare_context, tmp_path):
    bare_context.needs("transactions", "complaints")
    bare_context.show_headline(["Customers are happy."])
    bare_context.finish()
    record = json.loads((tmp_path / "run/notebooks/30_test.json").read_text())
    assert record["lacks"] == ["complaints"]
    assert len(record["headline"]) == 1
    assert record["headline"][0].startswith("The source brings no `complaints`; with that table")


def test_features_of_an_earlier_day_know_only_that_day(context, tmp_path):
    earlier = RunContext(
        "10_y", as_of="2024-03-31", snapshot=context.snapshot, folder=tmp_path / "y"
    )
    day = earlier.as_of_day
    now = context.by_customer(customer_snapshot, "transactions", "products", as_of_day=day)
    then = earlier.by_customer(customer_snapshot, "transactions", "products")
    pd.testing.assert_frame_equal(now, then)
    with pytest.raises(ParameterError, match="lies after the day of the iteration"):
        earlier.by_customer(customer_snapshot, "transactions", as_of_day=day + 1)


def test_a_table_longer_than_a_sheet_has_no_xlsx(context, tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "MOST_ROWS_OF_A_SHEET", 2)
    saved = context.save_table(pd.DataFrame({"a": [1, 2, 3]}), "long")
    assert saved.attrs["crm"]["files"] == ["tables/10_test/long.csv"]
    assert {path.name for path in (tmp_path / "tables/10_test").iterdir()} == {
        "long.csv",
        "long.parquet",
    }


def test_some_customers_are_looked_at_alone_with_what_all_together_would_show(context):
    """The rows of a sample are taken out once; each customer's features are those of a full run."""
    options = {"days": [context.as_of_day - 90, context.as_of_day]}
    names = ("transactions", "products")
    whole = context.on_days(customer_snapshot, *names, **options)
    some = context.sample_customers(100)
    for seen_then in (False, True):
        found = context.on_days(
            customer_snapshot, *names, customers=some, seen_then=seen_then, **options
        )
        for day, frame in found.items():
            wanted = whole[day][whole[day].index.isin(some["customer_id"])]
            pd.testing.assert_frame_equal(frame, wanted)
            assert 0 < len(frame) <= 100


def test_everybody_is_worked_out_once_for_all_chapters_of_a_run(sample, tmp_path, monkeypatch):
    """Two chapters read one file, which holds what a chapter alone works out, bucket or not."""
    monkeypatch.setenv("CRM_SHARED_FOLDER", str(tmp_path))
    first = RunContext("10_test", as_of="2024-06-30", snapshot=sample, folder=tmp_path / "a")
    expected = first.by_customer(score_features, *SCORE_TABLES).set_index("customer_id")
    monkeypatch.setattr(engine, "BYTES_PER_LINE", 300_000)
    second = RunContext("20_test", as_of="2024-06-30", snapshot=sample, folder=tmp_path / "b")
    found = [one.everyone(score_features, *SCORE_TABLES) for one in (first, second)]
    (file,) = tmp_path.glob("*.parquet")
    assert {one.path for one in found} == {file}
    pd.testing.assert_frame_equal(pd.concat(found[1].pieces()), expected)
    assert second.everyone(customer_snapshot, "transactions", recent_days=30).path != file


def test_measures_build_on_what_is_worked_out_already(sample, tmp_path, monkeypatch):
    monkeypatch.delenv("CRM_SHARED_FOLDER", raising=False)
    context = RunContext("10_test", as_of="2024-06-30", snapshot=sample, folder=tmp_path)
    found = context.everyone(measure_features, *SCORE_TABLES, built_on=score_features)
    expected = context.by_customer(measure_features, *SCORE_TABLES).set_index("customer_id")
    pd.testing.assert_frame_equal(pd.concat(found.pieces()), expected)
    folder = found.path.parent
    assert len(list(folder.glob("*.parquet"))) == 2
    del context
    gc.collect()
    assert not folder.exists()

"""Files a mapping reads: inside its folder, and each delivery once."""

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crmlib.errors import DataRejectedError
from tests.sources.mapped import Shop, sales

DAY = "id;who;paid\n1;a;1.50\n"


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [("day1 (1).csv", DAY.encode()), ("day1.csv.gz", gzip.compress(DAY.encode(), mtime=0))],
)
def test_a_delivery_that_is_saved_twice_is_refused_with_both_names(shop, name, content):
    shop.write("day1.csv", DAY).write("day2.csv", DAY.replace("1;a", "2;a")).write(name, content)
    numbers = "{number_within: transaction_id, equal_rows: keep}"
    shop.maps(sales(head="read: day*", line_number=numbers))
    with pytest.raises(DataRejectedError, match=r"the files hold the same.*Keep one") as caught:
        shop.take_in()
    assert all(one in str(caught.value) for one in ("day1.csv", name))
    assert "day2" not in str(caught.value)
    (shop.folder / name).unlink()
    assert shop.take_in().one("select sum(net_cents)::int from transactions") == 300


def test_days_without_a_row_may_be_alike(shop):
    full = pa.table({"id": ["1"], "who": ["a"], "paid": ["1.5"]})
    for name, table in {"d1": full, "d2": full.slice(0, 0), "d3": full.slice(0, 0)}.items():
        pq.write_table(table, shop.folder / f"{name}.parquet")
    shop.maps(sales(head="read: d*.parquet"))
    assert shop.take_in().counts("transactions")[1] == 1


def test_a_packed_file_that_is_cut_is_refused_as_such(shop):
    packed = gzip.compress(DAY.encode())[:-6]
    shop.write("day1.csv", DAY).write("day2.csv.gz", packed).maps(sales(head="read: day*"))
    with pytest.raises(DataRejectedError, match=r"day2\.csv\.gz: the gzip data are cut or damaged"):
        shop.take_in()


@pytest.mark.parametrize(
    "read", ["../secret/s.csv", "../secret/*.csv", "x/../../secret/*", "{0}/s.csv"]
)
def test_no_path_leaves_the_folder(shop, read):
    secret = shop.root / "secret"
    secret.mkdir()
    (secret / "s.csv").write_text(DAY)
    shop.maps(sales(head=f"read: '{read.format(secret)}'"))
    with pytest.raises(DataRejectedError, match="the path leaves the folder 'files'"):
        shop.take_in()


def test_a_path_through_folders_inside_is_read(shop):
    shop.write("days/s.csv", DAY).maps(sales(head="read: days/../days/*.csv"))
    assert shop.take_in().counts("transactions")[1] == 1

"""Proofs hold for every value, and what is proved is read exactly."""

import datetime
import gzip
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.sources.proofs import prove_date_format, prove_delimiter, prove_number_form
from crmlib.sources.text_files import TextForm, read_text_file
from crmlib.sources.value_forms import DATE_FORMATS, NumberForm, date_sql, number_sql

MOMENTS = st.datetimes(datetime.datetime(1969, 1, 1), datetime.datetime(2068, 12, 31))


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


def table(connection, values):
    connection.execute(
        """create or replace temp table raw as
        select unnest(range(1, ? + 1)) as "crm:row", unnest(?::varchar[]) as text""",
        [len(values), values],
    )


@settings(deadline=None, max_examples=60)
@given(moment=MOMENTS, date_format=st.sampled_from(DATE_FORMATS))
def test_a_date_is_read_as_it_was_written(connection, moment, date_format):
    text = moment.strftime(date_format)
    expected = datetime.datetime.strptime(text, date_format)
    sql = date_sql("text", date_format)
    ((read,),) = connection.execute(f"select {sql} from (select ? as text)", [text]).fetchall()
    assert datetime.datetime.fromisoformat(read) == expected


@settings(deadline=None, max_examples=60)
@given(
    value=st.decimals(-(10**12), 10**12, places=2, allow_nan=False, allow_infinity=False),
    form=st.sampled_from([NumberForm(",", "."), NumberForm(".", "'"), NumberForm(",", " ")]),
)
def test_a_number_is_read_as_it_was_written(connection, value, form):
    marks = str.maketrans({",": form.thousands, ".": form.decimal})
    text = f"{value:,}".translate(marks)
    sql = number_sql("text", form)
    ((read,),) = connection.execute(f"select {sql} from (select ? as text)", [text]).fetchall()
    assert Decimal(read) == value


@pytest.mark.parametrize(
    "text", ["1.23,4", "1,2,3", "1..2", "12 34", "--1", "1-", "", "1.234.56", "1e", "x", "1,2.3,4"]
)
@pytest.mark.parametrize("form", [NumberForm(",", "."), NumberForm(".", ",")])
def test_what_is_no_number_is_not_read(connection, text, form):
    sql = number_sql("text", form)
    assert connection.execute(f"select {sql} from (select ? as text)", [text]).fetchall() == [
        (None,)
    ]


@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("04-08-15", "%d-%m-%Y"),
        ("31.02.2011", "%d.%m.%Y"),
        ("1.2.2011 24:00", "%d.%m.%Y %H:%M"),
        ("1.2.2011 1:5", "%d.%m.%Y %H:%M"),
        ("1.2.2011 13:00 PM", "%d.%m.%Y %I:%M %p"),
        ("2011-01-01 x", "%Y-%m-%d"),
        ("29.02.2011", "%d.%m.%Y"),
    ],
)
def test_what_is_no_date_is_not_read(connection, text, date_format):
    sql = date_sql("text", date_format)
    assert connection.execute(f"select {sql} from (select ? as text)", [text]).fetchall() == [
        (None,)
    ]


def test_one_value_far_down_decides(connection):
    """The head of a column proves nothing: the value that decides is the last of 5,000."""
    table(connection, ["03/04/2011"] * 5_000)
    assert prove_date_format(connection, "raw", "text").form == ""
    table(connection, [*["03/04/2011"] * 4_999, "04/13/2011"])
    assert prove_date_format(connection, "raw", "text").form == "%m/%d/%Y"
    table(connection, [*["1.234"] * 4_999, "1.234,5"])
    assert prove_number_form(connection, "raw", "text")[0] == NumberForm(",", ".")


def test_one_value_far_down_disproves(connection):
    table(connection, [*["25/12/2011"] * 4_999, "12/25/2011"])
    proof = prove_date_format(connection, "raw", "text")
    assert (proof.form, proof.examples) == ("", ("row 5000: '12/25/2011'",))
    assert "%d/%m/%Y reads 4,999 of 5,000 values" in proof.says


def test_days_equal_to_their_month_read_the_same_in_both_ways(connection):
    table(connection, ["03/03/2011", None, "12/12/2011"])
    proof = prove_date_format(connection, "raw", "text")
    assert (proof.form, proof.candidates, proof.n_values) == (
        "%d/%m/%Y", ("%d/%m/%Y", "%m/%d/%Y"), 2,
    )  # fmt: skip


def test_a_delimiter_must_split_every_record_alike(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a;b,c;d\n" + "1;2,3;4\n" * 5_000)
    assert prove_delimiter(path).candidates == (",", ";")
    path.write_text("a;b,c;d\n" + "1;2,3;4\n" * 5_000 + "1;2;4\n")
    assert prove_delimiter(path).form == ";"
    path.write_text("a;b,c;d\n1;2\n")
    assert prove_delimiter(path).says.startswith("neither ',' and ';' splits")


def test_every_character_of_a_code_page_is_kept(connection, tmp_path):
    """The engine itself knows neither cp1252 nor cp850."""
    for encoding in ("cp1252", "cp850", "utf-16", "shift_jis", "utf-8"):
        text = "".join(chr(k) for k in range(0x20, 0x3000) if chr(k) not in '",\x7f\x85')
        text = text.encode(encoding, errors="ignore").decode(encoding).replace("\\", "")
        for name in ("a.csv", "a.csv.gz"):
            data = f"id,text\n1,{text}\n".encode(encoding)
            (tmp_path / name).write_bytes(gzip.compress(data) if name.endswith("gz") else data)
            raw = read_text_file(
                connection, tmp_path / name, relation="x", form=TextForm(encoding=encoding)
            )
            assert raw.problems == ()
            assert connection.execute("select text from x").fetchall() == [(text,)]
        assert not [one for one in tmp_path.iterdir() if one.name.startswith("text-")]


def test_a_byte_that_is_not_in_the_stated_code_page_is_named(connection, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id\n" + b"x" * 2_000_000 + b"\x81\n")
    raw = read_text_file(connection, path, relation="x", form=TextForm(encoding="cp1252"))
    assert "byte 2,000,003 is not cp1252 text" in str(raw.problems[0])

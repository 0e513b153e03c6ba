"""JSON lines: values to the letter, bad lines named all in one pass, nothing half read."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmlib.database.engine import connect
from crmlib.sources.json_lines import read_json_lines


@pytest.fixture
def connection():
    with connect() as opened:
        yield opened


@pytest.fixture
def read(connection, tmp_path):
    def reader(content, name="orders.jsonl"):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return read_json_lines(connection, tmp_path / name, relation="raw_orders")

    return reader


def rows(connection):
    return connection.execute("from raw_orders order by 1").fetchall()


def said(raw):
    return [str(problem) for problem in raw.problems]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ('"007"', "007"),
        ('"NA"', "NA"),
        ("1234567890123456789", "1234567890123456789"),
        ("99999999999999999999999.99", "99999999999999999999999.99"),
        ("1.10", "1.10"),
        ("-0.0", "-0.0"),
        ("1e3", "1e3"),
        ("17850.0", "17850.0"),
        ("true", "true"),
        ("null", None),
        ('""', ""),
        ('"a\\n\\u00e4\\ud83d\\ude00"', "a\nä😀"),
        ('{"b": [1.10, "x", null, {"c": 12345678901234567890}]}',) * 2,
    ],
)
def test_values_are_kept_to_the_letter(connection, read, written, kept):
    raw = read('{"v": ' + written + "}\n")
    assert not raw.problems
    assert raw.columns == {"v": "VARCHAR"}
    assert rows(connection) == [(1, kept)]


def test_a_key_missing_in_some_lines_is_empty_there_and_said(connection, read):
    raw = read('{"id": "1"}\n\n{"id": "2", "name": "Zoë"}\n{"name": "x", "id": "3"}\n')
    assert rows(connection) == [(1, "1", None), (3, "2", "Zoë"), (4, "3", "x")]
    assert raw.notes == (
        "orders.jsonl: 'name' is missing in 1 of 3 lines and empty there.",
        "orders.jsonl: 1 empty line(s) are left out.",
    )


def test_nested_values_stay_json_text_and_are_said(connection, read):
    raw = read('{"tags": ["a", "b"]}\n{"tags": "c"}\n')
    assert rows(connection) == [(1, '["a", "b"]'), (2, "c")]
    assert raw.notes == ("orders.jsonl: 'tags' holds objects or lists in 1 lines; they stay JSON "
                         "text.",)  # fmt: skip


def test_gzip_byte_order_mark_and_windows_line_ends_read_alike(connection, read):
    text = '\ufeff{"id": "1"}\r\n{"id": "2"}'
    assert not read(gzip.compress(text.encode()), "orders.ndjson.gz").problems
    assert rows(connection) == [(1, "1"), (2, "2")]


def test_all_bad_lines_are_named_in_one_pass(read):
    lines = [
        b'{"id": 1}', b'{"id": 1', b"[1]", b'{"id": 1, "id": 2}', b'{"id": NaN}', b"x", b"y",
        b'{"id": "\xe9"}', b'{"id": "\0"}', b'{"id": "\\ud800"}', b'{"id": "\\u0000"}',
        b'{"a": 01}',
    ]  # fmt: skip
    assert said(read(b"\n".join(lines) + b"\n")) == [
        "orders.jsonl: lines are not valid JSON (5 row(s)). For example line 2: '{\"id\": 1'; "
        "line 5: '{\"id\": NaN}'; line 6: 'x'. Write one JSON object per line.",
        "orders.jsonl: lines are not a JSON object (1 row(s)). For example line 3: '[1]'. "
        'Write one object such as {"id": "1"} per line.',
        "orders.jsonl: lines name a key twice (1 row(s)). For example line 4: "
        '\'{"id": 1, "id": 2}\'. Write every key once per object.',
        "orders.jsonl: lines are not UTF-8 text (1 row(s)). For example line 8: "
        '\'{"id": "\\\\xe9"}\'. Save the file as UTF-8.',
        "orders.jsonl: lines hold a NUL or half a character (3 row(s)). For example line 9: "
        '\'{"id": "\\x00"}\'; line 10: \'{"id": "\\\\ud800"}\'; '
        'line 11: \'{"id": "\\\\u0000"}\'. Export the file again.',
    ]


def test_a_cut_last_line_is_called_cut(read):
    problems = said(read('{"id": 1}\n{"id": '))
    assert "line 2" in problems[0]
    assert "cut off (truncated). Export the file again." in problems[1]


def test_a_cut_gzip_file_is_refused(read):
    packed = gzip.compress(b"".join(b'{"id": "%d"}\n' % n for n in range(5000)))
    assert "gzip data are cut or damaged" in said(read(packed[:-20], "orders.jsonl.gz"))[0]


def test_names_that_cannot_be_columns_are_refused(read):
    problems = said(read('{"id": 1, "": 2}\n{"ID": 1}\n'))
    assert any("a column has no name" in problem for problem in problems)
    assert "reserved" in said(read('{"crm:row": 1}\n'))[0]
    assert "columns named twice: 'id', 'ID'" in said(read('{"id": 1}\n{"ID": 1}\n'))[0]


def test_names_without_end_are_refused(read):
    text = "".join(f'{{"k{n}": {n}}}\n' for n in range(1001))
    assert "more than 1,000 different keys" in said(read(text))[0]


@pytest.mark.parametrize("text", ["", "\n", "\ufeff\n\n"])
def test_an_empty_file_is_refused(read, text):
    assert "the file holds no object" in said(read(text))[0]


def test_a_line_without_end_in_sight_is_refused_once(read):
    text = '{"id": "' + "x" * (40 << 20) + '"}\n{"id": 1}\n'
    assert "lines are longer than 16 MB (1 row(s))" in said(read(text))[0]


def test_nesting_without_end_is_refused(read):
    text = '{"id": ' + "[" * 100_000 + "]" * 100_000 + "}\n"
    assert "lines are not valid JSON (1 row(s))" in said(read(text))[0]


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
SCALAR = st.one_of(
    TEXT,
    st.integers(-(10**25), 10**25),
    st.decimals(allow_nan=False, allow_infinity=False).map(str).map(json.loads),
    st.booleans(),
    st.none(),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(TEXT, SCALAR, min_size=1, max_size=4), min_size=1, max_size=4))
def test_any_objects_come_back_to_the_letter(tmp_path_factory, records):
    """Either the names are refused, or every value is what json itself reads."""
    path = tmp_path_factory.mktemp("json") / "any.jsonl"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records))
    with connect() as connection:
        raw = read_json_lines(connection, path, relation="raw")
        if raw.problems:
            assert all("column" in problem.says for problem in raw.problems)
            return
        found = connection.execute("from raw order by 1").fetchall()
    for record, (_, *values) in zip(records, found, strict=True):
        expected = [record.get(name) for name in raw.columns]
        assert values == [
            one if one is None or isinstance(one, str) else json.dumps(one) for one in expected
        ]

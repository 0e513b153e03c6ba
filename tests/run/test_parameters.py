"""Parameters: what notebooks may declare, what a run may set, and every refusal."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmlib.errors import ParameterError
from crmlib.run.planning.notebooks import Cell, Notebook
from crmlib.run.planning.overrides import (
    Override,
    overrides_in_file,
    overrides_in_options,
    resolve_parameters,
)
from crmlib.run.planning.parameters import Parameter, declared_parameters, read_value

COMMON = 'as_of: str = "2024-12-31"  # day\nsnapshot: str = "sample"  # data\n'


def _notebook(lines: str, name: str = "10_base") -> Notebook:
    return Notebook(name, "Base", (Cell("code", COMMON + lines, ("parameters",)),))


def _declared(lines: str) -> dict[str, Parameter]:
    return declared_parameters(_notebook(lines))


def test_a_line_with_a_second_equals_sign_and_a_bar_is_read():
    found = _declared('label: str = "a=b"  # one of: a=b, c|d; default = a=b')
    assert found["label"] == Parameter(
        "label",
        "str",
        "a=b",
        "one of: a=b, c|d; default = a=b",
        choices=("a=b", "c|d"),
    )


def test_range_and_negative_defaults_are_read():
    found = _declared(
        "shift: int = -3  # days, from -7 to 1,000\nshare: float = 1  # from 0 to 1.5"
    )
    assert (found["shift"].low, found["shift"].high) == (-7, 1000)
    assert found["share"].default == 1.0
    assert isinstance(found["share"].default, float)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("n = 3", r"line 3 of the parameters cell must read `name: type = literal"),
        ("n: list = []", r"must read .* types str, int, float, bool"),
        ("n: int = len('x')", r"the default of 'n' is not a literal"),
        ("n: int = True", r"'n' is declared int, its default True is bool"),
        ("n: int = 9  # from 1 to 5", r"the default n=9 must be from 1 to 5"),
        ("api_token: str = ''", r"declares 'api_token': secrets are no parameters"),
        ("import os", r"must read `name: type"),
        ("n: int =", r"line 3 of the parameters cell is not Python"),
    ],
)
def test_a_wrong_declaration_is_refused(line, message):
    with pytest.raises(ParameterError, match=rf"10_base: .*{message}"):
        _declared(line)


def test_the_common_parameters_are_required():
    cell = Cell("code", 'as_of: str = "2024-12-31"', ("parameters",))
    with pytest.raises(ParameterError, match=r"must declare `snapshot: str`"):
        declared_parameters(Notebook("10_base", "Base", (cell,)))
    with pytest.raises(ParameterError, match=r"no cell is tagged `parameters`"):
        declared_parameters(Notebook("10_base", "Base", ()))


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("str", "007", "007"),
        ("str", "NO", "NO"),
        ("str", "", ""),
        ("int", "007", 7),
        ("int", "-2", -2),
        ("float", "1e-3", 0.001),
        ("float", "5", 5.0),
        ("bool", "True", True),
        ("bool", "false", False),
    ],
)
def test_text_becomes_what_the_type_says(kind, text, value):
    read = read_value(Parameter("x", kind, value), text)
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("int", "1.0"),
        ("int", "1_000"),
        ("int", "٣"),
        ("int", "9" * 30),
        ("int", ""),
        ("float", "nan"),
        ("float", "1e999"),
        ("float", "1,5"),
        ("bool", "yes"),
        ("bool", "1"),
        ("int", "__import__('os').system('true')"),
    ],
)
def test_text_of_another_type_is_refused(kind, text):
    with pytest.raises(ParameterError, match="must be"):
        read_value(Parameter("x", kind, 1), text)


@given(st.text())
def test_any_text_stays_the_same_text(text):
    assert read_value(Parameter("x", "str", ""), text) == text


NOTEBOOKS = [
    _notebook("lapse_days: int = 90  # days without an order, from 7 to 730"),
    _notebook("lapse_days: int = 60  # days\nshop: str = 'all'  # shop", name="12_risk"),
]


def _resolve(*options: str, file: Path | None = None) -> dict[str, dict[str, object]]:
    given_in_file = overrides_in_file(file) if file else []
    return resolve_parameters(NOTEBOOKS, [*given_in_file, *overrides_in_options(options)])


def test_a_name_reaches_every_notebook_and_a_full_name_one():
    values = _resolve("12_risk.lapse_days=30", "lapse_days=45")
    assert [values[name]["lapse_days"] for name in ("10_base", "12_risk")] == [45, 30]


def test_options_beat_the_file_and_scalars_stay_as_written(tmp_path):
    file = tmp_path / "values.yaml"
    file.write_text("lapse_days: 0100\n12_risk:\n  shop: NO\n")
    values = _resolve("10_base.lapse_days=8", file=file)
    assert values["10_base"]["lapse_days"] == 8
    assert values["12_risk"] == {
        "as_of": "2024-12-31",
        "snapshot": "sample",
        "lapse_days": 100,
        "shop": "NO",
    }


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("lapse_day=3", r"unknown parameter 'lapse_day'; did you mean 'lapse_days'\?"),
        ("10_bse.lapse_days=9", r"no notebook '10_bse' in this run; did you mean '10_base'\?"),
        ("10_base.shop=x", r"unknown parameter '10_base.shop'; known are: lapse_days"),
        (
            "10_base.lapse_days=soon",
            r"10_base\.lapse_days='soon' must be of type int; it is int "
            r"\(days without an order, from 7 to 730\)",
        ),
        ("10_base.lapse_days=3", r"10_base\.lapse_days='3' must be from 7 to 730"),
        ("as_of=2024-01-01", r"as_of is not set here. Give the day with --as-of"),
        ("x=1;import os=1", r"unknown parameter 'x'"),
        ("__import__('os')=1", r"unknown parameter"),
        ("lapse_days", r"must read NAME=VALUE"),
    ],
)
def test_a_wrong_option_is_refused(option, message):
    with pytest.raises(ParameterError, match=message):
        _resolve(option)


def test_all_problems_come_in_one_message():
    with pytest.raises(ParameterError) as caught:
        _resolve("lapse_day=3", "12_risk.lapse_days=x", "shop_password=hunter2")
    message = str(caught.value)
    assert len(message.splitlines()) == 3
    assert "looks like a secret" in message
    assert "hunter2" not in message


@pytest.mark.parametrize("text", ["- a\n", "lapse_days: [1]\n", "a: b: c\n", "\tx"])
def test_a_file_of_another_form_is_refused(tmp_path, text):
    file = tmp_path / "values.yaml"
    file.write_text(text)
    with pytest.raises(ParameterError, match=r"values\.yaml"):
        overrides_in_file(file)


def test_a_missing_file_is_refused_and_an_empty_section_is_not(tmp_path):
    with pytest.raises(ParameterError, match="no readable parameter file"):
        overrides_in_file(tmp_path / "none.yaml")
    file = tmp_path / "crm.yaml"
    file.write_text("company: x\nparameters:\n")
    assert overrides_in_file(file, section="parameters") == []
    file.write_text("parameters:\n  10_base.lapse_days: 8\n")
    assert overrides_in_file(file, section="parameters") == [
        Override("10_base", "lapse_days", "8", "crm.yaml")
    ]

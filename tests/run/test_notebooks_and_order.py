"""What notebooks declare, and the order that follows from it."""

from __future__ import annotations

import pytest

from crmlib.errors import ParameterError
from crmlib.run.planning.notebooks import Notebook, parse_notebook, read_notebooks
from crmlib.run.planning.sequence import levels, select, sequence
from tests.run.made_project import write_notebook

TABLES = {"transactions", "customers"}


def _made(**reads: str) -> dict[str, Notebook]:
    """Make notebooks by name that read what is said and write a table `t`."""
    return {
        name: Notebook(name, name, (), tuple(what.split()), ("tables/t",))
        for name, what in reads.items()
    }


def test_title_reads_and_writes_are_read(tmp_path):
    path = write_notebook(
        tmp_path,
        "12_risk_of_loss",
        reads="`transactions`, `10_base/stages`",
        writes="table `a`, `b`, figures `c`",
    )
    found = parse_notebook(path)
    assert found.title == "Risk of loss"
    assert found.reads == ("transactions", "10_base/stages")
    assert found.tables_read == ("transactions",)
    assert found.notebooks_read == ("10_base",)
    assert found.writes == ("tables/a", "tables/b", "figures/c")
    assert found.n_code_cells == 3


def test_names_in_the_prose_are_not_declarations(tmp_path):
    path = tmp_path / "10_base.ipynb"
    text = (
        "# Base\\n\\n**Question.** What of `x`?\\n\\n**Reader.** Head of CRM. "
        "**Reads** `transactions`.\\n**Writes** table `a`.\\n\\nSee `90_report/none`."
    )
    path.write_text(
        f'{{"cells": [{{"cell_type": "markdown", "metadata": {{}}, "source": "{text}"}}]}}'
    )
    found = parse_notebook(path)
    assert (found.reads, found.writes) == (("transactions",), ("tables/a",))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a b.ipynb", "{}", r"'a b\.ipynb': the name may hold letters, digits and _ only"),
        ("a.ipynb", "{", r"a\.ipynb cannot be read \(JSONDecodeError"),
        ("a.ipynb", "[]", r"a\.ipynb cannot be read"),
        ("a.ipynb", '{"cells": []}', r"its first text cell needs a title"),
        ("a.ipynb", '{"worksheets": []}', r"save it in the current notebook format"),
    ],
)
def test_what_is_no_notebook_is_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ParameterError, match=message):
        read_notebooks(tmp_path)


def test_a_write_must_say_what_it_is(tmp_path):
    path = write_notebook(tmp_path, "10_base", writes="`a`")
    with pytest.raises(ParameterError, match=r"`a` must say what it is"):
        parse_notebook(path)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ParameterError, match="no notebook"):
        read_notebooks(tmp_path)


def test_readers_come_after_writers_whatever_their_names():
    made = _made(a_late="z_first/t", m_mid="z_first/t", z_first="transactions")
    assert sequence(made, tables=TABLES) == ["z_first", "a_late", "m_mid"]
    assert levels(made) == [["z_first"], ["a_late", "m_mid"]]


def test_a_circle_is_shown():
    made = _made(a="c/t", b="a/t", c="b/t")
    with pytest.raises(ParameterError, match=r"wait for each other: (\w -> ){3}\w"):
        sequence(made, tables=TABLES)


@pytest.mark.parametrize(
    ("reads", "message"),
    [
        ("transaction", r"b reads `transaction`, but there is no table .* mean `transactions`\?"),
        ("aa/t", r"b reads `aa/t`, but there is no notebook `aa`. Did you mean `a/t`\?"),
        ("a/x", r"b reads `a/x`, but notebook `a` does not declare that it writes table `x`"),
    ],
)
def test_an_unknown_input_is_refused(reads, message):
    with pytest.raises(ParameterError, match=message):
        sequence(_made(a="", b=reads), tables=TABLES)


def test_a_selection_takes_along_what_it_reads():
    made = _made(a="", b="a/t", c="b/t", d="")
    assert list(select(made, ["c"])) == ["a", "b", "c"]
    assert list(select(made, [])) == ["a", "b", "c", "d"]
    with pytest.raises(ParameterError, match=r"no notebook 'e'; there are a, b, c, d"):
        select(made, ["e"])


def test_a_notebook_may_read_one_table_of_every_notebook_before_it(tmp_path):
    for name in ("10_a", "20_b", "95_c"):
        write_notebook(tmp_path, name, writes="table `actions`")
    write_notebook(tmp_path, "30_d", writes="table `numbers`")
    write_notebook(tmp_path, "90_all", reads="`transactions`, `*/actions`")
    found = read_notebooks(tmp_path)["90_all"]
    assert found.reads == ("transactions", "10_a/actions", "20_b/actions")
    assert found.notebooks_read == ("10_a", "20_b")

"""The page of the data model and one example file per table, written from the tables themselves.

Run `python -m crmlib.schema.documentation` in the project to write both anew.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

from crmlib.schema.columns import NEVER, Column, Kind, Table, companion
from crmlib.schema.tables import TABLES

__all__ = ["data_model_page", "example_file", "write_documentation"]

PAGE = Path("docs") / "data_model.md"
TEMPLATES = Path("data") / "templates"

_EXAMPLES: dict[Kind, str] = {
    "instant": "2024-05-17T14:30:00Z",
    "day": "2024-05-17",
    "integer": "1",
    "number": "1",
    "amount": "10.00",
    "flag": "true",
}

_HEAD = """# The data model

The central customer database holds these tables. Only `transactions` is required; every other table
adds what its section says. Each file of `data/templates` is one table with its full header and one
row: keep the columns you have, fill in your rows, put the files into a folder and load it with
`crm intake FOLDER`. Files in a form of their own are read through a mapping, see
[mappings](mappings.md).

How values are written in a CSV file, in UTF-8 and with `,`, `;`, `|` or a tab between fields:

| kind | written as | kept as |
|---|---|---|
| id | any text, to the letter: `007` stays `007` | text |
| text | any text | text |
| instant | `2024-05-17T14:30:00Z` or `2024-05-17 14:30` in the source's zone | moment in UTC, \
and the local day as a day number |
| day | `2024-05-17` | day, and its day number |
| integer, number | `3`, `1.5` | number |
| amount | `19.90`, no currency sign | money, and whole cents |
| flag | `true`, `false`, `yes`, `no`, `1`, `0` | true or false |

A day number counts days from 1970-01-01 in the zone of the settings. *Known on* is the day on which
a row, or a value, became known: an iteration for a day sees nothing that became known later.
"""


def data_model_page() -> str:
    """Write the page of the data model, in Markdown."""
    index = [f"| [{name}](#{name}) | {table.grain} | {table.teaches} |"
             for name, table in TABLES.items()]  # fmt: skip
    parts = [
        _HEAD,
        "| table | one row is | it teaches |\n|---|---|---|\n" + "\n".join(index) + "\n",
    ]
    return "\n".join([*parts, *(_section(table) for table in TABLES.values())])


def _section(table: Table) -> str:
    """Write what there is to know of one table."""
    facts = [f"One row is {table.grain}; key: {_listed(table.key)}."]
    if table.known_on:
        later = f", {table.known_after_days} days later" if table.known_after_days else ""
        facts.append(f"Known on `{table.known_on}`{later}.")
    if table.any_of:
        facts.append(f"At least one of {_listed(table.any_of)} is filled.")
    if table.open_ended:
        facts.append("Further columns are kept as text.")
    columns = (*table.columns, *table.families)
    lines = [
        f"## {table.name}\n",
        f"{' '.join(facts)} It teaches {table.teaches}.\n",
        "| column | kind | unit | meaning | rules |\n|---|---|---|---|---|",
        *(_row(column) for column in columns),
    ]
    for rule in table.rules:
        done = "counted and used" if rule.is_counted else "set aside"
        lines.append(f"\nA row whose `{rule.columns[0]}` {rule.says} is {done}.")
    return "\n".join(lines) + "\n"


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _row(column: Column) -> str:
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    beside = companion(column)
    kind = f"{column.kind}, beside it `{beside}`" if beside else column.kind
    return f"| {name} | {kind} | {column.measured_in} | {column.meaning} | {_rules(column)} |"


def _rules(column: Column) -> str:
    rules = ["required"] if column.required else []
    if column.must_exist:
        rules.append("the column must be there and may be empty")
    if column.minimum is not None:
        rules.append(f"at least {column.minimum:g}")
    if column.maximum is not None:
        rules.append(f"at most {column.maximum:g}")
    if column.bound:
        rules.append(f"at most {column.bound:,.0f} in size")
    if column.values:
        rules.append(f"one of {_listed(column.values)}")
    if column.reference:
        done = "counted" if column.orphan == "keep" else "set aside"
        rules.append(f"in `{column.reference}`, otherwise the row is {done}")
    rules += [f"counted where it {says}" for _, says in column.counted]
    if column.known_on == NEVER:
        rules.append("has no day, so no iteration sees it")
    elif column.known_on:
        rules.append(f"known on `{column.known_on}`")
    return "; ".join(rules)


def example_of(column: Column, *, table: str) -> str:
    """Give a value of a column for example files; ids that refer to another table exist there."""
    target, _, name = column.reference.partition(".")
    if target and target != table:
        return example_of(TABLES[target][name], table=target)
    return column.example or (column.values[0] if column.values else _EXAMPLES.get(column.kind, ""))


def example_file(table: Table) -> str:
    """Write a table with its full header and one row, as CSV."""
    families = {"consent_*": "consent_email"}
    columns = (*table.columns, *table.families)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(families.get(column.name, column.name) for column in columns)
    writer.writerow(example_of(column, table=table.name) for column in columns)
    return text.getvalue()


def write_documentation(project: Path) -> None:
    """Write the page and the example files into a project."""
    (project / PAGE).write_text(data_model_page(), encoding="utf-8")
    (project / TEMPLATES).mkdir(parents=True, exist_ok=True)
    for name, table in TABLES.items():
        file = project / TEMPLATES / f"{name}.csv"
        file.write_text(example_file(table), encoding="utf-8")


if __name__ == "__main__":
    write_documentation(Path.cwd())

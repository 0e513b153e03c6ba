"""One of our columns made from columns of the source, as SQL; what is not stated is proved."""

# ruff: noqa: S608 - names and values in SQL are quoted by crmlib.sources.quoting
from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import duckdb

from crmlib.schema import Column
from crmlib.sources.base import Problem
from crmlib.sources.mapping.model import ColumnSpec, CsvForm
from crmlib.sources.mapping.rows import ORIGIN, Rows, source_sql
from crmlib.sources.proofs import Proof, prove_date_format, prove_number_form
from crmlib.sources.quoting import identifier, literal, shown
from crmlib.sources.value_forms import NumberForm, date_sql, number_sql

__all__ = ["Making", "make_column"]

_TEXT = "VARCHAR"
_ISO = r"\d{4}-\d{2}-\d{2}([T ].*)?"
_NAIVE = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?"
_WHOLE_FLOAT = r"([+-]?\d+)\.0*"
_DIGITS = r"[+-]?\d+"
_WHOLE = r"[+-]?\d+(\.0*)?"
_ANY_FLOAT = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|(?i)[+-]?inf|(?i)nan"
_NOT_READ = " (not read)"
_TIMES = " || ' x ' || "
_MOST_EXAMPLES = 3
_FLOAT = "State id_from_float: true if whole numbers are right as ids."
_EMPTY = "Name texts that stand for nothing in empty."


@dataclass
class Making:
    """What is known while the columns of one part are made.

    Parameters
    ----------
    form
        Form of the text file, whose decimals hold for every column that states none.
    proved
        How the numbers of a text, given as SQL, are written.
    """

    connection: duckdb.DuckDBPyConnection
    rows: Rows
    form: CsvForm
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    proved: dict[str, NumberForm | None] = field(default_factory=dict)

    def refuse(self, column: str, proof: Proof, advice: str, *, n_rows: int | None = None) -> None:
        """Note that a column cannot be read."""
        label, says = self.rows.opened.label, proof.says
        self.problems.append(Problem(label, says, advice, column, n_rows, proof.examples))


def make_column(making: Making, name: str, column: Column | None, spec: ColumnSpec) -> str:
    """Return SQL of one of our columns over the rows of the source.

    A value that cannot be converted stays as it came, so that intake sets its row aside.

    Parameters
    ----------
    column
        The column of our table; none for a further attribute, which is text.
    """
    if spec.constant is not None:
        return literal(spec.constant)
    if spec.row_id is not None:
        return f"{literal(spec.row_id)} || {ORIGIN}::varchar"
    if spec.product:
        made = _product(making, name, spec)
    else:
        made = _from_source(making, name, column, spec)
    return f"coalesce({made}, {literal(spec.if_empty)})" if spec.if_empty is not None else made


def _native(making: Making, source: str) -> str:
    return making.rows.columns[source]


def _from_source(making: Making, name: str, column: Column | None, spec: ColumnSpec) -> str:
    source = (spec.source or ("",))[0]
    native = _native(making, source)
    untouched = not spec.model_fields_set - {"source", "if_empty"} and len(spec.source or ()) == 1
    kind = column.kind if column else "text"
    if kind == "id" and not spec.id_from_float:
        making.problems += making.rows.float_problems(spec.source or (), _FLOAT)
    if untouched and native != _TEXT and spec.if_empty is None:
        return source_sql(source)
    text = _text(making, spec)
    if spec.values:
        text = _mapped(making, source, spec, text)
    if kind == "id":
        is_one = len(spec.source or ()) == 1
        return _without_point(making, source, text) if spec.id_from_float and is_one else text
    is_typed = native != _TEXT and len(spec.source or ()) == 1
    is_moment = is_typed and native.startswith(("DATE", "TIMESTAMP"))
    if kind in ("instant", "day") or spec.format:
        return _date(making, name, spec, text, day_only=kind == "day", is_typed=is_moment)
    if kind in ("integer", "number", "amount") or spec.decimal or spec.factor:
        return _number(making, name, spec, text, is_typed=is_typed)
    return text


def _text(making: Making, spec: ColumnSpec) -> str:
    """Return SQL of the source's text after what is stated as empty or superfluous is gone."""
    texts = [_cleaned(making, one, spec) for one in spec.source or ()]
    text = texts[0]
    if len(texts) > 1:
        if spec.id_from_float:
            pairs = zip(spec.source or (), texts, strict=True)
            texts = [_without_point(making, one, text) for one, text in pairs]
        text = "(" + f" || {literal(spec.join)} || ".join(texts) + ")"
    if spec.pattern is not None:
        whole = literal(f"^(?:{spec.pattern})$")
        text = f"nullif(regexp_extract({text}, {whole}, 1), '')"
    return text


def _cleaned(making: Making, source: str, spec: ColumnSpec) -> str:
    text = f"nullif({making.rows.text(source)}, '')"
    for one in making.rows.texts(source, spec.empty):
        text = f"nullif({text}, {literal(one)})"
    for one in spec.strip:
        text = f"replace({text}, {literal(one)}, '')"
    return f"nullif({text}, '')" if spec.strip else text


def _mapped(making: Making, source: str, spec: ColumnSpec, text: str) -> str:
    """Replace texts; those that are not in the list refuse the source unless it says otherwise."""
    whole = len(spec.source or ()) == 1 and spec.pattern is None
    values = {
        text: new
        for old, new in reversed(spec.values.items())
        for text in (making.rows.texts(source, [old]) if whole else [old])
    }
    cases = " ".join(f"when {literal(old)} then {literal(new)}" for old, new in values.items())
    other = text if spec.other == "keep" else "null"
    if spec.other == "error":
        listed = ", ".join(map(literal, values))
        rows = making.connection.execute(
            f"""select text, count(*) from (select {text} as text
                from {identifier(making.rows.relation)})
            where text not in ({listed}) group by text order by count(*) desc, text"""
        ).fetchmany(1000)
        if rows:
            examples = tuple(f"{shown(one)} ({n:,})" for one, n in rows[:_MOST_EXAMPLES])
            proof = Proof(says="values are not in the list of the mapping", examples=examples)
            advice = "Add them to values, or state other: keep or empty."
            making.refuse(source, proof, advice, n_rows=sum(n for _, n in rows))
    return f"nullif(case {text} {cases} else {other} end, '')"


def _without_point(making: Making, source: str, text: str) -> str:
    """Turn "17850.0" into "17850", exactly; any other decimal number is refused."""
    wrong = f"""regexp_full_match({text}, {literal(_ANY_FLOAT)})
        and not regexp_full_match({text}, {literal(_WHOLE)})"""
    rows = making.connection.execute(
        f"""select {text}, count(*) over () from {identifier(making.rows.relation)}
        where {wrong} order by 1 limit {_MOST_EXAMPLES}"""
    ).fetchall()
    if rows:
        examples = tuple(shown(one) for one, _ in rows)
        proof = Proof(says="numbers are not whole, so they are not ids", examples=examples)
        making.refuse(source, proof, "Export the ids as text.", n_rows=rows[0][1])
    return f"regexp_replace({text}, {literal(f'^{_WHOLE_FLOAT}$')}, '\\1')"


def _as_it_came(text: str, read: str, risky: str) -> str:
    """Return SQL of what was read, or the text; one that intake would read otherwise is marked."""
    return (
        f"coalesce({read}, case when {risky} then {text} || {literal(_NOT_READ)} else {text} end)"
    )


def _date(
    making: Making, name: str, spec: ColumnSpec, text: str, *, day_only: bool, is_typed: bool
) -> str:
    """Read dates in the formats stated, or in the one that is proved."""
    formats = spec.format
    if not formats and not is_typed and not _all_match(making, text, _ISO):
        proof = prove_date_format(making.connection, making.rows.relation, text)
        if not proof.form:
            example = (*proof.candidates, "%d.%m.%Y")[0]
            advice = (
                f'State it: {name}: {{from: …, format: "{example}"}}; rows it does not read are '
                f"then set aside. {_EMPTY}"
            )
            making.refuse(" + ".join(spec.source or ()), proof, advice)
        formats = (proof.form,) if proof.form else ()
    made = text
    if formats:
        readings = [date_sql(text, one, day_only=day_only) for one in formats]
        read = readings[0]
        if len(readings) > 1:
            # formats that read a value differently leave it as it came
            found = f"list_distinct([{', '.join(readings)}])"
            read = f"case when len({found}) = 1 then {found}[1] end"
            _note_ambiguous(making, name, found)
        made = _as_it_came(text, read, f"regexp_full_match(trim({text}), {literal(_ISO)})")
    if spec.time_zone is None:
        return made
    zone = f"timezone('UTC', timezone({literal(spec.time_zone)}, try_cast({made} as timestamp)))"
    return f"""case when regexp_full_match(trim({made}), {literal(_NAIVE)})
        then strftime({zone}, '%Y-%m-%dT%H:%M:%S.%fZ') else {made} end"""


def _all_match(making: Making, text: str, pattern: str) -> bool:
    relation = identifier(making.rows.relation)
    row = making.connection.execute(
        f"select 1 from {relation} where not regexp_full_match(trim({text}), {literal(pattern)}) "
        "limit 1"
    ).fetchone()
    return row is None


def _note_ambiguous(making: Making, name: str, found: str) -> None:
    relation = identifier(making.rows.relation)
    query = f"select count(*) from {relation} where len({found}) > 1"
    row = making.connection.execute(query).fetchone()
    if row and row[0]:
        making.notes.append(
            f"{making.rows.opened.label}: {row[0]:,} values of {name} are ambiguous, as the "
            "formats stated read them differently; they stay as they came."
        )


def _form_of(making: Making, column: str, spec: ColumnSpec, text: str) -> NumberForm | None:
    """Return the way numbers are written: stated for the column or the file, or proved."""
    decimal = spec.decimal or making.form.decimal
    thousands = spec.thousands if spec.thousands is not None else making.form.thousands
    if decimal or thousands:
        point = decimal or (".," if thousands == "." else ",.")[1]
        return NumberForm(point, thousands or "")
    if text not in making.proved:
        making.proved[text] = _proved(making, column, text)
    return making.proved[text]


def _proved(making: Making, column: str, text: str) -> NumberForm | None:
    if _all_match(making, text, _DIGITS):
        return NumberForm()
    form, proof = prove_number_form(making.connection, making.rows.relation, text)
    if form is None:
        advice = (
            'State how numbers are written, such as decimal: "," or thousands: "."; rows that are '
            f"written otherwise are then set aside. {_EMPTY}"
        )
        making.refuse(column, proof, advice)
    return form


def _number(making: Making, name: str, spec: ColumnSpec, text: str, *, is_typed: bool) -> str:
    source = " + ".join(spec.source or ())
    form = NumberForm() if is_typed else _form_of(making, source, spec, text)
    read = number_sql(text, form or NumberForm())
    if spec.factor is not None:
        read = _exact(f"{_decimal(read, 15, 8)} * {_factor(spec.factor)}")
    return _as_it_came(text, read, f"try_cast({text} as double) is not null")


def _decimal(number: str, n_whole: int, n_decimals: int) -> str:
    """Return SQL of an exact decimal; null for a number with more digits."""
    pattern = rf"[+-]?\d{{0,{n_whole}}}(\.\d{{0,{n_decimals}}})?"
    width = n_whole + n_decimals
    return (
        f"try_cast(case when regexp_full_match({number}, {literal(pattern)}) then {number} end "
        f"as decimal({width},{n_decimals}))"
    )


def _factor(factor: Decimal) -> str:
    return f"{literal(f'{factor:f}')}::decimal(14,8)"


def _exact(product: str) -> str:
    """Return SQL of a decimal as text without zeros at its end."""
    return f"rtrim(rtrim(({product})::varchar, '0'), '.')"


def _product(making: Making, name: str, spec: ColumnSpec) -> str:
    """Multiply two numbers exactly."""
    texts, numbers = [], []
    for source in spec.product or ():
        text = _cleaned(making, source, spec)
        is_typed = _native(making, source) != _TEXT
        form = NumberForm() if is_typed else _form_of(making, source, spec, text)
        texts.append(text)
        # wider than 18 digits, so that the engine multiplies in 38
        numbers.append(_decimal(number_sql(text, form or NumberForm()), 13, 6))
    both = f"({_TIMES.join(texts)})"
    return f"coalesce({_exact(' * '.join(numbers))}, {both})"

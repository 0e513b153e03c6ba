"""Parameters of notebooks: what they declare, what a run sets, and everything that may be wrong.

A notebook declares its parameters in the cell tagged `parameters`, one `name: type = literal
# meaning` per line. The cell is read as text, never executed. Values given from outside are text
too and become what the declared type says: `007` stays `007` for a `str`. Nothing given from
outside is ever evaluated.
"""

from __future__ import annotations

import ast
import io
import itertools
import math
import re
import tokenize
from dataclasses import dataclass
from typing import Any

from crmlib.errors import ParameterError
from crmlib.periods import parse_day
from crmlib.run.planning.notebooks import Notebook

__all__ = ["Parameter", "Value", "declared_parameters", "is_secret", "read_value"]

Value = str | int | float | bool

_TYPES = ("str", "int", "float", "bool")
_NUMBER = r"-?\d+(?:,\d{3})*(?:\.\d+)?"
_RANGE = re.compile(rf"\bfrom ({_NUMBER}) to ({_NUMBER})")
_CHOICE = re.compile(r"\bone of:? ([^;.]+)")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_FLAGS = {"true": True, "false": False}
_SECRET_WORDS = {"password", "passwd", "pwd", "secret", "token", "apikey", "credential"}
_SECRET_WORDS |= {word + "s" for word in _SECRET_WORDS}
_SECRET_PAIRS = {("api", "key"), ("access", "key"), ("private", "key"), ("secret", "key")}


@dataclass(frozen=True)
class Parameter:
    """One declared parameter: type, default, meaning and the values it may take."""

    name: str
    kind: str
    default: Value
    meaning: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def refusal(self, value: Value) -> str | None:
        """Say why a value of the right type is not allowed, or return `None`."""
        if self.name == "as_of":
            try:
                parse_day(str(value))
            except ParameterError as error:
                return str(error)
        if self.low is not None and self.high is not None:
            inside = self.low <= float(value) <= self.high
            return None if inside else f"must be from {self.low:.12g} to {self.high:.12g}"
        if self.choices and str(value) not in self.choices:
            return "must be one of " + ", ".join(self.choices)
        return None


def declared_parameters(notebook: Notebook) -> dict[str, Parameter]:
    """Read the parameters cell of a notebook.

    Raises
    ------
    ParameterError
        If a line is not `name: type = literal`, a default contradicts its own type or range, a
        name looks like a secret, or `as_of` or `snapshot` is missing; the message names each one.
    """
    cell = notebook.cell_tagged("parameters")
    if cell is None:
        raise ParameterError(
            f"{notebook.name}: no cell is tagged `parameters`. Add one that declares as_of and "
            "snapshot."
        )
    try:
        statements = ast.parse(cell.source).body
    except SyntaxError as error:
        raise ParameterError(
            f"{notebook.name}: line {error.lineno} of the parameters cell is not Python: "
            f"{error.msg}."
        ) from error
    comments = _comments(cell.source)
    found: dict[str, Parameter] = {}
    problems: list[str] = []
    for statement in statements:
        try:
            parameter = _declared(statement, comments)
            found[parameter.name] = parameter
        except ParameterError as error:
            problems.append(f"{notebook.name}: {error}")
    for name in ("as_of", "snapshot"):
        if not problems and (name not in found or found[name].kind != "str"):
            problems.append(f"{notebook.name}: the parameters cell must declare `{name}: str`.")
    if problems:
        raise ParameterError("\n".join(problems))
    return found


def _comments(source: str) -> dict[int, str]:
    """Return the comment that ends each line, by line number."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: token.string.lstrip("#").strip()
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def _declared(statement: ast.stmt, comments: dict[int, str]) -> Parameter:
    """Turn one statement of the parameters cell into a parameter."""
    where = f"line {statement.lineno} of the parameters cell"
    if (
        not isinstance(statement, ast.AnnAssign)
        or not isinstance(statement.target, ast.Name)
        or not isinstance(statement.annotation, ast.Name)
        or statement.annotation.id not in _TYPES
        or statement.value is None
    ):
        raise ParameterError(
            f"{where} must read `name: type = literal  # meaning` with one of the types "
            f"{', '.join(_TYPES)}."
        )
    name, kind = statement.target.id, statement.annotation.id
    if is_secret(name):
        raise ParameterError(
            f"{where} declares {name!r}: secrets are no parameters, they would be stored in every "
            "report. Read them from the environment where the data are loaded."
        )
    try:
        default: Any = ast.literal_eval(statement.value)
    except ValueError:
        raise ParameterError(f"{where}: the default of {name!r} is not a literal.") from None
    if kind == "float" and type(default) is int:
        default = float(default)
    if type(default).__name__ != kind:
        raise ParameterError(
            f"{where}: {name!r} is declared {kind}, its default {default!r} is "
            f"{type(default).__name__}."
        )
    return _with_limits(name, kind, default, comments.get(statement.end_lineno or 0, ""), where)


def _with_limits(name: str, kind: str, default: Value, meaning: str, where: str) -> Parameter:
    """Read range and choices out of the meaning, and hold the default against them."""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    if kind in ("int", "float") and (limits := _RANGE.search(meaning)):
        low, high = (float(text.replace(",", "")) for text in limits.groups())
    if kind == "str" and (listed := _CHOICE.search(meaning)):
        choices = tuple(word.strip().strip("`") for word in re.split(r",| or ", listed.group(1)))
    parameter = Parameter(name, kind, default, meaning, low, high, tuple(filter(None, choices)))
    if reason := parameter.refusal(default):
        raise ParameterError(f"{where}: the default {name}={default!r} {reason}.")
    return parameter


def read_value(parameter: Parameter, text: str) -> Value:
    """Read a value given as text, strictly by the declared type.

    Raises
    ------
    ParameterError
        If the text is no such value or lies outside the allowed range.

    Examples
    --------
    >>> read_value(Parameter("shop", "str", ""), "007")
    '007'
    >>> read_value(Parameter("lapse_days", "int", 90), "007")
    7
    """
    value: Value | None = None
    if parameter.kind == "str":
        value = text
    elif parameter.kind == "bool":
        value = _FLAGS.get(text.strip().lower())
    elif parameter.kind == "int" and re.fullmatch(r"[+-]?[0-9]+", text.strip()):
        value = int(text) if len(text) < 20 else None
    elif parameter.kind == "float" and _DECIMAL.fullmatch(text.strip()):
        value = float(text) if math.isfinite(float(text)) else None
    if value is None:
        wanted = "true or false" if parameter.kind == "bool" else f"of type {parameter.kind}"
        raise ParameterError(f"must be {wanted}")
    if reason := parameter.refusal(value):
        raise ParameterError(reason)
    return value


def is_secret(name: str) -> bool:
    """Tell whether a name looks like that of a secret.

    Examples
    --------
    >>> is_secret("shop_api_key"), is_secret("n_tokenised")
    (True, False)
    """
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
    pairs = itertools.pairwise(words)
    return bool(_SECRET_WORDS & set(words)) or bool(_SECRET_PAIRS & set(pairs))

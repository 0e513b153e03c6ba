"""Names and values written into SQL or into a message without being able to act there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["identifier", "literal", "nearest", "shown"]


def identifier(name: str) -> str:
    """Quote a column or table name for SQL.

    Examples
    --------
    >>> print(identifier('net "amount" paid'))
    "net ""amount"" paid"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Quote a text for SQL, for places where a bound parameter is not allowed.

    Examples
    --------
    >>> literal("O'Hara")
    "'O''Hara'"
    """
    return "'" + value.replace("'", "''") + "'"


def shown(value: object, *, limit: int = 60) -> str:
    r"""Return a value as one short printable text: no control characters, at most `limit` long.

    Terminal escapes, line breaks and invisible direction marks are written as their codes.

    Examples
    --------
    >>> shown("red\x1b[31m"), shown("x" * 100, limit=5), shown(None)
    ("'red\\x1b[31m'", "'xxxx…'", 'nothing')
    """
    if value is None:
        return "nothing"
    text = str(value)
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return repr(cut)


def nearest(name: str, names: Iterable[str]) -> str:
    """Return a hint at the one of `names` most like `name`, ignoring case, or nothing.

    Examples
    --------
    >>> nearest("Custmer_ID", ["customer_id", "region"])
    "; did you mean 'customer_id'?"
    """
    by_fold = {other.casefold(): other for other in names}
    near = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return f"; did you mean {shown(by_fold[near[0]])}?" if near else ""

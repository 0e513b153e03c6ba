"""Names and values written into SQL or into a message without being able to act there."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path

__all__ = ["file_literal", "identifier", "literal", "nearest", "shown"]


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


def file_literal(path: Path) -> str:
    """Quote the path of one file for `read_csv`, `read_parquet` and their like.

    The engine takes a path as a pattern, so `a[1]` would read the files of a folder `a1`; every
    character that is special in a pattern is written as a set of itself.

    Examples
    --------
    >>> file_literal(Path("/data/a[1]*/lines.csv"))
    "'/data/a[[]1][*]/lines.csv'"
    """
    pattern = "".join(f"[{one}]" if one in "[*?" else one for one in str(path.absolute()))
    return literal(pattern)


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

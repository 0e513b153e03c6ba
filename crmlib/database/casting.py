"""SQL that turns raw values into typed ones without ever guessing, one recipe per kind.

Each recipe reads one raw expression, gives nothing for a value it cannot read, and says by which
condition such values are found. Times become UTC, local days are taken in the configured zone,
money becomes whole cents.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from crmlib.database import zones
from crmlib.schema import Column, Kind
from crmlib.sources.quoting import literal

__all__ = ["EXPECTED", "Typing", "text_of", "typing_of"]

_DAY = r"\d{4}-\d{2}-\d{2}"
_CLOCK = r"[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_OFFSET = r" ?(Z|z|([+-](0\d|1[01])|\+1[23])(:?[0-5]\d)?|(-12|\+14)(:?00)?)"  # -12:00 to +14:00
_MIDNIGHT = r"([T ]00:00(:00(\.0+)?)?)?"
_WHOLE = r"[+-]?\d+(\.0*)?"
_TRUE = "('true', 't', 'yes', 'y', '1')"
_FALSE = "('false', 'f', 'no', 'n', '0')"
_EPOCH = "date '1970-01-01'"

EXPECTED: dict[Kind, str] = {
    "id": "an id stored as text or as a whole number",
    "text": "text",
    "instant": "a moment such as 2017-03-12T06:59:00Z",
    "day": "a calendar day such as 2017-03-12",
    "integer": "a whole number",
    "number": "a number with a decimal point",
    "amount": "an amount with a decimal point and no currency sign",
    "flag": "true or false",
}


@dataclass(frozen=True)
class Typing:
    """How one column is read.

    Parameters
    ----------
    value
        SQL of the typed value; null where it cannot be read.
    companion
        SQL of the integer companion, or nothing.
    infinite
        SQL that is true for infinite values and not-a-number, or nothing.
    beyond
        SQL that is true for values larger than the column believes, or nothing.
    rounded
        SQL that is true where an amount has more than two decimals, or nothing.
    can_fail
        Whether a filled raw value may have no typed value.
    """

    value: str
    companion: str = ""
    infinite: str = ""
    beyond: str = ""
    rounded: str = ""
    can_fail: bool = True


def text_of(raw: str, native: str) -> str:
    """Return SQL of a raw value as text; an empty text counts as empty."""
    return f"nullif({raw}, '')" if native == "VARCHAR" else raw


def typing_of(
    column: Column, native: str, raw: str, *, naive_zone: str, zone: str
) -> Typing | None:
    """Choose the recipe for a column of the engine's type `native`.

    Returns
    -------
    Typing or None
        None where the type as such is wrong, such as a float for an id.
    """
    family = _family(native)
    bound = math.inf if column.bound is None else column.bound
    if column.kind == "id":
        return _identity(raw, family, native)
    if column.kind == "text":
        return None if family == "other" else Typing(f"{raw}::varchar", can_fail=False)
    if column.kind == "instant":
        return _instant(raw, native, naive_zone, zone)
    if column.kind == "day":
        return _day(raw, family, zone)
    if column.kind == "amount":
        return _amount(raw, family, bound)
    if column.kind == "flag":
        return _flag(raw, family)
    return _integer(raw, family) if column.kind == "integer" else _number(raw, family, bound)


def _family(native: str) -> str:
    """Sort the engine's types into the few that matter here."""
    name = re.sub(r"\(.*\)", "", native)
    if name in ("VARCHAR", "BOOLEAN", "DATE", "DECIMAL"):
        return name.lower()
    if name in ("FLOAT", "DOUBLE"):
        return "float"
    if name.startswith("TIMESTAMP"):
        return "moment" if name == "TIMESTAMP WITH TIME ZONE" else "naive"
    if re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", name):
        return "integer"
    if name.startswith("ENUM") or name == "UUID":
        return "name"
    return "other"


def _identity(raw: str, family: str, native: str) -> Typing | None:
    exact = family in ("varchar", "integer", "name") or native.endswith(",0)")
    return Typing(f"{raw}::varchar", can_fail=False) if exact else None


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def _instant(raw: str, native: str, naive_zone: str, zone: str) -> Typing | None:
    family = _family(native)
    if family == "varchar":
        # the two usual spellings are read without patterns, ten times as fast
        local = zones.by_calendar(f"try_strptime({raw}, '%Y-%m-%d %H:%M:%S')", naive_zone)
        usual = f"""case length({raw}) when 20 then try_strptime({raw}, '%Y-%m-%dT%H:%M:%SZ')
            when 19 then {local} end"""
        value = _instant_of_text(f"trim({raw})", naive_zone, zone)
        value = f"coalesce({usual}, {value})"
    elif native == "TIMESTAMP":
        value = zones.from_local(raw, naive_zone)
    elif family == "naive":
        value = zones.by_calendar(f"{raw}::timestamp", naive_zone)
    elif family == "moment":
        value = zones.in_utc(raw)
    elif family == "date":
        value = zones.by_calendar(f"{raw}::timestamp", zone)
    else:
        return None
    return Typing(value, zones.day_number("{value}", zone), can_fail=family == "varchar")


def _instant_of_text(text: str, naive_zone: str, zone: str) -> str:
    """Read ISO texts only: a day, a naive time, or a time with its offset."""
    naive, offset = f"try_cast({text} as timestamp)", f"{text}[12:]"
    joined = f"regexp_replace(upper({text}), ' ([Z+-])', '\\1')"
    has_offset = " or ".join(f"contains({offset}, '{sign}')" for sign in "Zz+-")
    return f"""case
        when length({text}) = 10 and {_matches(text, _DAY)} then {zones.by_calendar(naive, zone)}
        when {_matches(text, f"{_DAY}{_CLOCK}({_OFFSET})?")} then
            case when {has_offset} then timezone('UTC', try_cast({joined} as timestamptz))
            else {zones.by_calendar(naive, naive_zone)} end
        end"""


def _day(raw: str, family: str, zone: str) -> Typing | None:
    if family == "varchar":
        text = f"trim({raw})"
        value = (
            f"case when {_matches(text, _DAY + _MIDNIGHT)} then try_cast({text}[:10] as date) end"
        )
    elif family == "naive":
        value = f"case when {raw} = date_trunc('day', {raw}) then {raw}::date end"
    elif family == "moment":
        value = f"timezone({literal(zone)}, {raw})::date"
    elif family == "date":
        value = raw
    else:
        return None
    return Typing(value, f"({{value}} - {_EPOCH})", can_fail=family in ("varchar", "naive"))


def _plain(raw: str) -> str:
    """Leave out texts with an underscore: the engine would read 1_000 as a thousand."""
    return f"case when not contains({raw}, '_') then {raw} end"


def _within(size: str, bound: float, value: str) -> tuple[str, str]:
    """Return SQL of a value that is given only up to `bound`, and of what lies beyond it.

    `size` is a double that says how large a value is; nothing is computed from the others.
    """
    inside = f"case when abs({size}) <= {bound!r} then {value} end"
    return inside, f"isfinite({size}) and abs({size}) > {bound!r}"


def _amount(raw: str, family: str, bound: float) -> Typing | None:
    """Read exact cents first; the amount shown is cents / 100."""
    infinite = rounded = ""
    if family == "varchar":
        text = _plain(raw)
        size, value = f"try_cast({text} as double)", f"try_cast({text} as decimal(18,2))"
        cents = f"try_cast({value}::decimal(38,2) * 100 as bigint)"
        rounded = f"{value} <> try_cast({text} as decimal(38,12))"
        infinite = f"not isfinite(try_cast({raw} as double))"
    elif family == "float":
        size = f"{raw}::double"
        cents = f"try_cast(round({size} * 100) as bigint)"
        rounded = f"abs({size} * 100 - round({size} * 100)) > 1e-4"
        infinite = f"not isfinite({raw})"
    elif family == "integer":
        size = f"{raw}::double"
        cents = f"try_cast(try_cast({raw} as bigint)::hugeint * 100 as bigint)"
    elif family == "decimal":
        size, value = f"{raw}::double", f"try_cast({raw} as decimal(18,2))"
        cents = f"try_cast({value}::decimal(38,2) * 100 as bigint)"
        rounded = f"case when abs({size}) <= {bound!r} then {value} <> {raw} end"
    else:
        return None
    cents, beyond = _within(size, bound, cents)
    return Typing("{companion}::double / 100", cents, infinite, beyond, rounded)


def _number(raw: str, family: str, bound: float) -> Typing | None:
    infinite = ""
    if family == "varchar":
        size = f"try_cast({_plain(raw)} as double)"
        infinite = f"not isfinite(try_cast({raw} as double))"
    elif family == "float":
        size, infinite = f"{raw}::double", f"not isfinite({raw})"
    elif family in ("integer", "decimal"):
        size = f"{raw}::double"
    else:
        return None
    value, beyond = _within(size, bound, size)
    return Typing(value, infinite=infinite, beyond=beyond)


def _integer(raw: str, family: str) -> Typing | None:
    if family == "varchar":
        text = f"trim({raw})"
        whole = f"case when {_matches(text, _WHOLE)} then {text} end"
        return Typing(f"try_cast(try_cast({whole} as decimal(38,1)) as bigint)")
    if family in ("float", "decimal"):
        whole = f"case when {raw} = trunc({raw}) then {raw} end"
        infinite = f"not isfinite({raw})" if family == "float" else ""
        return Typing(f"try_cast({whole} as bigint)", infinite=infinite)
    return Typing(f"try_cast({raw} as bigint)") if family == "integer" else None


def _flag(raw: str, family: str) -> Typing | None:
    if family == "boolean":
        return Typing(raw, can_fail=False)
    if family in ("varchar", "integer"):
        text = f"lower(trim({raw}::varchar))"
        value = f"case when {text} in {_TRUE} then true when {text} in {_FALSE} then false end"
        return Typing(value)
    return None

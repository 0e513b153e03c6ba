"""Which table a file feeds and which of its columns are ours, by names and by values."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from crmlib.schema import TABLES, Column, Table
from crmlib.sources.suggestion.facts import ColumnFacts
from crmlib.sources.suggestion.words import (
    FILE_WORDS,
    GROSS,
    PAID,
    UNIT_PRICE,
    VALUE_WORDS,
    column_words,
    is_no_sale,
    is_percent,
    simple,
    without_cents,
)

__all__ = ["Match", "TableMatch", "best_tables", "can_stand_in", "known_values"]

_SURE, _LIKELY, _LEAST = 0.9, 0.6, 0.35
_BARE = ("id", "nr", "no", "number", "nummer", "key", "code")


@dataclass(frozen=True)
class Match:
    """A column of a file that may be one of ours, how far that is believed, and why.

    Parameters
    ----------
    is_exact
        The name is ours or one that means nothing else.
    """

    ours: str
    facts: ColumnFacts
    score: float
    reason: str
    is_exact: bool = False

    @property
    def confidence(self) -> str:
        """Give the score as a word: sure, likely or guess."""
        if self.score >= _SURE and self.is_exact:
            return "sure"
        return "likely" if self.score >= _LIKELY else "guess"


@dataclass(frozen=True)
class TableMatch:
    """A table that a file may feed.

    Parameters
    ----------
    matches
        By our column name.
    unit_price
        A column with the price of one unit, where there is no amount.
    is_named
        The name of the file speaks of the table.
    """

    table: Table
    score: float
    matches: dict[str, Match]
    unit_price: Match | None = None
    is_named: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that no column of the file feeds."""
        return tuple(name for name in self.table.required if name not in self.matches)


def best_tables(name: str, facts: Sequence[ColumnFacts]) -> list[TableMatch]:
    """Rank all tables by how well a file or sheet of this name fits them, the best first.

    Examples
    --------
    >>> facts = [ColumnFacts(name, 9, 9, 9, has_no_space=True) for name in ("KundenNr", "PLZ")]
    >>> best_tables("Kunden 2011", facts)[0].table.name
    'customers'
    """
    words = set(simple(name).split())
    ranked = [_fit_table(table, words, facts) for table in TABLES.values()]
    return sorted(ranked, key=lambda match: -match.score)


def _fit_table(table: Table, file_words: set[str], facts: Sequence[ColumnFacts]) -> TableMatch:
    matches = _assign(table, facts)
    taken = {match.facts.name for match in matches.values()}
    price = None
    if "net_amount" in table.required and "net_amount" not in matches:
        price = _unit_price([one for one in facts if one.name not in taken])
    score = sum(
        match.score * (3 if name in table.required else 1) for name, match in matches.items()
    )
    score += 3 * price.score if price else 0
    missing = [name for name in table.required if name not in matches]
    score -= sum(2 if can_stand_in(table, name) else 4.5 for name in missing)
    score += 4.5 if price else 0
    score += _key_score(table, matches)
    if table.open_ended:
        score += min(3, 0.25 * (len(facts) - len(matches)))
    usual = _listed(FILE_WORDS[table.name])
    is_named = bool(file_words & {*usual, *(f"{word}s" for word in usual)})
    return TableMatch(table, score + 4 * is_named, matches, price, is_named)


def can_stand_in(table: Table, name: str) -> bool:
    """Say whether a required column that a file lacks can be filled by a stated stand-in.

    Examples
    --------
    >>> can_stand_in(TABLES["transactions"], "product_id")
    True
    >>> can_stand_in(TABLES["transactions"], "occurred_at")
    False
    """
    column = table[name]
    if table.name == "transactions":
        return name in ("transaction_id", "product_id", "quantity")
    return table.key == (name,) or (column.kind == "text" and not column.values)


def _key_score(table: Table, matches: dict[str, Match]) -> float:
    """Reward a key of one column that names every row, punish one that repeats."""
    if len(table.key) > 1 or table.key[0] not in matches:
        return 0
    return 2 if matches[table.key[0]].facts.is_unique else -8


def _assign(table: Table, facts: Sequence[ColumnFacts]) -> dict[str, Match]:
    """Give every column of the file to the one of ours it fits best, the best pairs first."""
    columns = table.for_columns(
        ["consent_email", "consent_phone", "consent_post"] if table.families else []
    ).columns
    pairs = [_match(table, column, one) for column in columns for one in facts]
    chosen: dict[str, Match] = {}
    taken: set[str] = set()
    for match in sorted(pairs, key=lambda pair: -pair.score):
        if match.score < _LEAST:
            break
        if match.ours not in chosen and match.facts.name not in taken:
            chosen[match.ours] = match
            taken.add(match.facts.name)
    key = table.key[0]
    if len(table.key) == 1 and (key not in chosen or chosen[key].score < _LIKELY):
        for one in [one for one in facts if simple(one.name) in _BARE and one.is_unique][:1]:
            chosen[key] = Match(key, one, 0.75, "the file's own number of a row")
            taken.add(one.name)
    for name, match in _by_values(table, [one for one in facts if one.name not in taken]):
        chosen.setdefault(name, match)
    return {column.name: chosen[column.name] for column in columns if column.name in chosen}


def _by_values(table: Table, left: Sequence[ColumnFacts]) -> list[tuple[str, Match]]:
    """Propose the only column of days for the day of a table, and codes for its currency."""
    found = []
    days = [one for one in left if one.is_date and not one.is_whole]
    if len(days) == 1 and table.known_on:
        reason = "the only column of days that is left"
        found.append((table.known_on, Match(table.known_on, days[0], 0.5, reason)))
    codes = [one for one in left if one.is_currency and one.n_distinct <= 40]
    if len(codes) == 1 and "currency" in table.names:
        reason = "its values look like currency codes"
        found.append(("currency", Match("currency", codes[0], 0.5, reason)))
    return found


def _match(table: Table, column: Column, facts: ColumnFacts) -> Match:
    score, reason = _name_score(column_words(column.name), facts.name)
    is_exact = score >= _SURE
    if column.kind == "amount":
        score, reason, is_exact = _amount_score(column, facts.name)
    if score:
        fit, why = _fit(table, column, facts)
        score *= fit
        reason = f"{reason}; {why}" if why else reason
    return Match(column.name, facts, score, reason, is_exact)


def _amount_score(column: Column, source: str) -> tuple[float, str, bool]:
    """Compare a name with those of an amount: no share, no tax, and what is paid before all."""
    name = without_cents(simple(source))
    if is_percent(source):
        return 0, "", False
    score, reason = _name_score(column_words(column.name), name)
    if column.name == "net_amount" and score < 1:
        if is_no_sale(name):
            return 0, "", False
        squeezed = name.replace(" ", "")
        for words, worth, why in ((PAID, 0.97, "tax or shipping may be in it"),
                                  (GROSS, 0.7, "a total, in which tax may be")):  # fmt: skip
            if squeezed in {word.replace(" ", "") for word in words}:
                return worth, f"a usual name; {why}", False
    if name != simple(source):
        return min(score, 0.8), f"{reason}; in cents by its name", False
    return score, reason, score >= _SURE


def _name_score(words: tuple[str, ...], source: str) -> tuple[float, str]:
    """Compare a name of the file with the names under which a column of ours is known."""
    name = simple(source)
    if not name:
        return 0, ""
    if name == words[0]:
        return 1, "our name"
    squeezed = {word.replace(" ", ""): word for word in words}
    if name.replace(" ", "") in squeezed:
        return 0.95, "a usual name"
    tokens = set(name.split())
    inside = [word for word in words if set(word.split()) <= tokens]
    if inside:
        longest = max(inside, key=lambda word: len(word.split()))
        share = len(longest.split()) / len(tokens)
        return 0.4 + 0.4 * share, f"the name holds {longest!r}"
    near = difflib.get_close_matches(name.replace(" ", ""), squeezed, n=1, cutoff=0.86)
    return (0.6, f"the name resembles {squeezed[near[0]]!r}") if near else (0, "")


def _fit(table: Table, column: Column, facts: ColumnFacts) -> tuple[float, str]:
    """Say how well the values fit the kind of our column, from 0 to 1."""
    if not facts.n_filled:
        return 0.5, "the column is empty"
    if column.values:
        return _fit_values(table, column, facts)
    number = facts.is_number and not (facts.is_date and facts.is_whole)
    fits = {
        "id": not (facts.is_date and not facts.is_whole)
        and (not facts.is_number or facts.is_whole or facts.is_float_id),
        "instant": facts.is_date,
        "day": facts.is_date,
        "number": number,
        "amount": number,
        "integer": number and (facts.is_whole or facts.is_float_id),
        "flag": facts.is_flag,
        "text": not (facts.is_date and not facts.is_whole),
    }[column.kind]
    if not fits:
        return 0, ""
    if column.name == "currency" and not facts.is_currency:
        return 0.4, "the values are no currency codes"
    if column.kind == "id" and not facts.has_no_space:
        return 0.8, "the values look like names"
    return 1, ""


def _fit_values(table: Table, column: Column, facts: ColumnFacts) -> tuple[float, str]:
    known = known_values(table.name, column, facts.values)
    if not facts.values or not known:
        return 0, ""
    share = len(known) / len(facts.values)
    return (
        0.5 + share / 2,
        "" if share == 1 else f"{len(known)} of {len(facts.values)} values known",
    )


def known_values(table: str, column: Column, values: Sequence[str]) -> dict[str, str]:
    """Translate the values of a file into the few that our column allows, where they are known.

    Examples
    --------
    >>> known_values("contacts", TABLES["contacts"]["direction"], ["Eingehend", "x", "out"])
    {'Eingehend': 'in', 'out': 'out'}
    """
    meanings = {simple(ours): ours for ours in column.values}
    for ours, words in VALUE_WORDS.get((table, column.name), {}).items():
        meanings |= dict.fromkeys(_listed(words), ours)
    return {value: meanings[simple(value)] for value in values if simple(value) in meanings}


def _unit_price(facts: Sequence[ColumnFacts]) -> Match | None:
    prices = [
        Match("net_amount", one, score * 0.9, "quantity times this price")
        for one in facts
        for score, _ in [_name_score(UNIT_PRICE, one.name)]
        if score >= _LEAST and one.is_number and one.n_filled
        and not is_percent(one.name) and without_cents(simple(one.name)) == simple(one.name)
    ]  # fmt: skip
    return max(prices, key=lambda match: match.score, default=None)


def _listed(words: str) -> list[str]:
    return words.split(", ")

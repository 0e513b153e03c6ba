"""A drafted mapping as YAML, with the reason beside every line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from crmlib.schema import TABLES
from crmlib.sources.suggestion.drafts import Draft
from crmlib.sources.suggestion.opening import Opened

__all__ = ["flow", "part_lines"]


def flow(value: Any) -> str:
    r"""Write a value on one line of YAML, every text quoted.

    Examples
    --------
    >>> print(flow({"from": 'Net "EUR"', "format": ["%d.%m.%Y"], "id_from_float": True}))
    {from: "Net \"EUR\"", format: ["%d.%m.%Y"], id_from_float: true}
    """
    if isinstance(value, dict):
        pairs = (f"{key if key.isidentifier() else flow(key)}: {flow(one)}"
                 for key, one in value.items())  # fmt: skip
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    text = json.dumps(value, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in text)


def part_lines(opened: Opened, draft: Draft) -> Iterator[str]:
    """Write what one file or pattern feeds, as an item of the list of its table."""
    yield from _comments("proved", opened.proved)
    yield from _comments("unsure", (*opened.unsure, *draft.unsure))
    yield f"    - read: {flow(opened.read)}"
    for name, value in opened.options.items():
        yield f"      {name}: {flow(value)}"
    yield "      columns:"
    for line in draft.lines:
        yield from _comments("unsure", line.unsure, indent=8)
        reason = "" if line.reason in line.unsure else f": {' '.join(line.reason.split())}"
        yield f"        {line.ours}: {flow(line.spec)}  # {line.confidence}{reason}"
    for name in draft.missing:
        meaning = TABLES[draft.table][name].meaning
        sentence = f"no column of the file is known to hold {name} ({meaning}), which is needed"
        yield from _comments("unsure", [sentence], indent=8)
    if draft.left_out:
        yield f"        # left out: {', '.join(map(flow, draft.left_out))}"


def _comments(word: str, sentences: Sequence[str], *, indent: int = 4) -> Iterator[str]:
    for sentence in sentences:
        yield f"{' ' * indent}# {word}: {' '.join(sentence.split())}"

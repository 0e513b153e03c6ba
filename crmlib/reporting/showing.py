"""Sentences on the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from IPython.display import display

__all__ = ["HEADLINE", "show_headline", "show_plain"]

HEADLINE = "headline"
"""Kind of the display with the sentences that open a chapter."""


def show_headline(sentences: Sequence[str], *, is_all: bool = False) -> None:
    """Display sentences as Markdown, the first one in bold.

    Parameters
    ----------
    sentences
        Markdown texts; customers' strings in them are escaped with `text.literal`.
    is_all
        Whether these sentences are all there is to say; a report then leaves the rest of the
        chapter out.
    """
    lines = [f"**{sentence}**" if k == 0 else sentence for k, sentence in enumerate(sentences)]
    body = "\n\n".join(lines)
    about = {"crm": {"kind": HEADLINE, "is_all": is_all}}
    display({"text/markdown": body, "text/plain": body}, raw=True, metadata=about)


def show_plain(paragraphs: Iterable[str]) -> None:
    """Display Markdown paragraphs, none of them in bold; nothing where there are none."""
    body = "\n\n".join(paragraphs)
    if body:
        display({"text/markdown": body, "text/plain": body}, raw=True)

"""A management summary and a chapter, executed."""

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output

from tests.reporting.made_notebooks import NAMES, code, display, figure, markdown, notebook, table


@pytest.fixture
def summary() -> NotebookNode:
    """Return a management summary with key figures and a table of decisions."""
    tiles = (
        '<dl class="crm-key-figures"><div><dt>Revenue</dt><dd class="value">$4,596,040</dd>'
        '<dd class="note">+3.1 % on the 91 days before</dd></div><div><dt>Customers</dt>'
        '<dd class="value">2,469</dd><dd class="note">95 % of all</dd></div></dl>'
    )
    return notebook(
        markdown(
            "# Summary\n\n**Question.** What is to be decided?\n\n"
            "**Reader.** The board. **Reads** `all`.\n**Writes** table `x`."
        ),
        code(display({"text/html": tiles, "text/plain": "Revenue: $4,596,040"})),
        code(display({"text/markdown": "**Sales grew by 3.1 %.** Call *37* accounts."})),
        code(table([["Acme", "212,400"]], note="All customers.")),
        code(tags=["remove-cell"]),
    )


@pytest.fixture
def chapter() -> NotebookNode:
    """Return a chapter with a figure, printed text, names in several scripts and a formula."""
    return notebook(
        markdown("# Customers\n\n**Question.** Who are they?"),
        code(tags=["parameters"]),
        code(
            new_output("stream", name="stdout", text="1,469,307 lines\n"),
            new_output("stream", name="stderr", text="findfont: not found\n"),
        ),
        markdown("## Value\n\nA value is $m \\cdot p$, in sum\n\n$$\n\\sum_{t=1}^{T} m_t\n$$"),
        code(figure()),
        code(table([[name, "1"] for name in NAMES], caption="Names")),
        markdown("## Method\n\n1. First\n2. Second\n\n| a | b |\n|---|--:|\n| x | 1 |"),
    )

"""Sentences: numbers from the data, honest about chance, hostile strings escaped."""

import mistune
import pandas as pd
import pytest

from crmlib.reporting import text
from crmlib.reporting.narrative import customer_base, management


def stages():
    return pd.DataFrame(
        {
            "stage": ["new", "active", "returned", "lapsing", "lapsed"],
            "n_customers": [1, 5, 0, 1, 3],
            "customer_share": [0.1, 0.5, 0.0, 0.1, 0.3],
            "net_share": [0.1, 0.6, 0.0, 0.1, 0.2],
        }
    )


def factors():
    return pd.DataFrame(
        {
            "factor": ["customers", "orders per customer", "amount per order"],
            "before": [10.0, 2.0, 5.0],
            "now": [10.0, 3.0, 5.0],
            "effect_amount": [0.0, 50.0, 0.0],
        }
    )


def change(low, high):
    names = ["now_amount", "before_amount", "value", "low", "high"]
    return pd.DataFrame([[150.0, 100.0, 0.5, low, high]], columns=names)


def test_headline_of_the_customer_base():
    sentences = customer_base.headline(
        stages(),
        factors(),
        change(0.2, 0.8),
        as_of="2024-12-31",
        n_days=91,
        currency="USD",
    )
    assert sentences[0] == (
        "Known customers bought for $150 in the 91 days to 2024-12-31, +50.0 % against $100 in the "
        "91 days before (95 % interval +20.0 % to +80.0 %)."
    )
    assert "orders per customer went from 2.00 to 3.00 ($50)" in sentences[1]
    assert sentences[2].startswith("4 of 10 customers (40.0 %) are lapsing or lapsed")


def test_a_change_within_chance_is_called_so():
    sentences = customer_base.headline(
        stages(),
        factors(),
        change(-0.1, 0.8),
        as_of="2024-12-31",
        n_days=91,
        currency="USD",
    )
    assert "within chance" in sentences[0]


def test_nothing_to_do_is_said():
    sentences = management.headline(["One."], ["Two."], pd.DataFrame(), currency="USD")
    assert sentences[-1] == "No group of customers calls for action now."


def test_no_long_silence_yet():
    silences = pd.DataFrame({"n_long_silences": [0], "n_ended": [0]})
    assert (
        "silent for more than 90 days yet"
        in customer_base.stage_evidence(silences, lapse_days=90)[0]
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "[click](javascript:alert(1))",
        "![x](http://example.com/x.png)",
        "# not a heading",
        "`code` *bold* _it_ ~~no~~ | a | b |",
        "$x$ \\(y\\) \\input{/etc/passwd}",
        "http://example.com",
        "a\x1b[31mb\u202ec\u200bd",
    ],
)
def test_a_literal_is_shown_to_the_letter(hostile):
    html = mistune.create_markdown(escape=True, plugins=["table", "strikethrough", "math", "url"])(
        text.literal(hostile)
    )
    shown = html.removeprefix("<p>").removesuffix("</p>\n")
    assert "<" not in shown
    import html as entities

    assert entities.unescape(shown) == text.plain(hostile)

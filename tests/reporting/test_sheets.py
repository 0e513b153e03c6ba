"""Sheets: two on a printed page, none torn; customers' strings stay strings."""

import pandas as pd
import pytest
from nbformat.v4 import new_output

from crmlib.reporting.html import CrmHTMLExporter
from crmlib.reporting.narrative import accounts
from crmlib.reporting.sheets import show_sheets
from tests.reporting.made_notebooks import HOSTILE, code, markdown, notebook
from tests.reporting.pdf_reading import pdf_of, squeezed

NAMES = [f"Müller {k}" for k in range(1, 6)]


def table(names=NAMES, **changes) -> pd.DataFrame:
    row = {
        "kind": "company", "region": "North", "account_manager": "李小龙", "net_amount": 1000.0,
        "net_share": 0.01, "before_amount": 800.0, "change_share": 0.25, "margin_amount": 300.0,
        "n_orders": 12, "tenure_days": 400, "silence_days": 10, "gap_median_days": 9,
        "lifecycle": "maintained", "reason": "as before", "leave_rate": 0.1, "low_rate": 0.05,
        "high_rate": 0.2, "wallet_share": 0.4, "wallet_days": 30, "n_contacts": 3,
        "last_contact_days": 20, "contact_channel": "e-mail", "n_complaints": 2,
        "n_complaints_open": 1, "longest_open_days": 7, "complaint_reason": "late delivery",
        "risk": "raised", "signs": "open complaint", "next_step": "Answer the complaint",
    }  # fmt: skip
    return pd.DataFrame([{"customer_id": name, **row, **changes} for name in names])


def sheets(frame, *, has=("contacts", "complaints", "surveys"), **names):
    ids = frame["customer_id"]
    quarter = 4 * 2024
    quarters = pd.DataFrame({"customer_id": ids, "quarter": quarter, "n_orders": 3})
    categories = pd.DataFrame({"customer_id": ids, "category": "Bread", "net_cents": 900})
    options = {"as_of": "2024-09-30", "n_days": 365, "currency": "EUR"} | names
    return accounts.account_sheets(
        frame, quarters.assign(net_cents=50_000), categories, has=has, **options
    )


@pytest.fixture
def shown(monkeypatch):
    """Outputs of a cell that shows sheets, as a kernel leaves them."""
    outputs: list = []

    def display(data, *, raw, metadata=None):
        assert raw
        outputs.append(new_output("display_data", data=data, metadata=metadata or {}))

    for module in ("sheets", "tables"):
        monkeypatch.setattr(f"crmlib.reporting.{module}.display", display)

    def show(made):
        show_sheets(made, currency="EUR", empty="Nobody.")
        return outputs

    return show


def report(outputs):
    return notebook(markdown("# Key accounts"), code(*outputs))


def test_a_sheet_says_all_there_is_to_say():
    sheet = sheets(table(NAMES[:1]))[0]
    tiles = {name: (value, note) for name, value, note in sheet.figures}
    assert tiles["Sales in 365 days"] == ("€1,000", "+25.0 % on the period before; 1.0 % of all")
    assert tiles["Last order"] == ("10 days ago", "usually every 9 days")
    assert tiles["Share of wallet"] == ("40 %", "asked 30 days ago")
    assert tiles["Risk"][0] == "raised"
    text = "\n".join(sheet.lines)
    assert "**Next step: Answer the complaint.**" in text
    assert "2 in all, 1 open, the oldest for 7 days; most about late delivery" in text
    assert "3 in all, the last one 20 days ago, mostly by e\\-mail" in text
    assert "Bread 100 %" in text
    assert sheet.table.to_dict("list") == {
        "measure": ["Sales, EUR", "Orders"], "2024 Q1": [500, 3], "2024 Q2": [0, 0],
        "2024 Q3": [0, 0],
    }  # fmt: skip


UNKNOWN = dict.fromkeys(
    ["before_amount", "change_share", "margin_amount", "tenure_days", "silence_days", "reason",
     "gap_median_days", "lifecycle", "leave_rate", "low_rate", "high_rate", "wallet_share",
     "wallet_days", "n_contacts", "last_contact_days", "contact_channel", "n_complaints",
     "n_complaints_open", "longest_open_days", "complaint_reason", "kind", "region",
     "account_manager"],
    float("nan"),
)  # fmt: skip


@pytest.mark.parametrize("has", [(), ("contacts", "complaints", "surveys")])
def test_what_nobody_knows_is_said_not_invented(has):
    sheet = sheets(table(NAMES[:1], **UNKNOWN), has=has)[0]
    words = " ".join([*sheet.lines, *(" ".join(tile) for tile in sheet.figures)])
    assert "nan" not in words
    assert "None" not in words
    assert ("the source brings no surveys" in words) is not has
    assert ("Contacts: none on record" in words) is bool(has)


def test_no_sheet_is_torn_and_two_stand_on_a_page(shown):
    reader = pdf_of(report(shown(sheets(table()))))
    pages = [squeezed(page.extract_text()) for page in reader.pages]
    for name in NAMES:
        start = next(k for k, page in enumerate(pages) if squeezed(f"Customer {name}") in page)
        rest = pages[start].split(squeezed(f"Customer {name}"))[1]
        assert squeezed("Sales and orders by quarter") in rest, name
    assert len(pages) == 3


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_literal(name, shown):
    made = sheets(table([name], complaint_reason=name, account_manager=name, next_step=name))
    page = report(shown(made))
    html, _ = CrmHTMLExporter().from_notebook_node(page)
    assert "<script>alert" not in html
    assert "<img src=x" not in html
    pages = pdf_of(page).pages
    text = squeezed("".join(page.extract_text() for page in pages))
    assert text.count(squeezed(name)) >= 4


def test_nobody_to_show_is_said(shown):
    assert [one.data["text/plain"] for one in shown([])] == ["Nobody."]


def test_headline_counts_accounts_with_a_sign():
    frame = table(NAMES[:2])
    risks = pd.DataFrame({"risk": ["high", "raised", "low"], "n_customers": [0, 2, 0],
                          "net_amount": [0.0, 2000.0, 0.0]})  # fmt: skip
    found = accounts.headline(frame, risks, currency="EUR")
    assert found[0].startswith("2 key accounts bring €2,000, 2.0 % of the sales")
    assert "Answer the complaint" in found[2]
    assert "No customer brings" in accounts.headline(frame.iloc[:0], risks, currency="EUR")[0]

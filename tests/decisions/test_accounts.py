"""Key accounts: who they are, which signs warn, and which step comes first."""

import pandas as pd
import pytest

from crmlib.decisions.accounts import (
    ACCOUNT_COLUMNS,
    account_table,
    actions_from_accounts,
    key_accounts,
    sales_by_risk,
)

STAGES = pd.DataFrame(
    {
        "stage": ["maintained", "leaving", "lost", "won", "developing"],
        "leave_rate": [0.1, 0.6, 0.9, 0.4, 0.2], "low_rate": 0.0, "high_rate": 1.0,
    }
)  # fmt: skip


def classes() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ["d", "b", "c", "a"],
            "abc_class": ["C", "A", "B", "A"],
            "n_orders": [1, 9, 5, 12],
            "net_amount": [5.0, 50.0, 30.0, 50.0],
            "margin_amount": [1.0, 20.0, 25.0, 5.0],
            "margin_class": ["C", "A", "A", "B"],
        }
    )


def parts(**changes) -> dict[str, pd.DataFrame]:
    """What is known of customer a, all quiet unless changed."""
    one = {
        "stage": "maintained", "reason": "as before", "recency_days": 10, "gap_median_days": 9,
        "gap_q75_days": 12, "n_order_days": 9, "n_complaints_open": 0, "longest_open_days": None,
        "complaint_reason": None, "wallet_share": None, "last_contact_days": 5,
    } | changes  # fmt: skip
    names = {
        "lifecycle": ["stage", "reason"],
        "snapshot": ["recency_days", "gap_median_days", "gap_q75_days", "n_order_days"],
        "complaints": ["n_complaints_open", "longest_open_days", "complaint_reason"],
        "wallet": ["wallet_share"],
        "contacts": ["last_contact_days"],
        "attributes": [],
    }
    frames = {
        part: pd.DataFrame([{"customer_id": "a", **{name: one[name] for name in columns}}])
        for part, columns in names.items()
    }
    extra = {"net_cents": 9_999, "net_cents_before": 4_000, "tenure_days": 500}
    frames["snapshot"] = frames["snapshot"].assign(**extra)
    return frames


def account(**changes) -> pd.Series:
    comparable = changes.pop("is_comparable", True)
    table = account_table(
        classes(), parts(**changes), STAGES, accounts=["a"], is_comparable=comparable
    )
    assert list(table) == ACCOUNT_COLUMNS
    return table.iloc[0]


def test_key_accounts_are_class_a_by_sales_or_margin_largest_first():
    assert key_accounts(classes(), n=9) == ["a", "b", "c"]
    assert key_accounts(classes(), n=1) == ["a"]
    assert key_accounts(classes().drop(columns="margin_class"), n=9) == ["a", "b"]


def test_a_quiet_account_keeps_its_contact():
    found = account()
    assert (found["risk"], found["signs"]) == ("low", "")
    assert found["next_step"] == "Keep up the contact as it is"
    assert found["change_share"] == pytest.approx(0.25)  # of the window, not of all sales
    assert found["net_share"] == pytest.approx(50 / 135)
    assert found["leave_rate"] == 0.1


@pytest.mark.parametrize(
    ("changes", "risk", "step"),
    [
        ({"n_complaints_open": 1, "longest_open_days": 7}, "raised",
         "Answer the complaint open for 7 days"),
        ({"n_complaints_open": 1, "longest_open_days": 7, "complaint_reason": "late"}, "raised",
         "Answer the complaint open for 7 days: late"),
        ({"stage": "lost", "reason": "silent", "recency_days": 200}, "high",
         "Ask what it takes to win the account back; no order for 200 days"),
        ({"stage": "leaving", "reason": "buys less"}, "raised", "Ask why the account buys clearly"),
        ({"recency_days": 25}, "raised", "Call; no order for 25 days, usually one every 9 days"),
        ({"recency_days": 24}, "low", "Keep up"),  # twice the quartile is not yet late
        ({"recency_days": 25, "n_order_days": 3}, "low", "Keep up"),  # two gaps are no rhythm
        ({"recency_days": 25, "n_complaints_open": 1, "longest_open_days": 1}, "high", "Answer"),
        ({"wallet_share": 0.49}, "low", "Ask for the rest"),
        ({"last_contact_days": 181}, "low", "Get in touch"),
        ({"stage": "won", "reason": "first order"}, "low", "Welcome"),
        ({"stage": "developing", "reason": "buys more"}, "low", "Offer the next"),
    ],
)  # fmt: skip
def test_each_sign_and_step(changes, risk, step):
    found = account(**changes)
    assert found["risk"] == risk
    assert found["next_step"].startswith(step)


def test_without_a_whole_period_before_there_is_no_change():
    found = account(is_comparable=False)
    assert pd.isna(found["change_share"])
    assert pd.isna(found["before_amount"])


def test_a_source_of_sales_only_gives_a_table_all_the_same():
    bare = parts()
    for part in ("wallet", "contacts", "complaints", "attributes"):
        bare[part] = bare[part].iloc[:0]
    table = account_table(
        classes().drop(columns=["margin_amount", "margin_class"]), bare, STAGES,
        accounts=["a", "b"], is_comparable=True,
    )  # fmt: skip
    assert table["risk"].tolist() == ["low", "low"]
    assert table["margin_amount"].isna().all()


def test_nobody_gives_an_empty_table():
    nobody = {part: frame.iloc[:0] for part, frame in parts().items()}
    table = account_table(classes().iloc[:0], nobody, STAGES, accounts=[], is_comparable=True)
    assert table.empty
    assert list(table) == ACCOUNT_COLUMNS
    assert sales_by_risk(table)["n_customers"].sum() == 0


def test_sales_by_risk_and_actions_add_up():
    table = pd.DataFrame(
        {"risk": ["high", "low", "low"], "net_amount": [9.0, 5.0, 1.0],
         "wallet_share": [0.1, 0.2, None]}
    )  # fmt: skip
    risks = sales_by_risk(table)
    assert risks["n_customers"].tolist() == [1, 0, 2]
    assert risks["net_amount"].tolist() == [9.0, 0.0, 6.0]
    assert actions_from_accounts(table)["net_amount"].tolist() == [9.0, 5.0]
    assert actions_from_accounts(table.iloc[:0]).empty

"""Sentences and sheets of the chapter on key accounts."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from crmlib.reporting import text
from crmlib.reporting.sheets import Sheet

__all__ = ["account_sheets", "headline"]

_MOST_QUARTERS = 8
_MOST_CATEGORIES = 4


def headline(accounts: pd.DataFrame, risks: pd.DataFrame, *, currency: str) -> list[str]:
    """Say how much the key accounts bring, how much of it is at risk, and whom to call first.

    Parameters
    ----------
    accounts
        From `decisions.accounts.account_table`.
    risks
        From `decisions.accounts.sales_by_risk`.
    """
    if accounts.empty:
        return ["No customer brings enough sales to be a key account in the period looked at."]
    warned = risks[risks["risk"] != "low"]
    n, total = int(warned["n_customers"].sum()), float(warned["net_amount"].sum())
    sentences = [
        f"{_accounts(len(accounts))} "
        f"{text.money(accounts['net_amount'].sum(), currency)}, "
        f"{text.percent(accounts['net_share'].sum())} of the sales of known customers.",
        f"{text.number(n, 'of them shows', 'of them show')} a warning sign, with sales of "
        f"{text.money(total, currency)}."
        if n
        else "There is no warning sign for any key account.",
    ]
    first = accounts[accounts["risk"] != "low"].head(1)
    for row in first.itertuples():
        name, step = text.literal(row.customer_id), text.literal(row.next_step)
        sentences.append(
            f"First to do: customer {name}, sales of {text.money(row.net_amount, currency)}. "
            f"{step}."
        )
    return sentences


def _accounts(number: int) -> str:
    """Begin a sentence with a number of accounts."""
    return "One key account brings" if number == 1 else f"{text.count(number)} key accounts bring"


def account_sheets(
    accounts: pd.DataFrame,
    quarters: pd.DataFrame,
    categories: pd.DataFrame,
    *,
    has: Collection[str],
    as_of: str,
    n_days: int,
    currency: str,
) -> list[Sheet]:
    """Make one sheet per account.

    Parameters
    ----------
    accounts
        Rows of `decisions.accounts.account_table`.
    quarters
        `customer_id`, `quarter`, `n_orders`, `net_cents`.
    categories
        `customer_id`, `category`, `net_cents`.
    has
        Names of the tables the source brings.
    n_days
        Length in days of the period of sales.
    """
    sheets = []
    for number, (_, row) in enumerate(accounts.iterrows(), start=1):
        of_account = categories[categories["customer_id"] == row["customer_id"]]
        history = quarters[quarters["customer_id"] == row["customer_id"]]
        sheets.append(
            Sheet(
                title=f"{number}\\. Customer {text.literal(row['customer_id'])}",
                figures=tuple(_tiles(row, n_days=n_days, currency=currency, has=has)),
                lines=tuple(_lines(row, of_account, has=has)),
                table=_history(history, as_of=as_of, currency=currency),
                caption=f"Sales and orders by quarter, up to {as_of}",
            )
        )
    return sheets


def _tiles(
    row: pd.Series, *, n_days: int, currency: str, has: Collection[str]
) -> list[tuple[str, str, str]]:
    """Give the six numbers of a sheet."""
    usual = row["gap_median_days"]
    rhythm = "no rhythm known yet"
    if pd.notna(usual):
        rhythm = f"usually every {'day' if usual == 1 else text.days(usual)}"
    margin, sales = row["margin_amount"], row["net_amount"]
    rate = margin / sales if sales > 0 else float("nan")
    wallet = text.percent(row["wallet_share"], digits=0)
    asked = f"asked {text.days(row['wallet_days'])} ago" if pd.notna(row["wallet_days"]) else (
        "never asked" if "surveys" in has else "the source brings no surveys"
    )  # fmt: skip
    ends = text.interval(text.percent(row["low_rate"]), text.percent(row["high_rate"]))
    chance = (
        f"{text.percent(row['leave_rate'])} of those at its stage are leaving or lost one period "
        f"later ({ends})"
        if pd.notna(row["leave_rate"])
        else "no stage known"
    )
    return [
        (f"Sales in {text.days(n_days)}", text.money(sales, currency),
         f"{_change(row)}; {text.percent(row['net_share'])} of all"),
        ("Margin", text.money(margin, currency),
         f"{text.percent(rate)} of the sales" if pd.notna(margin) else "no cost is known"),
        ("Last order", _ago(row["silence_days"]), rhythm),
        ("Orders", text.count(row["n_orders"]), f"customer for {text.days(row['tenure_days'])}"
         if pd.notna(row["tenure_days"]) else "no order known"),
        ("Share of wallet", wallet, asked),
        ("Risk", str(row["risk"]), chance),
    ]  # fmt: skip


def _ago(days: float) -> str:
    """Write how long ago something was."""
    if pd.isna(days):
        return text.UNKNOWN
    return f"{text.days(days)} ago" if days else "on that day"


def _change(row: pd.Series) -> str:
    """Word the change on the period before."""
    if pd.isna(row["change_share"]):
        return "nothing before to compare with"
    return f"{text.percent(row['change_share'], signed=True)} on the period before"


def _lines(row: pd.Series, categories: pd.DataFrame, *, has: Collection[str]) -> list[str]:
    """Give next step, signs, who the customer is, what it buys, contacts and complaints."""
    about = [row[name] for name in ("kind", "region") if isinstance(row[name], str)]
    if isinstance(row["account_manager"], str):
        about.append(f"looked after by {row['account_manager']}")
    stage = f"{row['lifecycle']} ({row['reason']})" if isinstance(row["lifecycle"], str) else ""
    signs = f"Warning signs: {row['signs']}." if row["signs"] else "No warning sign."
    lines = [
        f"**Next step: {text.literal(row['next_step'])}.**",
        f"{text.literal(signs)}" + (f" Stage: {text.literal(stage)}." if stage else ""),
    ]
    if about:
        lines.append(f"Who: {text.literal(', '.join(map(str, about)))}.")
    return [*lines, _bought(categories), _contacts(row, has), _complaints(row, has)]


def _bought(categories: pd.DataFrame) -> str:
    """Name the main categories with their shares of the sales."""
    known = categories.dropna(subset=["category"])
    total = float(categories["net_cents"].clip(lower=0).sum())
    if known.empty or total <= 0:
        return "Main categories: not known."
    best = known.sort_values(["net_cents", "category"], ascending=[False, True])
    named = [
        f"{text.literal(one.category)} {text.percent(one.net_cents / total, digits=0)}"
        for one in best.head(_MOST_CATEGORIES).itertuples()
        if one.net_cents > 0
    ]
    return f"Main categories: {', '.join(named)} of the sales."


def _contacts(row: pd.Series, has: Collection[str]) -> str:
    """Say how often and when we were in touch."""
    if "contacts" not in has:
        return "Contacts: the source brings none."
    if pd.isna(row["n_contacts"]):
        return "Contacts: none on record."
    channel = (
        f", mostly by {text.literal(row['contact_channel'])}"
        if isinstance(row["contact_channel"], str)
        else ""
    )
    return (
        f"Contacts: {text.count(row['n_contacts'])} in all, the last one "
        f"{_ago(row['last_contact_days'])}{channel}."
    )


def _complaints(row: pd.Series, has: Collection[str]) -> str:
    """Say how often the customer complained and what is open."""
    if "complaints" not in has:
        return "Complaints: the source brings none."
    if pd.isna(row["n_complaints"]):
        return "Complaints: none on record."
    still = (
        f"{text.count(row['n_complaints_open'])} open, the oldest for "
        f"{text.days(row['longest_open_days'])}"
        if row["n_complaints_open"]
        else "all answered"
    )
    reason = row["complaint_reason"]
    about = f"; most about {text.literal(reason)}" if isinstance(reason, str) else ""
    return f"Complaints: {text.count(row['n_complaints'])} in all, {still}{about}."


def _history(history: pd.DataFrame, *, as_of: str, currency: str) -> pd.DataFrame:
    """Lay the last quarters side by side, those without an order too."""
    last = 4 * int(as_of[:4]) + (int(as_of[5:7]) - 1) // 3
    first = last - _MOST_QUARTERS + 1
    if len(history):
        first = max(int(history["quarter"].min()), first)
    numbers = history.set_index("quarter")[["net_cents", "n_orders"]]
    shown = numbers.reindex(range(first, last + 1), fill_value=0)
    table = pd.DataFrame({"measure": [f"Sales, {currency}", "Orders"]})
    for quarter, row in shown.iterrows():
        name = f"{quarter // 4} Q{quarter % 4 + 1}"
        table[name] = [round(row["net_cents"] / 100), int(row["n_orders"])]
    return table

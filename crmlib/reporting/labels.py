"""Column headings and cell formats, from the field's terms and their unit suffixes."""

from __future__ import annotations

from collections.abc import Callable

from crmlib.reporting import text

__all__ = ["formatter", "heading"]

_HEADINGS = {
    "abc_class": "Class",
    "action": "What was done",
    "recommendation": "What to do",
    "low_share": "Low",
    "high_share": "High",
    "value_share": "Share",
    "as_of": "As of",
    "change_amount": "Change, {currency}",
    "cohort_month": "First order in",
    "customer_id": "Customer",
    "customer_share": "Share of customers",
    "age_days": "Waits, days",
    "complaint_id": "Complaint",
    "complaint_share": "Share",
    "cost_amount": "Sales less than those of like customers, {currency}",
    "difference_amount": "Difference, {currency}",
    "difference_share": "Difference",
    "hazard_ratio": "Leave, times as often",
    "in_time_share": "In time",
    "median_days": "Half answered, days",
    "n_with": "Customers on the first side",
    "n_without": "On the other side",
    "opened_on": "Opened",
    "p_adjusted": "p, adjusted",
    "effect_amount": "Effect on sales, {currency}",
    "factor": "Factor",
    "group": "Customers",
    "lost_amount": "Sales lost, {currency}",
    "lost_share": "Share of sales",
    "meaning": "Meaning",
    "n_customers": "Customers",
    "n_lost": "Best customers lost",
    "n_orders": "Orders",
    "n_rows": "Rows",
    "net_amount": "Sales, {currency}",
    "net_share": "Share of sales",
    "now": "Now",
    "now_amount": "Now, {currency}",
    "before": "Before",
    "before_amount": "Before, {currency}",
    "rows_deduplicated": "Duplicates",
    "rows_in": "Rows in",
    "rows_quarantined": "Quarantined",
    "rows_used": "Used",
    "leave_rate": "Leaving or lost later",
    "low_amount": "Low, {currency}",
    "high_amount": "High, {currency}",
    "low_rate": "Low",
    "high_rate": "High",
    "move_rate": "Probability",
    "n_before": "Customers seen",
    "n_moved": "Of these moved",
    "n_orders_before": "Orders before",
    "stage_before": "Stage before",
    "margin_amount": "Margin, {currency}",
    "margin_share": "Share of margin",
    "margin_rate": "Margin of sales",
    "margin_class": "Class by margin",
    "lost_margin_amount": "Margin lost, {currency}",
    "lost_margin_share": "Share of margin",
    "silence_days": "Days since last order",
    "stage": "Stage",
}


def heading(name: str, *, currency: str) -> str:
    """Give the heading of a column, with its unit.

    Examples
    --------
    >>> heading("net_amount", currency="USD"), heading("reply_days", currency="USD")
    ('Sales, USD', 'Reply, days')
    """
    if name in _HEADINGS:
        return _HEADINGS[name].format(currency=currency)
    stem, _, suffix = name.rpartition("_")
    words = (stem or suffix).replace("_", " ")
    units = {"amount": f", {currency}", "days": ", days", "weeks": ", weeks"}
    if suffix in units and stem:
        return words[:1].upper() + words[1:] + units[suffix]
    words = name.removeprefix("n_").removeprefix("is_").replace("_", " ")
    return words[:1].upper() + words[1:]


def formatter(name: str) -> Callable[[float], str]:
    """Give the function that writes a number of the column `name`.

    Examples
    --------
    >>> formatter("net_share")(0.25), formatter("net_amount")(1234.5), formatter("n_orders")(7.0)
    ('25.0 %', '1,234', '7')
    """
    if name.endswith(("_share", "_rate")):
        return text.percent
    if name.endswith(("_amount", "_days")) or name.startswith(("n_", "rows_")):
        return text.count
    return _number


def _number(value: float) -> str:
    """Write a number without a known unit with as many digits as a reader can use."""
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4g}"

"""Column headings and cell formats, from the field's terms and their unit suffixes."""

from __future__ import annotations

from collections.abc import Callable

from crmlib.reporting import text

__all__ = ["formatter", "heading"]

_HEADINGS = {
    "amount_per_customer_amount": "Sales per customer, {currency}",
    "attractiveness": "Attractiveness, 0 to 100",
    "decision": "Decision",
    "growth_high_rate": "High",
    "growth_low_rate": "Low",
    "growth_rate": "Growth",
    "n_sections": "Sections",
    "penetration_share": "Penetration",
    "position": "Own position, 0 to 100",
    "same_decision_share": "Firm",
    "section": "Section",
    "frequency_rule": "Orders in the window",
    "limit": "Limit",
    "recency_rule": "Last order ago",
    "threshold": "Name",
    "unit": "Unit",
    "value_rule": "Sales in the window",
    "change_rate": "Change",
    "fidelity": "Found by the rules",
    "from_group": "Group before",
    "homogeneity": "Alike inside, 1 = equal",
    "jaccard": "Comes back",
    "mean_jaccard": "Comes back on average",
    "movement": "Customers",
    "n_segments": "Number of groups",
    "precision": "Of those caught, right",
    "recall": "Of the group, caught",
    "recent_amount": "Sales lately, {currency}",
    "rule": "Rule",
    "segment": "Target group",
    "separation": "Distance to the nearest group",
    "silhouette": "Silhouette, -1 to 1",
    "smallest_share": "Smallest group",
    "to_group": "Group now",
    "actual_high_rate": "High",
    "actual_low_rate": "Low",
    "actual_rate": "Buy it",
    "evidence": "Evidence",
    "expected_rate": "Could be expected",
    "gap_share": "Gap",
    "item": "Category",
    "n_best": "Best customers",
    "n_hold": "For which it holds at all",
    "n_white_spots": "White spots",
    "next_rate": "Buys it soon anyway",
    "what_to_do": "What to do",
    "above_amount": "Spent beyond expectation, {currency}",
    "agreement": "Agreement of the halves",
    "aspect": "Preference in",
    "basket_lines": "Lines per order",
    "category_index": "Index, 100 = as all",
    "favourite_amount": "Spent on the favourite, {currency}",
    "gap_amount": "Below the whole, {currency} a year",
    "gap_high_amount": "High, {currency}",
    "gap_low_amount": "Low, {currency}",
    "gap_median_days": "Days between orders",
    "high_index": "High",
    "is_below": "Beyond chance",
    "is_clear": "Beyond chance",
    "is_different": "Beyond chance",
    "later_index": "Index in the second half",
    "likeness": "Likeness of choices",
    "low_index": "Low",
    "n_early": "Clear in the first half",
    "outcome": "Shows again",
    "preference_index": "Index, 100 = as all",
    "price_band": "Price class",
    "raw_index": "Index as observed",
    "reason": "Mainly",
    "shrunk_index": "Index, 100 = the whole",
    "usual_share": "Share among all",
    "weak_category": "Weakest category",
    "above_matched_low_share": "Low",
    "above_matched_share": "Above matched customers",
    "after_rate": "In the order after",
    "antecedent": "Who has",
    "basis": "Why",
    "before_rate": "In the order before",
    "bought": "Bought",
    "confidence_high_share": "High",
    "confidence_low_share": "Low",
    "confidence_share": "In what share of baskets",
    "consequent": "has, too,",
    "effect_high_share": "High",
    "effect_low_share": "Low",
    "effect_share": "Effect",
    "excess_amount": "More, {currency}",
    "excess_high_amount": "High, {currency}",
    "excess_low_amount": "Low, {currency}",
    "expected_amount": "With other slow sellers, {currency}",
    "first": "First bought",
    "first_bought_on": "First bought on",
    "is_found": "Beyond chance and taste",
    "lift": "Times as often as by chance",
    "lift_high": "High",
    "lift_low": "Low",
    "n_both": "Baskets with both",
    "n_buyers": "First buyers",
    "n_extra": "Beyond chance",
    "offer": "Offer",
    "own_amount": "Own sales, {currency}",
    "placebo_share": "Too early (must be nil)",
    "rest_amount": "All else in the basket, {currency}",
    "second": "Then",
    "support_share": "Share of all baskets",
    "total_amount": "More in all, {currency}",
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
    "importance_share": "Derived importance",
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
    "change_share": "Change",
    "next_step": "Next step",
    "rows_refused": "Refused",
    "stale_days": "Age, days",
    "silence_days": "Days since last order",
    "absolute_share": "Share",
    "actual_amount": "Sales, {currency}",
    "cumulated_share": "Together",
    "dimension": "By",
    "last_weeks": "Last weeks",
    "planned_amount": "Plan, {currency}",
    "reached_share": "Plan reached in",
    "reference_amount": "Compared with, {currency}",
    "sales_amount": "Sales, {currency}",
    "year_ago_amount": "A year ago, {currency}",
    "stage": "Stage",
    "contacted_through": "We use mostly",
    "day_part": "Part of the day",
    "ended_rate": "Go no further",
    "last_date": "Last day",
    "missed_amount": "Missed sales, {currency}",
    "n_baskets": "Baskets left",
    "n_cases": "Of these followed by the next",
    "n_customers_refused": "Customers concerned",
    "n_ended": "Visits that end here",
    "n_from": "Times the step came",
    "n_known": "Known for, customers",
    "n_not_recorded": "No consent on record",
    "n_our_contacts": "Our contacts",
    "n_own_contacts": "Their contacts",
    "n_refused": "Against the consent",
    "n_successes": "Successes",
    "n_trials": "Cases",
    "n_unmet": "Found nothing",
    "next_share": "Share",
    "p_channel": "Probability",
    "p_day_part": "Its probability",
    "p_preferred": "Probability",
    "q_value": "Chance of a false finding",
    "state": "How the preference is served",
    "success_rate": "Share",
    "unmet_share": "Of all in vain",
    "visit_share": "Share of visits",
    "about": "About",
    "answered_share": "Answered",
    "back_share": "Ordered since",
    "band": "Fifth",
    "cause": "Cause",
    "estimated_share": "Estimated",
    "fall_share": "Weekly buyers fell by",
    "found_share": "Of recorded losses found",
    "frontier_share": "Share by the frontier alone",
    "half_year_share": "Stay half a year",
    "high_date": "Not after",
    "high_more": "High",
    "high_ratio": "High",
    "is_chosen": "Used here",
    "leaver_share": "Of the lost",
    "limit_days": "Lost from, days",
    "low_date": "Not before",
    "low_more": "Low",
    "low_ratio": "Low",
    "more_amount": "Of it beyond the usual, {currency}",
    "n_active_buyers": "Buyers still active",
    "n_expected": "Expected",
    "n_left": "Left",
    "n_left_before": "Called lost earlier",
    "n_looks": "Looks",
    "n_more": "More than usual",
    "not_won_amount": "Not won, {currency} a year",
    "p_changes": "p, changes with time",
    "potential_amount": "Could spend, {currency} a year",
    "reason_share": "Share of known reasons",
    "silence_factor": "Usual pauses",
    "spent_amount": "Spent here, {currency} a year",
    "stayed_share": "Of those who stayed",
    "turned_share": "Turned away",
    "usual_gap_days": "Usual pause, days",
    "week_date": "Week from",
    "won_share": "Share won",
    "year_share": "Stay a year",
}

_PERCENT = ("p_channel", "p_day_part", "p_preferred", "q_value")
"""Probabilities that a reader takes in per cent."""


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
    if name.endswith(("_share", "_rate")) or name in _PERCENT:
        return text.percent
    if name.endswith(("_amount", "_days", "_index")) or name.startswith(("n_", "rows_")):
        return text.count
    if name.endswith(("_points", "_ratio")):
        return _two_digits
    return _number


def _two_digits(value: float) -> str:
    """Write points of a scale, their difference, or a ratio."""
    return f"{value:,.2f}"


def _number(value: float) -> str:
    """Write a number without a known unit with as many digits as a reader can use."""
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4g}"

"""What is written beside the data in words: the source note, and the page about the truth."""

from __future__ import annotations

import yaml

from crmlib.periods import day_text
from crmlib.simulation.baskets import CANCELLED, RETURNED, SHOP_DISCOUNT
from crmlib.simulation.campaigns import HORIZON
from crmlib.simulation.losses import FADING_DAYS, FADING_SHARE, HAZARD_RATIOS, WINDOW
from crmlib.simulation.oracle import CLV_DAYS, DISCOUNT_RATE
from crmlib.simulation.orders import REDEEMS
from crmlib.simulation.outline import Outline

__all__ = ["TRUTH_TABLES", "source_note", "truth_page"]

TRUTH_TABLES: dict[str, tuple[str, dict[str, str]]] = {
    "customers": (
        "One customer: true rates, life and value.",
        {
            "segment": "target group, by which the customer was made",
            "first_order_on": "day of the first order; the life begins here",
            "orders_needed_per_day": "need N, orders wherever they are bought, on an average day",
            "share_of_orders_won": "share s of the need bought here",
            "purchase_rate_per_day": "rate of orders here, N s",
            "dropout_rate_per_day": "hazard m of leaving without any event",
            "dropout_rate_per_day_now": "that, times the ratio of many incidents where it applies",
            "left_on": "day of leaving, also after the last day; orders are made before it only",
            "cause": "why the customer leaves or will leave",
            "is_customer_on_last_day": "has not left by the last day with data",
            "sales_channel": "preferred channel of buying",
            "contact_channel": "preferred channel of being in touch",
            "hour": "middle of the preferred hours, UTC",
            "incident_probability": "that something goes wrong with an order",
            "is_attacked": "buys the attacked category from the competitor",
            "is_hit_by_our_error": "was hit by the company's own error",
            "satisfaction": "overall, standardised: see `drivers`",
            "wallet_share": "money spent here over money needed, all categories, before the attack",
            "net_per_order": "expected net amount of an order after returns, without coupons",
            "margin_per_order": "expected contribution margin of the same",
            "expected_orders_90_days": "expected orders in the 90 days after the last day",
            "expected_orders_365_days": "the same in 365 days",
            "expected_margin_90_days": "expected contribution margin in these 90 days",
            "expected_margin_365_days": "the same in 365 days",
            "realised_orders_90_days": "orders in these 90 days in one possible future",
            "realised_orders_365_days": "the same in 365 days of the same future",
            "clv": f"discounted expected margin of the {CLV_DAYS} days after the last day, "
            f"{DISCOUNT_RATE:.0%} a year",
        },
    ),
    "wallets": (
        "One customer in one category, before the attack.",
        {
            "category": "category",
            "needed_per_year": "money needed a year, wherever it is spent",
            "bought_per_year": "expected money spent here a year",
            "share": "share of the need won",
        },
    ),
    "effects": (
        "One assigned customer in one campaign: what treating adds, or would add to the held out.",
        {
            "campaign_id": "campaign",
            "is_treated": "chance chose treatment",
            "added_orders": "expected orders added within the horizon; negative = orders lost",
            "added_margin": "expected margin added, coupons used anyway deducted, contact cost not",
        },
    ),
    "media_effects": (
        "One week, channel and region.",
        {
            "week": "first day of the week",
            "channel": "channel of advertising",
            "region": "region",
            "cost": "money spent",
            "added_share": "orders added over the orders without any advertising",
            "added_orders": "expected orders added, first orders of new customers apart",
        },
    ),
    "complements": (
        "A category that helps to sell another one.",
        {
            "first": "category bought",
            "second": "category that follows",
            "same_order": "probability of an additional line in the same order",
            "next_order": "probability of one in the next order, if it comes in time",
            "horizon_days": "days within which it must come",
        },
    ),
    "hazards": (
        f"Hazard of leaving over that without the event; complaints for {WINDOW} days.",
        {"event": "event", "hazard_ratio": "ratio"},
    ),
    "causes": (
        "Causes of those who leave without any planted event.",
        {"cause": "cause", "share_of_baseline": "share"},
    ),
    "events": (
        "The two blows from outside.",
        {
            "event": "what happens",
            "region": "where; empty = everywhere",
            "category": "what is lost; empty = nothing in particular",
            "share_of_customers": "share of the customers there who are hit",
            "share_leaving": "share of these who leave; of the attacked only those who buy much of "
            "the category",
            "within_days": "days within which they leave",
            "on": "day",
        },
    ),
    "campaigns": (
        f"One campaign and target group: what is planted, for {HORIZON} days.",
        {
            "campaign_id": "campaign",
            "segment": "target group",
            "added_orders_of_treated": "mean additional orders of a treated customer who stays",
            "share_of_orders_lost": "share of the other orders that treated customers do not make",
            "is_multiplied_by_affinity": "times the customer's share of the category over 0.12",
        },
    ),
    "drivers": (
        "One attribute of the survey.",
        {
            "attribute": "attribute",
            "group": "its group",
            "weight": "weight in overall satisfaction of the gap, standardised",
            "gap": "mean of perception less expectation of customers, in points",
            "stated": "mean importance customers state when asked",
            "employees": "the gap as employees see it",
        },
    ),
    "responses": (
        "One channel of advertising.",
        {
            "channel": "channel",
            "usual": "usual weekly spend per thousand customers",
            "carry_over": "share of the effective spend that still works a week later",
            "scale": "effective spend per thousand customers with 1 - 1/e of the most",
            "most": "greatest addition to the orders",
        },
    ),
    "regions": (
        "One region.",
        {
            "region": "region",
            "share": "share of the customers",
            "need_factor": "factor on the orders needed, all else equal",
        },
    ),
    "segments": (
        "One target group: its factor on the orders needed, and its mean share of lines in each "
        "category, one column each.",
        {"segment": "target group", "rate_factor": "factor on the orders needed"},
    ),
    "funnel": (
        "One source of visits: probability of each step, given the one before.",
        {
            "source": "source",
            "channel": "channel",
            "view": "looks at a product",
            "basket": "puts it into the basket",
            "buy": "buys",
            "success": "all three",
        },
    ),
    "unmet_terms": (
        "One term that is searched and not in the assortment; all other terms are categories.",
        {"term": "term", "share": "share of these searches"},
    ),
    "prospect_sources": (
        "One source of prospects: probability of becoming a customer.",
        {"source": "source", "person": "of a private person", "business": "of a business"},
    ),
    "reactions": (
        "One sort of contact of ours: probability that it interests the customer.",
        {"contact": "sort", "interested": "probability"},
    ),
    "plan": (
        "One category.",
        {"category": "category", "ambition": "factor by which the sales plan is too high or low"},
    ),
}
"""What one row of each table of the truth is, and what its columns mean."""

_EQUATIONS = f"""## How the company is made

- **Need and rate.** A customer needs orders at the rate N = factors x gamma(a + b) and buys the
  share s, beta(a, b), of them here; so the rate N s is gamma(a) times factors of kind, region,
  target group, household and income.
- **Orders.** The first order begins the life. Later ones follow a Poisson process with rate N s x
  season x weekday x (1 + sum of what advertising adds), until the customer leaves.
- **Leaving.** Without events at an exponential moment with the customer's own hazard m, which is
  gamma distributed: with the rate, the assumptions of the Pareto/NBD model. Events add hazards of
  their own, and the first moment decides. A complaint multiplies m by
  {HAZARD_RATIOS["unanswered"]:g} until it is answered, then by {HAZARD_RATIOS["answered"]:g}, or by
  {HAZARD_RATIOS["compensated"]:g} with compensation, for {WINDOW} days in all. Who leaves gradually
  makes only {FADING_SHARE:.0%} of the orders of the last {FADING_DAYS} days.
- **Incidents** happen to an order with the customer's own probability; a complaint, a contact or a
  return ({RETURNED:.0%}) may follow. {CANCELLED:.0%} of the orders are cancelled.
- **Lines.** Category by the customer's own mix, which is needed mix x share won; product by price
  band of the target group; {SHOP_DISCOUNT:.0%} shop discount on some lines; complements follow. In
  one order a complement shows both ways; only the next order tells which category comes first.
  Categories of one target group go together without helping each other: that is not planted.
- **Campaigns** add Poisson orders to treated customers over {HORIZON} days, or take a share away.
  Treated customers use a coupon for {REDEEMS:.0%} of the orders they make anyway.
- **Advertising.** Effective spend a(t) = x(t) + carry_over a(t-1), per thousand customers; it adds
  most x (1 - exp(-a / scale)) to the orders.
- **Satisfaction** is the sum of weight x standardised gap, less 0.3 x ln(m / usual m), plus noise.
- **Visits and prospects.** Those who bought belong to customers; those who did not are negative
  binomial, so that all together show the probabilities above.
- **What is on record.** A part of the losses, some without their reason, and a part of the contacts
  before a first order. Customers report their wallet share with an error of 0.08.
- **Membership** of the programme follows from buying often; it changes nothing.
- **Sales plan.** What is sold in all months, spread by season, times the ambition.

## What the expectations leave out

Expected orders and values after the last day know the hazard after many incidents, season, weekday
and mean advertising. They leave out open complaints, later incidents and later campaigns.
"""


def truth_page(outline: Outline) -> str:
    """Write the page about the truth, in Markdown."""
    last = day_text(outline.first_day + outline.n_days - 1)
    parts = [
        "# The truth about the simulated company\n",
        f"{outline.n_customers:,} customers from {day_text(outline.first_day)} to {last}, seed "
        f"{outline.seed}. No such company exists. No analysis may read this folder; tests compare "
        "with it. Money is in account currency.\n",
        _EQUATIONS,
        "## Tables\n",
    ]
    for name, (grain, columns) in TRUTH_TABLES.items():
        rows = "\n".join(f"| `{column}` | {meaning} |" for column, meaning in columns.items())
        parts.append(f"### {name}\n\n{grain}\n\n| column | meaning |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def source_note(*, title: str = "Larder & Knife (simulated)") -> str:
    """Write the note the intake reads."""
    note = {
        "title": title,
        "provider": "generated by crmlib.simulation",
        "terms": "free to use; no customer of this company exists",
        "wording": "simulated data with planted effects, made for tests and demonstrations",
        "is_simulated": True,
        "caveats": [
            "The company opens on the first day: every customer's first order is in the data.",
            "Moments are in UTC; time of day and weekday are planted in UTC.",
            "Resellers in two regions are billed in CHF and GBP; rates are given.",
            "A few products are missing in the product master, and some sales are anonymous.",
        ],
        "time_zone": "UTC",
    }
    return yaml.safe_dump(note, allow_unicode=True, sort_keys=False, width=100)

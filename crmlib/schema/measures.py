"""What was done to sell: offers, campaigns, who got them, who reacted, and weekly spend."""

from __future__ import annotations

from crmlib.schema.columns import Column, RowRule, Table
from crmlib.schema.shorthand import CAMPAIGN, CUSTOMER, PRODUCT, identity, needed

__all__ = ["ASSIGNMENTS", "CAMPAIGNS", "CONVERSIONS", "OFFERS", "SPEND"]

OFFERS = Table(
    "offers",
    grain="one product or category in one offer",
    teaches="what was offered, so that what was never offered can be told from what was not wanted",
    key=("offer_id", "product_id", "category"),
    known_on="valid_from",
    any_of=("product_id", "category"),
    columns=(
        needed("offer_id", "id", "the offer", example="O0001"),
        identity("product_id", "article offered", reference=PRODUCT, orphan="keep"),
        Column("category", "text", "category offered", example="Bread"),
        Column("kind", "text", "sort of offer", example="coupon"),
        Column(
            "discount", "number", "share of the price", minimum=0, maximum=1, unit="share 0-1",
            example="0.15",
        ),
        Column("valid_from", "day", "first day"),
        Column("valid_to", "day", "last day"),
    ),
    rules=(
        RowRule(("valid_to", "valid_from"), "valid_to < valid_from", "lies before the first day"),
    ),
)  # fmt: skip

CAMPAIGNS = Table(
    "campaigns",
    grain="one sales measure",
    teaches="which measures ran, when and at what cost",
    key=("campaign_id",),
    known_on="starts_on",
    columns=(
        needed("campaign_id", "id", "the measure", example="M0001"),
        needed("channel", "text", "way of reaching the customer", example="e-mail"),
        needed("starts_on", "day", "first day"),
        needed("ends_on", "day", "last day"),
        Column("name", "text", "name", example="Spring mail"),
        Column("kind", "text", "sort of measure", example="cross-selling"),
        identity("offer_id", "offer it carries", reference="offers.offer_id", orphan="keep"),
        Column("fixed_cost", "amount", "cost whatever the reach", minimum=0, example="1500"),
        Column("unit_cost", "amount", "cost per customer reached", minimum=0, example="0.05"),
        Column("budget", "amount", "money granted", minimum=0, example="4000"),
        Column("objective", "text", "what it is to achieve", example="more categories"),
        Column(
            "horizon_days", "integer", "days after which it is judged", minimum=1, unit="days",
            example="28",
        ),
    ),
    rules=(RowRule(("ends_on", "starts_on"), "ends_on < starts_on", "lies before the first day"),),
)  # fmt: skip

ASSIGNMENTS = Table(
    "assignments",
    grain="one customer in one campaign",
    teaches="who was treated and who was held out, the base of every measured effect",
    key=("campaign_id", "customer_id"),
    known_on="assigned_at",
    columns=(
        needed("campaign_id", "id", "the measure", reference=CAMPAIGN),
        needed("customer_id", "id", "the customer", reference=CUSTOMER),
        needed("arm", "text", "treatment name or `control`", example="control"),
        needed("assigned_at", "instant", "moment of the assignment"),
        Column("stratum", "text", "stratum of the draw"),
        identity("plan_line_id", "line of the plan"),
        Column("randomised", "flag", "whether chance decided"),
    ),
)

CONVERSIONS = Table(
    "conversions",
    grain="one reaction",
    teaches="who reacted to which measure",
    key=("conversion_id",),
    known_on="occurred_at",
    any_of=("customer_id", "visitor_id"),
    columns=(
        needed("conversion_id", "id", "the reaction", example="R0001"),
        needed("campaign_id", "id", "the measure", reference=CAMPAIGN),
        identity("customer_id", "who reacted", reference=CUSTOMER),
        identity("visitor_id", "who reacted, where not yet a customer"),
        needed("occurred_at", "instant", "moment of the reaction"),
        needed("kind", "text", "open, visit, redemption, order, ...", example="order"),
        Column("amount", "amount", "money of the order", example="19.90"),
    ),
)

SPEND = Table(
    "spend",
    grain="one channel in one week, and in one region where known",
    teaches="what the next unit of money in each channel brings",
    key=("week", "channel", "region"),
    known_on="week",
    known_after_days=6,
    columns=(
        needed("week", "day", "first day of the week"),
        needed("channel", "text", "way of reaching the market", example="search"),
        needed("cost", "amount", "money spent", minimum=0, example="2400"),
        Column("impressions", "number", "times it was seen", minimum=0, unit="impressions"),
        Column("region", "text", "sales region; empty = all", example="North"),
    ),
)

"""The tables of the central customer database. Only `transactions` is required."""

from __future__ import annotations

from crmlib.schema.columns import Column, Kind, Table

__all__ = ["PLANNED", "TABLES", "TRANSACTIONS"]

_CUSTOMER = "customers.customer_id"
_PRODUCT = "products.product_id"
_CAMPAIGN = "campaigns.campaign_id"


def _id(name: str, meaning: str, **options: object) -> Column:
    return Column(name, "id", meaning, **options)  # type: ignore[arg-type]


def _need(name: str, kind: Kind, meaning: str, **options: object) -> Column:
    return Column(name, kind, meaning, required=True, **options)  # type: ignore[arg-type]


TRANSACTIONS = Table(
    "transactions",
    grain="one order line",
    teaches="who buys what, when, where and for how much",
    key=("transaction_id", "product_id", "line_number"),
    columns=(
        _need("transaction_id", "id", "the order or basket"),
        _id("customer_id", "the buyer; empty = anonymous sale", reference=_CUSTOMER, orphan="keep"),
        _need("product_id", "id", "the article", reference=_PRODUCT, orphan="keep"),
        _need("occurred_at", "instant", "moment of the sale"),
        _need("quantity", "number", "units sold; negative = return"),
        _need("net_amount", "amount", "amount paid after discounts; negative = return"),
        Column("line_number", "integer", "position in the order, where one product may come twice"),
        Column("unit_cost", "amount", "cost of one unit", minimum=0),
        Column("margin_amount", "amount", "contribution margin of the line"),
        Column("list_amount", "amount", "amount before discounts"),
        Column("discount_amount", "amount", "discounts granted by the shop", minimum=0),
        _id("coupon_id", "coupon redeemed with the line"),
        Column("channel", "text", "way of buying"),
        _id("store_id", "shop"),
        Column("region", "text", "sales region"),
        Column("currency", "text", "ISO 4217 code, where not the account currency"),
        _id("cancelled_transaction_id", "order this line takes back"),
    ),
)

_CUSTOMERS = Table(
    "customers",
    grain="one customer",
    teaches="what kind of people or companies the customers are, and whom we may contact",
    key=("customer_id",),
    open_ended=True,
    columns=(
        _need("customer_id", "id", "the customer"),
        Column("first_contact_date", "day", "first known contact"),
        Column("birth_year", "integer", "year of birth", minimum=1890, maximum=2100),
        Column(
            "kind", "text", "sort of customer", values=("person", "company", "reseller", "public")
        ),
        Column("region", "text", "sales region"),
        Column("postcode", "id", "postal code"),
        Column("household_size", "text", "persons in the household"),
        Column("income_band", "text", "yearly income"),
        Column("account_manager", "text", "who looks after the customer"),
    ),
)

_PRODUCTS = Table(
    "products",
    grain="one product",
    teaches="which categories and brands sell, and what belongs together",
    key=("product_id",),
    open_ended=True,
    columns=(
        _need("product_id", "id", "the article"),
        Column("category", "text", "product category"),
        Column("subcategory", "text", "finer category"),
        Column("brand", "text", "brand"),
        Column("unit_cost", "amount", "cost of one unit", minimum=0),
        Column("launched_on", "day", "first day of sale"),
        _id("complement_of", "product it is bought with"),
    ),
)

_OFFERS = Table(
    "offers",
    grain="one product or category in one offer",
    teaches="what was offered, so that what was never offered can be told from what was not wanted",
    key=("offer_id", "product_id", "category"),
    columns=(
        _need("offer_id", "id", "the offer"),
        _id("product_id", "article offered", reference=_PRODUCT, orphan="keep"),
        Column("category", "text", "category offered"),
        Column("kind", "text", "sort of offer"),
        Column("discount", "number", "share of the price", minimum=0, maximum=1),
        Column("valid_from", "day", "first day"),
        Column("valid_to", "day", "last day"),
    ),
)

_CAMPAIGNS = Table(
    "campaigns",
    grain="one sales measure",
    teaches="which measures ran, when and at what cost",
    key=("campaign_id",),
    columns=(
        _need("campaign_id", "id", "the measure"),
        _need("channel", "text", "way of reaching the customer"),
        _need("starts_on", "day", "first day"),
        _need("ends_on", "day", "last day"),
        Column("name", "text", "name"),
        Column("kind", "text", "sort of measure"),
        _id("offer_id", "offer it carries"),
        Column("fixed_cost", "amount", "cost whatever the reach", minimum=0),
        Column("unit_cost", "amount", "cost per customer reached", minimum=0),
        Column("budget", "amount", "money granted", minimum=0),
        Column("objective", "text", "what it is to achieve"),
        Column("horizon_days", "integer", "days after which it is judged", minimum=1),
    ),
)

_ASSIGNMENTS = Table(
    "assignments",
    grain="one customer in one campaign",
    teaches="who was treated and who was held out, the base of every measured effect",
    key=("campaign_id", "customer_id"),
    columns=(
        _need("campaign_id", "id", "the measure", reference=_CAMPAIGN),
        _need("customer_id", "id", "the customer", reference=_CUSTOMER),
        _need("arm", "text", "treatment name or `control`"),
        _need("assigned_at", "instant", "moment of the assignment"),
        Column("stratum", "text", "stratum of the draw"),
        _id("plan_line_id", "line of the plan"),
        Column("randomised", "flag", "whether chance decided"),
    ),
)

_CONVERSIONS = Table(
    "conversions",
    grain="one reaction",
    teaches="who reacted to which measure",
    key=("conversion_id",),
    columns=(
        _need("conversion_id", "id", "the reaction"),
        _need("campaign_id", "id", "the measure", reference=_CAMPAIGN),
        _id("customer_id", "who reacted", reference=_CUSTOMER),
        _id("visitor_id", "who reacted, where not yet a customer"),
        _need("occurred_at", "instant", "moment of the reaction"),
        _need("kind", "text", "open, visit, redemption, order, ..."),
        Column("amount", "amount", "money of the order"),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        TRANSACTIONS,
        _CUSTOMERS,
        _PRODUCTS,
        _OFFERS,
        _CAMPAIGNS,
        _ASSIGNMENTS,
        _CONVERSIONS,
    )
}
"""Every table intake accepts, by name."""

PLANNED: dict[str, str] = {
    "contacts": "through which channel and when a customer prefers to be in touch",
    "visits": "who looks around without buying, and where they give up",
    "complaints": "what customers complain about, how fast they are answered and whom it costs us",
    "surveys": "where expectation and perception part, and what matters most",
    "referrals": "who brings us new customers",
    "memberships": "whether the loyalty programme earns what it pays",
    "departures": "why customers left",
    "sales_plan": "whether sales are on plan",
}
"""Tables the model names and intake does not accept yet: what a report would show with them."""

"""What was sold to whom: order lines, customers, products, exchange rates and the plan."""

from __future__ import annotations

from crmlib.schema.columns import Column, RowRule, Table
from crmlib.schema.shorthand import CUSTOMER, PRODUCT, identity, needed

__all__ = ["CUSTOMERS", "PRODUCTS", "RATES", "SALES_PLAN", "TRANSACTIONS"]

TRANSACTIONS = Table(
    "transactions",
    grain="one order line",
    teaches="who buys what, when, where and for how much",
    key=("transaction_id", "product_id", "line_number"),
    is_large=True,
    known_on="occurred_at",
    columns=(
        needed("transaction_id", "id", "the order or basket", example="T0001"),
        identity(
            "customer_id", "the buyer; empty = anonymous sale", reference=CUSTOMER, orphan="keep",
            must_exist=True,
        ),
        needed("product_id", "id", "the article", reference=PRODUCT, orphan="keep"),
        needed("occurred_at", "instant", "moment of the sale"),
        needed(
            "quantity", "number", "units sold; negative = return", unit="units", example="2",
            counted=(
                ("< 0", "is negative: a return"),
                ("= 0", "is zero: no units were recorded"),
            ),
        ),
        needed(
            "net_amount", "amount", "amount paid after discounts; negative = return",
            example="19.90",
            counted=(
                ("< 0", "is negative: a return or a correction"),
                ("= 0", "is zero: given away, or paid by a coupon"),
            ),
        ),
        Column("line_number", "integer", "position in the order, where one product may come twice"),
        Column("unit_cost", "amount", "cost of one unit", minimum=0, example="6.20"),
        Column("margin_amount", "amount", "contribution margin of the line", example="7.50"),
        Column("list_amount", "amount", "amount before discounts", example="21.90"),
        Column("discount_amount", "amount", "discounts granted by the shop", minimum=0,
               example="2.00"),
        identity("coupon_id", "coupon redeemed with the line"),
        Column("channel", "text", "way of buying", example="online"),
        identity("store_id", "shop"),
        Column("region", "text", "sales region", example="North"),
        Column("currency", "text", "ISO 4217 code of the amounts as delivered", example="GBP"),
        identity(
            "cancelled_transaction_id", "order this line takes back",
            reference="transactions.transaction_id", orphan="keep",
        ),
    ),
    rules=(
        RowRule(
            ("net_amount", "quantity"), "quantity > 0 and net_amount < 0",
            "is negative although units were sold: a correction or a negative price",
            is_counted=True,
        ),
        RowRule(
            ("net_amount", "quantity"), "quantity < 0 and net_amount > 0",
            "is positive although units came back",
        ),
        RowRule(
            ("cancelled_transaction_id", "transaction_id"),
            "cancelled_transaction_id = transaction_id",
            "is the order itself, which cannot take itself back",
        ),
    ),
)  # fmt: skip

CUSTOMERS = Table(
    "customers",
    grain="one customer",
    teaches="what kind of people or companies the customers are, and whom we may contact",
    key=("customer_id",),
    open_ended=True,
    known_on="first_contact_date",
    columns=(
        needed("customer_id", "id", "the customer", example="C0001"),
        Column("first_contact_date", "day", "first known contact"),
        Column("birth_year", "integer", "year of birth", minimum=1890, maximum=2100,
               example="1984"),
        Column(
            "kind", "text", "sort of customer", values=("person", "company", "reseller", "public")
        ),
        Column("region", "text", "sales region", example="North"),
        Column("postcode", "id", "postal code", example="01067"),
        Column("household_size", "text", "persons in the household", unit="persons", example="3"),
        Column("income_band", "text", "yearly income", example="35-49K"),
        Column("account_manager", "text", "who looks after the customer", example="Zoë O'Neill"),
    ),
    families=(Column("consent_*", "flag", "may be contacted through this channel"),),
)  # fmt: skip

PRODUCTS = Table(
    "products",
    grain="one product",
    teaches="which categories and brands sell, and what belongs together",
    key=("product_id",),
    open_ended=True,
    known_on="launched_on",
    columns=(
        needed("product_id", "id", "the article", example="P0001"),
        Column("category", "text", "product category", example="Bread"),
        Column("subcategory", "text", "finer category", example="Rye bread"),
        Column("brand", "text", "brand", example="Own brand"),
        Column("unit_cost", "amount", "cost of one unit", minimum=0, example="6.20"),
        Column("launched_on", "day", "first day of sale"),
        identity("complement_of", "product it is bought with", reference=PRODUCT, orphan="keep"),
    ),
)

RATES = Table(
    "rates",
    grain="one currency on one day",
    teaches="what sales in other currencies are worth in the account currency",
    key=("currency", "day"),
    known_on="day",
    columns=(
        needed("currency", "text", "ISO 4217 code", example="GBP"),
        needed("day", "day", "day from which the rate holds"),
        needed(
            "rate_to_base", "number", "units of account currency for one unit of the currency",
            unit="account currency per unit", minimum=1e-9, example="1.1834",
        ),
    ),
)  # fmt: skip

SALES_PLAN = Table(
    "sales_plan",
    grain="one period and one part of the business",
    teaches="whether sales are on plan, and which parts explain the difference",
    key=("period_start", "period_end", "category", "region", "channel", "account_manager"),
    columns=(
        needed("period_start", "day", "first day of the period"),
        needed("period_end", "day", "last day of the period"),
        needed("planned_amount", "amount", "net sales planned", example="120000"),
        Column("category", "text", "product category; empty = all", example="Bread"),
        Column("region", "text", "sales region; empty = all", example="North"),
        Column("channel", "text", "way of buying; empty = all", example="online"),
        Column("account_manager", "text", "who is responsible; empty = all"),
    ),
    rules=(
        RowRule(("period_end", "period_start"), "period_end < period_start",
                "lies before the first day of the period"),
    ),
)  # fmt: skip

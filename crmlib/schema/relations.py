"""What passed between us and people: contacts, visits, complaints, answers, loyalty, losses."""

from __future__ import annotations

from crmlib.schema.columns import NEVER, Column, RowRule, Table
from crmlib.schema.shorthand import CAMPAIGN, CUSTOMER, PRODUCT, identity, needed

__all__ = [
    "COMPLAINTS",
    "CONTACTS",
    "DEPARTURES",
    "MEMBERSHIPS",
    "PROSPECTS",
    "REFERRALS",
    "SURVEYS",
    "VISITS",
    "VISIT_EVENTS",
]

CONTACTS = Table(
    "contacts",
    grain="one contact",
    teaches="through which channel and when a customer prefers to be in touch",
    key=("contact_id",),
    known_on="occurred_at",
    any_of=("customer_id", "visitor_id"),
    columns=(
        needed("contact_id", "id", "the contact", example="K0001"),
        identity("customer_id", "with whom", reference=CUSTOMER),
        identity("visitor_id", "with whom, where not yet a customer"),
        needed("occurred_at", "instant", "moment of the contact"),
        needed("channel", "text", "way of being in touch", example="telephone"),
        needed("direction", "text", "in = the customer turned to us", values=("in", "out")),
        Column("purpose", "text", "what it was about", example="advice"),
        identity("campaign_id", "measure it belongs to", reference=CAMPAIGN, orphan="keep"),
        Column("cost", "amount", "what the contact cost us", minimum=0, example="3.50"),
        Column("duration_s", "number", "length", minimum=0, unit="seconds", example="240"),
        Column("reaction", "text", "how the other side reacted", example="interested"),
    ),
)

VISITS = Table(
    "visits",
    grain="one visit of a shop or site",
    teaches="who looks around without buying, and where they come from",
    key=("visit_id",),
    known_on="started_at",
    columns=(
        needed("visit_id", "id", "the visit", example="V0001"),
        needed("visitor_id", "id", "who came", example="W0001"),
        identity("customer_id", "the customer, where known", reference=CUSTOMER, orphan="keep"),
        needed("started_at", "instant", "moment of entry"),
        needed("source", "text", "where the visitor came from", example="search engine"),
        needed("channel", "text", "site, app, shop, ...", example="site"),
    ),
)

VISIT_EVENTS = Table(
    "visit_events",
    grain="one step in one visit",
    teaches="the way through the assortment, what is looked for and not found, and where it ends",
    key=("visit_id", "position"),
    is_large=True,
    known_on="occurred_at",
    columns=(
        needed("visit_id", "id", "the visit", reference="visits.visit_id"),
        needed("position", "integer", "number of the step in the visit, from 1", minimum=1),
        needed("occurred_at", "instant", "moment of the step"),
        needed(
            "kind", "text", "what was done",
            values=("enter", "view", "search", "ask", "basket", "buy", "leave"),
        ),
        identity("product_id", "article looked at", reference=PRODUCT, orphan="keep"),
        Column("term", "text", "what was searched or asked for", example="rye bread"),
    ),
)  # fmt: skip

PROSPECTS = Table(
    "prospects",
    grain="one person or company that is not yet a customer",
    teaches="which sources bring people who become customers",
    key=("prospect_id",),
    open_ended=True,
    known_on="first_contact_at",
    columns=(
        needed("prospect_id", "id", "the prospect", example="N0001"),
        needed("source", "text", "where the prospect came from", example="trade fair"),
        needed("first_contact_at", "instant", "moment of the first contact"),
        Column("converted_at", "instant", "moment of becoming a customer",
               known_on="converted_at"),
        identity(
            "customer_id", "the customer the prospect became", reference=CUSTOMER, orphan="keep",
            known_on="converted_at",
        ),
    ),
    rules=(
        RowRule(("converted_at", "first_contact_at"), "converted_at < first_contact_at",
                "lies before the first contact"),
    ),
)  # fmt: skip

COMPLAINTS = Table(
    "complaints",
    grain="one complaint",
    teaches="what customers complain about, how fast they are answered and whom it costs us",
    key=("complaint_id",),
    known_on="opened_at",
    columns=(
        needed("complaint_id", "id", "the complaint", example="B0001"),
        needed("customer_id", "id", "who complains", reference=CUSTOMER),
        needed("opened_at", "instant", "moment of the complaint"),
        needed("reason", "text", "what it is about", example="late delivery"),
        Column("resolved_at", "instant", "moment of the answer", known_on="resolved_at"),
        Column("resolution", "text", "how it ended", known_on="resolved_at", example="replaced"),
        Column(
            "compensation_amount", "amount", "money or goods given", minimum=0,
            known_on="resolved_at", example="10",
        ),
        identity("product_id", "article it is about", reference=PRODUCT, orphan="keep"),
    ),
    rules=(
        RowRule(("resolved_at", "opened_at"), "resolved_at < opened_at",
                "lies before the complaint"),
    ),
)  # fmt: skip

SURVEYS = Table(
    "surveys",
    grain="one answer to one attribute",
    teaches="where expectation and perception part, and what matters most",
    key=("survey_id", "respondent_id", "attribute"),
    known_on="answered_at",
    columns=(
        needed("survey_id", "id", "the survey", example="S0001"),
        needed("respondent_id", "id", "who answered", example="C0001"),
        needed("respondent_kind", "text", "who that is", values=("customer", "employee")),
        needed("answered_at", "instant", "moment of the answer"),
        needed("attribute", "text", "what is judged", example="friendliness"),
        needed("attribute_group", "text", "people, product, premises, process, ...",
               example="people"),
        needed("expectation", "number", "what was expected", unit="points of the scale",
               example="8"),
        needed("perception", "number", "what was found", unit="points of the scale", example="7"),
        Column("importance", "number", "how much it matters", unit="points of the scale",
               example="9"),
        Column(
            "wallet_share", "number", "share of the need bought from us", minimum=0, maximum=1,
            unit="share 0-1", example="0.4",
        ),
        Column(
            "recommend_0_10", "number", "would recommend us", minimum=0, maximum=10,
            unit="points 0-10", example="8",
        ),
    ),
)  # fmt: skip

REFERRALS = Table(
    "referrals",
    grain="one recommendation",
    teaches="who brings us new customers",
    key=("referrer_id", "referred_id", "occurred_at"),
    known_on="occurred_at",
    columns=(
        needed("referrer_id", "id", "who recommended us", reference=CUSTOMER, example="C0001"),
        needed("referred_id", "id", "to whom: a customer or a prospect", example="N0001"),
        needed("occurred_at", "instant", "moment of the recommendation"),
        Column("converted", "flag", "whether it won a customer", known_on=NEVER),
    ),
    rules=(
        RowRule(("referred_id", "referrer_id"), "referred_id = referrer_id",
                "is the one who recommends"),
    ),
)  # fmt: skip

MEMBERSHIPS = Table(
    "memberships",
    grain="one customer in one programme",
    teaches="whether the loyalty programme earns what it pays",
    key=("customer_id", "programme", "joined_on"),
    known_on="joined_on",
    columns=(
        needed("customer_id", "id", "the member", reference=CUSTOMER),
        needed("programme", "text", "the programme", example="Club card"),
        needed("joined_on", "day", "first day"),
        Column("left_on", "day", "last day", known_on="left_on"),
        Column("tier", "text", "level reached by the day of delivery", known_on=NEVER,
               example="gold"),
        Column(
            "points", "number", "points held on the day of delivery", known_on=NEVER,
            unit="points", example="320",
        ),
    ),
    rules=(RowRule(("left_on", "joined_on"), "left_on < joined_on", "lies before the first day"),),
)  # fmt: skip

DEPARTURES = Table(
    "departures",
    grain="one known loss",
    teaches="why customers left",
    key=("customer_id", "left_on"),
    known_on="left_on",
    columns=(
        needed("customer_id", "id", "who left", reference=CUSTOMER),
        needed("left_on", "day", "day of leaving"),
        Column(
            "reason", "text", "why",
            values=(
                "competitor", "moved/deceased/other non-relational", "complaint", "gradual",
                "accumulated incidents", "our error", "unknown",
            ),
        ),
    ),
)  # fmt: skip

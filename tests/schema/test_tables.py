"""The tables of the model: every name the specification fixes, references that exist, an order."""

import pytest

from crmlib.schema import NEVER, TABLES, companion, intake_order

SPECIFIED = {
    "transactions": "transaction_id customer_id product_id occurred_at quantity net_amount "
    "unit_cost margin_amount list_amount discount_amount coupon_id channel store_id region "
    "currency cancelled_transaction_id",
    "customers": "customer_id first_contact_date birth_year kind region postcode household_size "
    "income_band account_manager",
    "products": "product_id category subcategory brand unit_cost launched_on complement_of",
    "offers": "offer_id product_id category kind discount valid_from valid_to",
    "campaigns": "campaign_id channel starts_on ends_on name kind offer_id fixed_cost unit_cost "
    "budget objective horizon_days",
    "assignments": "campaign_id customer_id arm assigned_at stratum plan_line_id randomised",
    "contacts": "contact_id customer_id visitor_id occurred_at channel direction purpose "
    "campaign_id cost duration_s reaction",
    "conversions": "conversion_id campaign_id customer_id visitor_id occurred_at kind amount",
    "visits": "visit_id visitor_id customer_id started_at source channel",
    "visit_events": "visit_id position occurred_at kind product_id term",
    "prospects": "prospect_id source first_contact_at converted_at customer_id",
    "complaints": "complaint_id customer_id opened_at reason resolved_at resolution "
    "compensation_amount product_id",
    "surveys": "survey_id respondent_id respondent_kind answered_at attribute attribute_group "
    "expectation perception importance wallet_share recommend_0_10",
    "referrals": "referrer_id referred_id occurred_at converted",
    "memberships": "customer_id programme joined_on left_on tier points",
    "departures": "customer_id left_on reason",
    "spend": "week channel cost impressions region",
    "rates": "currency day rate_to_base",
    "sales_plan": "period_start period_end planned_amount category region channel account_manager",
}


@pytest.mark.parametrize("name", SPECIFIED)
def test_every_column_of_the_specification_is_there(name):
    assert set(SPECIFIED[name].split()) <= set(TABLES[name].names)


def test_there_are_no_other_tables():
    assert set(TABLES) == set(SPECIFIED)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_references_keys_rules_and_days_name_columns_that_exist(table):
    for column in table.columns:
        if column.reference:
            other, _, name = column.reference.partition(".")
            assert TABLES[other][name].kind == column.kind == "id"
        if column.known_on not in ("", NEVER):
            assert table[column.known_on].kind in ("day", "instant")
    for name in (*table.key, *table.any_of, *(n for rule in table.rules for n in rule.columns)):
        assert table[name]
    assert any(table[name].required for name in table.key)
    if table.known_on:
        assert table.known_column == companion(table[table.known_on])


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_no_two_columns_are_stored_under_one_name(table):
    names = [*table.names, *filter(None, map(companion, table.columns))]
    assert len(names) == len(set(names))


def test_what_is_referred_to_is_taken_in_first():
    order = intake_order()
    assert order[0] == "rates"
    for name, table in TABLES.items():
        for column in table.columns:
            target = column.reference.split(".")[0]
            if target not in ("", name):
                assert order.index(target) < order.index(name)


def test_consent_columns_become_flags():
    table = TABLES["customers"].for_columns(["customer_id", "consent_post", "consent_email", "age"])
    assert [one.name for one in table.columns if one.kind == "flag"] == [
        *("consent_email", "consent_post"),
    ]

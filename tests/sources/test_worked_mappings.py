"""The mappings of the project give the figures published with their data sets."""

import pytest

from tests.sources.mapped import PROJECT, take_in_public


def test_cdnow_keeps_equal_rows_and_adds_up(tmp_path):
    taken = take_in_public("cdnow", "cdnow", tmp_path)
    totals = taken.report.totals_used
    assert (totals.n_orders, totals.n_customers) == (69_659, 23_570)
    assert totals.net_cents == 2_500_315_63
    assert taken.one("select sum(quantity)::int from transactions") == 167_881
    assert taken.finding("transactions", "net_amount", "is zero") == 80
    assert (taken.report.first_day, taken.report.last_day) == ("1997-01-01", "1998-06-30")
    equal = """select sum(n - 1)::int from (select count(*) as n from transactions
        group by customer_id, occurred_day, quantity, net_cents)"""
    assert taken.one(equal) == 255


def test_cdnow_sample_makes_one_order_of_a_day(tmp_path):
    taken = take_in_public("cdnow_sample", "cdnow", tmp_path)
    assert taken.counts("transactions") == (6_919, 6_919, 0, 0, 0)
    assert taken.report.totals_used.n_customers == 2_357
    assert taken.one("select min(customer_id) from transactions") == "00004"
    repeats = """select count(*) from (select distinct customer_id, occurred_day from transactions
        where occurred_day <= date '1997-09-30' - date '1970-01-01')"""
    assert taken.one(repeats) - 2_357 == 2_457


def test_hillstrom_keeps_every_customer_in_three_arms(tmp_path):
    taken = take_in_public("hillstrom", "hillstrom", tmp_path)
    assert taken.counts("customers") == (64_000, 64_000, 0, 0, 0)
    arms = dict(taken.ask("select arm, count(*) from assignments group by arm"))
    assert arms == {"mens e-mail": 21_307, "womens e-mail": 21_387, "control": 21_306}
    rates = taken.ask(
        """select arm, round(100.0 * count(*) filter (kind = 'visit') / any_value(n), 3),
            round(100.0 * count(*) filter (kind = 'order') / any_value(n), 3),
            round(coalesce(sum(amount), 0) / any_value(n), 4)
        from assignments join conversions using (campaign_id, customer_id)
        join (select arm, count(*) as n from assignments group by arm) using (arm)
        group by arm order by arm"""
    )
    assert rates == [
        ("control", 10.617, 0.573, 0.6528),
        ("mens e-mail", 18.276, 1.253, 1.4226),
        ("womens e-mail", 15.140, 0.884, 1.0772),
    ]
    assert taken.one("select sum(net_cents)::int from transactions") == taken.one(
        "select sum(amount_cents)::int from conversions"
    )


def test_telco_gives_charges_and_losses(tmp_path):
    taken = take_in_public("telco", "telco_ibm", tmp_path)
    assert taken.counts("customers")[1] == 7_043
    assert taken.counts("departures")[1] == 1_869
    assert taken.report.totals_used.net_cents == 456_116_60
    assert taken.one("select count(*) from customers where total_charges is null") == 11
    left = """select product_id, round(100.0 * count(left_on) / count(*), 2)
        from transactions left join departures using (customer_id) group by all order by all"""
    assert taken.ask(left) == [("Month-to-month", 42.71), ("One year", 11.27), ("Two year", 2.83)]
    assert taken.report.note.is_simulated


def test_ifood_gives_the_answers_to_six_campaigns(tmp_path):
    taken = take_in_public("ifood", "ifood_campaigns", tmp_path, currency="BRL")
    assert taken.counts("customers")[1] == 2_240
    answers = taken.ask("select campaign_id, count(*) from conversions group by all order by all")
    assert [n for _, n in answers] == [144, 30, 163, 167, 163, 334]
    assert taken.counts("complaints")[1] == 21
    assert taken.one("select count(*) from customers where income_band is null") == 24
    assert taken.report.first_day is None


def test_online_shoppers_are_visits_of_which_some_buy(tmp_path):
    taken = take_in_public("online_shoppers", "online_shoppers", tmp_path)
    assert taken.counts("visits") == (12_330, 12_330, 0, 0, 0)
    buying = """select split_part(source, ' ', 1) as visitor, count(*),
            round(100.0 * count(position) / count(*), 2)
        from visits left join (from visit_events where kind = 'buy') using (visit_id)
        group by rollup (visitor) order by visitor"""
    assert taken.ask(buying) == [
        ("New_Visitor", 1_694, 24.91),
        ("Other", 85, 18.82),
        ("Returning_Visitor", 10_551, 13.93),
        (None, 12_330, 15.47),
    ]


def test_olist_leads_are_prospects_of_whom_some_are_won(tmp_path):
    taken = take_in_public("olist_leads", "olist_funnel", tmp_path, currency="BRL")
    # one lead is recorded as won before its first contact
    assert taken.counts("prospects") == (8_000, 7_999, 1, 0, 0)
    assert taken.finding("prospects", "converted_at", "lies before the first contact") == 1
    assert taken.counts("customers")[1] == 842
    won = dict(
        taken.ask(
            """select source, round(100.0 * count(converted_at) / count(*), 2)
            from prospects group by source"""
        )
    )
    assert (won["paid_search"], won["social"], won["email"]) == (12.30, 5.56, 3.04)
    assert taken.one("select count(*) from prospects where source = 'not recorded'") == 60
    n_won = taken.one("select count(customer_id) from prospects")
    assert (n_won + 1) / 8_000 == pytest.approx(0.10525, abs=5e-6)


def test_msweb_visitors_look_at_areas(tmp_path):
    taken = take_in_public("msweb", "msweb", tmp_path)
    assert taken.counts("visits") == (37_711, 37_711, 0, 0, 0)
    assert taken.counts("visit_events") == (113_845, 113_845, 0, 0, 0)
    assert taken.counts("products")[1] == 294
    part = """select split_part(visit_id, '-', 1) as part, count(distinct visit_id), count(*)
        from visit_events group by part order by part"""
    assert taken.ask(part) == [("test", 5_000, 15_191), ("train", 32_711, 98_654)]
    assert taken.one("select count(distinct product_id) from visit_events") == 286
    assert round(98_654 / 32_711, 2) == 3.02
    orphans = """select count(*) from visit_events
        where product_id not in (select product_id from products)"""
    assert taken.one(orphans) == 0


def test_epub_sessions_download_documents(tmp_path):
    taken = take_in_public("epub_downloads", "epub_downloads", tmp_path)
    assert taken.counts("visits") == (15_740, 15_732, 8, 0, 8)
    assert taken.finding("visits", "", "a second time of the same session") == 8
    assert taken.counts("visit_events") == (29_624, 29_624, 0, 0, 0)
    assert taken.one("select count(distinct product_id) from visit_events") == 936
    assert taken.one("select count(distinct visit_id) from visit_events") == 15_732
    years = "select min(started_at)::date::text, max(started_at)::date::text from visits"
    assert taken.ask(years) == [("2003-01-01", "2008-12-31")]


def test_comcast_complaints_have_a_moment_and_an_end(tmp_path):
    taken = take_in_public("comcast", "comcast_complaints", tmp_path, time_zone="America/New_York")
    assert taken.counts("complaints")[1] == 2_224
    ends = dict(taken.ask("select resolution, count(*) from complaints group by all"))
    assert ends == {"solved": 973, "closed": 734, None: 517}
    assert ends[None] / 2_224 == pytest.approx(0.2325, abs=5e-5)
    june = """select count(*) from complaints where opened_day between
        date '2015-06-01' - date '1970-01-01' and date '2015-06-30' - date '1970-01-01'"""
    assert taken.one(june) == 1_046
    states = dict(taken.ask("select region, count(*) from customers group by all"))
    assert (states["Georgia"], states["Florida"], states["California"]) == (288, 240, 220)


def test_comcast_customers_tell_how_the_complaint_came_in(tmp_path):
    taken = take_in_public("comcast", "comcast_complaints", tmp_path, time_zone="America/New_York")
    ways = dict(taken.ask("select received_via, count(*) from customers group by all"))
    assert ways == {"Customer Care Call": 1_119, "Internet": 1_105}


def test_customer_satisfaction_gives_ten_answers_of_each_respondent(tmp_path):
    taken = take_in_public("customer_satisfaction", "customer_satisfaction", tmp_path)
    assert taken.counts("surveys") == (18_110, 18_110, 0, 0, 0)
    assert taken.one("select count(distinct respondent_id) from surveys") == 1_811
    means = dict(taken.ask("select attribute, round(avg(perception), 2) from surveys group by all"))
    assert [means[name] for name in SATISFACTION] == [
        6.07, 5.88, 6.27, 5.56, 6.14, 6.06, 7.25, 7.46, 7.89, 7.77,
    ]  # fmt: skip


SATISFACTION = (
    "overall satisfaction", "competitive prices", "small price increases", "price for the volume",
    "proof of effect", "number of customers reached", "reach of advertising", "long-term exposure",
    "distribution", "distribution to the right areas",
)  # fmt: skip


def test_iranian_churn_keeps_equal_rows_and_both_rates_of_leaving(tmp_path):
    taken = take_in_public(
        "iranian_churn", "iranian_churn", tmp_path, currency="IRR", time_zone="Asia/Tehran"
    )
    assert taken.counts("customers") == (3_150, 3_150, 0, 0, 0)
    distinct = "select count(*) from (select distinct * exclude customer_id from customers)"
    assert taken.one(distinct) <= 3_150 - 300
    assert taken.counts("complaints")[1] == 241
    left = """select complaint_id is not null as has_complained, count(*),
            round(100.0 * count(left_on) / count(*), 2)
        from customers left join complaints using (customer_id)
        left join departures using (customer_id) group by all order by all"""
    assert taken.ask(left) == [(False, 2_909, 10.14), (True, 241, 82.99)]


def test_smcrm_gives_purchases_by_quarter_and_the_recorded_share_of_wallet(tmp_path):
    taken = take_in_public("smcrm", "smcrm", tmp_path)
    assert taken.counts("customers")[1] == 500
    assert taken.counts("transactions")[1] == 3_178
    assert taken.report.totals_used.net_cents == 811_846_76
    shares = "select round(avg(recorded_share::double), 3) from customers"
    assert taken.one(shares) == 52.984
    members = "select count(*) filter (is_member = 'Yes') / count(*)::double from customers"
    assert taken.one(members) == 0.694


def test_maven_opportunities_become_sales_contacts_and_prospects(tmp_path):
    taken = take_in_public("maven", "maven_crm", tmp_path)
    assert taken.counts("transactions") == (4_238, 4_238, 0, 0, 0)
    assert taken.report.totals_used.net_cents == 10_005_534_00
    assert taken.counts("customers")[1] == 85
    orphans = """select count(*) from transactions
        where product_id not in (select product_id from products)"""
    assert taken.one(orphans) == 0
    stages = dict(taken.ask("select reaction, count(*) from contacts group by all"))
    assert stages == {"won": 4_238, "lost": 2_473, "in talks": 501}
    assert round(100 * stages["won"] / (stages["won"] + stages["lost"]), 2) == 63.15
    assert taken.counts("prospects")[1] == 1_425 - 337


def test_every_mapping_of_the_project_has_a_test():
    text = "".join(
        (PROJECT / "tests" / "sources" / name).read_text(encoding="utf-8")
        for name in ("test_worked_mappings.py", "test_invoices.py")
    )
    for path in (PROJECT / "mappings").glob("*.yaml"):
        assert f'"{path.stem}"' in text or f'"{path.name}"' in text, path.name

"""What is planted can be found: plain estimates from the data agree with the truth beside them.

Estimates may lie three standard errors from the truth, and each test also says that the data are
enough to tell the planted effect from none.
"""

import numpy as np
import pandas as pd
import pytest

Z = 3.0
LAST = "date '2024-12-31'"


def agrees(estimate, truth, error):
    return abs(estimate - truth) <= Z * error


def error_of(share, n):
    """Standard error of a share of n."""
    return np.sqrt(share * (1 - share) / n)


def test_orders_follow_the_rate_times_season_weekday_and_advertising(company):
    """Orders of customers who stay, in a year without the customers' own campaigns' orders."""
    from crmlib.periods import day_number, parse_day
    from crmlib.simulation.outline import make_outline

    first = day_number(parse_day("2023-01-01"))
    timeline = make_outline(5, n_customers=12_000, first_day=first, n_days=731).timeline
    found = company.frame(f"""
        select customers.region as region, customer_id,
            first_order_on - date '2023-01-01' as joined, purchase_rate_per_day as rate,
            count(distinct transaction_id) filter (quantity > 0) - 1 as n
        from truth_customers join customers using (customer_id)
        join transactions using (customer_id)
        where left_on > {LAST} + 90 and customer_id not in (select customer_id from assignments)
        group by all order by customer_id""")
    regions = ("North", "South", "West", "East", "Islands", "Alps")
    region = np.array([regions.index(name) for name in found["region"]])
    joined = found["joined"].to_numpy()
    exposure = timeline.exposure(region, joined + 1, np.full(len(found), 731))
    expected = (found["rate"].to_numpy() * exposure).sum()
    assert expected > 5_000
    assert agrees(found["n"].sum(), expected, np.sqrt(expected))


def test_money_of_an_order_is_worth_what_the_truth_says(company):
    net, margin, n = company.row("""
        with rated as (
            select t.*, coalesce(rate_to_base, 1) as rate from transactions as t
            left join rates on rates.currency = t.currency and day = occurred_at::date),
        orders as (
            select customer_id, count(distinct transaction_id) filter (quantity > 0) as n,
                sum(net_amount * rate) as net, sum(margin_amount * rate) as margin
            from rated where customer_id is not null group by customer_id)
        select sum(net) / sum(n * net_per_order), sum(margin) / sum(n * margin_per_order), sum(n)
        from orders join truth_customers using (customer_id) where not is_attacked""")
    assert n > 100_000
    assert net == pytest.approx(1, abs=0.015)  # coupons take half a percent
    assert margin == pytest.approx(1, abs=0.025)


def test_lives_last_as_long_as_the_hazards_say(company):
    """Losses of a baseline cause against the sum of hazard x days."""
    lost, expected = company.row(f"""
        select count(*) filter (left_on <= {LAST} and cause in
                ('gradual', 'moved/deceased/other non-relational')),
            0.7 * sum(dropout_rate_per_day * (least(left_on, {LAST} + 1) - first_order_on - 0.5))
        from truth_customers""")
    assert lost > 2000
    assert agrees(lost, expected, np.sqrt(expected))


def test_complaints_multiply_the_hazard_and_answers_lower_it(company):
    """First complaints until the next one, in customer days; known hazards, known causes."""
    lines = company.frame("""
        select customer_id, opened_at::date - date '1970-01-01' as opened,
            coalesce(resolved_at::date - date '1970-01-01', 1000000) as answered,
            compensation_amount is not null as is_compensated,
            lead(opened) over (partition by customer_id order by opened) as next_opened,
            row_number() over (partition by customer_id order by opened) as nth,
            left_on - date '1970-01-01' as left_day, cause, dropout_rate_per_day as hazard
        from complaints join truth_customers using (customer_id)
        qualify nth = 1""")
    ratios = company.frame("from truth_hazards").set_index("event")["hazard_ratio"]
    opened, answered = lines["opened"] + 1, lines["answered"] + 1
    end = np.minimum(opened + 119, lines["next_opened"].fillna(1e6))
    end = np.minimum(end, 20_089)  # the day after the last one
    never = pd.Series(1e6, index=lines.index)
    spans = {
        "unanswered": (opened, np.minimum(answered, end)),
        "answered": (answered.where(~lines["is_compensated"], never), end),
        "compensated": (answered.where(lines["is_compensated"], never), end),
    }
    counts = lines["cause"].isin(["complaint", "gradual", "moved/deceased/other non-relational"])
    found = {}
    for event, (start, stop) in spans.items():
        days = (np.minimum(stop, lines["left_day"]) - start).clip(lower=0)
        leaves = counts & (lines["left_day"] >= start) & (lines["left_day"] < stop)
        exposure = (days * lines["hazard"]).sum()
        found[event] = leaves.sum() / exposure + 0.3  # the other baseline causes
        assert agrees(found[event], ratios[event], np.sqrt(leaves.sum()) / exposure), event
    assert found["unanswered"] > 3 > found["answered"] > found["compensated"]


def test_campaigns_add_what_they_add_in_treatment_against_control(company):
    lines = company.frame("""
        with counted as (
            select a.campaign_id, a.customer_id, a.arm,
                count(distinct t.transaction_id) filter (t.quantity > 0) as n
            from assignments as a join campaigns as c using (campaign_id)
            left join transactions as t on t.customer_id = a.customer_id
                and t.occurred_at::date > c.starts_on and t.occurred_at::date <= c.ends_on
            where a.randomised group by all)
        select campaign_id, arm <> 'control' as is_treated, count(*) as n_customers, avg(n) as n,
            var_samp(n) / count(*) as variance, avg(added_orders) as added
        from counted join truth_effects using (campaign_id, customer_id) group by all""")
    lines = lines.set_index("campaign_id").sort_index()
    treated, control = lines[lines["is_treated"]], lines[~lines["is_treated"]]
    difference = treated["n"] - control["n"]
    error = np.sqrt(treated["variance"] + control["variance"])
    assert len(difference) == 7
    assert (abs(difference - treated["added"]) <= Z * error).all()
    assert (difference > Z * error).sum() >= 1  # some effects are large enough to be seen
    assert (treated["added"] == 0).sum() == 2  # and two campaigns do nothing at all
    total = control["n_customers"] + treated["n_customers"]
    assert (abs(control["n_customers"] / total - 0.4) <= Z * error_of(0.4, total)).all()


def test_a_campaign_harms_one_target_group(company):
    found = company.frame("""
        select segment, avg(added_orders) as added from truth_effects
        join truth_customers using (customer_id) join campaigns using (campaign_id)
        where name = 'Telephone push' group by segment""").set_index("segment")["added"]
    assert found["night owl"] < -0.1
    assert found["café"] > 0.1
    assert found["family larder"] == 0


def test_the_letter_to_the_best_has_no_control_and_picks_good_customers(company):
    n, n_control, rate, all_rates = company.row("""
        select count(*), count(*) filter (arm = 'control'), avg(purchase_rate_per_day),
            (select avg(purchase_rate_per_day) from truth_customers)
        from assignments join truth_customers using (customer_id) where not randomised""")
    assert n > 500
    assert n_control == 0
    assert rate > 1.5 * all_rates


@pytest.mark.parametrize(
    ("first", "second", "planted"),
    [
        ("Bread boxes", "Bread cutters", 0.20),
        ("Kitchen knives", "Chopping boards", 0.15),
        ("Coffee", "Chocolate", 0.08),
        ("Tea", "Cheese", 0.0),
        ("Wine", "Coffee", 0.0),
        ("Bread cutters", "Tea", 0.0),
    ],
)
def test_complements_follow_in_the_same_order(company, first, second, planted):
    """Orders with and without the first category, of the same customer and with as many other
    lines: those with it have the second one more often by what is planted, or not at all."""
    found = company.frame(f"""
        with orders as (
            select customer_id, transaction_id, bool_or(category = '{first}') as has_first,
                bool_or(category = '{second}') as has_second,
                count(*) filter (category <> '{second}') as n_others
            from transactions join products using (product_id)
            where quantity > 0 and customer_id is not null group by all)
        select count(*) filter (has_first) as n,
            avg(has_second::int) filter (has_first) as with_first,
            avg(has_second::int) filter (not has_first) as without
        from orders where n_others > 0 group by customer_id, n_others
        having with_first is not null and without is not null""")
    difference = np.average(found["with_first"] - found["without"], weights=found["n"])
    assert difference == pytest.approx(0.95 * planted, abs=0.045 if planted else 0.03)


def test_visits_drop_out_where_the_funnel_says(company):
    found = company.frame("""
        with visit as (
            select source, bool_or(kind = 'view') as viewed, bool_or(kind = 'basket') as chose,
                bool_or(kind = 'buy') as bought
            from visits join visit_events using (visit_id) group by source, visit_id)
        select v.source, count(*) as n, sum(viewed::int) as viewed, sum(chose::int) as chose,
            sum(bought::int) as bought, any_value(view) as view, any_value(basket) as basket,
            any_value(buy) as buy
        from visit as v join truth_funnel using (source) group by v.source""")
    for row in found.itertuples():
        steps = ((row.viewed, row.n, row.view), (row.chose, row.viewed, row.basket),
                 (row.bought, row.chose, row.buy))  # fmt: skip
        for reached, before, truth in steps:
            assert agrees(reached / before, truth, error_of(truth, before)), row.source
    assert len(found) == 6


def test_searches_for_what_is_not_there_have_the_planted_shares(company):
    found = company.frame("""
        select term, n, sum(n) over () as total, share from (
            select term, count(*) as n from visit_events where kind = 'search' group by term)
        join truth_unmet_terms using (term)""")
    assert len(found) == 5
    for row in found.itertuples():
        assert agrees(row.n / row.total, row.share, error_of(row.share, row.total)), row.term


def test_prospects_convert_as_planted(company):
    found = company.frame("""
        select source, kind, count(*) as n, avg((customer_id is not null)::int) as won,
            any_value(case kind when 'person' then t.person else t.business end) as truth
        from prospects join truth_prospect_sources as t using (source) group by all""")
    assert len(found) == 8
    for row in found.itertuples():
        assert agrees(row.won, row.truth, error_of(row.truth, row.n)), (row.source, row.kind)


def test_contacts_interest_most_through_the_preferred_channel_and_at_its_hours(company):
    found = company.frame("""
        select c.channel = t.contact_channel as is_own,
            abs(epoch(occurred_at) % 86400 / 3600 - t.hour) <= 2 as in_hours,
            count(*) as n, avg((reaction = 'interested')::int) as share
        from contacts as c join truth_customers as t using (customer_id)
        where direction = 'out' group by all order by is_own, in_hours""")
    planted = company.frame("from truth_reactions")["interested"]
    for row, place in zip(found.itertuples(), (0, 0, 1, 2), strict=True):
        assert agrees(row.share, planted[place], error_of(planted[place], row.n))


def test_reported_wallet_shares_scatter_around_the_true_ones(company):
    bias, spread, n = company.row("""
        select avg(s.wallet_share - t.wallet_share), stddev(s.wallet_share - t.wallet_share),
            count(*)
        from (select distinct survey_id, respondent_id, wallet_share from surveys
            where respondent_kind = 'customer') as s
        join truth_customers as t on customer_id = respondent_id
        where t.wallet_share between 0.2 and 0.8""")
    assert n > 500
    assert agrees(bias, 0, spread / np.sqrt(n))
    assert spread == pytest.approx(0.08, rel=0.1)


def test_spend_in_the_data_is_the_share_of_the_need(company):
    """Money of customers of a whole year against their true yearly spend, and its share."""
    bought, expected = company.row(f"""
        with net as (
            select customer_id, sum(net_amount) as net from transactions
            where occurred_at::date > {LAST} - 364 group by customer_id)
        select sum(coalesce(net, 0)), sum(yearly) from truth_customers as t
        left join net using (customer_id)
        join (select customer_id, sum(bought_per_year) as yearly from truth_wallets group by 1)
            using (customer_id)
        where first_order_on < {LAST} - 364 and left_on > {LAST} + 90 and not is_attacked""")
    uplift = company.number("""select sum(share) / count(*) from (
        select week, region, sum(added_share) as share from truth_media_effects group by all)""")
    assert float(bought) / (expected * (1 + uplift)) == pytest.approx(1, abs=0.05)
    assert company.number("select max(share) from truth_wallets") <= 0.971
    assert company.number("""select avg((share = 0)::int) from truth_wallets""") > 0.05


def test_drivers_of_satisfaction_are_recovered_by_regression(company):
    answers = company.frame("""
        select respondent_id, survey_id, attribute, perception - expectation as gap,
            recommend_0_10 from surveys where respondent_kind = 'customer'""")
    gaps = answers.pivot_table(index=["respondent_id", "survey_id"], columns="attribute",
                               values="gap")  # fmt: skip
    outcome = answers.groupby(["respondent_id", "survey_id"])["recommend_0_10"].first()
    drivers = company.frame("from truth_drivers").set_index("attribute")["weight"]
    gaps = gaps[drivers.index]
    design = np.column_stack([np.ones(len(gaps)), (gaps - gaps.mean()) / gaps.std()])
    weights = np.linalg.lstsq(design, outcome.to_numpy(), rcond=None)[0][1:]
    weights /= weights.sum()
    assert np.abs(weights - drivers.to_numpy()).max() < 0.04
    assert list(drivers.index[np.argsort(-weights)[:2]]) == [
        "friendliness",
        "freshness and quality",
    ]


def test_the_attack_takes_one_category_in_one_region_and_no_other(company):
    shares = (
        company.frame("""
        select t.region = 'West' as is_there, occurred_at::date >= e.on as is_after,
            sum(net_amount) filter (p.category = 'Wine') / sum(net_amount) as wine
        from transactions as t join products as p using (product_id),
            (from truth_events where event = 'competitor attack') as e
        where t.customer_id is not null and quantity > 0 group by all
        """)
        .set_index(["is_there", "is_after"])["wine"]
        .astype(float)
    )
    assert shares[True, True] / shares[True, False] < 0.75
    assert shares[False, True] / shares[False, False] == pytest.approx(1, abs=0.06)


def test_one_possible_future_agrees_with_what_is_expected(company):
    for days in (90, 365):
        difference = company.frame(f"""
            select realised_orders_{days}_days - expected_orders_{days}_days as d
            from truth_customers""")["d"]
        assert agrees(difference.mean(), 0, difference.std() / np.sqrt(len(difference)))
    assert (
        company.number("""select max(expected_orders_365_days) from truth_customers
        where not is_customer_on_last_day""")
        == 0
    )


def test_plan_is_too_high_and_too_low_where_it_is_planted(company):
    found = (
        company.frame("""
        select category, sum(planned_amount) as planned from sales_plan group by category
        """)
        .set_index("category")["planned"]
        .astype(float)
    )
    sold = (
        company.frame("""
        select p.category, sum(net_amount * coalesce(rate_to_base, 1)) as sold
        from transactions as t join products as p using (product_id)
        left join rates on rates.currency = t.currency and day = occurred_at::date
        group by p.category""")
        .set_index("category")["sold"]
        .astype(float)
    )
    ambition = company.frame("from truth_plan").set_index("category")["ambition"]
    ratio = (found / sold / ambition)[["Coffee", "Tea", "Wine", "Bread"]]
    assert ratio.to_numpy() == pytest.approx(1, abs=0.05)


def test_target_groups_can_be_told_apart_by_what_they_buy(company):
    """Plain k-means on category shares finds the five groups of private customers again."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    lines = company.frame("""
        select customer_id, segment, category, sum(quantity) as n,
            count(distinct transaction_id) as orders
        from transactions join products using (product_id) join truth_customers using (customer_id)
        join customers using (customer_id) where quantity > 0 and kind = 'person' group by all""")
    counts = lines.pivot_table(index=["customer_id", "segment"], columns="category", values="n",
                               fill_value=0)  # fmt: skip
    counts = counts[counts.sum(axis=1) >= 15].head(3000)
    shares = np.sqrt(counts.div(counts.sum(axis=1), axis=0))
    found = KMeans(5, n_init=2, random_state=0).fit_predict(shares)
    truth = counts.index.get_level_values("segment")
    assert len(truth) == 3000
    assert adjusted_rand_score(truth, found) > 0.8


def test_half_of_the_losses_are_on_record_with_their_true_reason(company):
    recorded, n = company.row(f"""select count(d.customer_id) / count(*), count(*)
        from truth_customers as t left join departures as d using (customer_id)
        where t.left_on <= {LAST}""")
    assert agrees(recorded, 0.55, error_of(0.55, n))
    wrong, unknown, n = company.row("""
        select count(*) filter (reason <> 'unknown' and reason <> cause),
            avg((reason = 'unknown')::int), count(*)
        from departures join truth_customers using (customer_id)""")
    assert wrong == 0
    assert agrees(unknown, 0.15, error_of(0.15, n))

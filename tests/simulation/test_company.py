"""The company as a delivery: complete, typed, consistent, reproducible, taken in as it is."""

import datetime

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml

from crmlib.database import load
from crmlib.errors import ParameterError
from crmlib.schema import TABLES
from crmlib.settings import Settings
from crmlib.simulation.arrow import arrow_schema
from crmlib.simulation.company import simulate_company
from crmlib.simulation.truth_page import TRUTH_TABLES
from tests.simulation.simulated import contents

SMALL = {"n_customers": 300, "n_months": 6, "seed": 3}


def test_same_arguments_give_the_same_bytes_and_another_seed_other_ones(tmp_path):
    for name in ("one", "again"):
        simulate_company(tmp_path / name, **SMALL)
    simulate_company(tmp_path / "other", **{**SMALL, "seed": 4})
    one, again, other = (contents(tmp_path / name) for name in ("one", "again", "other"))
    assert one == again
    assert one["transactions.parquet"] != other["transactions.parquet"]


def test_both_formats_hold_the_same_and_pass_the_intake_untouched(tmp_path):
    snapshots = []
    for file_format in ("parquet", "csv"):
        folder = tmp_path / file_format / "company"
        summary = simulate_company(folder, file_format=file_format, **SMALL)
        project = tmp_path / file_format / "project"
        project.mkdir()
        snapshot = load(Settings(folder=project, source=str(folder)))
        report = snapshot.report
        assert {table.name: table.rows_used for table in report.tables} == summary.rows
        assert all(table.rows_quarantined == 0 for table in report.tables)
        assert all(table.rows_deduplicated == 0 for table in report.tables)
        assert report.note.is_simulated
        assert "simulated" in report.note.title
        assert report.notes == ()  # the truth is left aside in silence
        snapshots.append(snapshot)
    for name in TABLES:
        one, other = (f"from '{snapshot.path(name)}'" for snapshot in snapshots)
        for pair in (f"({one}) except all ({other})", f"({other}) except all ({one})"):
            assert duckdb.sql(f"select count(*) from ({pair})").fetchall() == [(0,)], name


def test_every_table_has_every_column_in_its_own_type(company):
    for name in TABLES:
        found = pq.read_schema(company.folder / f"{name}.parquet")
        wanted = arrow_schema(name)
        assert [found.field(field.name).type for field in wanted] == wanted.types, name
        n_rows = company.number(f"select count(*) from {name}")
        assert n_rows > 0, name


EMPTY_ON_PURPOSE = {
    "offers": {"product_id"},
    "assignments": {"plan_line_id"},
    "contacts": {"visitor_id"},
    "conversions": {"visitor_id"},
    "complaints": {"product_id"},
    "sales_plan": {"channel", "account_manager"},
}


def test_every_column_is_filled_somewhere_but_those_that_stay_empty_on_purpose(company):
    for name in TABLES:
        columns = arrow_schema(name).names
        counts = company.row(f"select {', '.join(f'count({one})' for one in columns)} from {name}")
        empty = {column for column, n in zip(columns, counts, strict=True) if n == 0}
        assert empty == EMPTY_ON_PURPOSE.get(name, set()), name


def test_truth_page_explains_every_column_of_the_truth(company):
    page = (company.folder / "truth" / "README.md").read_text(encoding="utf-8")
    found = {path.stem for path in (company.folder / "truth").glob("*.parquet")}
    assert found == set(TRUTH_TABLES)
    for name, (_, meanings) in TRUTH_TABLES.items():
        columns = set(pq.read_schema(company.folder / "truth" / f"{name}.parquet").names)
        if name == "segments":  # one further column per category, as the page says
            columns -= set(company.frame("select category from truth_plan")["category"])
        assert columns - {"customer_id"} == set(meanings), name
        assert f"### {name}" in page


def test_source_note_says_that_the_company_does_not_exist(company):
    note = yaml.safe_load((company.folder / "source.yaml").read_text(encoding="utf-8"))
    assert note["is_simulated"] is True
    assert "no customer of this company exists" in note["terms"]


NEVER_HAPPENS = {
    "orders from the day of leaving on": """from transactions join truth_customers
        using (customer_id) where occurred_at::date >= left_on""",
    "orders before the first contact": """from transactions join customers using (customer_id)
        where occurred_at::date < first_contact_date""",
    "complaints from the day of leaving on": """from complaints join truth_customers
        using (customer_id) where opened_at::date >= left_on""",
    "complaints before the first order": """from complaints join truth_customers
        using (customer_id) where opened_at::date <= first_order_on""",
    "losses recorded on another day than the true one": """from departures as d
        join truth_customers as t using (customer_id) where d.left_on <> t.left_on""",
    "assignments of customers not yet won, or known to have left": """from assignments as a
        join truth_customers as t using (customer_id) left join departures as d
        using (customer_id) where assigned_at::date <= first_order_on
        or assigned_at::date >= d.left_on""",
    "contacts without permission": """from contacts join customers using (customer_id)
        where direction = 'out' and not case channel when 'email' then consent_email
        when 'post' then consent_post else consent_telephone end""",
    "prospects won before they were known": "from prospects where converted_at < first_contact_at",
    "prospects won on another day than their first order": """from prospects
        join truth_customers using (customer_id) where converted_at::date <> first_order_on""",
    "recommendations by people who are no customers": """from referrals join truth_customers
        on customer_id = referrer_id where occurred_at::date < first_order_on
        or occurred_at::date >= left_on""",
    "recommendations of unknown people": """from referrals left join prospects
        on prospect_id = referred_id where prospect_id is null""",
    "recommendations said to convert otherwise than they do": """from referrals join prospects
        on prospect_id = referred_id where converted <> (customer_id is not null)""",
    "answers by people who are no customers": """from surveys join truth_customers
        on customer_id = respondent_id where answered_at::date < first_order_on
        or answered_at::date >= left_on""",
    "members who are no customers": """from memberships join truth_customers using (customer_id)
        where joined_on < first_order_on or joined_on >= truth_customers.left_on""",
    "visits that end before they begin": """from (select visit_id, min(occurred_at) as first,
        max(position) as n, count(*) as n_rows from visit_events group by visit_id)
        join visits using (visit_id) where first <> started_at or n <> n_rows""",
    "visits with an order and no such order": """from visit_events as e join visits
        using (visit_id) left join transactions as t on t.customer_id = visits.customer_id
        and t.occurred_at = e.occurred_at and t.channel = 'online'
        where e.kind = 'buy' and t.transaction_id is null""",
    "orders taken back that do not exist": """from transactions as back left join transactions
        as sold on sold.transaction_id = back.cancelled_transaction_id
        where back.cancelled_transaction_id is not null
        and (sold.transaction_id is null or sold.occurred_at > back.occurred_at)""",
    "redemptions that are no order": """from conversions as c left join transactions as t
        on t.customer_id = c.customer_id and t.occurred_at = c.occurred_at
        where c.kind = 'redemption' and t.transaction_id is null""",
    "coupons of people who were not treated": """from conversions left join assignments
        using (campaign_id, customer_id) where arm is null or arm = 'control'""",
    "amounts that do not add up": """from transactions where quantity > 0
        and currency is null and (net_amount <> list_amount - discount_amount
        or margin_amount <> net_amount - unit_cost * quantity::int)""",
}


@pytest.mark.parametrize("what", NEVER_HAPPENS)
def test_never_happens(company, what):
    assert company.number(f"select count(*) {NEVER_HAPPENS[what]}") == 0


def test_nothing_lies_outside_the_days_of_data(company):
    for name, column in [
        ("transactions", "occurred_at"), ("contacts", "occurred_at"), ("visits", "started_at"),
        ("conversions", "occurred_at"), ("complaints", "resolved_at"), ("surveys", "answered_at"),
        ("departures", "left_on"), ("memberships", "joined_on"), ("spend", "week"),
        ("prospects", "converted_at"),
    ]:  # fmt: skip
        first, last = company.row(f"select min({column})::date, max({column})::date from {name}")
        assert first >= datetime.date(2023, 1, 1), name
        assert last <= datetime.date(2024, 12, 31), name


def test_what_real_life_has_is_there(company):
    count = company.number
    assert count("select count(*) from transactions where customer_id is null") > 0
    assert count("select count(*) from transactions where quantity < 0") > 0
    assert count("select count(distinct currency) from transactions") == 2
    assert 0 < count("select avg((currency is not null)::int) from transactions") < 0.02
    assert (
        count("""select count(distinct product_id) from transactions
        where product_id not in (select product_id from products)""")
        == 2
    )
    assert count("select avg(starts_with(customer_id, '0')::int) from customers") == 1
    managers = set(company.frame("select distinct account_manager as m from customers")["m"])
    assert {"李小龙", "Zoë O'Neill"} <= managers


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"n_customers": 0}, "customers=0 is not from 1"),
        ({"n_months": 2}, "months=2 is not from 3"),
        ({"seed": -1}, "seed=-1 is not from 0"),
        ({"first_day": "2023-02-30"}, "start='2023-02-30' is not a calendar day"),
        ({"file_format": "xlsx"}, "format='xlsx' is unknown. Choose parquet or csv"),
    ],
)
def test_refuses_what_cannot_be_simulated(tmp_path, options, says):
    with pytest.raises(ParameterError, match=says):
        simulate_company(tmp_path / "company", **{**SMALL, **options})
    assert list(tmp_path.iterdir()) == []


def test_refuses_a_folder_that_holds_something(tmp_path):
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ParameterError, match="holds something already"):
        simulate_company(tmp_path, **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["note.txt"]


@pytest.mark.parametrize("n_customers", [1, 2, 3])
def test_a_handful_of_customers_is_a_company_too(tmp_path, n_customers):
    made = simulate_company(tmp_path / "few", n_customers=n_customers, n_months=3, seed=1)
    assert made.rows["customers"] == n_customers
    assert made.last_day == "2023-03-31"


def test_progress_names_the_customers_done(tmp_path):
    lines = []
    simulate_company(tmp_path / "one", n_customers=5000, n_months=3, seed=1, progress=lines.append)
    assert lines == ["customer 0 of 5,000", "customer 4,096 of 5,000"]

"""What a mapping states about values holds to the letter, or is refused."""

import pytest

from crmlib.errors import ParameterError
from tests.sources.mapped import Shop, sales


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def test_one_sign_for_decimals_and_thousands_is_refused_across_levels(shop):
    shop.write("s.csv", "id;who;paid\n1;a;1.000,50\n")
    text = 'csv: {decimal: ",", thousands: "."}\n'
    with pytest.raises(ParameterError, match=r"columns\.net_amount: '\.' is both decimal and"):
        shop.maps(text + sales(net_amount='{from: paid, decimal: "."}')).take_in()
    with pytest.raises(ParameterError, match=r"columns\.net_amount: ',' is both decimal and"):
        shop.maps(text + sales(net_amount='{from: paid, thousands: ","}')).take_in()
    with pytest.raises(ParameterError, match="csv: decimal and thousands must differ"):
        shop.maps('csv: {decimal: ",", thousands: ","}\n' + sales()).take_in()
    assert shop.maps(text + sales()).take_in().one("select net_cents from transactions") == 100_050


@pytest.mark.parametrize("end", ["Z", " UTC", "+00:00"])
def test_a_fixed_sign_of_utc_in_a_date_format_keeps_its_meaning(shop, end):
    shop.write("s.csv", f"id;who;paid;at\n1;a;1;31.12.2010 23:30{end}\n")
    spec = f"{{from: at, format: '%d.%m.%Y %H:%M{end}'}}"
    taken = shop.maps("time_zone: Asia/Tokyo\n" + sales(occurred_at=spec)).take_in()
    assert str(taken.one("select occurred_at from transactions")) == "2010-12-31 23:30:00"
    spec = f"{{from: at, format: '%d.%m.%Y %H:%M{end}', time_zone: Asia/Tokyo}}"
    taken = shop.maps(sales(occurred_at=spec)).take_in()
    assert str(taken.one("select occurred_at from transactions")) == "2010-12-31 23:30:00"


@pytest.mark.parametrize("end", [" CET", "+02:00", "-0530"])
def test_another_zone_as_a_fixed_text_of_a_date_format_is_refused(shop, end):
    shop.write("s.csv", f"id;who;paid;at\n1;a;1;31.12.2010 23:30{end}\n")
    spec = f"{{from: at, format: '%d.%m.%Y %H:%M{end}'}}"
    with pytest.raises(ParameterError, match=r"as a fixed text.*strip, and state time_zone"):
        shop.maps(sales(occurred_at=spec)).take_in()
    spec = f"{{from: at, format: '%d.%m.%Y %H:%M', strip: '{end}', time_zone: Europe/Berlin}}"
    taken = shop.maps(sales(occurred_at=spec)).take_in()
    assert str(taken.one("select occurred_at from transactions")) == "2010-12-31 22:30:00"


def test_words_after_the_clock_are_no_zone(shop):
    shop.write("s.csv", "id;who;paid;at\n1;a;1;31.12.2010 23:30 Uhr\n")
    spec = "{from: at, format: '%d.%m.%Y %H:%M Uhr'}"
    taken = shop.maps("time_zone: Europe/Berlin\n" + sales(occurred_at=spec)).take_in()
    assert str(taken.one("select occurred_at from transactions")) == "2010-12-31 22:30:00"


def test_the_day_of_a_moment_in_utc_is_refused_unless_it_is_cut_out(shop):
    people = "  customers: {read: s.csv, columns: {customer_id: who, first_contact_date: %s}}\n"
    shop.write("s.csv", "id;who;paid;at\n1;a;1;2010-12-31T23:30:00Z\n")
    spec = "{from: at, format: '%Y-%m-%dT%H:%M:%SZ'}"
    with pytest.raises(ParameterError, match="a moment in UTC, whose day is another one"):
        shop.maps(sales() + people % spec).take_in()
    taken = shop.maps(sales() + people % "{from: at, pattern: '(.{10}).*'}").take_in()
    assert str(taken.one("select first_contact_date from customers")) == "2010-12-31"


def test_an_empty_currency_is_that_of_the_mapping(shop):
    rates = "  rates: {read: r.csv, columns: {currency: k, day: day, rate_to_base: rate}}\n"
    shop.write("s.csv", "id;who;paid;k\n1;a;100;\n2;a;100;EUR\n3;a;100;USD\n")
    shop.write("r.csv", "k;day;rate\nEUR;2011-05-01;0.5\n")
    shop.maps("currency: EUR\n" + sales(currency="k") + rates)
    cents = "select net_cents from transactions order by transaction_id"
    assert shop.take_in().ask(cents) == [(5_000,), (5_000,), (10_000,)]


@pytest.mark.parametrize("factor", ["0", "NaN", "Infinity", "1e20", "0.123456789", "0.000000001"])
def test_a_factor_that_would_be_rounded_or_is_none_is_refused(shop, factor):
    shop.write("s.csv", "id;who;paid\n1;a;100\n")
    with pytest.raises(ParameterError, match=r"columns\.net_amount.*factor"):
        shop.maps(sales(net_amount=f"{{from: paid, factor: '{factor}'}}")).take_in()


@pytest.mark.parametrize(("factor", "cents"), [("1e2", 1_000_000), ("-1", -10_000), ("1E-4", 1)])
def test_a_factor_may_be_written_in_any_way(shop, factor, cents):
    shop.write("s.csv", "id;who;paid\n1;a;100\n")
    shop.maps(sales(net_amount=f"{{from: paid, factor: '{factor}'}}"))
    assert shop.take_in().one("select net_cents from transactions") == cents


@pytest.mark.parametrize("pattern", [r"(\pL+)", r"C(\d+)\z", "(?P<a>x", "((a{1000}){1000})"])
def test_a_pattern_that_cannot_be_read_names_its_place(shop, pattern):
    shop.write("s.csv", "id;who;paid\n1;a;100\n")
    says = r"tables\.transactions\.0\.columns\.region\.pattern.*is not a regular expression"
    with pytest.raises(ParameterError, match=says):
        shop.maps(sales(region=f"{{from: who, pattern: '{pattern}'}}")).take_in()

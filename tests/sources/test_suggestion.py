"""Suggested mappings: proved from every row, unsure where two readings are possible, loadable."""

import datetime
import functools
import re
from pathlib import Path

import duckdb
import pytest
import xlsxwriter
import yaml

from crmlib.database.intake import intake
from crmlib.errors import CrmlibError, DataRejectedError, ParameterError
from crmlib.schema import TABLES
from crmlib.settings import Settings
from crmlib.sources import open_mapping
from crmlib.sources.mapping.loading import load_mapping
from crmlib.sources.suggestion import suggest_mapping

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SETTINGS = Settings(time_zone="Europe/Berlin", currency="EUR")


@functools.cache
def suggestion_of(path: Path):
    """Suggest once for files that never change; tests look at different sides of it."""
    return suggest_mapping(path, settings=SETTINGS)


class Suggested:
    """A suggestion, the mapping it loads to, and short ways to look at both."""

    def __init__(self, folder: Path, path: Path) -> None:
        is_shared = path.is_relative_to(DATA)
        found = suggestion_of(path) if is_shared else suggest_mapping(path, settings=SETTINGS)
        self.text, self.unsure = found.text, found.unsure
        self.file = folder / "suggested.yaml"
        self.file.write_text(found.text, encoding="utf-8")

    @property
    def tables(self):
        return yaml.load(self.text, yaml.BaseLoader)["tables"]

    def columns(self, table):
        (part,) = self.tables[table]
        return part["columns"]

    def says(self, pattern):
        return [sentence for sentence in self.unsure if re.search(pattern, sentence)]


@pytest.fixture
def suggest(tmp_path):
    def suggested(content, name="orders.csv"):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(data)
        return Suggested(tmp_path, tmp_path / name)

    return suggested


GERMAN = """Belegnummer;Kundennummer;Artikelnummer;Belegdatum;Menge;Nettobetrag;Währung;Filiale
0001;007;A1;31.12.2011;1;1.234,50;EUR;Köln
0001;007;A1;31.12.2011;2;0,99;EUR;Köln
0002;;A2;01.01.2012;-1;-3,00;EUR;Köln
"""


def test_a_german_export_becomes_order_lines(suggest):
    found = suggest(GERMAN.encode("cp1252"), "verkäufe.csv")
    assert found.tables["transactions"][0]["csv"] == {"delimiter": ";", "encoding": "cp1252"}
    assert found.columns("transactions") == {
        "transaction_id": "Belegnummer",
        "customer_id": "Kundennummer",
        "product_id": "Artikelnummer",
        "occurred_at": {"from": "Belegdatum", "format": "%d.%m.%Y"},
        "quantity": "Menge",
        "net_amount": {"from": "Nettobetrag", "decimal": ",", "thousands": "."},
        "store_id": "Filiale",
        "currency": "Währung",
        "line_number": {
            "number_within": ["transaction_id", "product_id"],
            "equal_rows": "keep",
        },
    }
    assert found.says(r"byte \d+ is not UTF-8; it is 'ä' in cp1252.*cp1252 is taken")
    assert len(found.unsure) == 1
    load_mapping(found.file)


def test_an_english_export_with_a_price_becomes_order_lines(suggest):
    found = suggest(
        "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,6,12/1/2010 8:26,2.55,17850.0,United Kingdom\n"
        "536366,71053,6,12/31/2010 18:26,3.39,17851.0,France\n"
        "536366,71053,6,12/31/2010 18:26,3.39,17851.0,France\n"
    )
    columns = found.columns("transactions")
    assert columns["customer_id"] == {"from": "CustomerID", "id_from_float": "true"}
    assert columns["occurred_at"] == {"from": "InvoiceDate", "format": "%m/%d/%Y %H:%M"}
    assert columns["net_amount"] == {"product": ["Quantity", "UnitPrice"]}
    assert found.says("1 row.s. equal an earlier one in every column: they are kept")
    assert found.says(
        "times of 'InvoiceDate' have no offset: they are read as local time of Europe"
    )
    assert found.says("no column for net_amount; quantity times price")
    assert found.says("no column names a currency: amounts are taken as EUR")
    load_mapping(found.file)


def test_a_last_line_without_end_is_unsure(tmp_path, suggest):
    found = suggest(GERMAN.rstrip("\n"))
    assert found.says("the last line has no line end, so the file may be cut off")
    assert counts(take_in(found, tmp_path), "transactions") == (3, 3, 0)


def test_utf16_is_recognised_by_its_mark(tmp_path, suggest):
    found = suggest(GERMAN.encode("utf-16"))
    assert found.tables["transactions"][0]["csv"] == {"delimiter": ";", "encoding": "utf-16"}
    assert not found.says("line end|UTF")
    assert counts(take_in(found, tmp_path), "transactions") == (3, 3, 0)


@pytest.mark.parametrize(
    ("day", "clock", "form", "stored"),
    [
        ("31.12.2011", "09:05", "%d.%m.%Y %H:%M", "2011-12-31 08:05:00"),
        ("2011-12-31", "23:59:59", "%Y-%m-%d %H:%M:%S", "2011-12-31 22:59:59"),
        ("12/31/2011", "3:05:07 PM", "%m/%d/%Y %I:%M:%S %p", "2011-12-31 14:05:07"),
    ],
)
def test_a_time_of_day_in_its_own_column_is_joined(tmp_path, suggest, day, clock, form, stored):
    found = suggest(f"Beleg;Kunde;Artikel;Datum;Uhrzeit;Menge;Betrag\n1;2;3;{day};{clock};1;5\n")
    assert found.columns("transactions")["occurred_at"] == {
        "from": ["Datum", "Uhrzeit"], "join": " ", "format": form,
    }  # fmt: skip
    assert found.says("times of 'Datum' have no offset: they are read as local time of Europe/Berl")
    assert [line[3] for line in order_lines(take_in(found, tmp_path))] == [stored]


def test_days_that_read_in_two_ways_are_unsure_with_both_readings(suggest):
    lines = "order id,customer,product,date,qty,amount\n1,2,3,03/04/2011,1,1.5\n"
    both = r"'date': both readings are possible, '03/04/2011' is 2011-04-03 or 2011-03-04; taken is"
    assert suggest(lines).says(both)
    assert not suggest(lines + "2,2,3,25/04/2011,1,1.5\n").says("both readings")
    far = "".join(f"{n},2,3,03/04/2011,1,1.5\n" for n in range(2, 5000))
    found = suggest(lines + far + "9999,2,3,25/04/2011,1,1.5\n")
    assert found.columns("transactions")["occurred_at"]["format"] == "%d/%m/%Y"
    assert not found.says("both readings")


def test_numbers_that_read_in_two_ways_are_unsure_with_both_readings(suggest):
    found = suggest("order id,customer,product,date,qty,amount\n1,2,3,2011-04-03,1,1.234\n")
    assert found.says("'amount': both readings are possible, '1.234' is 1.234 or 1234; taken is")
    load_mapping(found.file)


def test_words_of_other_systems_are_translated_and_strange_ones_said(suggest):
    found = suggest(
        "KontaktNr;KundenNr;Datum;Kanal;Richtung\nk1;1;31.12.2011;Telefon;Eingehend\n"
        "k2;1;31.12.2011;Brief;Ausgehend\nk3;1;31.12.2011;Brief;intern\n",
        "kontakte.csv",
    )
    assert found.columns("contacts")["direction"] == {
        "from": "Richtung",
        "values": {"Ausgehend": "out", "Eingehend": "in"},
    }
    assert found.says("'Richtung': what 'intern' mean.s. is not known")
    load_mapping(found.file)


def test_customers_keep_further_columns_but_no_addresses(suggest):
    found = suggest(
        "ID,Kundenart,Geburtsjahr,PLZ,E-Mail,Lieblingsfarbe,Newsletter\n"
        "1,Privatkunde,NA,01067,a@b.de,rot,ja\n2,Firma,1984,50667,c@d.de,blau,nein\n",
        "kunden.csv",
    )
    assert found.columns("customers") == {
        "customer_id": "ID",
        "birth_year": {"from": "Geburtsjahr", "empty": ["", "NA"]},
        "kind": {"from": "Kundenart", "values": {"Firma": "company", "Privatkunde": "person"}},
        "postcode": "PLZ",
        "consent_email": {"from": "Newsletter", "values": {"ja": "true", "nein": "false"}},
        "lieblingsfarbe": "Lieblingsfarbe",
    }
    assert found.says("'E-Mail' holds e-mail addresses and is left out")
    assert found.says("'ID' as customer_id: the file's own number of a row")
    load_mapping(found.file)


def test_what_is_needed_and_nowhere_found_is_said_and_refused_on_loading(suggest):
    found = suggest("lead_id,origin\n1,fair\n2,web\n", "leads.csv")
    assert found.says("no column is known to hold first_contact_at .moment of the first contact.")
    with pytest.raises(ParameterError, match="the column first_contact_at is missing") as caught:
        load_mapping(found.file)
    assert str(caught.value).count("\n- ") == 1


def test_stand_ins_are_written_and_said(suggest):
    found = suggest("Datum,Umsatz\n31.12.2011,5.00\n", "umsatz.csv")
    columns = found.columns("transactions")
    assert columns["customer_id"] == {"constant": ""}
    assert columns["transaction_id"] == {"row_id": "R"}
    assert (columns["product_id"], columns["quantity"]) == ({"constant": "all"}, {"constant": "1"})
    for name in ("customer_id", "transaction_id", "product_id", "quantity"):
        assert found.says(f"the file has no column for {name}")
    load_mapping(found.file)


def test_a_needed_column_with_gaps_is_said(suggest):
    found = suggest(GERMAN.replace("01.01.2012", ""), "verkäufe.csv")
    assert found.says("'Belegdatum' is empty in 1 of 3 row.s., which intake sets aside")


def test_a_key_that_repeats_is_said(suggest):
    found = suggest("campaign id,customer id,arm,assigned at\n1,2,a,2011-04-03\n1,2,b,2011-04-03\n",
                    "assignments.csv")  # fmt: skip
    assert found.says("the key 'campaign id' and 'customer id' repeats in 1 row")


def test_several_currencies_ask_for_rates(suggest):
    found = suggest(GERMAN.replace("-3,00;EUR", "-3,00;GBP"))
    assert found.says(
        "amounts are in 'EUR', 'GBP': intake needs a table rates to turn them into EUR"
    )


@pytest.mark.parametrize("name", ['a: b # c"', "x\ty", "\u2028 \x7f", "{[&*!|>'%@`", "no", "Ω"])
def test_names_of_columns_cannot_break_the_file(suggest, name):
    quoted = name.replace('"', '""')
    found = suggest(f'customer_id,"{quoted}",region\n1,x,y\n2,z,y\n', "customers.csv")
    assert name in found.columns("customers").values()
    load_mapping(found.file)


def test_workbooks_json_lines_and_parquet_are_looked_at(tmp_path):
    header = ["order id", "customer", "product", "date", "qty", "amount"]
    with xlsxwriter.Workbook(tmp_path / "orders.xlsx") as book:
        sheet = book.add_worksheet("May")
        sheet.write_row(0, 0, header)
        sheet.write_row(1, 0, [1, "007", "p"])
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        sheet.write_datetime(1, 3, datetime.date(2011, 4, 3), day)
        sheet.write_row(1, 4, [1, 2.5])
    values = '{"order id": 1, "customer": "007", "product": "p", "date": "2011-04-03", "qty": 1, '
    (tmp_path / "orders.jsonl").write_text(values + '"amount": 2.50}\n')
    duckdb.sql(
        """select 1 as "order id", '007' as customer, 'p' as product, date '2011-04-03' as date,
        1 as qty, 2.5 as amount"""
    ).write_parquet(str(tmp_path / "orders.parquet"))
    found = [
        Suggested(tmp_path, tmp_path / f"orders.{ending}").columns("transactions")
        for ending in ("xlsx", "jsonl", "parquet")
    ]
    assert found[0] == found[1] == found[2]
    assert list(found[0].values()) == header


def test_a_folder_becomes_one_mapping(tmp_path):
    folder = tmp_path / "export"
    folder.mkdir()
    first, *others = GERMAN.splitlines(keepends=True)
    for day, line in enumerate(others, start=1):
        (folder / f"verkauf-{day}.csv").write_text(first + line, encoding="utf-8")
    (folder / "kunden.csv").write_text("KundenNr;Ort\n007;Köln\n008;Bonn\n", encoding="utf-8")
    (folder / "artikel.csv").write_text("ArtikelNr;Marke\nA1;X\nA2;Y\n", encoding="utf-8")
    (folder / "notes.docx").write_bytes(b"x")
    (folder / "chefs.csv").write_text("Abteilung;Leitung\nEinkauf;Z\nEinkauf;Y\n", encoding="utf-8")
    found = Suggested(tmp_path, folder)
    assert {name: [part["read"] for part in parts] for name, parts in found.tables.items()} == {
        "transactions": ["verkauf-*.csv"],
        "customers": ["kunden.csv"],
        "products": ["artikel.csv"],
    }
    assert found.says(
        "chefs.csv fits no table; the nearest is .*'Abteilung', 'Leitung'; it is left out"
    )
    # the first file alone could be read in two ways
    assert found.columns("transactions")["net_amount"]["decimal"] == ","
    snapshot = take_in(found, folder)
    assert counts(snapshot, "transactions") == (3, 3, 0)
    assert counts(snapshot, "customers") == (2, 2, 0)


def test_files_that_a_pattern_would_mix_stay_apart(tmp_path):
    for name in ("kunden.csv", "kunden_alt.csv"):
        (tmp_path / name).write_text(f"KundenNr;Ort\n{name};Köln\n", encoding="utf-8")
    (tmp_path / "kunden_preise.csv").write_text("ArtikelNr;Marke\nA1;X\n", encoding="utf-8")
    parts = Suggested(tmp_path, tmp_path).tables["customers"]
    assert [part["read"] for part in parts] == ["kunden.csv", "kunden_alt.csv"]


def test_every_sheet_of_a_workbook_becomes_a_table(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "export.xlsx") as book:
        customers = book.add_worksheet("Kunden")
        customers.write_row(0, 0, ["KundenNr", "Ort"])
        customers.write_row(1, 0, ["007", "Köln"])
        sales = book.add_worksheet("Umsätze")
        sales.write_row(0, 0, ["Umsätze im Mai"])
        sales.write_row(2, 0, ["Beleg", "KundenNr", "ArtikelNr", "Datum", "Menge", "Betrag"])
        sales.write_row(3, 0, ["1", "007", "A1", "2011-05-31", 1, 2.5])
        words = book.add_worksheet("Hinweise")
        words.write_row(0, 0, ["Bitte", "", "beachten"])
    found = Suggested(tmp_path, tmp_path / "export.xlsx")
    assert found.tables["customers"][0]["sheet"] == "Kunden"
    assert found.tables["transactions"][0]["sheet"] == "Umsätze"
    assert found.tables["transactions"][0]["header_row"] == "3"
    assert found.says("column names of export.xlsx, sheet 'Umsätze' are taken from row 3")
    assert found.says("left out: export.xlsx, sheet 'Hinweise': a column has no name")
    assert counts(take_in(found, tmp_path), "transactions") == (1, 1, 0)


def test_what_cannot_be_read_is_refused(tmp_path, suggest):
    with pytest.raises(ParameterError, match=r"nothing to look at. Name a file ending in .csv"):
        suggest_mapping(tmp_path, settings=SETTINGS)
    with pytest.raises(DataRejectedError, match=r"the header names a column twice: 'A', 'a'"):
        suggest("a,A\n1,2\n")
    with pytest.raises(DataRejectedError, match=r"line 1: '\{'"):
        suggest("{\n", "orders.jsonl")
    with pytest.raises(DataRejectedError, match=r"cut .truncated. or damaged"):
        suggest("x", "orders.parquet")


def take_in(found, folder, settings=SETTINGS):
    """Take the suggested mapping in without an edit, and give the snapshot."""
    source = open_mapping(found.file, folder=folder, settings=settings)
    snapshots = found.file.parent / "snapshots"
    return intake(
        source, settings=settings, snapshots=snapshots, received_on=datetime.date(2020, 1, 1)
    )


def counts(snapshot, table):
    row = snapshot.report.tables_frame().loc[table]
    return int(row["rows_in"]), int(row["rows_used"]), int(row["rows_quarantined"])


def order_lines(snapshot):
    return duckdb.sql(
        f"""select transaction_id, customer_id, product_id, occurred_at::varchar,
            quantity, net_cents
        from '{snapshot.path("transactions")}' order by all"""
    ).fetchall()


def test_a_clean_german_export_is_taken_in_without_edits(tmp_path, suggest):
    snapshot = take_in(suggest(GERMAN.encode("cp1252"), "verkäufe.csv"), tmp_path)
    assert counts(snapshot, "transactions") == (3, 3, 0)
    assert order_lines(snapshot) == [
        ("0001", "007", "A1", "2011-12-30 23:00:00", 1.0, 123450),
        ("0001", "007", "A1", "2011-12-30 23:00:00", 2.0, 99),
        ("0002", None, "A2", "2011-12-31 23:00:00", -1.0, -300),
    ]


def test_a_clean_english_export_is_taken_in_without_edits(tmp_path, suggest):
    snapshot = take_in(
        suggest(
            "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
            "536365,85123A,6,12/1/2010 8:26,2.55,17850.0\n"
            "536366,71053,3,12/31/2010 18:26,3.39,17851.0\n"
        ),
        tmp_path,
    )
    assert order_lines(snapshot) == [
        ("536365", "17850", "85123A", "2010-12-01 07:26:00", 6.0, 1530),
        ("536366", "17851", "71053", "2010-12-31 17:26:00", 3.0, 1017),
    ]


HEAD, ROW = "order id,customer,product,date,qty,{}\n", "1,2,3,2011-04-03,{},{}\n"


def amount_of(suggest, names, *values):
    """Suggest for orders with further columns, and give what becomes of the amount."""
    rows = "".join(ROW.format(number, one) for number, one in enumerate(values, start=1))
    found = suggest(HEAD.format(names) + rows)
    return found, found.columns("transactions").get("net_amount")


@pytest.mark.parametrize("name", ["amount %", "amount_pct", "Betrag Prozent", "net percent"])
def test_shares_are_never_amounts(suggest, name):
    found, amount = amount_of(suggest, f"{name},unit price", "10,1.5", "20,2.5")
    assert amount == {"product": ["qty", "unit price"]}
    assert name not in found.columns("transactions").values()
    _, amount = amount_of(suggest, name, "10", "20")
    assert amount is None


@pytest.mark.parametrize("name", ["amount_cents", "AmountCents", "Betrag (ct)", "net in cents"])
def test_cents_become_units(tmp_path, suggest, name):
    found, amount = amount_of(suggest, name, "1999", "1")
    assert amount == {"from": name, "factor": "0.01"}
    assert re.search("net_amount:.*# likely", found.text)
    assert [line[-1] for line in order_lines(take_in(found, tmp_path))] == [1999, 1]


@pytest.mark.parametrize("name", ["discount", "Rabatt %", "discount_pct"])
def test_a_price_beside_a_discount_is_unsure(suggest, name):
    found, amount = amount_of(suggest, f"unit price,{name}", "1.5,10", "2.5,0")
    assert amount == {"product": ["qty", "unit price"]}
    assert found.says(f"quantity times price, before the discount of '{name}'")
    assert re.search("net_amount:.*# guess", found.text)


@pytest.mark.parametrize(
    "name", ["Zahlbetrag", "brutto", "total", "amount paid", "Endbetrag", "Total", "Gesamtbetrag"]
)
def test_what_was_paid_is_taken_before_a_product_but_not_called_sure(suggest, name):
    found, amount = amount_of(suggest, f"unit price,discount,{name}", "1.5,1,0.5", "2.5,0,2.5")
    assert amount == name
    assert found.says(f"'{name}' as net_amount: a usual name; .*tax")
    assert re.search("net_amount:.*# likely", found.text)


@pytest.mark.parametrize("name", ["tax amount", "MwSt Betrag", "shipping amount"])
def test_tax_and_shipping_are_no_sale(suggest, name):
    _, amount = amount_of(suggest, f"unit price,{name}", "1.5,10", "2.5,0")
    assert amount == {"product": ["qty", "unit price"]}


def test_a_name_that_only_resembles_ours_is_not_sure(suggest):
    found, amount = amount_of(suggest, "ammount", "1.5", "2.5")
    assert amount == "ammount"
    assert not re.search("net_amount:.*# sure", found.text)


@pytest.mark.parametrize(
    ("ours", "names"),
    [
        (
            "transaction_id",
            ["Beleg-Nr", "Beleg-Nr.", "Rechnungsnummer", "Re-Nr", "Re.-Nr.", "RgNr"],
        ),
        ("customer_id", ["Kd-Nr.", "Kd Nr", "KdNr", "KDNR", "Kunden-Nr", "Kundennummer", "Kd.Nr."]),
        ("product_id", ["Art-Nr", "Art.-Nr.", "ArtNr", "Artikelnummer", "Artikel-Nr"]),
        ("occurred_at", ["Belegdatum", "Beleg-Datum", "Re-Datum", "Rechnungsdatum"]),
        ("quantity", ["Menge", "Stk", "Stk.", "Anz.", "Stück"]),
    ],
)
def test_german_names_are_known_with_dots_and_dashes(suggest, ours, names):
    usual = {"transaction_id": "Beleg", "customer_id": "Kunde", "product_id": "Artikel",
             "occurred_at": "Datum", "quantity": "Menge", "net_amount": "Betrag"}  # fmt: skip
    for name in names:
        header = ";".join((usual | {ours: name}).values())
        found = suggest(f"{header}\n1;7;A;2011-12-31;1;5.00\n2;8;B;2012-01-13;2;6.50\n")
        assert found.columns("transactions")[ours] == name
        assert re.search(f"{ours}: .*# sure", found.text)


@pytest.mark.parametrize(
    ("values", "spec"),
    [
        (("1.234,50 €", "-0,99 €"), {"strip": [" €"], "decimal": ",", "thousands": "."}),
        (("€ 4,50", "-€0,99"), {"strip": ["€ ", "€"], "decimal": ","}),
        (("4,50\u00a0EUR", "0,99"), {"strip": ["\u00a0EUR"], "decimal": ","}),
        (("$4.50", "-$0.99"), {"strip": ["$"]}),
        (("£4.50", "£10.99"), {"strip": ["£"]}),
    ],
)
def test_signs_of_currencies_are_left_out(tmp_path, suggest, values, spec):
    rows = "".join(f"{n};7;A;2011-12-31;1;{one}\n" for n, one in enumerate(values))
    found = suggest(f"Beleg;Kunde;Artikel;Datum;Menge;Betrag\n{rows}")
    assert found.columns("transactions")["net_amount"] == {"from": "Betrag", **spec}
    foreign = {"$": "USD", "£": "GBP"}.get(spec["strip"][0])
    assert bool(found.says(f"the sign of {foreign}")) == bool(foreign)
    cents = [line[-1] for line in order_lines(take_in(found, tmp_path))]
    assert cents == [round(float(re.sub(r"[^-\d]", "", one))) for one in values]


def test_signs_of_two_currencies_are_no_amount(suggest):
    _, amount = amount_of(suggest, "amount", "$1.5", "€1.5")
    assert amount is None


@pytest.mark.parametrize("word", ["Summe", "Total", "Gesamt", "Grand Total:", "Gesamtsumme EUR"])
def test_a_line_that_adds_up_is_set_aside(tmp_path, suggest, word):
    content = GERMAN + f"{word};;;;;1.232,49;;\n"
    found = suggest(content, "verkäufe.csv")
    (aside,) = found.tables["transactions"][0]["set_aside"]
    assert (aside["column"], aside["values"]) == ("Belegnummer", [word])
    assert found.says(f"the last row.s. with '{word}' in 'Belegnummer' look like")
    snapshot = take_in(found, tmp_path)
    assert sum(line[-1] for line in order_lines(snapshot)) == 123450 + 99 - 300


def test_a_word_for_totals_that_stands_in_many_rows_is_a_value(suggest):
    found = suggest(GERMAN.replace("A1", "Total").replace("A2", "Total"), "verkäufe.csv")
    assert "set_aside" not in found.tables["transactions"][0]


def test_sheets_that_fit_no_table_are_named_with_the_reason(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "export.xlsx") as book:
        customers = book.add_worksheet("Kunden")
        customers.write_row(0, 0, ["KundenNr", "Ort"])
        customers.write_row(1, 0, ["007", "Köln"])
        weather = book.add_worksheet("Wetter")
        weather.write_row(0, 0, ["Station", "Grad"])
        weather.write_row(1, 0, ["Nord", 3.5])
    found = Suggested(tmp_path, tmp_path / "export.xlsx")
    assert list(found.tables) == ["customers"]
    assert found.says("export.xlsx, sheet 'Wetter' fits no table; .*; looked for .*'Station', 'Gr")


def test_a_file_that_fits_no_table_is_refused_with_what_was_looked_for(suggest):
    with pytest.raises(ParameterError, match=r"No table fits") as caught:
        suggest("station,temperature\nA,1\nB,2\n", "weather.csv")
    assert "looked for customer_id (or customer, customer no" in str(caught.value)
    assert "its columns are 'station', 'temperature'" in str(caught.value)


@pytest.mark.parametrize("name", ["shop.db", "shop.SQLITE", "shop"])
def test_databases_are_shown_the_way(tmp_path, name):
    (tmp_path / name).write_bytes(b"SQLite format 3\0")
    for path in (tmp_path / name, tmp_path):
        with pytest.raises(ParameterError, match=r"`database: CRM_SHOP_URL` names an environment"):
            suggest_mapping(path, settings=SETTINGS)


def test_an_address_is_shown_the_way_and_not_shown(tmp_path):
    with pytest.raises(ParameterError, match=r"docs/mappings\.md") as caught:
        suggest_mapping(Path("postgresql://me:canary@host/shop"), settings=SETTINGS)
    assert "canary" not in str(caught.value)
    with pytest.raises(ParameterError, match="There is no file"):
        suggest_mapping(tmp_path / "none.csv", settings=SETTINGS)


FIT_NO_TABLE = (
    "customerSat.csv", "donations.csv", "session_documents.parquet", "session_times.parquet",
    "basket_items.parquet", "hillstrom.csv", "sales_teams.csv", "areas.csv", "visits.parquet",
    "Customer_Churn.csv", "closed_deals.csv", "online_shoppers_intention.csv",
    "customerRetentionTransactions.csv",
)  # fmt: skip
"""Public files without a column that could be the key of anything of ours."""

SHARED = sorted([*DATA.glob("*/*.csv"), *DATA.glob("*/*.parquet")])


@pytest.mark.skipif(not SHARED, reason="the folder shared/data is not here")
@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.name)
def test_suggestions_for_real_files_load(tmp_path, path):
    """A mapping is refused for nothing but what the suggestion itself calls missing."""
    if path.name in FIT_NO_TABLE:
        with pytest.raises(ParameterError, match=r"No table fits(.|\n)*(looked for|repeats)"):
            suggest_mapping(path, settings=SETTINGS)
        return
    found = Suggested(tmp_path, path)
    missing = {name for sentence in found.unsure
               for name in re.findall(r"no column is known to hold (\w+)", sentence)}  # fmt: skip
    try:
        load_mapping(found.file)
    except CrmlibError as error:
        reasons = str(error).split("\n")[1:]
        assert {re.findall(r"the column (\w+) is missing", one)[0] for one in reasons} == missing
    else:
        assert not missing


@pytest.mark.skipif(not SHARED, reason="the folder shared/data is not here")
@pytest.mark.parametrize(
    ("path", "table", "n_rows"),
    [
        ("cdnow/cdnow_sample.csv", "transactions", 6_919),
        ("olist_funnel/marketing_qualified_leads.csv", "prospects", 8_000),
        ("maven_crm/accounts.csv", "customers", 85),
        ("telco_ibm/telco_churn.csv", "customers", 7_043),
        ("ifood_campaigns/marketing_campaign.csv", "customers", 2_240),
    ],
)
def test_real_files_are_taken_in_without_edits(tmp_path, path, table, n_rows):
    settings = SETTINGS.model_copy(update={"max_quarantined_share": 0.01})
    found = Suggested(tmp_path, DATA / path)
    n_in, n_used, n_aside = counts(take_in(found, (DATA / path).parent, settings), table)
    assert n_in == n_rows
    assert n_used == n_rows - n_aside
    assert n_aside <= n_rows / 100


@pytest.mark.skipif(not SHARED, reason="the folder shared/data is not here")
@pytest.mark.parametrize(
    ("path", "table", "columns"),
    [
        ("cdnow/cdnow_sample.csv", "transactions", ["master_id", "number_of_cds", "dollar_value"]),
        ("cdnow/cdnow_master.parquet", "transactions", ["customer_id", "date", "dollar_value"]),
        ("comcast_complaints/comcast_complaints.csv", "complaints", ["Ticket #", "Date", "Time"]),
        ("olist_funnel/marketing_qualified_leads.csv", "prospects", ["mql_id", "origin"]),
        ("maven_crm/accounts.csv", "customers", ["account", "office_location"]),
        ("maven_crm/sales_pipeline.csv", "transactions", ["opportunity_id", "close_value"]),
        ("groceries_arules/item_hierarchy.csv", "products", ["item_code", "level2"]),
        ("telco_ibm/telco_churn.csv", "customers", ["customerID", "Churn"]),
        ("ifood_campaigns/marketing_campaign.csv", "customers", ["ID", "Year_Birth", "Income"]),
        ("veterans_donors/donor.parquet", "customers", ["ID"]),
    ],
)
def test_real_files_feed_the_right_table(tmp_path, path, table, columns):
    found = Suggested(tmp_path, DATA / path)
    assert list(found.tables) == [table]
    used: set[str] = set()
    for spec in found.columns(table).values():
        source = spec.get("from", []) if isinstance(spec, dict) else spec
        used |= {source} if isinstance(source, str) else set(source)
    assert set(columns) <= used


def test_every_column_of_every_table_is_found_by_its_own_name(tmp_path):
    """Files that have our names need no translation."""
    for name, table in TABLES.items():
        values = {"id": "x{n}", "text": "word{n}", "instant": "2011-04-0{n}T10:00:00Z",
                  "day": "2011-04-0{n}", "integer": "{n}", "number": "{n}.5", "amount": "{n}.5",
                  "flag": "true"}  # fmt: skip
        lines = [",".join(table.names)]
        for n in (1, 2, 3):
            cells = []
            for column in table.columns:
                cells.append(column.values[0] if column.values else values[column.kind].format(n=n))
            lines.append(",".join(cells))
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
        found = Suggested(tmp_path, tmp_path / f"{name}.csv")
        assert found.columns(name) == {one: one for one in table.names}
        load_mapping(found.file)

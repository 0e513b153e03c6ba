"""How other systems name our tables and columns, in English and German, and what they write."""

from __future__ import annotations

import itertools
import re
import unicodedata

__all__ = [
    "CURRENCY",
    "FILE_WORDS",
    "GROSS",
    "PAID",
    "UNIT_PRICE",
    "VALUE_WORDS",
    "column_words",
    "is_discount",
    "is_no_sale",
    "is_percent",
    "simple",
    "without_cents",
]

UNIT_PRICE = (
    "unit price", "price", "price each", "item price", "sales price", "selling price",
    "einzelpreis", "stueckpreis", "preis", "vk preis", "verkaufspreis", "e preis", "stk preis",
    "preis stk", "preis stueck", "preis pro stueck", "price unit", "price per unit",
)  # fmt: skip
"""Names of the price of one unit, from which and the quantity an amount can be computed."""

PAID = (
    "amount paid", "paid amount", "paid", "total paid", "total amount paid", "zahlbetrag",
    "zahlungsbetrag", "gezahlt", "bezahlt", "gezahlter betrag", "bezahlter betrag", "endbetrag",
    "endsumme", "rechnungsbetrag", "rechnungssumme",
)  # fmt: skip
"""Names of what was paid in the end, better than any other amount; tax may be in it."""

GROSS = (
    "brutto", "bruttobetrag", "bruttoumsatz", "betrag brutto", "umsatz brutto", "gesamt brutto",
    "gesamtbrutto", "gross", "total gross", "gross total", "total", "grand total", "order total",
    "total amount", "total price", "total value", "summe", "gesamt", "gesamtsumme", "gesamtbetrag",
    "gesamtpreis", "ges preis",
)  # fmt: skip
"""Names of totals with tax or without, taken where there is nothing better."""

CURRENCY = ("currency", "currency code", "ccy", "waehrung", "waehrungscode", "iso waehrung")
"""Names of the currency of an amount."""

FILE_WORDS = {
    "transactions": "order, sale, invoice, receipt, basket, purchase, retail, transaction, line, "
    "umsatz, umsaetze, bestellung, rechnung, verkauf, verkaeufe, bon, beleg, position, auftrag",
    "customers": "customer, client, account, member, household, donor, kunde, debitor, mitglied, "
    "kundenstamm",
    "products": "product, article, item, assortment, sku, hierarchy, produkt, artikel, sortiment, "
    "artikelstamm",
    "offers": "offer, coupon, promotion, angebot, gutschein",
    "campaigns": "campaign, kampagne, aktion, mailing",
    "assignments": "assignment, target, holdout, zuordnung, zielgruppe",
    "contacts": "contact, call, kontakt, anruf, gespraech",
    "conversions": "conversion, redemption, response, einloesung, reaktion",
    "visits": "visit, session, shopper, web, besuch, sitzung",
    "visit_events": "event, click, clickstream, step, ereignis, klick",
    "prospects": "prospect, lead, funnel, interessent",
    "complaints": "complaint, ticket, case, beschwerde, reklamation",
    "surveys": "survey, satisfaction, answer, umfrage, befragung, zufriedenheit",
    "referrals": "referral, recommendation, empfehlung",
    "memberships": "membership, loyalty, programme, program, mitgliedschaft, kundenkarte",
    "departures": "departure, cancellation, churned, kuendigung, abgang, verlust",
    "spend": "spend, media, werbeausgaben, werbekosten",
    "rates": "rate, exchange, fx, kurs, wechselkurs, devisen",
    "sales_plan": "plan, budget, target, umsatzplan, planung",
}
"""Words in file names that point to a table."""

_EVERYWHERE = {
    "transaction_id": "transaction, transaction number, order, order id, order no, order number, "
    "order nr, invoice, invoice id, invoice no, invoice number, receipt, receipt id, receipt no, "
    "basket, basket id, document number, opportunity id, bon, bon nr, bonnummer, beleg, beleg nr, "
    "belegnummer, rechnung, rechnung nr, rechnungsnr, rechnungsnummer, bestellung, bestell nr, "
    "bestellnr, bestellnummer, bestell id, auftrag, auftrag nr, auftragsnr, auftragsnummer, "
    "vorgangsnummer, vorgangsnr, re nr, re nummer, rg nr, rech nr, rgnummer, renummer, auftr nr, "
    "best nr, bonnr, kassenbon, kassenbon nr, order num, ord no, inv no",
    "customer_id": "customer, customer no, customer number, customer nr, cust id, cust no, client, "
    "client id, account, account id, account number, member id, member no, household, "
    "household id, user id, master id, buyer id, kunde, kunden id, kunden nr, kundennr, "
    "kundennummer, debitor, debitor nr, debitorennummer, mitgliedsnummer, haushalt, kunde nr, "
    "kunde id, kd nr, kd nummer, kd id, kdnummer, kdn, deb nr, debitorennr, mitglieds nr, cust nr, "
    "cust number",
    "product_id": "product, product code, product number, stock code, sku, item, item id, "
    "item code, item no, article, article id, article no, article number, ean, upc, gtin, artikel, "
    "artikel id, artikel nr, artikelnr, artikelnummer, produkt, produkt id, produktnummer, "
    "produkt nr, warennummer, material, materialnummer, art nr, art nummer, artnummer, prod nr, "
    "prod no, prod id, mat nr, material nr, warennr, item nr, art no",
    "occurred_at": "date, datetime, date time, timestamp, order date, invoice date, "
    "transaction date, purchase date, sale date, sales date, close date, sold at, ordered at, "
    "created at, event time, contact date, datum, zeit, zeitpunkt, zeitstempel, bestelldatum, "
    "re datum, rg datum, rech datum, beleg dat, rechnungstag, belegtag, bestelltag, "
    "rechnungsdatum, belegdatum, kaufdatum, verkaufsdatum, buchungsdatum, auftragsdatum, "
    "kontaktdatum, datum uhrzeit",
    "quantity": "qty, units, number of items, number of cds, pieces, order quantity, "
    "menge, anzahl, anz, stueck, stueckzahl, stk, menge stk, menge stueck, menge in stueck, "
    "stk zahl, bestellmenge, verkaufsmenge, absatz",
    "net_amount": "amount, net, revenue, sales, sales value, net sales, line total, "
    "dollar value, spend, turnover, close value, betrag, nettobetrag, betrag netto, "
    "umsatz, nettoumsatz, umsatz netto, netto, netto umsatz, positionsbetrag, warenwert, "
    "nettopreis gesamt, gesamt netto",
    "line_number": "line, line no, line nr, position, pos, item number, position nr, zeile, "
    "positionsnummer, pos nr, positions nr",
    "unit_cost": "cost price, cogs, purchase price, einkaufspreis, ek, ek preis, stueckkosten, "
    "wareneinsatz",
    "margin_amount": "margin, contribution margin, gross margin, profit, deckungsbeitrag, db, "
    "marge, rohertrag",
    "list_amount": "gross amount, list price, gross sales, listenpreis",
    "discount_amount": "discount, rebate, rabatt, nachlass, rabattbetrag, skonto",
    "coupon_id": "coupon, coupon code, voucher, voucher code, gutschein, gutscheincode",
    "channel": "sales channel, order channel, received via, medium, via, kanal, vertriebskanal, "
    "vertriebsweg, verkaufskanal, kontaktkanal, weg",
    "store_id": "store, shop, shop id, branch, store no, filiale, filial nr, filialnummer, markt",
    "region": "sales region, state, province, country, territory, regional office, "
    "office location, gebiet, verkaufsgebiet, bundesland, land, vertriebsregion",
    "currency": ", ".join(CURRENCY),
    "cancelled_transaction_id": "cancelled order, cancels, original order, original invoice, "
    "storno zu, stornierte bestellung, ursprungsbeleg",
    "first_contact_date": "customer since, dt customer, registration date, registered on, "
    "signup date, sign up date, join date, kunde seit, anlagedatum, erstkontakt, "
    "registrierungsdatum, erstellt am",
    "birth_year": "year birth, year of birth, geburtsjahr",
    "kind": "type, customer type, art, typ, kundenart, kundentyp, event, event type, ereignis, "
    "kampagnenart, angebotsart, reaktion",
    "postcode": "zip, zip code, postal code, post code, plz, postleitzahl",
    "household_size": "persons, household members, haushaltsgroesse, personen im haushalt",
    "income_band": "income, annual income, einkommen, einkommensklasse, haushaltseinkommen",
    "account_manager": "sales agent, sales rep, key account manager, representative, betreuer, "
    "kundenbetreuer, vertreter, aussendienst, verkaeufer",
    "consent_email": "email opt in, opt in email, newsletter, email consent, einwilligung email",
    "consent_phone": "phone opt in, opt in phone, werbeeinwilligung telefon",
    "consent_post": "mail opt in, werbeeinwilligung post",
    "category": "product category, product group, department, series, level2, kategorie, "
    "warengruppe, produktgruppe, sortimentsbereich",
    "subcategory": "sub category, product type, level1, unterkategorie, unterwarengruppe",
    "brand": "marke, hersteller, manufacturer",
    "launched_on": "launch date, on sale since, einfuehrungsdatum, im sortiment seit",
    "offer_id": "offer, angebot, angebots nr, angebotsnummer",
    "valid_from": "from, start date, gueltig ab, gueltig von",
    "valid_to": "to, until, end date, gueltig bis",
    "campaign_id": "campaign, campaign no, kampagne, kampagnen id, kampagnen nr, aktion, "
    "aktionsnummer, mailing",
    "starts_on": "start, start date, begin, beginn, startdatum, von",
    "ends_on": "end, end date, ende, enddatum, bis",
    "name": "campaign name, title, bezeichnung, kampagnenname",
    "fixed_cost": "fixkosten, cost, kosten",
    "arm": "segment, group, treatment, variant, test group, gruppe, variante, testgruppe",
    "assigned_at": "assignment date, sent at, mailing date, zugeordnet am, versanddatum",
    "contact_id": "contact, contact no, call id, activity id, kontakt, kontakt id, kontakt nr, "
    "kontaktnummer, anruf id",
    "direction": "inbound outbound, in out, richtung, kontaktrichtung",
    "purpose": "subject, topic, zweck, anlass, betreff",
    "conversion_id": "conversion, redemption id, response id, reaktions id",
    "visit_id": "visit, session, session id, sitzung, sitzung id, besuch, besuch id",
    "visitor_id": "visitor, cookie, cookie id, device id, besucher, besucher id",
    "started_at": "session start, visit start, visit date, start time, entered at, beginn, "
    "besuchsdatum",
    "source": "origin, traffic source, traffic type, lead source, referrer, utm source, herkunft, "
    "quelle, zugangsquelle",
    "position": "step, sequence, hit number, schritt, reihenfolge",
    "term": "search term, query, suchbegriff",
    "prospect_id": "prospect, lead, lead id, mql id, interessent, interessenten nr, "
    "interessentennummer",
    "first_contact_at": "first contact, first contact date, lead date, engage date, created at, "
    "erstkontakt, erfasst am",
    "converted_at": "won date, conversion date, converted on, gewonnen am, abschlussdatum",
    "complaint_id": "complaint no, ticket, ticket id, ticket no, case, case id, case number, "
    "beschwerde nr, beschwerdenummer, reklamation, reklamationsnummer, vorgang, fall nr",
    "opened_at": "date, opened, created at, received at, complaint date, datum, eingangsdatum, "
    "eroeffnet am, beschwerdedatum",
    "reason": "complaint, customer complaint, subject, topic, issue, beschwerde, grund, "
    "beschwerdegrund, anliegen, kuendigungsgrund, churn reason",
    "resolved_at": "closed at, resolved, resolution date, closed date, erledigt am, geloest am",
    "resolution": "status, outcome, loesung, ergebnis",
    "compensation_amount": "compensation, refund, kulanz, erstattung, gutschrift",
    "survey_id": "survey, umfrage, befragung, umfrage id",
    "respondent_id": "respondent, befragter, teilnehmer, teilnehmer id",
    "respondent_kind": "respondent type, teilnehmerart",
    "answered_at": "answer date, response date, date, datum, antwortdatum, befragungsdatum",
    "attribute": "question, item, frage, merkmal",
    "attribute_group": "dimension, question group, fragengruppe, merkmalsgruppe",
    "expectation": "expected, erwartung",
    "perception": "perceived, score, rating, wahrnehmung, bewertung, note",
    "importance": "wichtigkeit, bedeutung",
    "referrer_id": "referrer, referred by, recommender, werber, empfehlender",
    "referred_id": "referred, friend id, geworbener, empfohlener",
    "programme": "program, loyalty program, programm, kundenprogramm",
    "joined_on": "joined, member since, enrolled on, join date, beitritt, mitglied seit, "
    "beitrittsdatum",
    "left_on": "left, departure date, cancellation date, churn date, cancelled on, austritt, "
    "kuendigungsdatum, gekuendigt am, ausgetreten am",
    "tier": "level, status, stufe",
    "points": "loyalty points, punkte, punktestand",
    "week": "week start, week beginning, date, woche, wochenbeginn, kalenderwoche",
    "cost": "spend, costs, media cost, kosten, ausgaben, werbekosten",
    "impressions": "views, kontakte, einblendungen",
    "day": "date, datum, tag, stichtag",
    "rate_to_base": "rate, exchange rate, fx rate, kurs, wechselkurs",
    "period_start": "from, start, start date, month, von, periode von, monat",
    "period_end": "to, end, end date, bis, periode bis",
    "planned_amount": "plan, planned, target, budget, planwert, planumsatz, soll",
}

VALUE_WORDS = {
    ("customers", "kind"): {
        "person": "p, person, private, consumer, individual, b2c, household, privat, privatkunde, "
        "endkunde, privatperson",
        "company": "c, company, business, b2b, corporate, firma, unternehmen, firmenkunde, "
        "geschaeftskunde, gewerbe",
        "reseller": "r, reseller, dealer, retailer, wholesale, haendler, wiederverkaeufer, "
        "grosshandel",
        "public": "public, government, authority, school, behoerde, oeffentlich, kommune, schule",
    },
    ("contacts", "direction"): {
        "in": "in, inbound, incoming, i, eingehend, eingang",
        "out": "out, outbound, outgoing, o, ausgehend, ausgang",
    },
    ("surveys", "respondent_kind"): {
        "customer": "customer, client, kunde, kundin",
        "employee": "employee, staff, mitarbeiter, mitarbeiterin, personal",
    },
    ("visit_events", "kind"): {
        "enter": "enter, start, session start, landing, einstieg",
        "view": "view, page view, pageview, product view, detail, ansicht, seitenaufruf",
        "search": "search, site search, suche",
        "ask": "ask, question, chat, help, frage",
        "basket": "basket, cart, add to cart, addtocart, warenkorb",
        "buy": "buy, purchase, order, checkout, transaction, kauf, bestellung",
        "leave": "leave, exit, end, ausstieg",
    },
}
"""What other systems write where a column of ours allows a few values only."""


def column_words(name: str) -> tuple[str, ...]:
    """Return the simple names under which other systems keep a column of ours, its own first.

    Examples
    --------
    >>> column_words("quantity")[:3]
    ('quantity', 'qty', 'units')
    """
    words = _EVERYWHERE.get(name, "")
    return (name.replace("_", " "), *(word for word in words.split(", ") if word))


def simple(name: str) -> str:
    """Write a name in lower case with plain letters, digits and single spaces.

    Examples
    --------
    >>> simple("CustomerID"), simple("Kunden-Nr."), simple("Währung"), simple("Ticket #")
    ('customer id', 'kunden nr', 'waehrung', 'ticket')
    """
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", unicodedata.normalize("NFC", name)).casefold()
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(letter, plain)
    text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(re.findall(r"[a-z0-9]+", text))


_PERCENT = ("percent", "percentage", "pct", "prozent", "proz", "perc")
_CENTS = ("cents", "cent", "ct", "cts")
_DISCOUNTS = ("discount", "rebate", "rabatt", "nachlass", "skonto")
_NO_SALE = (
    *_DISCOUNTS, "tax", "vat", "mwst", "ust", "steuer", "shipping", "freight", "versand", "fracht",
    "porto", "fee", "gebuehr", "tip", "deposit", "refund", "erstattung", "cost", "kosten",
)  # fmt: skip
_BESIDES = (
    "after", "nach", "ohne", "without", "excl", "exkl", "ex", "inkl", "incl", "including",
    "inclusive", "net", "netto", "zzgl", "plus", "gross", "brutto",
)  # fmt: skip


def is_percent(name: str) -> bool:
    """Say whether a name is that of a share, which is never an amount of money.

    Examples
    --------
    >>> is_percent("Rabatt %"), is_percent("discount_pct"), is_percent("Rabattprozent")
    (True, True, True)
    >>> is_percent("discount")
    False
    """
    return "%" in name or any(token.endswith(_PERCENT) for token in simple(name).split())


def without_cents(name: str) -> str:
    """Take the word for cents out of a simple name.

    Examples
    --------
    >>> without_cents("amount cents"), without_cents("betrag ct"), without_cents("amount in cents")
    ('amount', 'betrag', 'amount')
    >>> without_cents("percent"), without_cents("product")
    ('percent', 'product')
    """
    words = name.split()
    kept = [word for word in words if word not in _CENTS]
    if len(kept) < len(words):
        return " ".join(word for word in kept if word != "in")
    bare = re.sub(r"(?<!per)cents?$", "", name)
    return bare.strip() or name


def is_discount(name: str) -> bool:
    """Say whether a column holds discounts, as an amount or as a share."""
    return any(word in token for token in simple(name).split() for word in _DISCOUNTS)


def is_no_sale(name: str) -> bool:
    """Say whether an amount is tax, shipping, a discount or a cost, by its simple name.

    Examples
    --------
    >>> is_no_sale("tax amount"), is_no_sale("mwst betrag"), is_no_sale("versandkosten")
    (True, True, True)
    >>> is_no_sale("amount incl tax"), is_no_sale("total after discount"), is_no_sale("amount")
    (False, False, False)
    """
    words = name.split()
    tokens = {*words, *(f"{one}{two}" for one, two in itertools.pairwise(words))}  # MwSt
    begins = any(token.startswith(_NO_SALE) or token.endswith("steuer") for token in tokens)
    return begins and not tokens & set(_BESIDES)

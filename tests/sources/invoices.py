"""An invoice export with every fault such exports have, each in a known number of lines."""

import random
from dataclasses import dataclass, field
from decimal import Decimal

HEADER = "InvoiceNo;StockCode;Bezeichnung;Menge;Datum;Preis;Kunde;Land;Währung"
N_ORDERS = 800
PRODUCTS = {
    "85123A": "TEELICHT; WEISS",  # holds the delimiter
    "00423": "CAFÉ-TASSE",
    "22423": "DOSE „GROSS“",
    "1234567890123456789": "KISTE 3 € ½",
}
RATE = Decimal("0.85")


def number(value: Decimal) -> str:
    """A number with decimal comma and a point between thousands."""
    return f"{value:,}".translate(str.maketrans(",.", ".,"))


@dataclass
class Export:
    """Lines of the file, and how many there are of each sort."""

    lines: list[str] = field(default_factory=list)
    n: dict[str, int] = field(default_factory=dict)
    pence_used: int = 0

    def add(self, sort, *, order, product, quantity, price, day, **other):
        fields = {"customer": "17850.0", "land": "England", "currency": "£", **other}
        name = PRODUCTS.get(product, product)
        text = f'"{name}"' if ";" in name else name
        money = other.get("written") or number(price)
        line = [order, product, text, str(quantity), day, money]
        self.lines.append(";".join([*line, fields["customer"], fields["land"], fields["currency"]]))
        self.n[sort] = self.n.get(sort, 0) + 1
        if sort not in ("fee", "ambiguous", "impossible", "no rate", "misprinted"):
            cents = price * 100 * quantity
            if fields["currency"] == "€":
                cents *= RATE
            self.pence_used += int(cents.to_integral_value("ROUND_HALF_UP"))

    def repeat(self, count):
        for line in self.lines[10 : 10 + count]:
            self.lines.append(line)
        self.n["duplicate"] = count

    @property
    def content(self) -> bytes:
        return "\r\n".join([HEADER, *self.lines, ""]).encode("cp1252")


def write_export(seed: int = 7) -> Export:
    """Orders of two branches, of which one writes the month first; then the faults."""
    export = Export()
    add_orders(export, random.Random(seed))
    export.repeat(25)
    add_returns(export)
    for sort, prefix, count, other in FAULTS:
        for k in range(count):
            fields = {"order": f"{prefix}{k:02}", "day": "25/03/2011 8:00", **BASE, **other}
            export.add(sort, **fields)
    return export


BASE = {"product": "85123A", "quantity": 2, "price": Decimal("2.55")}
FAULTS = [
    ("free", 6100, 10, {"price": Decimal("0.00")}),
    ("negative price", 6200, 3, {"price": Decimal("-11.50")}),
    ("fee", 6300, 20, {"product": "POST"}),
    ("fee", 6350, 5, {"product": "BANK CHARGES"}),
    ("ambiguous", 6400, 7, {"day": "03/04/2011 8:00"}),
    ("impossible", 6500, 2, {"day": "31/02/2011 8:00"}),
    ("no rate", 6600, 4, {"currency": "kr"}),
    ("misprinted", 6700, 3, {"written": "12.50"}),
    ("same day and month", 6800, 1, {"day": "03/03/2011 8:00"}),
]


def add_orders(export: Export, draw: random.Random) -> None:
    for number_of_order in range(N_ORDERS):
        month, day = draw.randint(1, 10), draw.randint(13, 28)
        date = f"{day}/{month:02}/2011 9:05" if number_of_order % 2 else f"{month}/{day}/2011 14:30"
        where = {"land": "Österreich", "currency": "€"} if number_of_order % 5 == 0 else {}
        customer = "" if number_of_order % 40 == 3 else f"{12_000 + draw.randint(0, 300)}.0"
        for product in draw.sample(list(PRODUCTS), draw.choice([1, 2, 3, 4])):
            export.add(
                "sale" if customer else "anonymous",
                order=str(536_000 + number_of_order),
                product=product,
                quantity=draw.randint(1, 12),
                price=Decimal(draw.randint(100, 250_000)) / 100,
                day=date,
                customer=customer,
                **where,
            )


def add_returns(export: Export) -> None:
    """Cancelled orders, of which two cancel nothing; orders in which a product comes twice."""
    for k in range(30):
        order = f"C{536_000 + k}" if k < 28 else f"C9999{k}"
        line = BASE | {"order": order, "quantity": -2}
        export.add("cancelled", **line, day="28/11/2011 8:00")
    for k in range(15):
        for quantity in (3, 4):
            line = BASE | {"order": f"6000{k:02}", "quantity": quantity}
            export.add("twice", **line, day="25/03/2011 8:00")


def write_rates() -> str:
    """One rate per week, of euros only."""
    days = [f"2011-{month:02}-{day:02}" for month in range(1, 13) for day in (1, 7, 14, 21, 28)]
    return "day,currency,rate\n" + "".join(f"{day},EUR,{RATE}\n" for day in days)

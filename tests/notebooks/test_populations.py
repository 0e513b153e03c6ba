"""Shops with next to no data: every notebook finishes, and says what it cannot say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

PROJECT = Path(__file__).resolve().parents[2]
COLUMNS = ["transaction_id", "customer_id", "product_id", "occurred_at", "quantity", "net_amount"]

pytestmark = [pytest.mark.notebooks, pytest.mark.xdist_group("populations")]


def lines(customers, days, *, amount=10.0):
    """One order per customer and day."""
    rows = [
        (f"t{customer}-{day}", customer, "p", f"{day}T12:00:00Z", 1 if amount > 0 else -1, amount)
        for customer in customers
        for day in days
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


YEAR = [f"2024-{month:02d}-15" for month in range(1, 13)]
POPULATIONS = {
    "one order": lines(["a"], ["2024-12-15"]),
    "one customer, a year": lines(["a"], YEAR),
    "two customers, one week": lines(["a", "b"], ["2024-12-09", "2024-12-15"]),
    "all lapsed but one": pd.concat([lines("abcdef", ["2023-01-15"]), lines("z", ["2024-12-15"])]),
    "returns only": lines("abc", YEAR, amount=-5.0),
    "anonymous only": lines([""], YEAR),
    "all alike": lines("abcdefgh", YEAR),
    "three months": lines(
        "abcdefgh", [f"2024-{m:02d}-{d:02d}" for m in (9, 10, 11) for d in (3, 17)]
    ),
    "free of charge": lines("abc", YEAR, amount=0.0),
}
UNFIT = re.compile(r"\bnan\b|\binf\b|\bNone\b|<NA>|-?0 of 0|Traceback")


@pytest.mark.parametrize("name", POPULATIONS)
def test_report_of(name, tmp_path):
    shop = tmp_path / "shop"
    shop.mkdir()
    POPULATIONS[name].to_csv(shop / "transactions.csv", index=False)
    (tmp_path / "notebooks").symlink_to(PROJECT / "notebooks")
    (tmp_path / "crm.yaml").write_text("source: shop\ncurrency: EUR\n", encoding="utf-8")
    done = subprocess.run(
        [str(Path(sys.executable).with_name("crm")), "run"],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "reports/latest/report.html").read_text(encoding="utf-8")
    words = re.sub(r"<style.*?</style>|<[^>]+>|data:[^\"]*", " ", page, flags=re.DOTALL)
    found = UNFIT.search(words)
    assert not found, words[max(0, found.start() - 200) : found.end() + 100]

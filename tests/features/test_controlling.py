"""Sums of controlling by hand: windows, squares over customers, causes that leave nothing over."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from crmlib.features.collect import collect
from crmlib.features.controlling import cell_sales, change_cube, month_sales
from crmlib.periods import Window

NOW, BEFORE = Window(100, 199), Window(0, 99)
NAMES = ["transaction_id", "customer_id", "product_id", "occurred_day", "quantity", "net_cents"]


@pytest.fixture
def lines() -> pd.DataFrame:
    rows = [
        ("1", "stays", "p", 10, 2.0, 1000),  # 500 a unit
        ("2", "stays", "p", 110, 3.0, 1800),  # 600 a unit: price +300
        ("3", "stays", "q", 120, 1.0, 400),  # never bought before: no price
        ("4", "lost", "p", 20, 1.0, 700),
        ("5", "new", "q", 130, 1.0, 900),
        ("6", "new", "q", 140, -1.0, -100),
        ("7", None, "p", 50, 1.0, 500),
        ("8", None, "p", 150, 1.0, 600),
        ("9", "stays", "p", 160, -1.0, -600),  # a return of somebody who stays
        ("10", "back", "p", 30, -1.0, -50),  # only ever returned: stays
    ]
    return pd.DataFrame(rows, columns=NAMES).assign(region="North")


def cube(lazy, lines, **options):
    return collect(change_cube(lazy(lines), **{"by": ["region"]} | options, current=NOW,
                               before=BEFORE))  # fmt: skip


def test_causes_by_hand(lazy, lines):
    row = cube(lazy, lines).iloc[0]
    assert row["now_cents"] == 1800 + 400 + 900 - 100 + 600 - 600
    assert row["before_cents"] == 1000 + 700 + 500 - 50
    assert (row["new_cents"], row["lost_cents"]) == (800, -700)
    assert row["returns_cents"] == -600 + 50
    assert (row["kept_now_cents"], row["kept_before_cents"]) == (2800, 1500)
    assert (row["n_lines"], row["n_lines_before"]) == (3, 2)
    # p: 1500 / 3 units before, 2400 / 4 units now, of those who stay and the anonymous
    assert row["price_cents"] == pytest.approx(4 * (600 - 500))


def test_nothing_is_left_over_in_any_part(lazy):
    rng = np.random.default_rng(3)
    n = 400
    lines = pd.DataFrame(
        {
            "transaction_id": rng.integers(0, 200, n).astype(str),
            "customer_id": rng.choice(["a", "b", "c", "d", None], n),
            "product_id": rng.choice(list("pqrs"), n),
            "occurred_day": rng.integers(0, 200, n),
            "quantity": rng.choice([-1.0, 0.0, 1.0, 2.5], n),
            "net_cents": rng.integers(-500, 5_000, n),
            "channel": rng.choice(["shop", "online"], n),
        }
    )
    found = cube(lazy, lines, by=["channel", "region"])
    assert found["channel"].tolist() == ["online", "shop"]
    kept = found["kept_now_cents"] - found["kept_before_cents"]
    causes = found[["new_cents", "lost_cents", "returns_cents"]].sum(axis=1) + kept
    assert (causes == found["now_cents"] - found["before_cents"]).all()


def test_cells_and_their_squares_by_hand(lazy, lines):
    windows = {"year": Window(0, 199), "current": NOW, "before": BEFORE}
    products = pd.DataFrame({"product_id": ["p", "q"], "category": ["Tea", "Wine"]})
    by = [["category"], ["account_manager"], ["category", "region"]]
    found = collect(cell_sales(lazy(lines), lazy(products), by=by, **windows))
    assert found.groupby("dimension").size().to_dict() == {
        "category": 2, "category x region": 2, "total": 1,
    }  # fmt: skip
    total = found.set_index("dimension").loc["total"]
    assert total["now_cents"] == 3000
    stays, new, anonymous = 1800 + 400 - 600, 800, 600
    assert total["now_squared"] == stays**2 + new**2 + anonymous**2
    assert total["now_before"] == stays * 1000  # each anonymous order is somebody else
    assert total["n_customers"] == 3
    wine = found.set_index("part").loc["Wine"]
    assert (wine["year_cents"], wine["year_squared"]) == (400 + 800, 400**2 + 800**2)
    assert wine["year_total"] == 400 * (1000 + stays) + 800 * 800
    assert found.set_index("part").loc["Wine / North", "year_cents"] == 1200


def test_months_of_a_window(lazy, lines):
    found = collect(month_sales(lazy(lines), window=Window(31, 130)))
    assert found["month"].tolist() == [12 * 1970 + 1, 12 * 1970 + 3, 12 * 1970 + 4]
    assert found["net_cents"].tolist() == [500, 1800, 400 + 900]

"""Whether gaps that were more expected closed more often: by hand, coverage, and no effect."""

import numpy as np
import pandas as pd
import pytest

from crmlib.errors import SchemaError
from crmlib.evaluation.intervals import wilson_interval
from crmlib.evaluation.white_spots import bought_by_band, flagged_against_matched


def gaps(rng, *, n_customers=600, n_items=8, effect=0.0) -> pd.DataFrame:
    """Gaps of customers who differ as wholes; white spots close more often by `effect`."""
    customer = np.repeat(np.arange(n_customers), n_items)
    item = np.tile(np.arange(n_items), n_customers)
    spend = rng.lognormal(5, 1, n_customers)[customer]
    expected = rng.beta(2, 2, len(customer))
    base = rng.beta(2, 18, n_customers)[customer] * (1 + item / n_items)
    closes = rng.random(len(customer)) < base + effect * (expected >= 0.5)
    return pd.DataFrame(
        {
            "customer_id": customer.astype(str),
            "item": item.astype(str),
            "expected_rate": expected,
            "next_rate": base,
            "spend_amount": spend,
            "is_ahead": closes,
        }
    )


def test_bands_by_hand():
    cells = pd.DataFrame(
        {
            "customer_id": list("abcdef"),
            "item": "x",
            "expected_rate": [0.05, 0.1, 0.3, 0.3, 0.3, 1.0],
            "next_rate": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
            "is_ahead": [False, False, True, True, False, True],
        }
    )
    table = bought_by_band(cells).set_index("band")
    assert table.index.tolist() == ["0 to 10 %", "10 to 25 %", "25 to 50 %", "75 to 100 %"]
    middle = table.loc["25 to 50 %"]
    assert middle[["n_cells", "n_customers"]].tolist() == [3, 3]
    assert middle["promised_rate"] == pytest.approx(0.4)
    assert middle["bought_rate"] == pytest.approx(2 / 3)
    ends = wilson_interval([2], [3]).iloc[0]
    assert middle[["bought_low_rate", "bought_high_rate"]].tolist() == pytest.approx(list(ends))


def test_customers_who_differ_as_wholes_widen_the_interval():
    cells = gaps(np.random.default_rng(1)).assign(expected_rate=0.3)
    alone = bought_by_band(cells.assign(customer_id=np.arange(len(cells)).astype(str))).iloc[0]
    together = bought_by_band(cells).iloc[0]
    width = [one["bought_high_rate"] - one["bought_low_rate"] for one in (alone, together)]
    assert width[1] > 1.03 * width[0]


def test_difference_against_matched_by_hand():
    """Two items; five unexpected gaps of each, of which none and three closed."""
    cells = pd.DataFrame(
        {
            "customer_id": [str(k) for k in range(14)],
            "item": ["x"] * 7 + ["y"] * 7,
            "expected_rate": ([0.9] * 2 + [0.1] * 5) * 2,
            "next_rate": 0.1,
            "spend_amount": 1.0,
            "is_ahead": [1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0],
        }
    )
    found = flagged_against_matched(cells.astype({"is_ahead": bool}), min_expected=0.5)
    assert found["n_white_spots"] == 4
    assert found["white_spot_rate"] == pytest.approx(0.75)
    assert found["matched_rate"] == pytest.approx((2 * 0 + 2 * 0.6) / 4)
    assert found["difference_share"] == pytest.approx(0.45)


def share_outside(n_repetitions, effect=0.0):
    rng = np.random.default_rng(2)
    found = [
        flagged_against_matched(gaps(rng, n_customers=200, effect=effect), min_expected=0.5)
        for _ in range(n_repetitions)
    ]
    return np.mean([not one["low_share"] <= effect <= one["high_share"] for one in found])


def test_interval_covers_nought_where_nothing_is_planted():
    assert share_outside(60) <= 0.13


@pytest.mark.slow
@pytest.mark.parametrize("effect", [0.0, 0.1])
def test_interval_covers(effect):
    assert share_outside(400, effect) == pytest.approx(0.05, abs=0.025)


def test_without_a_gap_or_a_match_there_is_no_difference():
    cells = gaps(np.random.default_rng(3), n_customers=30)
    for none in (cells.head(0), cells.assign(expected_rate=0.9)):
        found = flagged_against_matched(none, min_expected=0.5)
        assert found["n_white_spots"] == 0
        assert pd.isna(found["difference_share"])
    assert bought_by_band(cells.head(0)).empty
    with pytest.raises(SchemaError, match="next_rate"):
        bought_by_band(cells.drop(columns="next_rate"))

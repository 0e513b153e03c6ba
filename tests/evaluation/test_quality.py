"""Data quality verdicts at and beyond every limit."""

import pandas as pd
import pytest

from crmlib.evaluation.quality import quality_checks, worst


def checks(**changes):
    tables = pd.DataFrame(
        {
            "table": ["transactions"],
            "rows_in": [1000],
            "rows_used": [1000 - changes.pop("refused", 0)],
            "rows_quarantined": [changes.pop("set_aside", 0)],
            "rows_excluded": [changes.pop("excluded", 0)],
            "rows_deduplicated": [0],
            "reconciles": [changes.pop("reconciles", True)],
        }
    )
    silent = changes.pop("silent", ())
    days = [day for day in range(101) if day not in silent]
    arguments = {
        "as_of_day": 100,
        "max_stale_days": 14,
        "n_overrides": 0,
    } | changes
    daily = pd.DataFrame({"occurred_day": days})
    gaps = {kind: arguments.pop(kind, 0) for kind in ("orphan", "anonymous")} | {"all": 1000}
    return quality_checks(tables, daily, gaps, **arguments)


def test_good_data_pass_every_check():
    assert set(checks()["verdict"]) == {"PASS"}


@pytest.mark.parametrize(
    ("changes", "row", "verdict"),
    [
        ({"reconciles": False}, 0, "FAIL"),
        ({"as_of_day": 114}, 1, "PASS"),
        ({"as_of_day": 115}, 1, "FAIL"),
        ({"silent": range(40, 75)}, 2, "PASS"),
        ({"silent": range(40, 76)}, 2, "REVIEW"),
        ({"set_aside": 1, "refused": 1}, 3, "REVIEW"),
        ({"set_aside": 1, "refused": 1, "excluded": 1}, 3, "PASS"),
        ({"orphan": 11}, 4, "REVIEW"),
        ({"anonymous": 201}, 5, "REVIEW"),
        ({"n_overrides": 1}, 6, "REVIEW"),
    ],
)
def test_each_limit(changes, row, verdict):
    assert checks(**changes)["verdict"].iloc[row] == verdict


def test_the_gravest_verdict_counts():
    assert worst(pd.Series(["PASS", "FAIL", "REVIEW"])) == "FAIL"
    assert worst(pd.Series([], dtype=str)) == "PASS"

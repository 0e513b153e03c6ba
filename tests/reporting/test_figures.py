"""Charts: a finding, an alternative text, bars from nought, the same bytes for the same data."""

import matplotlib as mpl
import pandas as pd
import pytest

from crmlib.errors import ParameterError
from crmlib.reporting import figures, theme

FRAMES = {
    "weekly_sales": pd.DataFrame(
        {"week_ends_on": ["2024-01-07", "2024-01-14"], "net_amount": [100.0, 90.0]}
    ),
    "stage_customers": pd.DataFrame(
        {
            "stage": ["new", "lapsed"],
            "n_customers": [1, 3],
            "customer_share": [0.25, 0.75],
            "net_share": [0.5, 0.5],
        }
    ),
    "cohort_retention": pd.DataFrame(
        {
            "months_since": [1, 2],
            "retention_rate": [0.5, 0.4],
            "low_rate": [0.4, 0.2],
            "high_rate": [0.6, 0.6],
        }
    ),
    "growth_bridge": pd.DataFrame(
        {
            "group": ["won", "grown", "unchanged", "shrunk", "lost"],
            "n_customers": [1, 2, 0, 2, 1],
            "change_amount": [5.0, 9.0, 0.0, -3.0, -1.0],
        }
    ),
    "lorenz": pd.DataFrame({"customer_share": [0, 0.1, 0.5, 1], "net_share": [0, 0.4, 0.8, 1.0]}),
    "sales_at_risk": pd.DataFrame(
        {"abc_class": ["A", "B"], "net_amount": [50.0, 30.0], "quiet_amount": [5.0, 6.0]}
    ),
    "rows_by_table": pd.DataFrame(
        {
            "table": ["transactions"],
            "rows_in": [10],
            "rows_used": [8],
            "rows_quarantined": [1],
            "rows_deduplicated": [1],
        }
    ),
}
OPTIONS = {
    "growth_bridge": {"period": "now"},
    "lorenz": {"gini": {"value": 0.5, "low": 0.4, "high": 0.6}},
}


def draw(name):
    options = OPTIONS.get(name, {})
    return getattr(figures, name)(FRAMES[name], as_of="2024-01-14", currency="USD", **options)


def test_every_chart_of_the_library_is_tested():
    assert set(figures.__all__) == set(FRAMES)


@pytest.mark.parametrize("name", FRAMES)
def test_chart_says_what_it_shows(name):
    ax = draw(name)
    finding, subtitle, alt = theme.described(ax)
    assert any(char.isdigit() for char in finding)
    assert subtitle
    assert len(alt) > len("Line of sales")
    assert ax.get_xlabel() or ax.get_ylabel() or name == "rows_by_table"


@pytest.mark.parametrize("name", FRAMES)
def test_same_data_same_bytes(name):
    first, second = theme.svg_of(draw(name)), theme.svg_of(draw(name))
    assert first == second
    assert first.startswith("<?xml")


@pytest.mark.parametrize("name", ["growth_bridge", "sales_at_risk", "rows_by_table"])
def test_bars_start_at_nought(name):
    ax = draw(name)
    low, high = ax.get_xlim() if name == "rows_by_table" else ax.get_ylim()
    assert low <= 0 <= high


def test_drawing_leaves_the_global_settings_alone():
    before = dict(mpl.rcParams)
    theme.svg_of(draw("lorenz"))
    assert dict(mpl.rcParams) == before


def test_axes_without_a_figure_are_refused():
    ax = draw("lorenz")
    ax.remove()
    with pytest.raises(ParameterError, match="belong to no figure"):
        theme.svg_of(ax)

"""Charts: a finding, an alternative text, bars from nought, the same bytes for the same data."""

import importlib
import pkgutil

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from crmlib.errors import ParameterError
from crmlib.reporting import drawing, figures, theme
from tests.reporting import charts

MODULES = [module.name for module in pkgutil.iter_modules(figures.__path__)]
FRAMES = {
    (module.name, name): frame
    for module in pkgutil.iter_modules(charts.__path__)
    for name, frame in importlib.import_module(f"{charts.__name__}.{module.name}").FRAMES.items()
}
ALL = pytest.mark.parametrize("chart", FRAMES, ids=".".join)


def draw(chart):
    module, name = chart
    options = importlib.import_module(f"{charts.__name__}.{module}").OPTIONS.get(name, {})
    function = getattr(importlib.import_module(f"{figures.__name__}.{module}"), name)
    return function(FRAMES[chart], as_of="2024-01-14", currency="USD", **options)


def test_every_chart_of_the_library_is_tested():
    drawn = {
        (module, name)
        for module in MODULES
        for name in importlib.import_module(f"{figures.__name__}.{module}").__all__
    }
    assert drawn == set(FRAMES)


@ALL
def test_chart_says_what_it_shows(chart):
    ax = draw(chart)
    finding, subtitle, alt = theme.described(ax)
    assert any(char.isdigit() for char in finding)
    assert subtitle
    assert len(alt) > len("Line of sales")
    assert ax.get_xlabel() or ax.get_ylabel() or chart[1] == "rows_by_table"


@ALL
def test_same_data_same_bytes(chart):
    first, second = theme.svg_of(draw(chart)), theme.svg_of(draw(chart))
    assert first == second
    assert first.startswith("<?xml")


@ALL
def test_chart_leaves_its_data_alone(chart):
    before = FRAMES[chart].copy()
    draw(chart)
    assert FRAMES[chart].equals(before)


@ALL
def test_a_chart_without_data_says_why(chart):
    """An empty frame of the same columns is drawn as a sentence or as an empty chart."""
    module, name = chart
    options = importlib.import_module(f"{charts.__name__}.{module}").OPTIONS.get(name, {})
    function = getattr(importlib.import_module(f"{figures.__name__}.{module}"), name)
    ax = function(FRAMES[chart].iloc[:0], as_of="2024-01-14", currency="USD", **options)
    assert theme.described(ax)[0]
    assert "nan" not in " ".join(theme.described(ax))


@ALL
def test_bars_start_at_nought(chart):
    ax = draw(chart)
    bars = [one for one in ax.patches if isinstance(one, Rectangle) and one.get_width()]
    for low, high, starts in (
        (*ax.get_xlim(), {bar.get_x() for bar in bars}),
        (*ax.get_ylim(), {bar.get_y() for bar in bars}),
    ):
        if bars and starts == {0.0}:
            assert low <= 0 <= high


def test_drawing_leaves_the_global_settings_alone():
    before = dict(mpl.rcParams)
    theme.svg_of(draw(("concentration", "lorenz")))
    assert dict(mpl.rcParams) == before


def test_axes_without_a_figure_are_refused():
    ax = draw(("concentration", "lorenz"))
    ax.remove()
    with pytest.raises(ParameterError, match="belong to no figure"):
        theme.svg_of(ax)


def test_a_chart_that_cannot_be_drawn_takes_a_line_not_the_room_of_a_chart():
    ax = drawing.nothing_to_draw(theme.new_axes(None), why="Too few (need 9)", as_of="2024-01-14")
    assert ax.figure.get_figheight() < 0.5
    assert theme.described(ax)[0] == "Too few (need 9)"


@pytest.mark.parametrize("n_groups", [1, 2, 8])
def test_legend_of_shares_lies_over_no_bar(n_groups):
    groups = pd.DataFrame(
        {"name": [f"g{k}" for k in range(n_groups)], "customer_share": 1.0, "net_share": 1.0}
    )
    ax = theme.new_axes(None)
    drawing.share_pairs(ax, groups, names="name")
    ax.figure.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert not [bar for bar in ax.patches if bar.get_window_extent().overlaps(legend)]


def test_no_bar_of_the_bridge_is_cut():
    ax = draw(("controlling", "change_bridge"))
    low, high = ax.get_ylim()
    ends = [end for bar in ax.patches for end in (bar.get_y(), bar.get_y() + bar.get_height())]
    assert high > max(ends)
    assert low <= min(*ends, 0.0)

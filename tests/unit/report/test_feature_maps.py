"""Pictures of what networks make of maps."""

import numpy as np
import pytest

from protfold.report import plot_bars, plot_influence, plot_maps


def test_every_map_has_a_panel_and_its_title() -> None:
    figure = plot_maps({f"map {place}": np.eye(4) for place in range(7)}, columns=5)
    shown = [axes.get_title() for axes in figure.axes if axes.get_visible()]
    assert shown == [f"map {place}" for place in range(7)]


def test_influence_is_relative_and_what_is_too_weak_is_left_out() -> None:
    values = np.array([[8.0, 8e-3], [8e-7, 0.0]])
    drawn = plot_influence({"one": values}, pixel=(0, 1)).axes[0]
    image = np.ma.filled(drawn.images[0].get_array(), np.nan)
    np.testing.assert_allclose(image, [[1.0, 1e-3], [np.nan, np.nan]])
    assert drawn.lines[0].get_xydata().tolist() == [[1, 0]]


def test_no_influence_at_all_is_no_error() -> None:
    assert np.isnan(
        np.ma.filled(plot_influence({"none": np.zeros((3, 3))}, pixel=(0, 0)).axes[0].images[0].get_array(), np.nan)
    ).all()


@pytest.mark.parametrize("series", [["a"], ["a", "b"]])
def test_bars_have_their_lengths(series: list[str]) -> None:
    axes = plot_bars({"x": [1.0, 3.0][: len(series)], "y": [2.0, 4.0][: len(series)]}, series=series, label="s").axes[0]
    assert [bar.get_width() for bar in axes.patches] == [1.0, 2.0, 3.0, 4.0][: 2 * len(series)]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["x", "y"]

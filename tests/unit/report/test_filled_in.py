"""The picture of maps with pieces missing."""

import io

import numpy as np
from PIL import Image

from protfold.report import figure_to_png, plot_filled_in


def test_a_row_a_chain_with_the_values_it_was_given() -> None:
    rng = np.random.default_rng(0)
    true = rng.random((20, 20))
    left = np.where(rng.random((20, 20)) < 0.5, np.nan, true)
    filled = true + 0.1
    figure = plot_filled_in({"first": (true, left, filled), "second": (true, left, true)})
    maps = [axes for axes in figure.axes if axes.get_images() and axes.get_label() != "<colorbar>"]
    assert [axes.get_title() for axes in maps[:4]] == ["map", "what is left", "filled in", "error"]
    assert [axes.get_ylabel() for axes in maps[::4]] == ["first", "second"]
    shown = [np.ma.filled(axes.get_images()[0].get_array().astype(float), np.nan) for axes in maps]
    np.testing.assert_array_equal(shown[1], left)
    np.testing.assert_allclose(shown[3], 0.1)
    assert not shown[7].any()
    first, second = (
        figure_to_png(figure),
        figure_to_png(plot_filled_in({"first": (true, left, filled), "second": (true, left, true)})),
    )
    assert first == second
    assert Image.open(io.BytesIO(first)).text == {}

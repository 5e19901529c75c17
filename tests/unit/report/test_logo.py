"""Letters of a logo are as high as the closed form says, stand on each other, and are found where their residue is."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch, Rectangle

from protfold.constants.residues import RESIDUES
from protfold.report import figure_to_png
from protfold.report.logo import FIXED_COLOR, LogoChain, logo_heights, plot_logo


def chain(probabilities: np.ndarray, **changed: object) -> LogoChain:
    count = len(probabilities)
    plain = {"name": "A", "numbers": tuple(map(str, range(1, count + 1))), "native": "A" * count, "fixed": np.zeros(count, bool)}
    return LogoChain(probabilities=probabilities, **(plain | changed))  # type: ignore[arg-type]


def rows_of(*types: str) -> np.ndarray:
    """Residues that are each of some types with equal probability."""
    return np.array([[(letter in one) / len(one) for letter in RESIDUES] for one in types])


def letters_of(axes: Axes) -> dict[tuple[str, int], tuple[float, float]]:
    """Bottom and top of each letter drawn, by letter and place."""
    found = {}
    for patch in axes.patches:
        if isinstance(patch, PathPatch) and patch.get_gid():
            for polygon in patch.get_path().to_polygons(closed_only=False):
                place = round(float(polygon[:, 0].mean()))
                key = (patch.get_gid(), place)
                low, high = found.get(key, (np.inf, -np.inf))
                found[key] = (min(low, float(polygon[:, 1].min())), max(high, float(polygon[:, 1].max())))
    return found


def test_information_has_a_closed_form() -> None:
    """Of k equal types: log2(20 / k) bits in all, and each letter its share."""
    for types in ("W", "LI", "DENQ", RESIDUES):
        heights = logo_heights(rows_of(types))[0]
        assert heights.sum() == pytest.approx(np.log2(20 / len(types)))
        assert [heights[RESIDUES.index(letter)] for letter in types] == pytest.approx(
            [np.log2(20 / len(types)) / len(types)] * len(types)
        )
    assert logo_heights(rows_of("LI"), unit="probability")[0].sum() == 1.0


@pytest.mark.parametrize("unit", ["bits", "probability"])
def test_letters_drawn_are_as_high_as_that_and_stacked(unit: str) -> None:
    probabilities = np.random.default_rng(1).dirichlet(np.full(20, 0.3), 7)
    axes = plot_logo([chain(probabilities)], unit=unit).axes[0]  # type: ignore[arg-type]
    heights, drawn = logo_heights(probabilities, unit=unit), letters_of(axes)  # type: ignore[arg-type]
    maximum = axes.get_ylim()[1]
    assert maximum == pytest.approx(np.log2(20) if unit == "bits" else 1.0)
    for place in range(7):
        order = np.argsort(heights[place])
        tops = dict(zip(order.tolist(), np.cumsum(heights[place][order]).tolist(), strict=True))
        for code, letter in enumerate(RESIDUES):
            if heights[place, code] >= 0.004 * maximum:
                low, high = drawn[letter, place + 1]
                assert high - low == pytest.approx(heights[place, code], rel=1e-3)
                assert high == pytest.approx(tops[code], rel=1e-3)
            else:
                assert (letter, place + 1) not in drawn


def test_rows_hold_all_residues_with_numbers_and_native_types() -> None:
    probabilities = rows_of(*["LI"] * 23)
    numbers = tuple(f"{number}" for number in range(95, 118))
    figure = plot_logo([chain(probabilities, numbers=numbers, native="ACDEFGHIKLMNPQRSTVWYACD")], residues_a_row=10)
    assert len(figure.axes) == 3
    natives = "".join(text.get_text() for axes in figure.axes for text in axes.texts)
    assert natives == "ACDEFGHIKLMNPQRSTVWYACD"
    ticks = [(axes.get_xticks()[i], label.get_text()) for axes in figure.axes for i, label in enumerate(axes.get_xticklabels())]
    assert ticks == [(1, "95"), (6, "100"), (1, "103"), (8, "110"), (1, "111")]


def test_fixed_residues_are_marked_and_rows_of_nothing_else_left_out() -> None:
    probabilities = rows_of(*["LI"] * 20)
    fixed = np.arange(20) < 12
    figure = plot_logo([chain(probabilities, fixed=fixed)], residues_a_row=10)
    (axes,) = figure.axes
    grey = [patch.get_x() + 0.5 for patch in axes.patches if isinstance(patch, Rectangle)]
    assert grey == [1, 2]
    assert figure.legends[0].get_texts()[-1].get_text() == "fixed"
    assert FIXED_COLOR.lower() == "#dcdcdc"
    assert len(plot_logo([chain(probabilities, fixed=np.ones(20, bool))], residues_a_row=10).axes) == 2


def test_a_residue_without_probabilities_is_empty_and_a_name_is_no_formula() -> None:
    probabilities = rows_of("L", "L", "L")
    probabilities[1] = np.nan
    figure = plot_logo([chain(probabilities, name="$x^$"), chain(probabilities)])
    assert {place for _, place in letters_of(figure.axes[0])} == {1, 3}
    assert figure_to_png(figure).startswith(b"\x89PNG")

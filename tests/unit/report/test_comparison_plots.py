"""Pictures beside a known structure, checked by what they hold."""

import numpy as np
import pytest

from protfold.metrics.comparison import compare_structures
from protfold.metrics.contacts import contacts, pseudo_beta
from protfold.report import figure_to_png, plot_contacts_beside, plot_distance_error, plot_lddt
from protfold.report.comparison_plots import plot_contact_pair
from tests.support.examples import example, warped


def legend_of(figure: object) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]  # type: ignore[attr-defined]


def test_native_stands_above_and_right_and_wrong_predictions_below() -> None:
    native, predicted = np.zeros((10, 10), bool), np.zeros((10, 10), bool)
    for first, second in ((0, 7), (1, 8), (2, 9)):
        native[first, second] = native[second, first] = True
    for first, second in ((0, 7), (0, 8), (0, 3)):  # right, wrong, too near along the chain to count
        predicted[first, second] = predicted[second, first] = True
    figure = plot_contact_pair(native, predicted, np.ones(10, bool))
    drawn = np.asarray(figure.axes[0].images[0].get_array())
    assert {(row, column): int(drawn[row, column]) for row, column in np.argwhere(drawn)} == {
        (0, 7): 1,
        (1, 8): 1,
        (2, 9): 1,
        (7, 0): 2,
        (8, 0): 3,
    }
    assert legend_of(figure) == ["native: 3", "predicted, and native: 1", "predicted, not native: 1"]


def test_residues_that_cannot_be_compared_are_left_out() -> None:
    every = np.ones((10, 10), bool)
    known = np.arange(10) < 5
    drawn = np.asarray(plot_contact_pair(every, every, known).axes[0].images[0].get_array())
    assert not drawn.any()


def test_a_structure_beside_itself_has_all_contacts_right_and_no_error() -> None:
    protein = example("1lcd_A")
    comparison = compare_structures(protein, protein)
    points, known = pseudo_beta(protein.aatype, protein.atom37_positions, protein.atom37_mask)
    far = np.subtract.outer(np.arange(len(protein)), np.arange(len(protein))) >= 6
    number = int((contacts(points.astype(float)) & known[:, None] & known & far).sum())
    texts = legend_of(plot_contacts_beside(comparison))
    assert texts == [f"native: {number}", f"predicted, and native: {number}", "predicted, not native: 0"]
    error = np.asarray(plot_distance_error(comparison).axes[0].images[0].get_array())
    assert np.nanmax(np.abs(error)) == 0.0
    assert "measured, whole 100" in legend_of(plot_lddt(comparison))[0]


def test_a_part_is_drawn_at_its_residues_of_the_reference() -> None:
    protein = example("1lcd_A")
    part = warped(protein, 2.0).select(np.arange(20, 45))
    comparison = compare_structures(part, protein)
    error = np.ma.filled(plot_distance_error(comparison).axes[0].images[0].get_array(), np.nan)
    assert np.isfinite(error[20:45, 20:45]).all()
    assert np.isnan(error[:20]).all()
    lines = plot_lddt(comparison, plddt=np.full(25, 80.0)).axes[0].lines
    told = np.asarray(lines[-1].get_ydata())
    assert np.flatnonzero(np.isfinite(told)).tolist() == list(range(20, 45))


@pytest.mark.parametrize("plot", [plot_contacts_beside, plot_distance_error, plot_lddt])
def test_equal_input_gives_equal_bytes(plot: object) -> None:
    comparison = compare_structures(warped(example("1lcd_A"), 1.0), example("1lcd_A"))
    assert figure_to_png(plot(comparison)) == figure_to_png(plot(comparison))  # type: ignore[operator]

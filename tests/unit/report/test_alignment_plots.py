"""Columns of an alignment: limits that can be told by hand."""

import numpy as np
import pytest

from protfold.constants.residues import GAP
from protfold.entities import Msa
from protfold.report import alignment_columns, plot_alignment_columns, plot_by_depth, plot_contact_precision, plot_couplings
from protfold.report.alignment_plots import MAX_BITS


def msa_of(residues: np.ndarray) -> Msa:
    return Msa(residues=residues.astype(np.int8), deletions=np.zeros(residues.shape, np.int32), descriptions=("",) * len(residues))


def test_a_column_of_one_type_is_conserved_and_one_of_all_types_is_not() -> None:
    rng = np.random.default_rng(0)
    residues = rng.integers(0, 20, (4000, 12))
    residues[:, 0] = 7
    columns = alignment_columns(msa_of(residues))
    assert columns.num_effective == pytest.approx(4000)
    assert columns.conservation[0] == pytest.approx(MAX_BITS, abs=0.01)
    assert columns.conservation[1:].max() < 0.02


def test_few_sequences_show_no_conservation() -> None:
    """One row is of one type in every column, which says nothing."""
    assert alignment_columns(msa_of(np.zeros((1, 5)))).conservation.max() == 0.0


def test_copies_of_a_row_are_worth_one() -> None:
    rng = np.random.default_rng(1)
    distinct = rng.integers(0, 20, (30, 20))
    once = alignment_columns(msa_of(distinct))
    copied = alignment_columns(msa_of(np.concatenate([distinct, np.repeat(distinct[3:4], 50, axis=0)])))
    assert copied.num_effective == pytest.approx(once.num_effective)
    np.testing.assert_allclose(copied.conservation, once.conservation)


def test_gaps_are_no_residues() -> None:
    rng = np.random.default_rng(2)
    residues = rng.integers(0, 20, (40, 20))
    residues[10:, 4] = GAP
    columns = alignment_columns(msa_of(residues))
    assert columns.occupancy[4] == pytest.approx(0.25)
    assert columns.effective[4] == pytest.approx(10.0)
    assert columns.effective[5] == pytest.approx(40.0)
    assert len(plot_alignment_columns(columns).axes) == 3


def test_depths_stand_at_their_places() -> None:
    axes = plot_by_depth(np.array([10.0, 100.0]), {"a": np.array([0.1, 0.5])}, label="x").axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["10", "100"]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [0.1, 0.5])


def planted(length: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Contacts, and scores that rank them first but for one wrong pair at the top."""
    native, scores = np.zeros((length, length), bool), np.zeros((length, length))
    for place in range(9):
        native[place, place + 20] = native[place + 20, place] = True
        scores[place, place + 20] = scores[place + 20, place] = 10.0 - place
    scores[3, 39] = scores[39, 3] = 99.0
    return native, scores


def test_top_pairs_are_counted_right_and_wrong() -> None:
    native, scores = planted()
    figure = plot_couplings(scores, native, num_pairs=10)
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts == ["native contact", "top pair, in contact: 9", "top pair, not in contact: 1"]
    grey, right, wrong = (collection.get_offsets().tolist() for collection in figure.axes[0].collections)
    assert len(grey) == len(right) == 9
    assert wrong == [[4.0, 40.0]]  # column, row: below the diagonal
    assert sorted(right) == sorted(grey)


def test_precision_is_the_share_so_far() -> None:
    native, scores = planted()
    axes = plot_contact_precision({"planted": scores}, native).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_ydata()[:4], [0, 1 / 2, 2 / 3, 3 / 4])
    np.testing.assert_allclose(axes.lines[0].get_xdata()[:2], [1 / 40, 2 / 40])
    pairs = 34 * 35 / 2  # six apart or more
    assert axes.lines[1].get_ydata()[0] == pytest.approx(9 / pairs)

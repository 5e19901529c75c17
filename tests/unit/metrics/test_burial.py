"""Counts of neighbors by the backbone alone."""

from dataclasses import replace

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX
from protfold.metrics.accessibility import relative_accessibility
from protfold.metrics.burial import neighbor_counts
from tests.support.examples import example, moved

CA, CB = ATOM37_INDEX["CA"], ATOM37_INDEX["CB"]


def test_counts_are_those_of_real_cb_atoms() -> None:
    """Ideal CB stands within a tenth of an Å or so of the real one, so a few distances near 10 Å fall on the other side."""
    protein = example("4cup_A")
    points = np.where(protein.atom37_mask[:, CB, None] > 0, protein.atom37_positions[:, CB], protein.atom37_positions[:, CA])
    real = (np.linalg.norm(points[:, None] - points[None], axis=-1) < 10.0).sum(1) - 1
    found = neighbor_counts(protein)
    assert np.abs(found - real).mean() < 1.0
    assert np.corrcoef(found, real)[0, 1] > 0.98


def test_the_core_has_more_neighbors_than_the_surface() -> None:
    protein = example("4cup_A")
    surface = relative_accessibility(protein)
    found = neighbor_counts(protein)
    assert found[surface < 0.1].mean() > 1.4 * found[surface > 0.5].mean()


def test_types_side_chains_and_motion_change_nothing() -> None:
    protein = example("1orc_A")
    mask = np.zeros_like(protein.atom37_mask)
    mask[:, :3] = protein.atom37_mask[:, :3]
    bare = replace(protein, atom37_mask=mask, aatype=np.full_like(protein.aatype, 7))
    np.testing.assert_array_equal(neighbor_counts(bare), neighbor_counts(protein))
    np.testing.assert_array_equal(neighbor_counts(moved(protein)), neighbor_counts(protein))


def test_a_residue_without_backbone_is_nobodys_neighbor() -> None:
    protein = example("1orc_A")
    mask = protein.atom37_mask.copy()
    mask[20, CA] = 0.0
    found = neighbor_counts(replace(protein, atom37_mask=mask))
    others = np.arange(len(protein)) != 20
    assert np.isnan(found[20])
    np.testing.assert_array_equal(found[others], neighbor_counts(protein.select(others)))

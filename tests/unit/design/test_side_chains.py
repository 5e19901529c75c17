"""Side chains from torsions."""

import numpy as np
import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.design.side_chains import chi_angles, place_side_chains
from protfold.geometry.torsions import measure_torsions
from tests.support.examples import EXAMPLES, example


@pytest.mark.parametrize("name", EXAMPLES)
def test_measured_torsions_give_the_measured_side_chains(name: str) -> None:
    native = example(name)
    aatype = torch.from_numpy(native.aatype).long()
    measured = measure_torsions(aatype, torch.from_numpy(native.atom37_positions), torch.from_numpy(native.atom37_mask))
    placed = place_side_chains(native, native.aatype, torch.atan2(*measured.sin_cos[:, 3:].unbind(-1)))
    both = (native.atom37_mask > 0) & (placed.atom37_mask > 0)
    errors = np.linalg.norm(placed.atom37_positions - native.atom37_positions, axis=-1)[both]
    assert np.sqrt(np.square(errors).mean()) < 0.4
    assert np.median(errors) < 0.2
    again = measure_torsions(aatype, torch.from_numpy(placed.atom37_positions), torch.from_numpy(placed.atom37_mask))
    turned = (again.sin_cos * measured.sin_cos).sum(-1)[:, 3:][measured.mask[:, 3:] > 0]
    assert float(turned.min()) > 0.97  # CB is ideal, the true one is not quite


def test_a_new_sequence_has_all_its_atoms_on_the_old_backbone() -> None:
    native = example("1orc_A")
    types = np.random.default_rng(0).integers(20, size=len(native))
    placed = place_side_chains(native, types, torch.zeros(len(native), 4))
    for atom in ("N", "CA", "C", "O"):
        np.testing.assert_array_equal(
            placed.atom37_positions[:, ATOM37_INDEX[atom]], native.atom37_positions[:, ATOM37_INDEX[atom]]
        )
    assert (placed.aatype == types).all()
    counts = placed.atom37_mask[:, :36].sum(-1)
    sizes = np.array([5, 11, 8, 8, 6, 9, 9, 4, 10, 8, 8, 9, 8, 11, 7, 6, 7, 14, 12, 7])
    np.testing.assert_array_equal(counts, sizes[types])


def test_residues_without_backbone_or_type_keep_their_atoms() -> None:
    native = example("1orc_A")
    native.atom37_mask[3, ATOM37_INDEX["O"]] = 0.0
    types = np.where(np.arange(len(native)) == 7, 20, 0)
    placed = place_side_chains(native, types, torch.zeros(len(native), 4))
    for row in (3, 7):
        np.testing.assert_array_equal(placed.atom37_mask[row], native.atom37_mask[row])
        np.testing.assert_array_equal(placed.atom37_positions[row], native.atom37_positions[row])


def test_angles_are_within_their_bins_and_lean_to_the_likelier_side() -> None:
    logits = torch.full((3, 4, 36), -20.0)
    logits[0, :, 0] = 5.0
    logits[1, :, [35, 0]] = torch.tensor([4.0, 5.0])
    logits[2, :, 17] = logits[2, :, 18] = 1.0
    degrees = torch.rad2deg(chi_angles(logits))
    assert degrees[0].tolist() == pytest.approx([-175.0] * 4, abs=1e-3)
    assert bool((degrees[1] > -180.5).all())
    assert bool((degrees[1] < -175.0).all())
    assert degrees[2].tolist() == pytest.approx([0.0] * 4, abs=1e-3)

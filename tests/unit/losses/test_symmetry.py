"""Renaming of side chains that look the same after a half turn."""

import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_NAMES
from protfold.losses.symmetry import EQUIVALENT_ATOMS, rename_symmetric_atoms
from tests.support.every_residue import EVERY_TYPE, every_residue


def swapped(positions: torch.Tensor) -> torch.Tensor:
    """The same atoms under the other names."""
    other = positions.clone()
    for residue, pairs in EQUIVALENT_ATOMS.items():
        row = RESIDUE_NAMES.index(residue)
        for first, second in pairs:
            slots = [ATOM37_INDEX[first], ATOM37_INDEX[second]]
            other[row, slots] = positions[row, slots[::-1]]
    return other


def test_a_prediction_with_the_other_names_gets_them_in_the_truth() -> None:
    _, positions, mask = every_residue(seed=0)
    predicted = swapped(positions)
    assert not torch.equal(predicted, positions)
    renamed, renamed_mask = rename_symmetric_atoms(EVERY_TYPE, predicted, positions, mask)
    torch.testing.assert_close(renamed, predicted)
    torch.testing.assert_close(renamed_mask, mask)


def test_names_that_fit_stay() -> None:
    _, positions, mask = every_residue(seed=1)
    noise = 0.1 * torch.randn(positions.shape, generator=torch.Generator().manual_seed(2))
    renamed, _ = rename_symmetric_atoms(EVERY_TYPE, positions + noise, positions, mask)
    assert torch.equal(renamed, positions)


def test_residues_are_renamed_one_by_one_and_in_batches() -> None:
    """In the second example only phenylalanine carries the other names."""
    _, positions, mask = every_residue(seed=3)
    row = RESIDUE_NAMES.index("PHE")
    mixed = positions.clone()
    mixed[row] = swapped(positions)[row]
    renamed, _ = rename_symmetric_atoms(
        EVERY_TYPE.expand(2, -1), torch.stack([positions, mixed]), torch.stack([positions] * 2), torch.stack([mask] * 2)
    )
    torch.testing.assert_close(renamed, torch.stack([positions, mixed]))


def test_a_side_chain_with_one_of_two_atoms_stays() -> None:
    _, positions, mask = every_residue(seed=4)
    row = RESIDUE_NAMES.index("ASP")
    mask[row, ATOM37_INDEX["OD2"]] = 0.0
    renamed, renamed_mask = rename_symmetric_atoms(EVERY_TYPE, swapped(positions), positions, mask)
    assert torch.equal(renamed[row], positions[row])
    assert torch.equal(renamed_mask, mask)

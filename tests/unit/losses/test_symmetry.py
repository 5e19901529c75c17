"""Renaming of side chains that look the same after a half turn."""

import pytest
import torch

from protfold.constants.atoms import ATOM14_NAMES, ATOM37_INDEX
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


@pytest.mark.parametrize("seed", range(6))
def test_the_choice_is_that_of_algorithm_26_written_as_loops(seed: int) -> None:
    """Distances from both atoms of each pair to every observed atom that is in no pair, its own residue's among them."""
    _, positions, mask = every_residue(seed=seed)
    generator = torch.Generator().manual_seed(seed)
    predicted = positions + 4.0 * torch.randn(positions.shape, generator=generator)
    mask = mask * (torch.rand(mask.shape, generator=generator) < 0.9)
    renamed, _ = rename_symmetric_atoms(EVERY_TYPE, predicted, positions, mask)
    found = (renamed != positions).flatten(1).any(1)
    assert found.nonzero()[:, 0].tolist() == sorted(better_swapped(predicted, positions, mask))


def better_swapped(predicted: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor) -> list[int]:
    """Residues whose swapped atoms are nearer, atom by atom."""
    fixed = [
        (row, ATOM37_INDEX[atom])
        for row, residue in enumerate(RESIDUE_NAMES[:20])
        for atom in ATOM14_NAMES[residue]
        if mask[row, ATOM37_INDEX[atom]] and not any(atom in pair for pair in EQUIVALENT_ATOMS.get(residue, ()))
    ]
    chosen = []
    for residue, pairs in EQUIVALENT_ATOMS.items():
        row, gain = RESIDUE_NAMES.index(residue), 0.0
        for slots in ([ATOM37_INDEX[atom] for atom in pair] for pair in pairs):
            for slot, other in (slots, slots[::-1]) if mask[row, slots].all() else ():
                for place in fixed:
                    apart, kept, renamed = (
                        float((atom - points[place]).norm())
                        for atom, points in (
                            (predicted[row, slot], predicted), (positions[row, slot], positions), (positions[row, other], positions)
                        )
                    )  # fmt: skip
                    gain += abs(apart - kept) - abs(apart - renamed)
        if gain > 0:
            chosen.append(row)
    return chosen


def test_a_chain_without_such_side_chains_stays() -> None:
    _, positions, mask = every_residue(seed=0)
    alanine = slice(0, 1)
    renamed, _ = rename_symmetric_atoms(EVERY_TYPE[alanine], positions[alanine] + 1.0, positions[alanine], mask[alanine])
    assert torch.equal(renamed, positions[alanine])

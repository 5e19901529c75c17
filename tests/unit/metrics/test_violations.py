"""Violations are those of the loss, residue by residue, and each rule's exceptions hold."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_CODE, UNKNOWN
from protfold.entities import Protein
from protfold.geometry.atom_frames import atom37_to_atom14
from protfold.io import read_structure
from protfold.losses.peptide_bond import peptide_bond_loss
from protfold.losses.violation import clash_overlaps, wrong_distances
from protfold.metrics.violations import Violations, find_violations, peptide_bonds

TRAINING = Path(__file__).parents[3] / "data" / "examples" / "training"
CA, C, N, SG = (ATOM37_INDEX[name] for name in ("CA", "C", "N", "SG"))


def real_chain() -> Protein:
    """70 residues with a disulfide bridge, no atom missing."""
    return read_structure(TRAINING / "1a8o_A.pdb")


def damaged(protein: Protein, *, noise: float = 0.0, shifted: tuple[int, ...] = (), seed: int = 0) -> Protein:
    """Every atom moved at random, and whole residues by 2.5 Å."""
    generator = np.random.default_rng(seed)
    positions = protein.atom37_positions + noise * generator.normal(size=protein.atom37_positions.shape)
    for row in shifted:
        direction = generator.normal(size=3)
        positions[row] += 2.5 * direction / np.linalg.norm(direction)
    return replace(protein, atom37_positions=(positions * protein.atom37_mask[..., None]).astype(np.float32))


def residues_pulled(protein: Protein, loss: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> np.ndarray:
    """Residues whose atoms the loss wants to move."""
    aatype = torch.from_numpy(protein.aatype).long()
    atoms = atom37_to_atom14(torch.from_numpy(protein.atom37_positions).double(), aatype).requires_grad_()
    value = loss(aatype, torch.from_numpy(protein.residue_index).long(), torch.ones(len(protein)), atoms)
    (gradient,) = torch.autograd.grad(value, atoms) if value.requires_grad else (torch.zeros_like(atoms),)
    return (gradient.abs().sum((-1, -2)) > 0).numpy()


@pytest.mark.parametrize(
    ("noise", "shifted", "least"), [(0.0, (), 0), (0.1, (), 5), (0.3, (), 60), (0.0, (10, 40), 4), (0.05, (20, 21, 50), 4)]
)
def test_the_residues_are_those_the_loss_pulls_at(noise: float, shifted: tuple[int, ...], least: int) -> None:
    """Each of the three rules by itself, on an observed chain and on damaged ones."""
    protein = damaged(real_chain(), noise=noise, shifted=shifted)
    found = find_violations(protein)
    np.testing.assert_array_equal(found.broken, residues_pulled(protein, peptide_bond_loss))
    np.testing.assert_array_equal(found.clashing, residues_pulled(protein, clash_overlaps))
    np.testing.assert_array_equal(
        found.distorted, residues_pulled(protein, lambda kind, _, mask, atoms: wrong_distances(kind, mask, atoms))
    )
    assert found.count >= least
    assert (found.count == 0) == (least == 0)


def as_list(violations: Violations) -> list[list[int]]:
    """Rows of broken, clashing and distorted residues."""
    return [np.flatnonzero(mask).tolist() for mask in (violations.broken, violations.clashing, violations.distorted)]


def test_two_chains_are_not_bonded_but_may_clash() -> None:
    """A second chain whose numbers go on where the first ends, laid 60 Å away and then on the first."""
    first, second = real_chain().select(np.arange(20)), real_chain().select(np.arange(20, 40))
    far = np.array([60.0, 0.0, 0.0], dtype=np.float32) * second.atom37_mask[..., None]
    both = replace(
        real_chain().select(np.arange(40)), chain_ids=("A", "B"), chain_index=np.repeat(np.array([0, 1], dtype=np.int32), 20)
    )
    apart = replace(both, atom37_positions=np.concatenate([first.atom37_positions, second.atom37_positions + far]))
    assert not peptide_bonds(both)[19]
    assert as_list(find_violations(apart)) == [[], [], []]
    assert as_list(find_violations(both)) == [[], [19, 20], []]  # C and N at the distance of a bond that is none
    assert find_violations(replace(apart, chain_index=np.zeros(40, dtype=np.int32), chain_ids=("A",))).broken.sum() == 2


def test_numbers_say_what_is_bonded_unless_the_atoms_do() -> None:
    """Over a gap nothing is asked; insertion codes follow each other; C and N at a bond's distance are bonded in any numbering."""
    protein = real_chain().select(np.arange(6))
    assert peptide_bonds(protein).tolist() == [True] * 5
    stretched = replace(protein, atom37_positions=2.0 * protein.atom37_positions)
    codes = np.array([" ", " ", "A", "B", " ", " "])
    assert peptide_bonds(replace(stretched, residue_index=np.array([1, 2, 2, 2, 3, 4]), insertion_codes=codes)).all()
    assert peptide_bonds(replace(protein, residue_index=np.array([1, 2, 3, 40, 41, 42]))).all()
    assert not peptide_bonds(replace(stretched, residue_index=np.array([1, 2, 3, 40, 41, 42])))[2]
    gapped = real_chain().select(np.array([0, 1, 2, 10, 11, 12]))
    assert peptide_bonds(gapped).tolist() == [True, True, False, True, True]
    assert find_violations(gapped).count == 0


def test_a_missing_atom_breaks_no_rule() -> None:
    """Without its N no bond is asked of a residue, without CA no angle, and an absent atom at the origin clashes with none."""
    protein = damaged(real_chain(), shifted=(10,))
    assert find_violations(protein).broken.tolist()[9:12] == [True, True, True]
    mask = protein.atom37_mask.copy()
    mask[10, [N, C]] = 0.0
    found = find_violations(replace(protein, atom37_mask=mask, atom37_positions=protein.atom37_positions * mask[..., None]))
    assert not found.broken.any()
    assert not found.distorted.any()
    mask = real_chain().atom37_mask.copy()
    mask[:, CA] = 0.0
    without_ca = replace(real_chain(), atom37_mask=mask, atom37_positions=real_chain().atom37_positions * mask[..., None])
    assert find_violations(without_ca).count == 0


def test_bridged_sulfurs_do_not_clash() -> None:
    """Two SG within 2.1 Å, of cysteines; of other types an atom in that place clashes."""
    protein = real_chain()
    rows = np.flatnonzero(protein.aatype == RESIDUE_CODE["C"])
    assert np.linalg.norm(protein.atom37_positions[rows[0], SG] - protein.atom37_positions[rows[1], SG]) < 2.1
    assert not find_violations(protein).clashing.any()


def test_an_unknown_residue_counts_by_its_bonds() -> None:
    """Shifted, it breaks those to its neighbours; its own atoms are of no known kind, so that even one laid on its N is no clash."""
    protein = damaged(real_chain(), shifted=(10,))
    aatype, positions = protein.aatype.copy(), protein.atom37_positions.copy()
    aatype[10] = UNKNOWN
    positions[30, CA] = positions[10, N]
    found = find_violations(replace(protein, aatype=aatype, atom37_positions=positions))
    assert found.broken.tolist()[9:12] == [True, True, True]
    assert not found.clashing[10]


def test_no_residues_and_one() -> None:
    """Nothing is in violation where there is nothing."""
    assert find_violations(real_chain().select(np.arange(0))).count == 0
    assert find_violations(real_chain().select(np.arange(1))).count == 0

"""Structural violations: observed chains have none, and each kind is counted as defined."""

import math

import pytest
import torch
from torch import Tensor

from protfold.constants import stereochemistry
from protfold.constants.atoms import ATOM14_MASK, ATOM14_NAMES
from protfold.constants.residues import RESIDUE_CODE, RESIDUE_NAMES, UNKNOWN
from protfold.geometry.atom_frames import atom37_to_atom14
from protfold.losses import violation
from protfold.losses.violation import clash_overlaps, violation_loss, wrong_distances
from tests.support.every_residue import EVERY_TYPE, every_residue
from tests.unit.io.samples import needs_samples
from tests.unit.metrics.chains import chain


@needs_samples
@pytest.mark.parametrize("index", [2, 3, 5])
def test_observed_chains_have_none(index: int) -> None:
    """Within the tolerances not one, in chains without missing atoms."""
    protein = chain(index)
    aatype, ones = torch.from_numpy(protein.aatype).long(), torch.ones(len(protein))
    atoms = atom37_to_atom14(torch.from_numpy(protein.atom37_positions).float(), aatype)
    assert float(violation_loss(aatype, torch.from_numpy(protein.residue_index).long(), ones, atoms)) == 0.0
    assert float(violation_loss(aatype, torch.from_numpy(protein.residue_index).long(), ones, 0.8 * atoms)) > 0.1


def scattered(sequence: str) -> tuple[Tensor, Tensor]:
    """Residue types, and atoms so far apart that none clash."""
    aatype = torch.tensor([RESIDUE_CODE[letter] for letter in sequence])
    return aatype, 20.0 * torch.arange(14.0 * len(sequence)).reshape(-1, 14, 1) * torch.tensor([1.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("sequence", "first", "second", "numbers", "allowed"),
    [
        ("AA", "CA", "CA", (1, 2), 1.7 + 1.7 - 1.5),
        ("AA", "CB", "O", (1, 2), 1.7 + 1.52 - 1.5),
        ("AA", "C", "N", (1, 2), None),
        ("AA", "C", "N", (1, 3), 1.7 + 1.55 - 1.5),
        ("AA", "N", "C", (1, 2), 1.55 + 1.7 - 1.5),
        ("CC", "SG", "SG", (1, 5), None),
        ("CC", "SG", "CB", (1, 5), 1.8 + 1.7 - 1.5),
        ("DE", "CG", "CG", (1, 5), 1.7 + 1.7 - 1.5),
        ("CE", "SG", "CG", (1, 5), 1.8 + 1.7 - 1.5),
        ("EC", "CG", "SG", (1, 5), 1.7 + 1.8 - 1.5),
    ],
)
def test_overlap_of_two_atoms(sequence: str, first: str, second: str, numbers: tuple[int, int], allowed: float | None) -> None:
    """0.7 Å apart: what the radii allow beyond that, and nothing for the peptide bond and the disulfide bridge."""
    aatype, atoms = scattered(sequence)
    slots = [ATOM14_NAMES[RESIDUE_NAMES[kind]].index(atom) for kind, atom in zip(aatype.tolist(), (first, second), strict=True)]
    atoms[1, slots[1]] = atoms[0, slots[0]] + torch.tensor([0.0, 0.7, 0.0])
    found = clash_overlaps(aatype, torch.tensor(numbers), torch.ones(2), atoms)
    assert float(found) == pytest.approx(0.0 if allowed is None else allowed - 0.7, abs=1e-4)


def test_a_stretched_carbonyl_counts_by_its_bond_and_its_angle() -> None:
    """O of glycine 3 Å too far along its bond: C-O and CA-O are beyond their upper bounds, and N-O has none."""
    _, positions, _ = every_residue(seed=0)
    code = RESIDUE_CODE["G"]
    atoms = atom37_to_atom14(positions, EVERY_TYPE)[code : code + 1]
    _, alpha, carbon, oxygen = atoms[0, :4]
    atoms[0, 3] = oxygen + 3.0 * (oxygen - carbon) / (oxygen - carbon).norm()
    bond, spread = stereochemistry.BONDS["GLY"]["C-O"]
    base, base_spread = stereochemistry.BONDS["GLY"]["CA-C"]
    degrees, degrees_spread = stereochemistry.ANGLES["GLY"]["CA-C-O"]
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    over = math.sqrt(base**2 + bond**2 - 2 * base * bond * cos)
    over_spread = (
        math.hypot(
            (base - bond * cos) * base_spread, (bond - base * cos) * spread, base * bond * sin * math.radians(degrees_spread)
        )
        / over
    )
    expected = (
        float((atoms[0, 3] - carbon).norm()) - bond - 12 * spread + float((atoms[0, 3] - alpha).norm()) - over - 12 * over_spread
    )
    found = wrong_distances(torch.tensor([code]), torch.ones(1), atoms)
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_ideal_residues_have_no_wrong_distance() -> None:
    """But for proline, whose ring random torsions leave open."""
    _, positions, _ = every_residue(seed=0)
    atoms = atom37_to_atom14(positions, EVERY_TYPE)
    wrong = [float(wrong_distances(EVERY_TYPE[[i]], torch.ones(1), atoms[[i]])) for i in range(20)]
    assert {RESIDUE_NAMES[i] for i, amount in enumerate(wrong) if amount > 0} == {"PRO"}


def test_the_sum_is_that_of_loops_over_atoms(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crowd of residues with padding and an unknown one, compared in blocks of seven atoms, example by example."""
    monkeypatch.setattr(violation, "ROWS", 7)
    generator = torch.Generator().manual_seed(3)
    aatype = torch.tensor([[4, 4, 0, 14, UNKNOWN, 9], [7, 13, 18, 3, 6, 4]])
    index, seq_mask = torch.tensor([0, 1, 2, 3, 9, 10]).expand(2, -1), torch.ones(2, 6)
    seq_mask[1, 5] = 0.0
    atoms = 2.0 * torch.randn(2, 6, 14, 3, generator=generator)
    found = clash_overlaps(aatype, index, seq_mask, atoms)
    for example in range(2):
        expected = overlaps_by_loops(aatype[example].tolist(), index[example].tolist(), seq_mask[example].tolist(), atoms[example])
        assert float(found[example]) == pytest.approx(expected, rel=1e-5)
        assert expected > 5.0


def overlaps_by_loops(aatype: list[int], index: list[int], seq_mask: list[float], atoms: Tensor) -> float:
    """Pairs of atoms of different residues, by name."""
    named = [
        (residue, atom, atoms[residue, slot])
        for residue, kind in enumerate(aatype)
        for slot, atom in enumerate(ATOM14_NAMES.get(RESIDUE_NAMES[kind], ()))
        if seq_mask[residue]
    ]
    total = 0.0
    for i, one, here in named:
        for j, other, there in named:
            peptide = (one, other) == ("C", "N") and index[j] == index[i] + 1
            if i < j and not peptide and (one, other) != ("SG", "SG"):
                radii = stereochemistry.ELEMENT_RADII[one[0]] + stereochemistry.ELEMENT_RADII[other[0]]
                total += max(0.0, radii - 1.5 - float((here - there).norm()))
    return total


def test_padding_is_not_distorted() -> None:
    aatype, atoms = scattered("AW")
    found = wrong_distances(aatype, torch.tensor([1.0, 0.0]), atoms)
    torch.testing.assert_close(found, wrong_distances(aatype[:1], torch.ones(1), atoms[:1]))


def test_parts_are_averaged_over_atoms() -> None:
    """Two overlapping atoms of 2 × 5 count twice; distances within residues four times."""
    aatype, atoms = scattered("AA")
    atoms[1, 4] = atoms[0, 4] + torch.tensor([0.0, 0.7, 0.0])
    chain_of = aatype, torch.tensor([1, 7]), torch.ones(2)
    within = float(wrong_distances(aatype, torch.ones(2), atoms))
    assert within > 100.0
    assert float(violation_loss(*chain_of, atoms)) == pytest.approx((2 * (1.9 - 0.7) + 4 * within) / 10, rel=1e-5)


@pytest.mark.parametrize("sequence", ["ARNDCQEGHILKMFPSTWYV" * 2, "X"])
def test_a_chain_in_one_point_and_a_chain_without_atoms_have_finite_gradients(sequence: str) -> None:
    aatype, atoms = scattered(sequence)
    atoms = torch.zeros_like(atoms).requires_grad_()
    found = violation_loss(aatype, torch.arange(len(sequence)), torch.ones(len(sequence)), atoms)
    found.backward()
    assert atoms.grad is not None
    assert atoms.grad.isfinite().all()
    assert (float(found.detach()) > 100.0) == bool(ATOM14_MASK[aatype].any())

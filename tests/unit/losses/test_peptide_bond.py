"""Peptide bonds of real chains are in order; broken ones are seen."""

import pytest
import torch

from protfold.constants.atoms import ATOM37_INDEX
from protfold.constants.residues import RESIDUE_CODE, UNKNOWN
from protfold.losses.peptide_bond import peptide_bond_loss
from tests.unit.io.samples import needs_samples
from tests.unit.metrics.chains import chain


@needs_samples
@pytest.mark.parametrize("index", [1, 2, 4])
def test_observed_chains_have_next_to_none(index: int) -> None:
    """Within twelve standard deviations none, over breaks nothing is asked."""
    protein = chain(index)
    found = peptide_bond_loss(
        torch.from_numpy(protein.aatype).long(),
        torch.from_numpy(protein.residue_index).long(),
        torch.ones(len(protein)),
        torch.from_numpy(protein.atom37_positions).float(),
    )
    assert float(found) < 1e-4


def two_residues(*, length: float, second: str = "A") -> tuple[torch.Tensor, torch.Tensor]:
    """A planar pair with ideal angles and any C-N distance."""
    positions = torch.zeros(2, 37, 3)
    cos_ca_c_n, cos_c_n_ca = torch.tensor(-0.4473), torch.tensor(-0.5203)
    positions[0, ATOM37_INDEX["CA"]] = 1.5 * torch.stack([cos_ca_c_n, (1 - cos_ca_c_n**2).sqrt(), torch.tensor(0.0)])
    positions[1, ATOM37_INDEX["N"], 0] = length
    to_ca = torch.stack([-cos_c_n_ca, -((1 - cos_c_n_ca**2).sqrt()), torch.tensor(0.0)])
    positions[1, ATOM37_INDEX["CA"]] = positions[1, ATOM37_INDEX["N"]] + 1.46 * to_ca
    return torch.tensor([RESIDUE_CODE["A"], RESIDUE_CODE[second]]), positions


@pytest.mark.parametrize(
    ("second", "length", "expected"),
    [("A", 1.329, 0.0), ("A", 2.329, 1.0 - 12 * 0.014), ("A", 0.829, 0.5 - 12 * 0.014), ("P", 2.341, 1.0 - 12 * 0.016)],
)
def test_length_beyond_twelve_deviations_counts(second: str, length: float, expected: float) -> None:
    aatype, positions = two_residues(length=length, second=second)
    found = peptide_bond_loss(aatype, torch.tensor([4, 5]), torch.ones(2), positions)
    assert float(found) == pytest.approx(expected, abs=1e-4)


def test_a_bent_angle_counts_by_its_cosine() -> None:
    """CA of the second residue turned to lie in line with the bond."""
    aatype, positions = two_residues(length=1.329)
    positions[1, ATOM37_INDEX["CA"]] = torch.tensor([1.329 + 1.46, 0.0, 0.0])
    found = peptide_bond_loss(aatype, torch.tensor([4, 5]), torch.ones(2), positions)
    assert float(found) == pytest.approx(1.0 - 0.5203 - 12 * 0.0353, abs=1e-3)


def test_breaks_and_padding_ask_for_nothing() -> None:
    aatype, positions = two_residues(length=9.0)
    assert float(peptide_bond_loss(aatype, torch.tensor([4, 6]), torch.ones(2), positions)) == 0.0
    assert float(peptide_bond_loss(aatype, torch.tensor([4, 5]), torch.tensor([1.0, 0.0]), positions)) == 0.0


def test_bonds_to_unknown_residues_ask_for_nothing() -> None:
    """Their atoms are not predicted."""
    aatype, positions = two_residues(length=9.0)
    aatype[1] = UNKNOWN
    assert float(peptide_bond_loss(aatype, torch.tensor([4, 5]), torch.ones(2), positions)) == 0.0


def test_both_layouts_give_the_same() -> None:
    aatype, positions = two_residues(length=2.5)
    both = [peptide_bond_loss(aatype, torch.tensor([4, 5]), torch.ones(2), atoms) for atoms in (positions, positions[:, :14])]
    assert float(both[0]) == float(both[1]) > 1.0


def test_gradients_stay_small_where_c_and_n_coincide() -> None:
    """So short a bond has no direction; angles must not blow up."""
    aatype, positions = two_residues(length=0.0)
    positions[1, ATOM37_INDEX["N"], 1] = 1e-4
    positions.requires_grad_()
    peptide_bond_loss(aatype, torch.tensor([4, 5]), torch.ones(2), positions).backward()
    assert positions.grad is not None
    assert positions.grad.isfinite().all()
    assert float(positions.grad.abs().max()) < 30.0

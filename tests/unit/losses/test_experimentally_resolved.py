"""The loss of the resolved-atom head against its definition."""

import math

import torch

from protfold.constants.atoms import ATOM37_INDEX, BACKBONE
from protfold.constants.residues import RESIDUE_CODE, UNKNOWN
from protfold.losses.experimentally_resolved import experimentally_resolved_loss


def test_mean_surprise_over_the_atoms_of_the_residue() -> None:
    """Glycine with its O unobserved, of which the network thinks 1/4, 1/4, 1/4 and 1/4."""
    logits = torch.full((1, 37), math.log(1.0 / 3.0))
    observed = torch.zeros(1, 37)
    observed[0, BACKBONE[:3]] = 1.0
    found = experimentally_resolved_loss(logits, torch.tensor([RESIDUE_CODE["G"]]), torch.ones(1), observed)
    assert math.isclose(float(found), (3.0 * math.log(4.0) + math.log(4.0 / 3.0)) / 4.0, rel_tol=1e-6)


def test_atoms_that_a_residue_lacks_and_the_terminal_oxygen_do_not_count() -> None:
    logits, observed = torch.zeros(1, 37), torch.zeros(1, 37)
    other = logits.clone()
    absent = [slot for slot in range(37) if slot not in BACKBONE]
    other[0, absent] = 9.0
    observed[0, ATOM37_INDEX["OXT"]] = 1.0
    glycine = torch.tensor([RESIDUE_CODE["G"]])
    for these in (logits, other):
        assert math.isclose(
            float(experimentally_resolved_loss(these, glycine, torch.ones(1), observed)), math.log(2.0), rel_tol=1e-6
        )


def test_padding_and_unknown_residues_do_not_count() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, observed = torch.randn(3, 37, generator=generator), (torch.rand(3, 37, generator=generator) < 0.8).float()
    aatype = torch.tensor([RESIDUE_CODE["W"], UNKNOWN, RESIDUE_CODE["A"]])
    found = experimentally_resolved_loss(logits, aatype, torch.tensor([1.0, 1.0, 0.0]), observed)
    torch.testing.assert_close(found, experimentally_resolved_loss(logits[:1], aatype[:1], torch.ones(1), observed[:1]))
    assert float(experimentally_resolved_loss(logits[1:2], aatype[1:2], torch.ones(1), observed[1:2])) == 0.0

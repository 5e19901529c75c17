"""The gradient of each term against differences, in float64."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from protfold.geometry.rigid import Rigid
from protfold.geometry.torsions import Torsions
from protfold.losses.confidence import pae_loss, plddt_loss
from protfold.losses.distogram import distogram_loss
from protfold.losses.experimentally_resolved import experimentally_resolved_loss
from protfold.losses.fape import frame_aligned_point_error
from protfold.losses.masked_msa import masked_msa_loss
from protfold.losses.peptide_bond import peptide_bond_loss
from protfold.losses.torsion import angle_norm_loss, torsion_angle_loss
from protfold.losses.violation import violation_loss
from tests.support.every_residue import random_rigid

N = 4
generator = torch.Generator().manual_seed(0)


def normal(*size: int) -> Tensor:
    return torch.randn(size, generator=generator, dtype=torch.float64)


def doubled(frames: Rigid) -> Rigid:
    return Rigid(frames.rotation.double(), 0.3 * frames.translation.double())


FRAMES, TRUE_FRAMES = doubled(random_rigid(2, N, seed=1)), doubled(random_rigid(2, N, seed=2))
POINTS, MASK = 3.0 * normal(2, N, 3), torch.tensor([[1.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]], dtype=torch.float64)
AATYPE, INDEX = torch.tensor([[4, 4, 14, 13], [0, 7, 3, 18]]), torch.tensor([[0, 1, 2, 3], [0, 1, 4, 5]])
ATOMS = 2.0 * normal(2, N, 14, 3)
TYPES = torch.randint(23, (2, 3, N), generator=generator)
TORSIONS = Torsions(
    sin_cos=normal(2, N, 7, 2), alternative_sin_cos=normal(2, N, 7, 2), mask=(normal(2, N, 7) > -1.0).double()
)  # fmt: skip

TERMS: dict[str, tuple[Callable[..., Tensor], tuple[Tensor, ...]]] = {
    "fape": (
        lambda rotation, translation, points: frame_aligned_point_error(
            Rigid(rotation, translation), TRUE_FRAMES, MASK, points, POINTS, MASK, clamp=torch.tensor([0.0, 1.0]).double()
        ),
        (FRAMES.rotation, FRAMES.translation, 2.0 * normal(2, N, 3)),
    ),
    "torsion": (lambda angles: torsion_angle_loss(angles, TORSIONS), (normal(3, 2, N, 7, 2),)),
    "angle_norm": (lambda angles: angle_norm_loss(angles, MASK), (normal(3, 2, N, 7, 2),)),
    "peptide_bond": (lambda atoms: peptide_bond_loss(AATYPE, INDEX, MASK, atoms, tolerance=2.0), (ATOMS,)),
    "violation": (lambda atoms: violation_loss(AATYPE, INDEX, MASK, atoms), (ATOMS,)),
    "distogram": (lambda logits: distogram_loss(logits, POINTS, MASK), (normal(2, N, N, 8),)),
    "masked_msa": (lambda logits: masked_msa_loss(logits, TYPES, (TYPES > 6).double()), (normal(2, 3, N, 23),)),
    "experimentally_resolved": (
        lambda logits: experimentally_resolved_loss(logits, AATYPE, MASK, (logits.detach() > 0.0).double()), (normal(2, N, 37),),
    ),
    "plddt": (lambda logits: plddt_loss(logits, POINTS, 0.8 * POINTS, MASK), (normal(2, N, 10),)),
    "pae": (lambda logits: pae_loss(logits, FRAMES, TRUE_FRAMES, MASK), (normal(2, N, N, 10),)),
}  # fmt: skip


@pytest.mark.parametrize("term", TERMS)
def test_gradient(term: str) -> None:
    """Of one example with a masked residue and one without."""
    function, inputs = TERMS[term]
    assert torch.autograd.gradcheck(function, [tensor.clone().requires_grad_() for tensor in inputs], fast_mode=False)

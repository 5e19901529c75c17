"""Confidence losses have their least value where the heads tell the truth."""

import torch

from protfold.geometry.rigid import Rigid
from protfold.losses.confidence import pae_loss, plddt_loss
from protfold.metrics.confidence import pae_from_logits, plddt_from_logits
from protfold.metrics.lddt import lddt_per_point
from tests.support.every_residue import random_rigid


def test_plddt_learned_from_the_loss_is_the_lddt_of_each_residue() -> None:
    """Logits fitted by gradient descent give the observed value, to half a bin."""
    generator = torch.Generator().manual_seed(0)
    target = 8.0 * torch.randn(12, 3, generator=generator)
    predicted = target + torch.randn(12, 3, generator=generator)
    mask = torch.ones(12)
    mask[3] = 0.0
    logits = torch.zeros(12, 50, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.5)
    for _ in range(100):
        optimizer.zero_grad()
        plddt_loss(logits, predicted, target, mask).backward()
        optimizer.step()
    expected = 100.0 * lddt_per_point(predicted, target, mask)
    known = mask > 0
    assert (plddt_from_logits(logits.detach())[known] - expected[known]).abs().max() < 1.5
    assert logits[3].eq(0).all()


def test_pae_learned_from_the_loss_is_the_aligned_error() -> None:
    """Row = aligned frame, column = scored residue, to half a bin; beyond 31 Å the last bin."""
    frames, target = random_rigid(6, seed=1), random_rigid(6, seed=2)
    target = Rigid(target.rotation, 0.4 * target.translation)
    frames = Rigid(frames.rotation, 0.4 * frames.translation)
    logits = torch.zeros(6, 6, 64, requires_grad=True)
    optimizer = torch.optim.Adam([logits], lr=0.5)
    for _ in range(100):
        optimizer.zero_grad()
        pae_loss(logits, frames, target, torch.ones(6)).backward()
        optimizer.step()
    expected = torch.zeros(6, 6)
    for i in range(6):
        for j in range(6):
            seen = frames[i].invert_apply(frames.translation[j])
            expected[i, j] = (seen - target[i].invert_apply(target.translation[j])).norm()
    assert (pae_from_logits(logits.detach()) - expected.clamp(max=31.75)).abs().max() < 0.35

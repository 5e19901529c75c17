"""Closed forms and laws of the smooth lDDT loss."""

import math

import pytest
import torch

from protfold.losses.smooth_lddt import smooth_lddt_loss
from protfold.metrics.lddt import lddt
from tests.unit.geometry.test_rigid import random_rigid


def points(seed: int, spread: float = 6.0) -> torch.Tensor:
    """A cloud of ten."""
    return spread * torch.randn(10, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def sigmoid_mean(error: float) -> float:
    """Mean over the four thresholds."""
    return sum(1 / (1 + math.exp(error - threshold)) for threshold in (0.5, 1.0, 2.0, 4.0)) / 4


def test_two_pairs_by_hand() -> None:
    """Atoms on a line, one pair right, one 3 Å too long, a third too far apart to count."""
    true, found = (torch.tensor(x, dtype=torch.float64)[:, None] * torch.eye(3)[0].double() for x in ([0.0, 5, 19], [0.0, 5, 22]))
    expected = 1 - (sigmoid_mean(0.0) + sigmoid_mean(3.0)) / 2
    assert float(smooth_lddt_loss(found, true, torch.ones(3, dtype=torch.float64))) == pytest.approx(expected)


def test_far_beyond_the_thresholds_it_is_lddt() -> None:
    """Scaled by a thousand, sigmoids are steps; with errors far above or far below every threshold both say the same."""
    true, mask = points(0), torch.ones(10, dtype=torch.float64)
    found = true.clone()
    found[5:] += 500.0
    right = float(lddt(found.float(), true.float(), mask.float()))
    assert float(smooth_lddt_loss(found, true, mask)) == pytest.approx(1 - right * sigmoid_mean(0.0), abs=1e-6)


def test_motion_mirror_and_masks() -> None:
    """Blind to rigid motions and mirror images; an unobserved atom has no say; nothing observed gives one, not NaN."""
    true, found, mask = points(0), points(1), torch.ones(10, dtype=torch.float64)
    expected = smooth_lddt_loss(found, true, mask)
    motion = random_rigid(1)
    torch.testing.assert_close(smooth_lddt_loss(motion.apply(found), true, mask), expected)
    torch.testing.assert_close(smooth_lddt_loss(-found, true, mask), expected)
    mask[3] = 0.0
    partly = smooth_lddt_loss(found, true, mask)
    found[3], true[3] = 77.0, -5.0
    torch.testing.assert_close(smooth_lddt_loss(found, true, mask), partly)
    assert partly != expected
    assert float(smooth_lddt_loss(found, true, torch.zeros_like(mask))) == 1.0


def test_gradient() -> None:
    """Numeric in float64, and finite where atoms coincide."""
    true, mask = points(0, 2.0), torch.ones(10, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda found: smooth_lddt_loss(found, true, mask), points(1, 2.0).requires_grad_())
    collapsed = torch.zeros(10, 3, dtype=torch.float64, requires_grad=True)
    smooth_lddt_loss(collapsed, true, mask).backward()
    assert torch.isfinite(collapsed.grad).all()

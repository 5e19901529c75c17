"""The distogram loss picks the published bins."""

import math

import pytest
import torch

from protfold.losses.distogram import distogram_loss


@pytest.mark.parametrize(
    ("distance", "expected_bin"),
    [(1.0, 0), (2.30, 0), (2.32, 1), (2.62, 1), (2.63, 2), (12.1, 32), (21.68, 62), (21.70, 63), (90.0, 63)],
)
def test_a_sure_and_right_prediction_costs_nothing(distance: float, expected_bin: int) -> None:
    """Breaks run from 2.3125 to 21.6875 Å in 62 steps of 0.3125 Å."""
    positions = torch.tensor([[0.0, 0.0, 0.0], [distance, 0.0, 0.0]])
    logits = torch.zeros(2, 2, 64)
    logits[0, 0, 0] = logits[1, 1, 0] = logits[0, 1, expected_bin] = logits[1, 0, expected_bin] = 60.0
    assert float(distogram_loss(logits, positions, torch.ones(2))) < 1e-6


def test_no_knowledge_costs_the_logarithm_of_the_number_of_bins() -> None:
    positions = 10.0 * torch.randn(3, 5, 3, generator=torch.Generator().manual_seed(0))
    found = distogram_loss(torch.zeros(3, 5, 5, 64), positions, torch.ones(3, 5))
    torch.testing.assert_close(found, torch.full((3,), math.log(64.0)))


def test_unknown_residues_do_not_count() -> None:
    positions = torch.tensor([[0.0, 0.0, 0.0], [5.0, 0.0, 0.0], [9.0, 0.0, 0.0]])
    logits = torch.randn(3, 3, 64, generator=torch.Generator().manual_seed(1))
    part = distogram_loss(logits[:2, :2], positions[:2], torch.ones(2))
    torch.testing.assert_close(distogram_loss(logits, positions, torch.tensor([1.0, 1.0, 0.0])), part)

"""Global distance test: by hand, and its laws. Real chains beside TMscore stand in `tests/parity/test_tools.py`."""

import torch

from protfold.metrics.gdt import gdt
from tests.unit.metrics.test_tm_score import random_walk


def test_perfect_after_any_motion() -> None:
    target = random_walk(40, seed=0)
    turned = target[:, [1, 2, 0]] + torch.tensor([3.0, -8.0, 1.0])
    found = gdt(turned, target)
    assert (found.total, found.high_accuracy) == (1.0, 1.0)


def test_shares_at_each_threshold_by_hand() -> None:
    """Half of the residues in place, and of the others one in four 0.9, 1.9, 3.9 and 7.9 Å off to any side: at least these shares."""
    target = random_walk(80, seed=1)
    offsets = target.new_tensor([0.9, 1.9, 3.9, 7.9]).repeat(10)[:, None]
    directions = torch.randn(40, 3, generator=torch.Generator().manual_seed(0))
    model = target.clone()
    model[1::2] += offsets * directions / directions.norm(dim=-1, keepdim=True)
    found = gdt(model, target)
    assert (50 + 60 + 70 + 80) / 320 - 1e-6 <= found.total < (50 + 60 + 70 + 80 + 12) / 320
    assert (40 + 50 + 60 + 70) / 320 - 1e-6 <= found.high_accuracy < (40 + 50 + 60 + 70 + 12) / 320


def test_missing_residues_count_as_lost() -> None:
    target = random_walk(40, seed=2)
    assert gdt(target[:20], target[:20], normalization_length=40).total == 0.5


def test_each_threshold_has_its_own_superposition() -> None:
    """A half shifted by 6 Å: either half alone is within 0.5 Å, and halfway between all are within 4."""
    target = random_walk(40, seed=3)
    model = target.clone()
    model[20:, 0] += 6.0
    found = gdt(model, target)
    assert found.total >= (20 + 20 + 40 + 40) / 160
    assert found.high_accuracy >= (20 + 20 + 20 + 40) / 160

"""Deviations: by hand, and their laws. Real chains beside Biopython stand in `tests/parity/test_tools.py`."""

import pytest
import torch

from protfold.metrics.rmsd import rmsd, rmsd_95
from tests.support.every_residue import random_rigid
from tests.unit.metrics.test_tm_score import random_walk


def test_motion_does_not_matter_and_a_mirror_image_does() -> None:
    target = random_walk(30, seed=0)
    assert float(rmsd(random_rigid(1, seed=1).apply(target), target)) == pytest.approx(0.0, abs=1e-4)
    assert float(rmsd(-target, target)) > 2.0


def test_two_pairs_by_hand() -> None:
    """A cross whose one bar is 2 Å longer at both ends: half of the atoms are 1 Å off."""
    target = torch.tensor([[1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, -2.0, 0.0]])
    model = target.clone()
    model[2:, 1] *= 1.5
    assert float(rmsd(model, target)) == pytest.approx(0.5**0.5)


def test_masked_points_and_batches_are_separate() -> None:
    target = torch.stack([random_walk(20, seed=2), random_walk(20, seed=3)])
    model = target + torch.randn(target.shape, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(2, 20)
    mask[0, 12:] = 0.0
    found = rmsd(model, target, mask)
    assert float(found[0]) == pytest.approx(float(rmsd(model[0, :12], target[0, :12])), abs=1e-5)
    assert float(found[1]) == pytest.approx(float(rmsd(model[1], target[1])), abs=1e-5)


def test_one_residue_in_twenty_is_forgiven() -> None:
    target = random_walk(40, seed=4)
    model = random_rigid(1, seed=5).apply(target)
    model[[3, 30]] += 25.0
    assert float(rmsd_95(model, target)) == pytest.approx(0.0, abs=1e-4)
    model[17] += 25.0
    assert float(rmsd_95(model, target)) > 1.0


def test_ninety_five_percent_are_rounded_up() -> None:
    """Of thirty residues 29 count."""
    target = random_walk(30, seed=6)
    model = target.clone()
    model[7, 2] += 40.0
    assert float(rmsd_95(model, target)) == pytest.approx(0.0, abs=1e-4)
    model[20, 2] += 40.0
    assert float(rmsd_95(model, target)) > 1.0

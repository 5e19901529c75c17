"""Superposition restores known motions."""

import torch

from protfold.geometry.superposition import superpose
from tests.unit.geometry.test_rigid import random_rigid


def test_restores_a_motion_and_ignores_weightless_points() -> None:
    """Points moved rigidly come back; a point of weight zero may lie anywhere."""
    points, motion = torch.randn(3, 12, 3, dtype=torch.float64), random_rigid(3, 1)
    moved = motion.apply(points)
    moved[:, 0] += 100.0
    weights = torch.ones(3, 12, dtype=torch.float64)
    weights[:, 0] = 0.0
    found = superpose(points, moved, weights)
    torch.testing.assert_close(found.rotation, motion.rotation[:, 0])
    torch.testing.assert_close(found.translation, motion.translation[:, 0])


def test_never_mirrors() -> None:
    """The mirror image cannot be superposed."""
    points = torch.randn(10, 3, dtype=torch.float64)
    found = superpose(points, points * torch.tensor([1.0, 1.0, -1.0], dtype=torch.float64), torch.ones(10, dtype=torch.float64))
    assert abs(float(torch.linalg.det(found.rotation)) - 1.0) < 1e-12


def test_agrees_with_scipy() -> None:
    """Weighted noisy points against scipy's solution of the same problem."""
    from scipy.spatial.transform import Rotation

    generator = torch.Generator().manual_seed(1)
    first, second = (torch.randn(20, 3, generator=generator, dtype=torch.float64) for _ in range(2))
    weights = torch.rand(20, generator=generator, dtype=torch.float64)
    share = weights / weights.sum()
    centred = [(points - share @ points).numpy() for points in (second, first)]
    expected, _ = Rotation.align_vectors(*centred, weights=weights.numpy())
    found = superpose(first, second, weights)
    torch.testing.assert_close(found.rotation, torch.from_numpy(expected.as_matrix()))

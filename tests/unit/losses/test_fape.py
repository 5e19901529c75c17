"""Laws of the frame-aligned point error, and its definition written out."""

import math

import torch

from protfold.losses.fape import frame_aligned_point_error
from tests.support.every_residue import random_rigid


def points_of(seed: int, count: int) -> torch.Tensor:
    return 10.0 * torch.randn(count, 3, generator=torch.Generator().manual_seed(seed))


def test_equals_algorithm_28_written_as_loops() -> None:
    """Mask of frames and of points, clamp and both epsilons."""
    frames, target_frames = random_rigid(4, seed=1), random_rigid(4, seed=2)
    points, target_points = points_of(3, 6), points_of(4, 6)
    frames_mask, points_mask = torch.tensor([1.0, 0.0, 1.0, 1.0]), torch.tensor([1.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    total = 0.0
    for i in range(4):
        for j in range(6):
            seen = frames.rotation[i].T @ (points[j] - frames.translation[i])
            true = target_frames.rotation[i].T @ (target_points[j] - target_frames.translation[i])
            distance = math.sqrt(float((seen - true).square().sum()) + 1e-4)
            total += float(frames_mask[i] * points_mask[j]) * min(distance, 10.0)
    expected = total / 10.0 / (3 * 5 + 1e-4)
    found = frame_aligned_point_error(frames, target_frames, frames_mask, points, target_points, points_mask)
    assert math.isclose(float(found), expected, rel_tol=1e-5)


def test_moving_the_whole_prediction_changes_nothing_but_its_mirror_image_does() -> None:
    frames, points = random_rigid(5, seed=5), points_of(6, 7)
    motion = random_rigid(1, seed=7)
    moved_frames, moved_points = motion.compose(frames), motion.apply(points)
    ones = torch.ones(5), torch.ones(7)
    same = frame_aligned_point_error(moved_frames, frames, ones[0], moved_points, points, ones[1])
    mirrored = frame_aligned_point_error(frames, frames, ones[0], points * torch.tensor([1.0, 1.0, -1.0]), points, ones[1])
    assert float(same) < 2e-3
    assert float(mirrored) > 0.2


def test_examples_choose_whether_they_are_clamped() -> None:
    """Points 30 Å off: 1 when clamped at 10 Å, 3 when not."""
    frames = random_rigid(2, 3, seed=8)
    points = frames.translation
    away = points + torch.tensor([0.0, 0.0, 30.0])
    found = frame_aligned_point_error(
        frames, frames, torch.ones(2, 3), away, points, torch.ones(2, 3), clamp=torch.tensor([1.0, 0.0])
    )
    torch.testing.assert_close(found, torch.tensor([1.0, 3.0]), atol=1e-3, rtol=0)


def test_gradient_is_finite_for_a_perfect_prediction() -> None:
    frames, points = random_rigid(3, seed=9), points_of(10, 4).requires_grad_()
    frame_aligned_point_error(frames, frames, torch.ones(3), points, points.detach(), torch.ones(4)).backward()
    assert points.grad is not None
    assert points.grad.isfinite().all()

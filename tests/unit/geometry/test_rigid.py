"""Laws of rotations and rigid motions."""

import pytest
import torch

from protfold.geometry.rigid import Rigid, rotation_about_x, rotation_from_quaternion
from protfold.geometry.vectors import normalize


def random_rigid(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Rigid:
    """Uniform rotations, normal translations."""
    generator = torch.Generator().manual_seed(seed)
    quaternion = torch.randn(*shape, 4, generator=generator, dtype=dtype)
    rotation = rotation_from_quaternion(quaternion / quaternion.norm(dim=-1, keepdim=True))
    return Rigid(rotation, torch.randn(*shape, 3, generator=generator, dtype=dtype))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-14)])
def test_rotations_are_proper(dtype: torch.dtype, tolerance: float) -> None:
    """R R^T = 1 and det R = 1."""
    rotation = random_rigid(50, dtype=dtype).rotation
    assert (rotation @ rotation.transpose(-1, -2) - torch.eye(3, dtype=dtype)).abs().max() < tolerance
    assert (torch.linalg.det(rotation) - 1).abs().max() < 2 * tolerance


def test_quaternion_against_the_rotation_formula() -> None:
    """V -> q v q*, by Rodrigues' formula on axis and angle."""
    angle, axis = torch.tensor(0.7, dtype=torch.float64), torch.tensor([2.0, -1.0, 2.0], dtype=torch.float64) / 3
    quaternion = torch.cat([torch.cos(angle / 2)[None], torch.sin(angle / 2) * axis])
    vector = torch.tensor([0.3, 0.5, -0.9], dtype=torch.float64)
    expected = (
        vector * torch.cos(angle)
        + torch.linalg.cross(axis, vector) * torch.sin(angle)
        + axis * (axis @ vector) * (1 - torch.cos(angle))
    )
    torch.testing.assert_close(rotation_from_quaternion(quaternion) @ vector, expected)


def test_rotation_about_x_turns_y_to_z() -> None:
    """A quarter turn."""
    turned = rotation_about_x(torch.tensor([1.0, 0.0])) @ torch.tensor([0.0, 1.0, 0.0])
    torch.testing.assert_close(turned, torch.tensor([0.0, 0.0, 1.0]))


def test_apply_and_invert_restore() -> None:
    """Shapes broadcast: many points in each frame."""
    rigid, points = random_rigid(4, 1), torch.randn(4, 7, 3, dtype=torch.float64)
    torch.testing.assert_close(rigid.invert_apply(rigid.apply(points)), points)


def test_compose_is_application_in_turn() -> None:
    """(a ∘ b) x = a (b x)."""
    first, second, points = random_rigid(5), random_rigid(5, seed=1), torch.randn(5, 3, dtype=torch.float64)
    torch.testing.assert_close(first.compose(second).apply(points), first.apply(second.apply(points)))


def test_from_3_points_follows_a_rigid_motion() -> None:
    """The frame of moved points is the moved frame, and holds its points where it says."""
    points, motion = torch.randn(6, 3, 3, dtype=torch.float64), random_rigid(6)
    frame = Rigid.from_3_points(*points.unbind(-2))
    local = [frame.invert_apply(point) for point in points.unbind(-2)]
    assert local[0][:, 1:].abs().max() < 1e-7
    assert (local[0][:, 0] > 0).all()
    assert local[1].abs().max() == 0
    assert local[2][:, 2].abs().max() < 1e-7
    assert (local[2][:, 1] > 0).all()
    moved = Rigid.from_3_points(*Rigid(motion.rotation[:, None], motion.translation[:, None]).apply(points).unbind(-2))
    expected = motion.compose(frame)
    torch.testing.assert_close(moved.rotation, expected.rotation)
    torch.testing.assert_close(moved.translation, expected.translation)


def test_normalize_is_finite_at_zero() -> None:
    """Value and gradient."""
    zero = torch.zeros(3, requires_grad=True)
    normalize(zero).sum().backward()
    assert zero.grad is not None
    assert torch.isfinite(zero.grad).all()

"""Torsion losses against angles worked out by hand."""

import math

import torch

from protfold.geometry.torsions import Torsions
from protfold.losses.torsion import angle_norm_loss, torsion_angle_loss


def unit(angle: float) -> torch.Tensor:
    """One layer, one residue, seven equal angles."""
    return torch.tensor([math.sin(angle), math.cos(angle)]).expand(1, 1, 7, 2).clone()


def torsions(angle: float, *, periodic: bool = False) -> Torsions:
    true = unit(angle)[0]
    return Torsions(sin_cos=true, alternative_sin_cos=-true if periodic else true, mask=torch.ones(1, 7))


def test_loss_is_the_squared_chord_of_the_error() -> None:
    """An error a is a chord of 2 sin(a / 2)."""
    found = torsion_angle_loss(unit(0.9), torsions(0.2))
    assert math.isclose(float(found), (2.0 * math.sin(0.35)) ** 2, rel_tol=1e-5)


def test_the_alternative_angle_is_as_good() -> None:
    half_turn_off = unit(0.2 + math.pi)
    assert float(torsion_angle_loss(half_turn_off, torsions(0.2))) > 3.99
    assert float(torsion_angle_loss(half_turn_off, torsions(0.2, periodic=True))) < 1e-6


def test_unknown_angles_do_not_count() -> None:
    target = torsions(0.2)
    target.mask[0, 3:] = 0.0
    predicted = unit(0.2)
    predicted[..., 3:, :] = -predicted[..., 3:, :]
    assert float(torsion_angle_loss(predicted, target)) < 1e-6


def test_mean_over_layers() -> None:
    both = torch.cat([unit(0.2), unit(0.2 + math.pi)])
    assert math.isclose(float(torsion_angle_loss(both, torsions(0.2))), 2.0, rel_tol=1e-5)


def test_norm_loss_is_the_distance_from_the_unit_circle_of_real_residues() -> None:
    raw = torch.cat([3.0 * unit(0.4), 0.0 * unit(0.4)], dim=1)
    assert math.isclose(float(angle_norm_loss(raw, torch.tensor([1.0, 0.0]))), 2.0, rel_tol=1e-4)
    assert math.isclose(float(angle_norm_loss(raw, torch.tensor([1.0, 1.0]))), 1.5, rel_tol=1e-3)

"""Atoms, frames and torsions on all residue types."""

import math

import numpy as np
import torch

from protfold.constants import atoms, rigid_groups
from protfold.geometry.atom_frames import atom14_to_atom37, atom37_to_atom14, backbone_frames, frames_to_atom14, torsions_to_frames
from protfold.geometry.rigid import Rigid
from protfold.geometry.torsions import measure_torsions
from tests.unit.geometry.test_rigid import random_rigid

EVERY_TYPE = torch.arange(20)


def build(torsions: torch.Tensor, backbone: Rigid) -> torch.Tensor:
    """atom37 of one residue of each type."""
    frames = torsions_to_frames(EVERY_TYPE, backbone, torsions)
    return atom14_to_atom37(frames_to_atom14(EVERY_TYPE, frames), EVERY_TYPE)[0]


def angles_to_sin_cos(angles: torch.Tensor) -> torch.Tensor:
    """[..., 7] to [..., 7, 2]."""
    return torch.stack([angles.sin(), angles.cos()], dim=-1)


def test_built_atoms_have_the_torsions_they_were_built_with() -> None:
    """Psi and every chi of every residue, measured back from the atoms."""
    generator = torch.Generator().manual_seed(3)
    torsions = angles_to_sin_cos((torch.rand(20, 7, generator=generator, dtype=torch.float64) * 2 - 1) * math.pi)
    atom37 = build(torsions, random_rigid(20))
    mask = torch.tensor(atoms.ATOM37_MASK[:20], dtype=torch.float64)
    measured = measure_torsions(EVERY_TYPE, atom37, mask)
    checked = measured.mask.bool()
    checked[:, :2] = False  # neighbours are not bonded here
    assert int(checked.sum()) == 20 + int(rigid_groups.CHI_MASK.sum())
    assert (measured.sin_cos - torsions)[checked].abs().max() < 2e-2  # ideal side chains are not exactly planar
    backbone_only = checked.clone()
    backbone_only[:, 3:] = False
    assert (measured.sin_cos - torsions)[backbone_only].abs().max() < 1e-3


def test_atoms_follow_the_backbone_frame() -> None:
    """The frame measured on built atoms is the one they were built on."""
    backbone = random_rigid(20)
    measured = backbone_frames(build(angles_to_sin_cos(torch.zeros(20, 7, dtype=torch.float64)), backbone))
    assert (measured.rotation - backbone.rotation).abs().max() < 2e-3
    torch.testing.assert_close(measured.translation, backbone.translation)


def test_bond_lengths_are_chemical() -> None:
    """Every heavy atom has a bonded neighbour at 1.2-1.85 Å whatever the torsions."""
    atom37 = build(angles_to_sin_cos(torch.full((20, 7), 1.1, dtype=torch.float64)), random_rigid(20)).numpy()
    for code in range(20):
        present = atom37[code][atoms.ATOM37_MASK[code] > 0]
        distance = np.linalg.norm(present[:, None] - present[None], axis=-1) + 9 * np.eye(len(present))
        assert (distance.min(1) > 1.15).all()
        assert (distance.min(1) < 1.85).all()


def test_layouts_restore() -> None:
    """atom14 -> atom37 -> atom14."""
    mask = torch.tensor(atoms.ATOM14_MASK[:20])
    atom14 = torch.randn(20, 14, 3) * mask[..., None]
    atom37, _ = atom14_to_atom37(atom14, EVERY_TYPE)
    assert torch.equal(atom37_to_atom14(atom37, EVERY_TYPE), atom14)


def test_absent_previous_residue_gives_no_angle() -> None:
    """Pre-omega and phi of the first residue are masked; pre-omega, whose first two atoms are absent, is zero."""
    atom37 = build(angles_to_sin_cos(torch.zeros(20, 7, dtype=torch.float64)), random_rigid(20))
    measured = measure_torsions(EVERY_TYPE, atom37, torch.tensor(atoms.ATOM37_MASK[:20], dtype=torch.float64))
    assert not measured.mask[0, :2].any()
    assert not measured.sin_cos[0, 0].any()
    assert measured.mask[1, :3].all()

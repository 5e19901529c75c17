"""One ideal residue of each of the twenty types, in random places with random torsions."""

import torch
from torch import Tensor

from protfold.geometry.atom_frames import atom14_to_atom37, frames_to_atom14, torsions_to_frames
from protfold.geometry.rigid import Rigid, rotation_from_quaternion

EVERY_TYPE = torch.arange(20)


def random_rigid(*shape: int, seed: int) -> Rigid:
    """Any rotations, translations of some 10 Å."""
    generator = torch.Generator().manual_seed(seed)
    quaternion = torch.randn(*shape, 4, generator=generator)
    return Rigid(
        rotation_from_quaternion(quaternion / quaternion.norm(dim=-1, keepdim=True)),
        10.0 * torch.randn(*shape, 3, generator=generator),
    )


def random_torsions(*shape: int, seed: int) -> Tensor:
    """Unit (sin, cos) pairs [*shape, 7, 2]."""
    angles = 6.2832 * torch.rand(*shape, 7, generator=torch.Generator().manual_seed(seed))
    return torch.stack([angles.sin(), angles.cos()], dim=-1)


def every_residue(*, seed: int) -> tuple[Rigid, Tensor, Tensor]:
    """Group frames [20, 8], atom37 positions and mask."""
    frames = torsions_to_frames(EVERY_TYPE, random_rigid(20, seed=seed), random_torsions(20, seed=seed + 1))
    positions, mask = atom14_to_atom37(frames_to_atom14(EVERY_TYPE, frames), EVERY_TYPE)
    return frames, positions, mask

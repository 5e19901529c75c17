"""Rigid-group frames of an observed structure. Å."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from protfold.constants import rigid_groups
from protfold.constants.atoms import ATOM37_MASK, BACKBONE
from protfold.constants.residues import UNKNOWN
from protfold.geometry.atom_frames import constant
from protfold.geometry.rigid import Rigid
from protfold.typing import Float, Int


def group_frames(
    aatype: Int[Tensor, "*batch N_res"],
    atom37_positions: Float[Tensor, "*batch N_res 37 3"],
    atom37_mask: Float[Tensor, "*batch N_res 37"],
) -> tuple[Rigid, Float[Tensor, "*batch N_res 8"]]:
    """The eight frames of each residue [*batch, N_res, 8], and 1 where the three atoms that span one are known.

    Jumper et al. (2021) Suppl. Table 2 "Rigid groups for constructing all atoms from given torsion angles". The first atom lies on the
    negative x axis, in the backbone frame on the positive one; the second is the origin, the third has y > 0. Pre-omega and phi hold no
    atoms and are left out.
    """
    atoms, exists = (constant(table, atom37_positions)[aatype.clamp(max=UNKNOWN)] for table in _frame_atoms())
    first, origin, in_plane = (torch.take_along_dim(atom37_positions, atoms[..., point, None], dim=-2) for point in range(3))
    known = torch.stack([torch.take_along_dim(atom37_mask, atoms[..., point], dim=-1) for point in range(3)]).prod(0)
    on_x_axis = 2.0 * origin - first
    on_x_axis[..., 0, :] = first[..., 0, :]
    return Rigid.from_3_points(on_x_axis, origin, in_plane), known * exists


@cache
def _frame_atoms() -> tuple[np.ndarray, np.ndarray]:
    """[21, 8, 3] atom37 slots that span each frame, and [21, 8] which frames exist."""
    atoms = np.zeros((len(ATOM37_MASK), rigid_groups.NUM_GROUPS, 3), dtype=np.int64)
    exists = np.zeros((len(ATOM37_MASK), rigid_groups.NUM_GROUPS), dtype=np.float32)
    n, ca, c, o = BACKBONE
    atoms[:, 0] = c, ca, n
    atoms[:, rigid_groups.PSI_GROUP] = ca, c, o
    atoms[:, rigid_groups.CHI1_GROUP :] = rigid_groups.CHI_ATOM37[..., 1:]
    exists[:UNKNOWN, [0, rigid_groups.PSI_GROUP]] = 1.0
    exists[:, rigid_groups.CHI1_GROUP :] = rigid_groups.CHI_MASK
    return atoms, exists

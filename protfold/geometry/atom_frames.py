"""Between backbone frames with torsions and atoms: Jumper et al. (2021) Suppl. Alg. 24. Å."""

import torch
from torch import Tensor

from protfold.constants import atoms, rigid_groups
from protfold.constants.residues import RESIDUE_CODE
from protfold.geometry.rigid import Rigid, rotation_about_x
from protfold.typing import Float, Int

CB_SLOT = 4
"""Of CB among a residue's atom14; glycine's holds zeros."""


def constant(table: object, like: Tensor) -> Tensor:
    """A read-only NumPy table as a tensor on the device of `like`, floating tables in its floating type."""
    tensor = torch.tensor(table, device=like.device)
    return tensor.to(like.dtype) if tensor.is_floating_point() and like.is_floating_point() else tensor


def backbone_frames(atom37_positions: Float[Tensor, "*batch N_res 37 3"]) -> Rigid:
    """Frame of each residue: CA at the origin, C on +x, N in the xy plane at y > 0."""
    nitrogen, alpha, carbon = atom37_positions[..., :3, :].unbind(-2)
    return Rigid.from_3_points(carbon, alpha, nitrogen)


def torsions_to_frames(
    aatype: Int[Tensor, "*batch N_res"], backbone: Rigid, torsion_sin_cos: Float[Tensor, "*batch N_res 7 2"]
) -> Rigid:
    """The eight rigid-group frames of each residue, [*batch, N_res, 8], in global coordinates.

    Jumper et al. (2021) Suppl. Alg. 24 "computeAllAtomCoordinates", lines 1-10. Groups a residue lacks are all zero.
    """
    default = Rigid.from_matrix(constant(rigid_groups.DEFAULT_FRAMES, torsion_sin_cos)[aatype])
    no_turn = torch.cat([torch.zeros_like(torsion_sin_cos[..., :1, :1]), torch.ones_like(torsion_sin_cos[..., :1, :1])], dim=-1)
    turned = rotation_about_x(torch.cat([no_turn, torsion_sin_cos], dim=-2))
    groups = Rigid(default.rotation @ turned, default.translation)
    in_backbone = [groups[..., group] for group in range(rigid_groups.CHI1_GROUP + 1)]
    for group in range(rigid_groups.CHI1_GROUP + 1, rigid_groups.NUM_GROUPS):
        in_backbone.append(in_backbone[-1].compose(groups[..., group]))
    local = Rigid(
        torch.stack([frame.rotation for frame in in_backbone], dim=-3),
        torch.stack([frame.translation for frame in in_backbone], dim=-2),
    )
    return Rigid(backbone.rotation[..., None, :, :], backbone.translation[..., None, :]).compose(local)


def frames_to_atom14(aatype: Int[Tensor, "*batch N_res"], frames: Rigid) -> Float[Tensor, "*batch N_res 14 3"]:
    """Ideal atoms placed by their rigid group; absent slots are zero.

    Jumper et al. (2021) Suppl. Alg. 24 "computeAllAtomCoordinates", line 11.
    """
    group = constant(rigid_groups.ATOM14_GROUP, frames.translation)[aatype]
    rotation = torch.take_along_dim(frames.rotation, group[..., None, None], dim=-3)
    translation = torch.take_along_dim(frames.translation, group[..., None], dim=-2)
    ideal = constant(rigid_groups.ATOM14_IDEAL_POSITIONS, frames.translation)[aatype]
    mask = constant(atoms.ATOM14_MASK, frames.translation)[aatype]
    return Rigid(rotation, translation).apply(ideal) * mask[..., None]


def atom14_to_atom37(
    atom14: Float[Tensor, "*batch N_res 14 3"], aatype: Int[Tensor, "*batch N_res"]
) -> tuple[Float[Tensor, "*batch N_res 37 3"], Float[Tensor, "*batch N_res 37"]]:
    """Positions in the fixed layout (zeros where absent) and the mask of atoms each residue has."""
    slot = constant(atoms.ATOM37_TO_ATOM14, atom14)[aatype]
    mask = constant(atoms.ATOM37_MASK, atom14)[aatype]
    return torch.take_along_dim(atom14, slot[..., None], dim=-2) * mask[..., None], mask


def atom37_to_atom14(
    atom37: Float[Tensor, "*batch N_res 37 C"], aatype: Int[Tensor, "*batch N_res"]
) -> Float[Tensor, "*batch N_res 14 C"]:
    """Positions, or a mask with a trailing axis, in the layout of each residue (zeros where absent)."""
    slot = constant(atoms.ATOM14_TO_ATOM37, atom37)[aatype]
    mask = constant(atoms.ATOM14_MASK, atom37)[aatype]
    return torch.take_along_dim(atom37, slot[..., None], dim=-2) * mask[..., None]


def ideal_pseudo_beta(aatype: Int[Tensor, "*batch N_res"], backbone: Rigid) -> Float[Tensor, "*batch N_res 3"]:
    """CB of each residue, CA of glycine, where ideal geometry has it."""
    in_backbone = constant(rigid_groups.ATOM14_IDEAL_POSITIONS, backbone.translation)[..., CB_SLOT, :]
    return backbone.apply(in_backbone[aatype])


def pseudo_beta(aatype: Int[Tensor, "*batch N_res"], atom37: Float[Tensor, "*batch N_res 37 C"]) -> Float[Tensor, "*batch N_res C"]:
    """CB of each residue, CA of glycine; takes positions or a mask with a trailing axis."""
    is_glycine = (aatype == RESIDUE_CODE["G"])[..., None]
    return torch.where(is_glycine, atom37[..., atoms.ATOM37_INDEX["CA"], :], atom37[..., atoms.ATOM37_INDEX["CB"], :])

"""Torsion angles measured from atoms, as (sin, cos) pairs. Order: pre-omega, phi, psi, chi1-chi4."""

from dataclasses import dataclass

import torch
from torch import Tensor

from protfold.constants import rigid_groups
from protfold.constants.atoms import BACKBONE
from protfold.constants.residues import UNKNOWN
from protfold.geometry.atom_frames import constant
from protfold.geometry.rigid import Rigid
from protfold.geometry.vectors import normalize
from protfold.typing import Float, Int


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Torsions:
    """Seven torsions a residue.

    Attributes:
        sin_cos: unit (sin, cos) pairs.
        alternative_sin_cos: the same with pi-periodic chi angles turned by pi.
        mask: 1 where all four atoms are present.
    """

    sin_cos: Float[Tensor, "*batch N_res 7 2"]
    alternative_sin_cos: Float[Tensor, "*batch N_res 7 2"]
    mask: Float[Tensor, "*batch N_res 7"]


def measure_torsions(
    aatype: Int[Tensor, "*batch N_res"],
    atom37_positions: Float[Tensor, "*batch N_res 37 3"],
    atom37_mask: Float[Tensor, "*batch N_res 37"],
) -> Torsions:
    """Torsions of each residue; the previous residue in the array is taken as bonded.

    Jumper et al. (2021) Suppl. Sec. 1.9.1 "Side chain and backbone torsion angle loss" (definition of the angles). Psi is measured to O
    and mirrored, so that its value is the usual N-CA-C-N(+1) one.
    """
    aatype = aatype.clamp(max=UNKNOWN)
    previous = torch.nn.functional.pad(atom37_positions, (0, 0, 0, 0, 1, 0))[..., :-1, :, :]
    previous_mask = torch.nn.functional.pad(atom37_mask, (0, 0, 1, 0))[..., :-1, :]
    n, ca, c, o = BACKBONE

    def here(*atoms: int) -> list[Tensor]:
        return [atom37_positions[..., atom, :] for atom in atoms]

    omega = torch.stack([previous[..., ca, :], previous[..., c, :], *here(n, ca)], dim=-2)
    phi = torch.stack([previous[..., c, :], *here(n, ca, c)], dim=-2)
    psi = torch.stack(here(n, ca, c, o), dim=-2)
    omega_mask = previous_mask[..., [ca, c]].prod(-1) * atom37_mask[..., [n, ca]].prod(-1)
    phi_mask = previous_mask[..., c] * atom37_mask[..., [n, ca, c]].prod(-1)
    psi_mask = atom37_mask[..., [n, ca, c, o]].prod(-1)

    chi_atoms = constant(rigid_groups.CHI_ATOM37, atom37_positions)[aatype]
    chi = torch.take_along_dim(atom37_positions[..., None, :, :], chi_atoms[..., None], dim=-2)
    present = torch.take_along_dim(atom37_mask[..., None, :], chi_atoms, dim=-1).prod(-1)
    chi_mask = constant(rigid_groups.CHI_MASK, atom37_positions)[aatype] * present

    points = torch.cat([torch.stack([omega, phi, psi], dim=-3), chi], dim=-3)
    sin_cos = dihedral_sin_cos(points)
    mirror = sin_cos.new_tensor([1.0, 1.0, -1.0, 1.0, 1.0, 1.0, 1.0])[:, None]
    sin_cos = sin_cos * mirror
    periodic = constant(rigid_groups.CHI_PI_PERIODIC, atom37_positions)[aatype]
    turn = torch.cat([torch.ones_like(sin_cos[..., :3, 0]), 1.0 - 2.0 * periodic], dim=-1)
    return Torsions(
        sin_cos=sin_cos,
        alternative_sin_cos=sin_cos * turn[..., None],
        mask=torch.cat([torch.stack([omega_mask, phi_mask, psi_mask], dim=-1), chi_mask], dim=-1),
    )


def dihedral_sin_cos(points: Float[Tensor, "*shape 4 3"]) -> Float[Tensor, "*shape 2"]:
    """(sin, cos) of the dihedral of four points: the fourth seen along the bond from the second to the third.

    Zero where the first two points coincide, as absent atoms do at the origin; there the published code returns rounding noise.
    """
    first, second, third, fourth = points.unbind(-2)
    _, y, z = Rigid.from_3_points(2 * third - second, third, first).invert_apply(fourth).unbind(-1)
    apart = (first != second).any(-1, keepdim=True)
    return normalize(torch.stack([z, y], dim=-1)) * apart

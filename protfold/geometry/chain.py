"""A chain of residues laid out from its backbone torsions. Å."""

import math

import torch
from torch import Tensor

from protfold.constants.stereochemistry import BACKBONE_ANGLES, BACKBONE_BONDS, PEPTIDE_BOND
from protfold.geometry.rigid import Rigid, rotation_about_x
from protfold.typing import Float

(N_CA, _), (CA_C, _), (C_N, _) = BACKBONE_BONDS["N-CA"], BACKBONE_BONDS["CA-C"], PEPTIDE_BOND
"""Bond lengths, Å."""
N_CA_C, CA_C_N, C_N_CA = (math.radians(degrees) for degrees in (BACKBONE_ANGLES["N-CA-C"][0], 116.6, 121.4))
"""Bond angles; those of the peptide bond are the ones that the published violation loss holds bonds to, rounded."""


def lay_out_chain(
    omega: Float[Tensor, "*batch N_res 2"], phi: Float[Tensor, "*batch N_res 2"], psi: Float[Tensor, "*batch N_res 2"]
) -> Rigid:
    """Backbone frames of a chain with ideal bonds and the given torsions; the first residue's frame is the identity.

    Args:
        omega, phi, psi: unit (sin, cos) pairs; omega is that of the bond before the residue. The first residue's omega and phi and the
            last one's psi have no effect.
    """
    to_next = (
        _bond(psi[..., :-1, :], angle=CA_C_N, length=C_N, start=CA_C)
        .compose(_bond(omega[..., 1:, :], angle=C_N_CA, length=N_CA))
        .compose(_bond(phi[..., 1:, :], angle=N_CA_C, length=0.0))
    )
    frames = Rigid.identity(tuple(psi.shape[:-1]), like=psi)
    rotation = torch.cat([frames.rotation[..., :1, :, :], to_next.rotation], dim=-3)
    translation = torch.cat([frames.translation[..., :1, :], to_next.translation], dim=-2)
    return _compose_along_chain(Rigid(rotation, translation))


def _bond(torsion: Float[Tensor, "*shape 2"], *, angle: float, length: float, start: float = 0.0) -> Rigid:
    """From a frame along one bond to the frame along the next, whose origin is that bond's far end.

    The x axis of either frame runs along its bond, and the atom before the bond lies in the xy plane at y > 0.

    Args:
        torsion: about the first bond.
        angle: between the bonds, radians.
        length: of the second bond.
        start: how far along the first bond the second one begins.
    """
    sin, cos = math.sin(angle), math.cos(angle)
    turn = torsion.new_tensor([[-cos, -sin, 0.0], [sin, -cos, 0.0], [0.0, 0.0, 1.0]])
    rotation = rotation_about_x(torsion) @ turn
    return Rigid(rotation, rotation[..., 0] * length + torsion.new_tensor([start, 0.0, 0.0]))


def _compose_along_chain(steps: Rigid) -> Rigid:
    """Products of all steps up to each residue, in a logarithmic number of rounds."""
    rotation, translation = steps.rotation, steps.translation
    shift, num_residues = 1, translation.shape[-2]
    while shift < num_residues:
        joined = Rigid(rotation[..., :-shift, :, :], translation[..., :-shift, :]).compose(
            Rigid(rotation[..., shift:, :, :], translation[..., shift:, :])
        )
        rotation = torch.cat([rotation[..., :shift, :, :], joined.rotation], dim=-3)
        translation = torch.cat([translation[..., :shift, :], joined.translation], dim=-2)
        shift *= 2
    return Rigid(rotation, translation)

"""`LocalEnvironment`: what ABACUS-R sees of a backbone around each residue. Å, radians; torsions in units of 180 degrees.

Liu et al. (2022), doi 10.1038/s43588-022-00273-6, by the numbers of its published code. Ours are those of that code for 1CY5 chain A,
whose rotation vectors lose up to 7e-4 rad near half turns. Its weights need its quirks, which are kept: the neighbor is not centred before
it is superposed, angles jump at 180 degrees, and an angle that does not exist is `NO_TORSION`. Tokens of the network are 21:

- the central residue: `distance_basis` of distance 0, position and rotation of zeros, its torsions, offset class `CENTRAL_OFFSET`;
- neighbors: `rbf`, `positions`, `rotation_vectors`, `offsets`, and zeros for torsions.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from protfold.features.design_features import DesignFeatures
from protfold.geometry.rigid import Rigid
from protfold.geometry.torsions import dihedral_sin_cos
from protfold.geometry.vectors import radial_basis
from protfold.typing import Bool, Float, Int

NUM_NEIGHBORS = 20
NUM_RBF = 16
FIRST_CENTER, LAST_CENTER = 0.0, 20.0
WINDOW = 5
NO_TORSION = 2.0
"""360 degrees: off the end of the chain, or undefined."""
OFFSET_REACH = 64
NUM_OFFSETS = 2 * OFFSET_REACH + 1
FAR_OFFSET = 2 * OFFSET_REACH
"""Class of residues of other chains and of those outside -64 to 63; others have their offset + 64."""
CENTRAL_OFFSET = 0
"""Class of the central residue: by a misplaced parenthesis of the published code that of offset -64, not that of offset 0."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class LocalEnvironment:
    """Environments of residues; zeros where the mask is not set.

    Attributes:
        rbf: of the CA-CA distance.
        positions: CA of the neighbor in the frame of the residue: its CA the origin, N on +x, C in the xy plane at y > 0.
        rotation_vectors: axis times angle, at most pi, of the rotation that turns the neighbor's N, CA, C, O, as seen in that frame and
            without centring them, best onto the residue's own.
        torsions: phi of residues i - 2 to i + 2 of the chain, then psi, then omega of the bond behind each; 1 is 180 degrees.
        offsets: class of the difference of author residue numbers.
        mask: neighbors there are, of complete residues.
    """

    rbf: Float[Tensor, "N_res K 16"]
    positions: Float[Tensor, "N_res K 3"]
    rotation_vectors: Float[Tensor, "N_res K 3"]
    torsions: Float[Tensor, "N_res 15"]
    offsets: Int[Tensor, "N_res K"]
    mask: Bool[Tensor, "N_res K"]


def local_environment(features: DesignFeatures, *, breaks: bool = False) -> LocalEnvironment:
    """Environments of all residues.

    Args:
        features: with `NUM_NEIGHBORS` neighbors, as published.
        breaks: whether torsions and their windows end where the peptide bond is missing. The published code joins what is left of a
            chain without its incomplete residues, and measures across the gaps; so does this by default, to be that code's equal.
    """
    mask = features.neighbor_mask
    backbone = features.backbone.double()
    n, ca, c = backbone[:, :3].unbind(1)
    frames = Rigid.from_3_points(n, ca, c)
    own = frames[:, None].invert_apply(backbone)
    seen = frames[:, None, None].invert_apply(backbone[features.neighbors])
    there = mask[..., None]
    positions = seen[..., 1, :] * there
    offsets = features.residue_index[features.neighbors] - features.residue_index[:, None] + OFFSET_REACH
    near = (offsets >= 0) & (offsets < FAR_OFFSET)
    near = near & (features.chain_index[features.neighbors] == features.chain_index[:, None])
    return LocalEnvironment(
        rbf=(distance_basis(positions.norm(dim=-1)) * there).to(features.backbone),
        positions=positions.to(features.backbone),
        rotation_vectors=(best_rotation_vector(seen, own[:, None]) * there).to(features.backbone),
        torsions=_torsion_windows(features, breaks=breaks).to(features.backbone),
        offsets=torch.where(near, offsets, FAR_OFFSET) * mask,
        mask=mask,
    )


def distance_basis(distances: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape 16"]:
    """Gaussians of CA-CA distances (Å), 16 from 0 to 20 Å."""
    return radial_basis(distances, first=FIRST_CENTER, last=LAST_CENTER, count=NUM_RBF)


def best_rotation_vector(moving: Float[Tensor, "*#shape N 3"], fixed: Float[Tensor, "*#shape N 3"]) -> Float[Tensor, "*shape 3"]:
    """Axis times angle (0 to pi) of the rotation about the origin that brings `moving` onto `fixed` with the least square distance.

    Horn (1987), doi 10.1364/JOSAA.4.000629: the quaternion of the largest eigenvalue, exact at every angle. Of two equally good half turns
    either may be given.
    """
    product = moving.transpose(-1, -2) @ fixed
    twist = torch.stack([product[..., i, j] - product[..., j, i] for i, j in ((1, 2), (2, 0), (0, 1))], dim=-1)
    trace = product.diagonal(dim1=-2, dim2=-1).sum(-1)
    symmetric = product + product.transpose(-1, -2) - trace[..., None, None] * torch.eye(3).to(product)
    top = torch.cat([trace[..., None], twist], dim=-1)
    matrix = torch.cat([top[..., None, :], torch.cat([twist[..., None], symmetric], dim=-1)], dim=-2)
    quaternion = torch.linalg.eigh(matrix).eigenvectors[..., -1]
    real, imaginary = quaternion[..., :1], quaternion[..., 1:]
    imaginary = torch.where(real < 0, -imaginary, imaginary)
    sine = imaginary.norm(dim=-1, keepdim=True)
    angle = 2.0 * torch.atan2(sine, real.abs())
    return imaginary * torch.where(sine > 0, angle / sine.clamp(min=torch.finfo(sine.dtype).tiny), 2.0)


def _torsion_windows(features: DesignFeatures, *, breaks: bool) -> Float[Tensor, "N_res 15"]:
    """Phi, psi and omega of five residues of a chain, in units of 180 degrees."""
    windows = torch.full((len(features), 3, WINDOW), NO_TORSION, dtype=torch.float64, device=features.backbone.device)
    rows = features.complete.nonzero()[:, 0]
    chain, linked = features.chain_index[rows], features.linked[rows]
    joined = chain[1:] == chain[:-1]
    if breaks:
        joined = joined & linked[1:] & (rows.diff() == 1)
    torsions = _phi_psi_omega(features.backbone[rows].double(), joined)
    segment = torch.nn.functional.pad(torch.cumsum(~joined, 0), (1, 0))
    places = torch.arange(len(rows), device=rows.device)[:, None] + torch.arange(WINDOW, device=rows.device) - WINDOW // 2
    clamped = places.clamp(0, len(rows) - 1)
    inside = (places == clamped) & (segment[clamped] == segment[:, None])
    windows[rows] = torch.where(inside, torsions[:, clamped], NO_TORSION).transpose(0, 1).to(windows)
    return windows.flatten(1)


def _phi_psi_omega(backbone: Float[Tensor, "N 4 3"], joined: Bool[Tensor, " bonds"]) -> Float[Tensor, "3 N"]:
    """Torsions of each residue in units of 180 degrees; omega is that of the bond to the next one."""
    n, ca, c = backbone[:, :3].unbind(1)
    torsions = backbone.new_full((3, len(backbone)), NO_TORSION)
    after, before = slice(1, None), slice(-1)
    atoms = (
        (after, (c[:-1], n[1:], ca[1:], c[1:])),
        (before, (n[:-1], ca[:-1], c[:-1], n[1:])),
        (before, (ca[:-1], c[:-1], n[1:], ca[1:])),
    )
    for kind, (residues, points) in enumerate(atoms):
        angles = torch.atan2(*dihedral_sin_cos(torch.stack(points, dim=-2)).unbind(-1))
        torsions[kind, residues] = torch.where(joined, angles / torch.pi, NO_TORSION)
    return torsions

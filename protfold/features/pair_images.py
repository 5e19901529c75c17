"""Structures as pair maps: what a vision network sees of distances and directions. Å."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from protfold.constants.atoms import ATOM37_INDEX
from protfold.entities import Protein
from protfold.geometry.atom_frames import backbone_frames, pseudo_beta
from protfold.geometry.vectors import normalize, pairwise_distances
from protfold.metrics.contacts import CONTACT_DISTANCE
from protfold.typing import Bool, Float

PairChannels = Literal["symmetric", "directed"]

CHANNELS: dict[PairChannels, tuple[str, ...]] = {
    "symmetric": ("closeness", "contact"),
    "directed": ("closeness", "contact", "column_x", "column_y", "column_z", "row_x", "row_y", "row_z"),
}
"""What each channel is; i is the row, j the column.

closeness: 8 / (8 + d) of the distance d between pseudo-beta atoms (CB, CA of glycine): 1 at none, 1/2 at the limit of contacts.
contact: 1 where d is less than 8 Å.
column_*: direction from CA of i to the pseudo-beta atom of j in the frame of i (C on +x, N in the xy plane at y > 0), of length 1.
row_*: the same with i and j exchanged.
"""
TRANSPOSED: dict[PairChannels, tuple[int, ...]] = {"symmetric": (0, 1), "directed": (0, 1, 5, 6, 7, 2, 3, 4)}
"""Where each channel is found when rows and columns are exchanged."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PairImage:
    """Pair maps of one structure.

    Attributes:
        maps: see `CHANNELS`; zero where a residue is not known.
        mask: residues with all atoms that the maps are made of.
    """

    maps: Float[Tensor, "C N N"]
    mask: Bool[Tensor, " N"]


def build_pair_image(protein: Protein, channels: PairChannels = "symmetric") -> PairImage:
    """The maps of a structure.

    Args:
        protein: of one chain or several.
        channels: `symmetric`, of distances alone; or `directed`, with directions.
    """
    aatype = torch.from_numpy(protein.aatype).long()
    atoms, there = (torch.from_numpy(one).float() for one in (protein.atom37_positions, protein.atom37_mask))
    points, known = pseudo_beta(aatype, atoms), pseudo_beta(aatype, there[..., None])[..., 0] > 0
    distances = pairwise_distances(points)
    maps = [CONTACT_DISTANCE / (CONTACT_DISTANCE + distances), (distances < CONTACT_DISTANCE).float()]
    if channels == "directed":
        known &= (there[:, [ATOM37_INDEX[name] for name in ("N", "CA", "C")]] > 0).all(-1)
        columns = normalize(backbone_frames(atoms)[:, None].invert_apply(points[None])).movedim(-1, 0)
        maps += [*columns, *columns.transpose(-1, -2)]
    image = torch.stack(maps)
    return PairImage(maps=torch.where(known[:, None] & known, image, 0.0), mask=known)

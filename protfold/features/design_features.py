"""`DesignFeatures`: a backbone as the designer reads it, without batch axes. Å."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from protfold.constants.atoms import BACKBONE
from protfold.entities import Protein
from protfold.metrics.violations import peptide_bonds
from protfold.typing import Bool, Float, Int

FAR = 1e6
_SPARE = 8


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DesignFeatures:
    """Residues of one backbone, of any number of chains, or of several backbones that do not see each other.

    Attributes:
        backbone: N, CA, C and O; zeros where absent.
        complete: whether all four were observed. Other residues are nobody's neighbors.
        chain_index: which chain.
        residue_index: author residue numbers.
        linked: whether a peptide bond leads to the residue before, both being complete.
        neighbors: the nearest residues by CA, nearest first, equally near ones in their order, the residue itself not among them.
        neighbor_mask: which of these exist.
    """

    backbone: Float[Tensor, "N_res 4 3"]
    complete: Bool[Tensor, " N_res"]
    chain_index: Int[Tensor, " N_res"]
    residue_index: Int[Tensor, " N_res"]
    linked: Bool[Tensor, " N_res"]
    neighbors: Int[Tensor, "N_res K"]
    neighbor_mask: Bool[Tensor, "N_res K"]

    def __len__(self) -> int:
        return len(self.complete)

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> "DesignFeatures":
        """On a device, with positions of a floating type."""
        moved = {field.name: getattr(self, field.name).to(device) for field in fields(self)}
        return DesignFeatures(**moved | {"backbone": moved["backbone"].to(dtype)})


def build_design_features(
    protein: Protein, *, num_neighbors: int, noise: Float[np.ndarray, "N_res 4 3"] | float = 0.0
) -> DesignFeatures:
    """Features of all residues of a structure.

    Args:
        protein: its side chains are not looked at.
        num_neighbors: K; structures of fewer residues have masked places.
        noise: Å, added to N, CA, C and O; it changes who is near, not who is linked.
    """
    complete = np.all(protein.atom37_mask[:, BACKBONE] > 0, axis=-1)
    linked = np.zeros_like(complete)
    linked[1:] = peptide_bonds(protein) & complete[1:] & complete[:-1]
    backbone = ((protein.atom37_positions[:, BACKBONE] + noise) * complete[:, None, None]).astype(np.float32)
    positions, known = torch.from_numpy(backbone), torch.from_numpy(complete)
    neighbors, mask = nearest_residues(positions[:, 1], known, num_neighbors)
    return DesignFeatures(
        backbone=positions,
        complete=known,
        chain_index=torch.from_numpy(protein.chain_index.astype(np.int64)),
        residue_index=torch.from_numpy(protein.residue_index.astype(np.int64)),
        linked=torch.from_numpy(linked),
        neighbors=neighbors,
        neighbor_mask=mask,
    )


def nearest_residues(
    positions: Float[Tensor, "N_res 3"], known: Bool[Tensor, " N_res"], count: int
) -> tuple[Int[Tensor, "N_res K"], Bool[Tensor, "N_res K"]]:
    """The nearest known residues of each, and which of the places are taken.

    Args:
        positions: Å.
        known: residues that can be neighbors; others have none.
        count: K.
    """
    num_residues = len(positions)
    neighbors = torch.zeros(num_residues, count, dtype=torch.int64, device=positions.device)
    mask = torch.zeros_like(neighbors, dtype=torch.bool)
    width = min(count + 1 + _SPARE, num_residues)
    points = positions.double()
    for rows in torch.arange(num_residues, device=positions.device).split(1024):
        distances = torch.cdist(points[rows], points, compute_mode="donot_use_mm_for_euclid_dist")
        distances = distances.masked_fill(~(known[rows, None] & known), FAR)
        distances[torch.arange(len(rows)), rows] = FAR
        candidates = distances.topk(width, largest=False).indices.sort(dim=-1).values
        nearest, order = distances.gather(-1, candidates).sort(dim=-1, stable=True)
        kept = min(count, width)
        neighbors[rows, :kept] = candidates.gather(-1, order)[:, :kept]
        mask[rows, :kept] = nearest[:, :kept] < FAR
    return neighbors * mask, mask


def pack(parts: Sequence[DesignFeatures]) -> DesignFeatures:
    """Several backbones one after another; those of the result do not see each other."""
    sizes = torch.tensor([0, *(len(part) for part in parts)]).cumsum(0).tolist()
    chains = torch.tensor([0, *(int(part.chain_index.max()) + 1 for part in parts)]).cumsum(0).tolist()
    joined = {field.name: torch.cat([getattr(part, field.name) for part in parts]) for field in fields(DesignFeatures)}
    shifted = [(part.neighbors + start) * part.neighbor_mask for part, start in zip(parts, sizes, strict=False)]
    chain_index = [part.chain_index + start for part, start in zip(parts, chains, strict=False)]
    return DesignFeatures(**joined | {"neighbors": torch.cat(shifted), "chain_index": torch.cat(chain_index)})

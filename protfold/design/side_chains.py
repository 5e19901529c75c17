"""Side chains of a sequence on a backbone, by predicted torsions. Å."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from protfold.constants.atoms import ATOM37_INDEX, BACKBONE
from protfold.entities import Protein
from protfold.geometry.atom_frames import atom14_to_atom37, backbone_frames, frames_to_atom14, torsions_to_frames
from protfold.typing import Float, Int

NUM_BACKBONE_TORSIONS = 3


def chi_angles(chi_logits: Float[Tensor, "N_res 4 36"]) -> Float[Tensor, "N_res 4"]:
    """The angle (radians) of the best bin, moved within it towards the better one of its neighbors."""
    num_bins = chi_logits.shape[-1]
    probabilities = chi_logits.softmax(-1)
    best = probabilities.argmax(-1, keepdim=True)
    around = [probabilities.gather(-1, (best + shift) % num_bins)[..., 0] for shift in (-1, 0, 1)]
    shift = (around[2] - around[0]) / sum(around)
    return (best[..., 0] + 0.5 + shift) * (2.0 * torch.pi / num_bins) - torch.pi


def place_side_chains(backbone: Protein, types: Int[np.ndarray, " N_res"], angles: Float[Tensor, "N_res 4"]) -> Protein:
    """A structure with the backbone's N, CA, C and O and ideal side chains of other types.

    Residues without a complete backbone, and those of unknown type, keep the atoms that they have.

    Args:
        backbone: gives backbone atoms, numbers and chains; where there is an OXT, it is kept.
        types: 0-20.
        angles: chi1-chi4, radians; those that a residue lacks are not looked at.
    """
    aatype = torch.from_numpy(types.astype(np.int64))
    positions = torch.from_numpy(backbone.atom37_positions.astype(np.float64))
    torsions = torch.cat([angles.new_zeros(len(angles), NUM_BACKBONE_TORSIONS), angles.cpu()], dim=-1).double()
    sin_cos = torch.stack([torsions.sin(), torsions.cos()], dim=-1)
    frames = torsions_to_frames(aatype, backbone_frames(positions), sin_cos)
    placed, mask = (one.numpy() for one in atom14_to_atom37(frames_to_atom14(aatype, frames), aatype))
    buildable = backbone.atom37_mask[:, BACKBONE].all(-1) & (mask[:, ATOM37_INDEX["CA"]] > 0)
    observed = [*BACKBONE, ATOM37_INDEX["OXT"]]
    placed[:, observed], mask[:, observed] = backbone.atom37_positions[:, observed], backbone.atom37_mask[:, observed]
    return replace(
        backbone,
        aatype=types.astype(backbone.aatype.dtype),
        atom37_positions=np.where(buildable[:, None, None], placed, backbone.atom37_positions).astype(np.float32),
        atom37_mask=np.where(buildable[:, None], mask, backbone.atom37_mask).astype(np.float32),
    )

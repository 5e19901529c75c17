"""Side-chain torsions of a model beside those observed."""

from dataclasses import dataclass

import numpy as np
import torch

from protfold.constants.residues import UNKNOWN
from protfold.constants.rigid_groups import CHI_PI_PERIODIC
from protfold.entities import Protein
from protfold.geometry.torsions import measure_torsions
from protfold.typing import Bool, Float

SAME_ROTAMER = 40.0
"""Degrees up to which a torsion counts as right, about a third of the way to the next staggered rotamer."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RotamerAgreement:
    """Torsions of two structures of one sequence.

    Attributes:
        differences: of chi1-chi4, degrees from 0 to 180; where half a turn makes no difference, to 90.
        known: torsions that both structures have.
    """

    differences: Float[np.ndarray, "N_res 4"]
    known: Bool[np.ndarray, "N_res 4"]

    def share_right(self, upto: int, *, within: float = SAME_ROTAMER) -> float:
        """Share of residues whose torsions from chi1 to chi`upto` are all right, of those that have all these; NaN without any.

        Args:
            upto: 1 to 4.
            within: degrees.
        """
        have = np.all(self.known[:, :upto], axis=-1)
        right = np.all(self.differences[:, :upto] <= within, axis=-1)
        return float(right[have].mean()) if have.any() else float("nan")


def rotamer_agreement(model: Protein, reference: Protein) -> RotamerAgreement:
    """Compares side chains; residues of another or unknown type in either are not counted.

    Args:
        model, reference: structures of the same residues.
    """
    same = (model.aatype == reference.aatype) & (reference.aatype < UNKNOWN)
    aatype = torch.from_numpy(reference.aatype.astype(np.int64))
    angles, masks = [], []
    for protein in (model, reference):
        atoms, mask = (torch.from_numpy(one).double() for one in (protein.atom37_positions, protein.atom37_mask))
        torsions = measure_torsions(aatype, atoms, mask)
        angles.append(np.degrees(torch.atan2(*torsions.sin_cos[:, 3:].unbind(-1)).numpy()))
        masks.append(torsions.mask[:, 3:].numpy() > 0)
    period = np.where(CHI_PI_PERIODIC[reference.aatype] > 0, 180.0, 360.0)
    turn = (angles[0] - angles[1]) % period
    return RotamerAgreement(differences=np.minimum(turn, period - turn), known=masks[0] & masks[1] & same[:, None])

"""Predictions without a network, which a network must beat: local structure without a fold, and contacts from couplings alone."""

import numpy as np
import torch

from protfold.features.couplings import coupling_scores
from protfold.geometry.chain import lay_out_chain
from protfold.geometry.torsions import measure_torsions
from protfold.train.chain import Chain
from protfold.train.evaluate import Predicted, ideal_helix

HELIX, STRAND, COIL = (-63.0, -42.0), (-120.0, 130.0), (-80.0, 80.0)
"""Phi and psi of each class, degrees."""


def secondary_structure(chain: Chain) -> Predicted:
    """The chain with ideal torsions of its true helices and strands, and one pair of torsions everywhere else.

    A residue is helical with phi in -100 to -30 and psi in -80 to 5 degrees, extended with phi in -180 to -60 and psi above 90 or below
    -160; single residues of a class count as neither.
    """
    aatype = torch.from_numpy(chain.aatype.astype(np.int64))
    true = measure_torsions(aatype, torch.from_numpy(chain.atom37_positions), torch.from_numpy(chain.atom37_mask))
    phi, psi = torch.rad2deg(torch.atan2(true.sin_cos[:, 1:3, 0], true.sin_cos[:, 1:3, 1])).unbind(-1)
    helical = (phi > -100) & (phi < -30) & (psi > -80) & (psi < 5)
    extended = (phi < -60) & ((psi > 90) | (psi < -160))
    angles = torch.tensor(COIL).repeat(len(chain), 1)
    for members, ideal in ((helical, HELIX), (extended, STRAND)):
        neighbours = torch.nn.functional.pad(members, (1, 1))
        angles[members & (neighbours[2:] | neighbours[:-2])] = torch.tensor(ideal)
    pairs = torch.stack([torch.sin(torch.deg2rad(angles)), torch.cos(torch.deg2rad(angles))], dim=-1)
    trans = torch.tensor([0.0, -1.0]).expand(len(chain), 2)
    return Predicted(alpha=lay_out_chain(trans, pairs[:, 0], pairs[:, 1]).translation)


def couplings(chain: Chain) -> Predicted:
    """Contacts by the scores of mean-field couplings; the helix in place of a structure."""
    msa = chain.query() if chain.msa is None else chain.msa
    return Predicted(alpha=ideal_helix(chain).alpha, contacts=coupling_scores(msa))

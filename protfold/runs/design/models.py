"""Structures of a design: the backbone with the sequence on it, and side chains if wanted. Å."""

from dataclasses import replace

import numpy as np

from protfold.constants.atoms import ATOM37_INDEX, BACKBONE
from protfold.constants.residues import UNKNOWN
from protfold.design.designer import Designer, EncodedBackbone
from protfold.entities import Protein
from protfold.errors import InputError
from protfold.runs.design.backbones import Backbone
from protfold.runs.design.ranking import RankedDesign

_MAIN_CHAIN = [*BACKBONE, ATOM37_INDEX["OXT"]]


def check_side_chains(designer: Designer, *, side_chains: bool) -> None:
    """See that side chains can be placed, if they are wanted, before designs are looked for.

    Raises:
        InputError: the network is the published one, which tells no side-chain torsions of a given type.
    """
    if side_chains and designer.network.config.local is not None:
        raise InputError(
            f"the designer {designer.weights.name} tells no side-chain torsions of a given type; go without side chains"
        )


def build_models(backbone: Backbone, design: RankedDesign, encoded: EncodedBackbone | None) -> tuple[Protein, ...]:
    """A model of each state. Residues that were not designed keep the atoms they have.

    B-factors are the probability of the residue's type, given the others, x 100; 0 where there is none.

    Args:
        backbone: it was designed on.
        design: the sequence.
        encoded: the backbone as read by the designer that places side chains; None to place none.
    """
    types = design.types
    if encoded is not None:
        whole = encoded.with_side_chains(types)
    else:
        mask = np.zeros_like(backbone.protein.atom37_mask)
        mask[:, _MAIN_CHAIN] = backbone.protein.atom37_mask[:, _MAIN_CHAIN]
        positions = backbone.protein.atom37_positions * mask[..., None]
        whole = replace(
            backbone.protein,
            atom37_positions=positions.astype(np.float32),
            atom37_mask=mask,
            aatype=types.astype(backbone.protein.aatype.dtype),
        )
    designed = backbone.constraints.designed
    mask = np.where(designed[:, None], whole.atom37_mask, backbone.protein.atom37_mask)
    positions = np.where(designed[:, None, None], whole.atom37_positions, backbone.protein.atom37_positions)
    b_factors = (probabilities_of_own(design, backbone)[:, None] * 100.0 * mask).astype(np.float32)
    models = []
    for state, protein in enumerate(backbone.states):
        rows = backbone.rows(state)
        models.append(
            replace(
                protein,
                atom37_positions=positions[rows],
                atom37_mask=mask[rows],
                aatype=whole.aatype[rows],
                b_factors=b_factors[rows],
            )
        )
    return tuple(models)


def probabilities_of_own(design: RankedDesign, backbone: Backbone) -> np.ndarray:
    """Probability of each residue's type; 0 where its backbone is incomplete or its type unknown."""
    known = np.minimum(design.types, UNKNOWN - 1)
    own = np.exp(np.take_along_axis(design.log_probabilities, known[:, None], axis=-1)[:, 0])
    return np.where(backbone.complete & (design.types < UNKNOWN), own, 0.0)

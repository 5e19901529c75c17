"""Secondary structure from hydrogen bonds, by the rules of DSSP."""

import numpy as np

from protfold.constants.atoms import BACKBONE
from protfold.constants.residues import RESIDUE_CODE
from protfold.entities.protein import Protein
from protfold.metrics.hydrogen_bonds import continues_chain, hydrogen_bonds
from protfold.metrics.strands import strand_states
from protfold.typing import Bool, Float, Int, Shaped

BEND = 70.0
"""Degrees between the directions from CA of i - 2 to i and from i to i + 2."""
THREE_STATES = {"H": "H", "G": "H", "I": "H", "E": "E", "B": "E", "T": "-", "S": "-", "-": "-"}
"""Helix, strand, and the rest."""


def secondary_structure(protein: Protein) -> str:
    """One letter a residue: H alpha helix, G 3-10 helix, I pi helix, E strand, B bridge, T turn, S bend, - none of these.

    Kabsch and Sander (1983), doi 10.1002/bip.360221211. As in the DSSP program from version 2 a pi helix goes before an alpha helix;
    the polyproline helices of version 4 are not looked for. A residue without one of N, CA, C, O has none, and breaks the chain.
    """
    complete = np.flatnonzero(protein.atom37_mask[:, BACKBONE].all(-1))
    states = np.full(len(protein), "-")
    if len(complete):
        chain = protein.chain_index[complete]
        states[complete] = states_of_backbone(
            protein.atom37_positions[complete][:, BACKBONE],
            is_proline=protein.aatype[complete] == RESIDUE_CODE["P"],
            same_chain=np.concatenate([[False], chain[1:] == chain[:-1]]),
        )
    return "".join(states)


def three_states(states: str) -> str:
    """Eight states as H (of H, G, I), E (of E, B) and - (the rest)."""
    return "".join(THREE_STATES[state] for state in states)


def states_of_backbone(
    backbone: Float[np.ndarray, "N_res 4 3"], *, is_proline: Bool[np.ndarray, " N_res"], same_chain: Bool[np.ndarray, " N_res"]
) -> Shaped[np.ndarray, " N_res"]:
    """The letters of `secondary_structure` for complete residues.

    Args:
        backbone: N, CA, C, O, Å.
        is_proline: residues that have no hydrogen to give.
        same_chain: whether the residue is of the same chain as the one before it.
    """
    bonded = continues_chain(backbone[:, 0], backbone[:, 2], same_chain)
    segment = np.cumsum(~bonded)
    bonds = hydrogen_bonds(backbone, bonded, is_proline)
    starts = {stride: _helix_starts(bonds, segment, stride) for stride in (3, 4, 5)}
    states = strand_states(bonds, segment)
    for letter, stride, may_replace in (("H", 4, "HEB-"), ("G", 3, "G-"), ("I", 5, "IH-")):
        begins = np.flatnonzero(starts[stride][1:] & starts[stride][:-1]) + 1
        for begin in begins:
            if np.isin(states[begin : begin + stride], list(may_replace)).all():
                states[begin : begin + stride] = letter
    in_turn = np.zeros(len(states), dtype=bool)
    for stride, start in starts.items():
        for step in range(1, stride):
            in_turn[step:] |= start[:-step]
    free = states == "-"
    states[free & _bent(backbone[:, 1], segment)] = "S"
    states[free & in_turn] = "T"
    return states


def _helix_starts(bonds: Int[np.ndarray, "bonds 2"], segment: Int[np.ndarray, " N"], stride: int) -> Bool[np.ndarray, " N"]:
    """Residues whose C=O is bonded to the N-H `stride` residues on."""
    donor, acceptor = bonds.T
    starts = np.zeros(len(segment), dtype=bool)
    starts[acceptor[(donor - acceptor == stride) & (segment[donor] == segment[acceptor])]] = True
    return starts


def _bent(alpha: Float[np.ndarray, "N 3"], segment: Int[np.ndarray, " N"]) -> Bool[np.ndarray, " N"]:
    """Residues at which the chain bends by more than 70 degrees."""
    bent = np.zeros(len(alpha), dtype=bool)
    into, out = alpha[2:-2] - alpha[:-4], alpha[4:] - alpha[2:-2]
    lengths = np.linalg.norm(into, axis=-1) * np.linalg.norm(out, axis=-1)
    cos = (into * out).sum(-1) / np.maximum(lengths, 1e-12)
    bent[2:-2] = (np.degrees(np.arccos(cos.clip(-1.0, 1.0))) > BEND) & (segment[:-4] == segment[4:])
    return bent

"""Hydrogen bonds of the backbone by their electrostatic energy. Å, kcal/mol."""

import numpy as np
from scipy.spatial import KDTree

from protfold.typing import Bool, Float, Int

COUPLING = 332.0 * 0.42 * 0.20
"""kcal Å/mol: the partial charges 0.42 e and 0.20 e of C=O and N-H."""
MAX_ENERGY = -0.5
LEAST_ENERGY = -9.9
"""kcal/mol, taken also where atoms are nearer than 0.5 Å."""
CA_REACH = 9.0
BOND_BREAK = 2.5
"""Å between C and the next N from which the chain is broken."""


def hydrogen_bonds(
    backbone: Float[np.ndarray, "N_res 4 3"], bonded: Bool[np.ndarray, " N_res"], is_proline: Bool[np.ndarray, " N_res"]
) -> Int[np.ndarray, "bonds 2"]:
    """Residue whose N-H, and residue whose C=O, of each bond: an energy below -0.5 kcal/mol, and one of the two best of the N-H.

    Kabsch and Sander (1983), doi 10.1002/bip.360221211, with the energies rounded to 0.001 kcal/mol and the limit to two of the DSSP
    program. The hydrogen lies 1 Å from N, opposite to the C=O before; one that has no residue before it, at N itself.

    Args:
        backbone: N, CA, C, O of complete residues, Å.
        bonded: whether a residue continues the one before it.
        is_proline: has no hydrogen to give.
    """
    nitrogen, alpha, carbon, oxygen = backbone.astype(np.float64).swapaxes(0, 1)
    hydrogen = nitrogen.copy()
    towards_n = (carbon - oxygen)[:-1]
    hydrogen[1:] += np.where(bonded[1:, None], towards_n / np.linalg.norm(towards_n, axis=-1, keepdims=True), 0.0)
    near = KDTree(alpha).query_pairs(CA_REACH, output_type="ndarray")
    donor, acceptor = np.concatenate([near, near[:, ::-1]]).T
    possible = ~is_proline[donor] & (donor != acceptor + 1)
    donor, acceptor = donor[possible], acceptor[possible]

    def apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return np.linalg.norm(first[donor] - second[acceptor], axis=-1)

    distances = np.stack([apart(nitrogen, oxygen), apart(hydrogen, carbon), apart(hydrogen, oxygen), apart(nitrogen, carbon)])
    inverse = 1.0 / np.maximum(distances, 1e-6)
    energy = np.where((distances < 0.5).any(0), LEAST_ENERGY, COUPLING * (np.array([1.0, 1.0, -1.0, -1.0]) @ inverse))
    energy = np.maximum(np.round(energy, 3), LEAST_ENERGY)
    order = np.lexsort([acceptor, energy, donor])
    donor, acceptor, energy = donor[order], acceptor[order], energy[order]
    rank = np.arange(len(donor)) - np.searchsorted(donor, donor)
    kept = (rank < 2) & (energy < MAX_ENERGY)
    return np.stack([donor[kept], acceptor[kept]], axis=-1)


def continues_chain(
    nitrogen: Float[np.ndarray, "N_res 3"], carbon: Float[np.ndarray, "N_res 3"], same_chain: Bool[np.ndarray, " N_res"]
) -> Bool[np.ndarray, " N_res"]:
    """Whether each residue is bonded to the one before it in the array; the first is not.

    Args:
        nitrogen, carbon: atoms N and C, Å.
        same_chain: whether the residue is of the same chain as the one before it.
    """
    bonded = same_chain.copy()
    bonded[:1] = False
    bonded[1:] &= np.linalg.norm(nitrogen[1:] - carbon[:-1], axis=-1) <= BOND_BREAK
    return bonded

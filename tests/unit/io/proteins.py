"""Proteins made up for writing: every atom of each residue, all coordinates different."""

import numpy as np

from protfold.constants.atoms import ATOM37_MASK, BACKBONE
from protfold.constants.residues import encode
from protfold.entities import Protein


def make_protein(
    sequence: str, *, first_number: int = 1, insertion_code: str = " ", b_factor: float = 50.0, shift: float = 0.0
) -> Protein:
    """Chains `A`, `B`, ... of a sequence such as `ACD:EF`, each numbered from `first_number`; X has the backbone."""
    chains = sequence.split(":")
    aatype = np.concatenate([encode(chain) for chain in chains]).astype(np.int32)
    mask = ATOM37_MASK[aatype].copy()
    mask[np.ix_(aatype == 20, BACKBONE)] = 1.0
    positions = np.zeros((len(aatype), 37, 3), dtype=np.float32)
    present = mask > 0
    positions[present] = np.arange(3 * present.sum(), dtype=np.float32).reshape(-1, 3) % 997 + np.float32(shift)
    return Protein(
        atom37_positions=positions,
        atom37_mask=mask,
        aatype=aatype,
        residue_index=np.concatenate([first_number + np.arange(len(chain), dtype=np.int32) for chain in chains]),
        insertion_codes=np.full(len(aatype), insertion_code),
        chain_index=np.repeat(np.arange(len(chains), dtype=np.int32), [len(chain) for chain in chains]),
        chain_ids=tuple(chr(ord("A") + number) for number in range(len(chains))),
        b_factors=(mask * np.float32(b_factor) if np.isfinite(b_factor) else np.full_like(mask, b_factor)),
        name="made",
    )

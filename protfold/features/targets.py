"""Features of the query alone."""

from collections.abc import Sequence

import numpy as np

from protfold.constants.residues import NUM_RESIDUE_TYPES
from protfold.errors import InputError
from protfold.typing import Float, Int

CHAIN_BREAK = 200
"""Residue numbers skipped between the chains of a complex, so that a network trained on single chains sees them as far apart."""


def target_feat(aatype: Int[np.ndarray, " N_res"]) -> Float[np.ndarray, "N_res 22"]:
    """Domain-break bit (0: a chain has none) and the one-hot residue."""
    domain_break = np.zeros((len(aatype), 1), dtype=np.float32)
    return np.concatenate([domain_break, np.eye(NUM_RESIDUE_TYPES, dtype=np.float32)[aatype]], axis=-1)


def residue_index(chain_lengths: Sequence[int]) -> Int[np.ndarray, " N_res"]:
    """Residue numbers from 0, `CHAIN_BREAK` more at each new chain, as ColabFold numbers complexes for the monomer networks."""
    chains = np.repeat(np.arange(len(chain_lengths)), chain_lengths)
    return np.arange(len(chains)) + CHAIN_BREAK * chains


def checked_chain_lengths(chain_lengths: Sequence[int] | None, num_residues: int) -> Sequence[int]:
    """The given lengths, or one chain of all residues.

    Raises:
        InputError: they do not add up to the query.
    """
    lengths = (num_residues,) if chain_lengths is None else chain_lengths
    if sum(lengths) != num_residues or min(lengths) < 1:
        raise InputError(
            f"chain lengths {list(lengths)} do not make up the {num_residues} columns of the alignment; give those of its query"
        )
    return lengths

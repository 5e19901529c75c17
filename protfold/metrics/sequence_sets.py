"""Measures of a set of sequences on one backbone: identity, composition, substitutions."""

import numpy as np

from protfold.constants.residues import RESIDUES
from protfold.typing import Bool, Float, Int, Shaped

NUM_TYPES = len(RESIDUES)


def identity_matrix(
    sequences: Int[np.ndarray, "N_seq N_res"], counted: Bool[np.ndarray, " N_res"]
) -> Float[np.ndarray, "N_seq N_seq"]:
    """Share of counted residues that are equal in each two sequences, 0-1; NaN where none counts."""
    shown = sequences[:, counted]
    if not shown.shape[1]:
        return np.full((len(sequences), len(sequences)), np.nan)
    equal = sum(np.equal(column[:, None], column[None]).astype(np.int64) for column in shown.T)
    return np.asarray(equal / shown.shape[1])


def composition(
    sequences: Int[np.ndarray, "N_seq N_res"], counted: Bool[np.ndarray, " N_res"], copies: Shaped[np.ndarray, " N_seq"]
) -> Float[np.ndarray, " 20"]:
    """Share of each of the 20 types among counted residues, 0-1; unknown residues do not count; NaN where none does.

    Args:
        sequences: residue codes.
        counted: residues.
        copies: how often each sequence counts.
    """
    shown = sequences[:, counted]
    weights = np.broadcast_to(np.asarray(copies, dtype=np.float64)[:, None], shown.shape)
    numbers = np.bincount(shown.ravel(), weights.ravel(), minlength=NUM_TYPES)[:NUM_TYPES]
    with np.errstate(invalid="ignore"):
        return np.asarray(numbers / numbers.sum())


def substitutions(
    native: Int[np.ndarray, " N_res"],
    sequences: Int[np.ndarray, "N_seq N_res"],
    counted: Bool[np.ndarray, " N_res"],
    copies: Shaped[np.ndarray, " N_seq"],
) -> Int[np.ndarray, "20 20"]:
    """How often a native type (row) is a type (column) in the sequences, over counted residues of known type; arguments likewise."""
    numbers = np.zeros((NUM_TYPES, NUM_TYPES), dtype=np.int64)
    for sequence, count in zip(sequences, copies, strict=True):
        known = counted & (native < NUM_TYPES) & (sequence < NUM_TYPES)
        np.add.at(numbers, (native[known], sequence[known]), int(count))
    return numbers

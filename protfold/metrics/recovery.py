"""How a designed sequence compares with the native one."""

from functools import cache

import numpy as np
from Bio.Align import substitution_matrices

from protfold.constants.residues import RESIDUES, UNKNOWN
from protfold.typing import Bool, Float, Int


def sequence_recovery(
    designed: Int[np.ndarray, "*batch N_res"],
    native: Int[np.ndarray, "*batch N_res"],
    mask: Bool[np.ndarray, "*batch N_res"] | None = None,
) -> Float[np.ndarray, "*batch"]:
    """Share of residues that are the native ones, 0-1; NaN where none counts.

    Dauparas et al. (2022), doi 10.1126/science.add2187, count the designed residues that have coordinates.

    Args:
        designed, native: residue codes; unknown native residues (20 and above) do not count.
        mask: residues that were designed; None for all.
    """
    return _share(designed == native, native, mask)


def similarity_recovery(
    designed: Int[np.ndarray, "*batch N_res"],
    native: Int[np.ndarray, "*batch N_res"],
    mask: Bool[np.ndarray, "*batch N_res"] | None = None,
) -> Float[np.ndarray, "*batch"]:
    """Native sequence similarity recovery (nssr): share of residues whose BLOSUM62 value with the native one is above zero, 0-1.

    Löffler et al. (2017), doi 10.1371/journal.pcbi.1005600. Arguments as of `sequence_recovery`; an unknown designed residue is similar to
    none.
    """
    similar = _similar()[np.minimum(designed, UNKNOWN), np.minimum(native, UNKNOWN)]
    return _share(similar, native, mask)


def perplexity(
    log_probabilities: Float[np.ndarray, "*batch N_res C"],
    native: Int[np.ndarray, "*batch N_res"],
    mask: Bool[np.ndarray, "*batch N_res"] | None = None,
) -> Float[np.ndarray, "*batch"]:
    """The exponential of the mean negative log-probability of the native residues, 1 for a sure and right network; NaN where none counts.

    Values of networks that see the native neighbours (teacher-forced) and of those that do not cannot be compared.

    Args:
        log_probabilities: natural logarithms, over at least the 20 residues.
        native: residue codes; unknown ones do not count.
        mask: residues that count; None for all.
    """
    known = np.minimum(native, log_probabilities.shape[-1] - 1)
    own = np.take_along_axis(log_probabilities, known[..., None], axis=-1)[..., 0]
    return np.asarray(np.exp(-_share(own, native, mask)))


def _share(values: np.ndarray, native: np.ndarray, mask: np.ndarray | None) -> np.ndarray:
    """Mean over the residues that count."""
    counts = (native < UNKNOWN) if mask is None else mask & (native < UNKNOWN)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(counts, values, 0.0).sum(-1) / counts.sum(-1))


@cache
def _similar() -> Bool[np.ndarray, "21 21"]:
    similar = np.zeros((UNKNOWN + 1, UNKNOWN + 1), dtype=bool)
    matrix = substitution_matrices.load("BLOSUM62")
    similar[:UNKNOWN, :UNKNOWN] = [[matrix[one][other] > 0 for other in RESIDUES] for one in RESIDUES]
    return similar

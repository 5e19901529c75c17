"""Co-evolution of alignment columns: one score for each pair of residues."""

import numpy as np
from scipy.linalg import lapack

from protfold.constants.residues import GAP
from protfold.entities import Msa
from protfold.typing import Float, Int

NUM_TYPES = 21
"""Twenty residues, and everything else as the reference type that independent couplings leave out."""
SAME_FAMILY = 0.8
"""Rows with at least this identity to each other share one weight."""
PSEUDOCOUNT = 0.5
"""Share of the uniform distribution mixed into the observed frequencies."""
MAX_GAPS = 0.5
"""Share of gaps from which a row is left out."""
MIN_EFFECTIVE = 10.0
"""Effective sequences that it takes; fewer say nothing of pairs."""
MAX_ROWS = 4000
"""Rows are compared in pairs; of a deeper alignment the first ones are taken."""
MAX_RESIDUES = 400
"""The matrix to invert has twenty rows a residue: 0.26 GB in float32 at this length, of which three are held."""


def effective_weights(residues: Int[np.ndarray, "N_rows N_res"]) -> Float[np.ndarray, " N_rows"]:
    """One over the number of rows at least 80 % identical, itself included; their sum is the effective number of sequences.

    Morcos et al. (2011), doi 10.1073/pnas.1111471108. Identity is counted over all columns, a gap like a residue.
    """
    num_rows, num_residues = residues.shape
    same = np.zeros((num_rows, num_rows), dtype=np.float32)
    for residue in range(GAP + 1):
        has = (residues == residue).astype(np.float32)
        same += has @ has.T
    return 1.0 / (same >= SAME_FAMILY * num_residues).sum(axis=1)


def coupling_scores(msa: Msa) -> Float[np.ndarray, "N_res N_res"]:
    """Direct couplings of columns by the mean-field approximation, in standard deviations of all pairs; zero on the diagonal.

    The Frobenius norm of each pair's block of the inverse covariance, less the average product correction. Morcos et al. (2011),
    doi 10.1073/pnas.1111471108; Ekeberg et al. (2013), doi 10.1103/PhysRevE.87.012707 (zero-sum gauge, norm and correction). Rows with
    more than half gaps are left out. Too few effective sequences, and a chain longer than `MAX_RESIDUES`, give zeros.
    """
    residues, weights = weighted_rows(msa)
    if not say_something(weights, msa.num_residues):
        return np.zeros((msa.num_residues, msa.num_residues), dtype=np.float32)
    return corrected(mean_field_norms(residues, weights))


def weighted_rows(msa: Msa) -> tuple[Int[np.ndarray, "N_rows N_res"], Float[np.ndarray, " N_rows"]]:
    """The first `MAX_ROWS` of the rows that are not mostly gaps, and `effective_weights`."""
    residues = msa.residues[(msa.residues == GAP).mean(axis=1) <= MAX_GAPS][:MAX_ROWS]
    return residues, effective_weights(residues)


def say_something(weights: Float[np.ndarray, " N_rows"], num_residues: int) -> bool:
    """Whether rows of these weights are enough to tell how columns depend on each other, and the matrices small enough."""
    return bool(weights.sum() >= MIN_EFFECTIVE) and 2 < num_residues <= MAX_RESIDUES


def mean_field_norms(
    residues: Int[np.ndarray, "N_rows N_res"], weights: Float[np.ndarray, " N_rows"]
) -> Float[np.ndarray, "N_res N_res"]:
    """`block_norms` of the inverse covariance."""
    couplings = _inverse(_covariance(residues, weights))
    return np.stack([block_norms(np.pad(blocks, ((0, 0), (0, 1), (0, 1)))) for blocks in couplings])


def corrected(scores: Float[np.ndarray, "N_res N_res"]) -> Float[np.ndarray, "N_res N_res"]:
    """Symmetric scores less the average product correction, in standard deviations of all pairs; zero on the diagonal.

    Dunn et al. (2008), doi 10.1093/bioinformatics/btm604.
    """
    scores = 0.5 * (scores + scores.T)
    np.fill_diagonal(scores, 0.0)
    column_sums = scores.sum(0)
    tiny = np.finfo(np.float32).tiny
    less = scores - np.outer(column_sums, column_sums) / max(column_sums.sum(), tiny)
    off_diagonal = ~np.eye(len(scores), dtype=bool)
    return (less * off_diagonal / max(less[off_diagonal].std(), tiny)).astype(np.float32)


def block_norms(couplings: Float[np.ndarray, "*pairs 21 21"]) -> Float[np.ndarray, "*pairs"]:
    """Frobenius norm of each block in the zero-sum gauge of all types, over the twenty residues: gaps come in runs and would win."""
    mean_first, mean_second = couplings.mean(-1, keepdims=True), couplings.mean(-2, keepdims=True)
    zero_sum = couplings - mean_first - mean_second + couplings.mean((-1, -2), keepdims=True)
    return np.sqrt(np.square(zero_sum[..., :-1, :-1]).sum((-1, -2)))


def _covariance(
    residues: Int[np.ndarray, "N_rows N_res"], weights: Float[np.ndarray, " N_rows"]
) -> Float[np.ndarray, "N_res 20 N_res 20"]:
    """Of the columns' one-hot types, from weighted frequencies with a uniform pseudocount."""
    share = ((1.0 - PSEUDOCOUNT) * weights / weights.sum()).astype(np.float32)
    one_hot = np.eye(NUM_TYPES, dtype=np.float32)[np.minimum(residues, NUM_TYPES - 1), :-1].reshape(len(residues), -1)
    mean = share @ one_hot + PSEUDOCOUNT / NUM_TYPES
    joint = (one_hot * share[:, None]).T @ one_hot + PSEUDOCOUNT / NUM_TYPES**2
    blocks = joint.reshape(residues.shape[1], NUM_TYPES - 1, residues.shape[1], NUM_TYPES - 1)
    for residue, frequencies in enumerate(mean.reshape(len(blocks), -1)):
        blocks[residue, :, residue] = np.diag(frequencies)
    joint -= np.outer(mean, mean)
    return blocks


def _inverse(covariance: Float[np.ndarray, "N_res 20 N_res 20"]) -> Float[np.ndarray, "N_res N_res 20 20"]:
    """By Cholesky's factors; the pseudocount keeps the matrix positive definite."""
    size = covariance.shape[0] * covariance.shape[1]
    factor, failed = lapack.spotrf(covariance.reshape(size, size), lower=True, overwrite_a=True)
    lower, _ = lapack.spotri(factor, lower=True, overwrite_c=True)
    if failed:
        raise ValueError(f"covariance of {covariance.shape[0]} columns is not positive definite")
    lower = np.tril(lower)
    inverse = lower + np.tril(lower, -1).T
    return inverse.reshape(covariance.shape).transpose(0, 2, 1, 3)

"""Rows outside the sample lend what they say to the nearest row inside it."""

import numpy as np
import torch
from torch.nn import functional

from protfold.constants.residues import GAP, NUM_MASKED_MSA_TYPES, NUM_RESIDUE_TYPES
from protfold.typing import Float, Int

CENTERS_AT_ONCE = 128
"""Columns of the one-hot matrix of centres that stay in a processor's cache together."""


def nearest_clusters(centers: Int[np.ndarray, "N_seq N_res"], rows: Int[np.ndarray, "N_rows N_res"]) -> Int[np.ndarray, " N_rows"]:
    """The centre that agrees with each row in most columns; the first of several.

    Equal gaps and mask tokens are no agreement. The count is the product of the one-hot matrices of rows and centres; since a row's
    has one entry in each column, the product is a sum of N_res rows of the other matrix, exact in float32.
    """
    num_columns = centers.shape[1]
    columns = np.arange(num_columns, dtype=np.int32) * NUM_RESIDUE_TYPES
    nothing = num_columns * NUM_RESIDUE_TYPES

    agreeing = np.zeros((nothing + 1, len(centers)), dtype=np.float32)
    center, column = np.nonzero(centers < GAP)
    agreeing[columns[column] + centers[center, column], center] = 1.0
    one_hot_positions = np.where(rows < GAP, columns + rows, np.int32(nothing))
    positions = torch.from_numpy(one_hot_positions)
    blocks = torch.from_numpy(agreeing).split(CENTERS_AT_ONCE, dim=1)
    agreement = torch.cat([functional.embedding_bag(positions, block.contiguous(), mode="sum") for block in blocks], dim=1)
    return agreement.numpy().argmax(axis=1)


def summarize_clusters(
    centers: Int[np.ndarray, "N_seq N_res"],
    center_deletions: Int[np.ndarray, "N_seq N_res"],
    rows: Int[np.ndarray, "N_rows N_res"],
    deletions: Int[np.ndarray, "N_rows N_res"],
    assignment: Int[np.ndarray, " N_rows"],
) -> tuple[Float[np.ndarray, "N_seq N_res 23"], Float[np.ndarray, "N_seq N_res"]]:
    """Residue profile and mean number of deletions of each cluster, its (masked) centre included.

    Args:
        centers, center_deletions: the sampled rows, after masking.
        rows, deletions: all other rows.
        assignment: cluster of each of these.
    """
    num_clusters, num_columns = centers.shape
    order = np.argsort(assignment, kind="stable")  # neighbours in memory: several times faster counting
    clusters = np.concatenate([np.arange(num_clusters), assignment[order]])
    members = clusters[:, None] * num_columns + np.arange(num_columns)
    residues = np.concatenate([centers, rows[order]])
    member_deletions = np.concatenate([center_deletions, deletions[order]])

    counts = np.bincount((members * NUM_MASKED_MSA_TYPES + residues).ravel(), minlength=centers.size * NUM_MASKED_MSA_TYPES)
    inserted = np.nonzero(member_deletions)
    deletion_sums = np.bincount(members[inserted], weights=member_deletions[inserted], minlength=centers.size)
    sizes = np.bincount(assignment, minlength=num_clusters).astype(np.float32) + np.float32(1.0 + 1e-6)
    profile = counts.reshape(*centers.shape, NUM_MASKED_MSA_TYPES).astype(np.float32) / sizes[:, None, None]
    return profile, deletion_sums.reshape(centers.shape).astype(np.float32) / sizes[:, None]

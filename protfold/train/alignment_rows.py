"""Alignments as they are stored beside a chain: over the chain's own residues, and no deeper than wanted."""

import numpy as np
import torch
import torch.nn.functional as F
from Bio.Align import PairwiseAligner

from protfold.constants.residues import GAP, decode
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.features.msa import merge_msas
from protfold.features.randomness import random_generator
from protfold.train.crops import take_rows
from protfold.typing import Float, Int

MIN_IDENTITY = 0.9
"""Share of the residues of the shorter that chain and query must have in common."""
SIMILAR = 0.8
"""Share of a row's residues that another row repeats to count as its like."""
CONSIDERED = 4
"""Multiple of the rows stored among which they are chosen."""
COLUMNS_AT_ONCE = 64


def lay_over(aatype: Int[np.ndarray, " N_res"], msa: Msa) -> Msa:
    """The alignment over a chain's residues, which become its first row.

    The query may have residues that were not observed, and differ in a few. Columns of residues that the chain lacks are dropped;
    residues that the query lacks get gaps.

    Raises:
        InputError: the alignment is of another sequence.
    """
    if np.array_equal(msa.residues[0], aatype):
        return msa
    aligner = PairwiseAligner(mode="global", match_score=2.0, mismatch_score=-1.0, open_gap_score=-5.0, extend_gap_score=-0.5)
    aligner.end_gap_score = 0.0
    blocks = aligner.align(decode(msa.residues[0]), decode(aatype))[0].aligned
    residues = np.full((msa.depth, len(aatype)), GAP, dtype=np.int8)
    deletions = np.zeros(residues.shape, dtype=np.int32)
    for (start, stop), (own_start, own_stop) in zip(*blocks, strict=True):
        residues[:, own_start:own_stop] = msa.residues[:, start:stop]
        deletions[:, own_start:own_stop] = msa.deletions[:, start:stop]
    identical = np.count_nonzero(residues[0] == aatype)
    shorter = min(len(aatype), msa.num_residues)
    if identical < MIN_IDENTITY * shorter:
        raise InputError(
            f"its query shares {identical} of {shorter} residues with the chain; give the alignment of this sequence",
            file=msa.source,
        )
    residues[0] = aatype
    return Msa(residues=residues, deletions=deletions, descriptions=msa.descriptions, source=msa.source)


def store_rows(msas: list[Msa], max_rows: int, *, name: str) -> Msa:
    """Alignments of one chain joined, at most so many rows of them, in their order.

    Rows that repeat another one or hold only gaps go. If more are left than wanted, rows are drawn without replacement, with a chance
    in proportion to how much of the chain a row covers and inversely to how many rows are its like, so that a few rows say as much as
    they can. Of very deep alignments every n-th row is considered.

    Args:
        msas: over the chain's residues.
        max_rows: the query included.
        name: of the chain; makes the random numbers.
    """
    msa = merge_msas(msas)
    msa = take_rows(msa, np.flatnonzero((msa.residues != GAP).any(axis=1)))
    if msa.depth <= max_rows:
        return msa
    considered = 1 + np.arange(0, msa.depth - 1, max(1, (msa.depth - 1) // (CONSIDERED * max_rows)))
    rows = msa.residues[considered]
    chance = (rows != GAP).mean(axis=1) / similar_rows(rows)
    generator = random_generator(0, name, "stored rows")
    order = np.argsort(np.log(chance) + generator.gumbel(size=len(chance)))[::-1]  # draws without replacement
    return take_rows(msa, np.concatenate([[0], np.sort(considered[order[: max_rows - 1]])]))


def similar_rows(rows: Int[np.ndarray, "N_rows N_res"]) -> Float[np.ndarray, " N_rows"]:
    """How many rows, itself included, repeat at least `SIMILAR` of a row's residues."""
    codes = torch.from_numpy(rows.astype(np.int64))
    same = torch.zeros(len(rows), len(rows))
    for block in codes.split(COLUMNS_AT_ONCE, dim=1):
        one_hot = F.one_hot(block, GAP + 1)[..., :GAP].flatten(1).float()
        same += one_hot @ one_hot.T
    return (same >= SIMILAR * same.diagonal()[:, None]).sum(dim=1).numpy().astype(np.float64)

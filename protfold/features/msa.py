"""Alignments before sampling: joined, summed up in a profile, thinned for training."""

from collections.abc import Sequence

import numpy as np

from protfold.constants.residues import NUM_MSA_TYPES, UNKNOWN
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.typing import Float


def merge_msas(msas: Sequence[Msa]) -> Msa:
    """The rows of all alignments in order, each aligned sequence once (the first is kept, with its deletions).

    Two rows are the same when their columns are; inserted residues do not count. The query stays row 0.

    Raises:
        InputError: no alignment, or alignments of different queries.
    """
    if not msas:
        raise InputError("no alignment was given; the query alone is an alignment of one row")
    query = msas[0].residues[0]
    for msa in msas[1:]:
        other = msa.residues[0]
        if msa.num_residues != len(query):
            raise InputError(
                f"alignment {msa.source!r} has {msa.num_residues} query columns, {msas[0].source!r} has {len(query)}; use one query"
            )
        differing = np.flatnonzero((other != query) & (other != UNKNOWN) & (query != UNKNOWN))
        if len(differing):
            raise InputError(
                f"alignments {msas[0].source!r} and {msa.source!r} differ in query column {differing[0] + 1}; use one query"
            )
    residues = np.concatenate([msa.residues for msa in msas])
    first_seen: dict[bytes, int] = {}
    for row, aligned in enumerate(residues):
        first_seen.setdefault(aligned.tobytes(), row)
    kept = list(first_seen.values())
    descriptions = [description for msa in msas for description in msa.descriptions]
    return Msa(
        residues=residues[kept],
        deletions=np.concatenate([msa.deletions for msa in msas])[kept],
        descriptions=tuple(descriptions[row] for row in kept),
        source=" + ".join(msa.source for msa in msas if msa.source),
    )


def residue_profile(msa: Msa) -> Float[np.ndarray, "N_res 22"]:
    """Frequency of the twenty residues, X and gap in each column, over all rows."""
    columns = np.arange(msa.num_residues, dtype=np.int32) * NUM_MSA_TYPES
    counts = np.bincount((columns + msa.residues).ravel(), minlength=msa.num_residues * NUM_MSA_TYPES)
    return (counts.reshape(-1, NUM_MSA_TYPES) / np.float32(msa.depth)).astype(np.float32)


def delete_msa_blocks(
    msa: Msa,
    generator: np.random.Generator,
    *,
    num_blocks: int = 5,
    fraction_per_block: float = 0.3,
    randomize_num_blocks: bool = False,
) -> Msa:
    """Jumper et al. (2021) Suppl. Alg. 1 "MSABlockDeletion": runs of neighbouring rows leave, the query stays; for training.

    Args:
        msa: rows in search order, so that neighbours are related.
        generator: of the start rows, which are uniform and may overlap.
        num_blocks: runs deleted.
        fraction_per_block: length of a run as a share of the depth.
        randomize_num_blocks: draw 0 to `num_blocks` runs instead.
    """
    if randomize_num_blocks:
        num_blocks = int(generator.integers(num_blocks + 1))
    starts = generator.integers(msa.depth, size=num_blocks)
    deleted = starts[:, None] + np.arange(int(msa.depth * fraction_per_block))
    kept = np.setdiff1d(np.arange(1, msa.depth), deleted)
    kept = np.concatenate([[0], kept])
    return Msa(
        residues=msa.residues[kept],
        deletions=msa.deletions[kept],
        descriptions=tuple(msa.descriptions[row] for row in kept),
        source=msa.source,
    )

"""Alignments of whole targets, over the columns of all chains side by side: read, the lone query, or searched chain by chain."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from protfold.constants.residues import GAP, decode, encode
from protfold.entities import Msa
from protfold.errors import InputError
from protfold.io import format_a3m, read_a3m_blocks, read_msa


def read_alignment(path: str | Path) -> tuple[tuple[str, ...], Msa]:
    """The chains of the query and the alignment over all of them; a complex is told by the first line of its A3M.

    Raises:
        InputError: the file is no alignment, or holds several.
    """
    path = Path(path)
    if not path.name.lower().removesuffix(".gz").endswith(".a3m"):
        msa = read_msa(path)
        return (decode(msa.residues[0]),), msa
    blocks = read_a3m_blocks(path)
    if len(blocks) > 1:
        raise InputError(f"holds the alignments of {len(blocks)} queries; put each into its own file", file=path)
    block = blocks[0]
    columns = [np.arange(part.start, part.stop) for part, n in zip(block.chain_slices, block.copies, strict=True) for _ in range(n)]
    chains = tuple(decode(block.msa.residues[0, of_chain]) for of_chain in columns)
    whole = np.concatenate(columns)
    return chains, replace(block.msa, residues=block.msa.residues[:, whole], deletions=block.msa.deletions[:, whole])


def format_alignment(msa: Msa, chains: Sequence[str]) -> str:
    """A3M that `read_alignment` reads back as it is, chains included."""
    if len(chains) == 1:
        return format_a3m(msa)
    return format_a3m(msa, chain_lengths=tuple(map(len, chains)), copies=(1,) * len(chains))


def check_query(msa: Msa, chains: Sequence[str], *, file: object = None) -> None:
    """An alignment serves a target only if its first row is the target's sequence.

    Raises:
        InputError: it is not; the message says where they first differ.
    """
    expected, found = encode("".join(chains)), msa.residues[0]
    if len(expected) != len(found):
        problem = f"the alignment's query has {len(found)} residues, the sequence {len(expected)}"
    elif not np.array_equal(expected, found):
        position = int(np.argmax(expected != found))
        letters = decode(found[position : position + 1]), decode(expected[position : position + 1])
        problem = f"the alignment's query differs from the sequence at residue {position + 1} ({letters[0]} against {letters[1]})"
    else:
        return
    raise InputError(f"{problem}; give the alignment of this very sequence", file=file or msa.source or None)


def single_sequence_msa(chains: Sequence[str]) -> Msa:
    """The query alone."""
    residues = encode("".join(chains))[None]
    return Msa(residues=residues, deletions=np.zeros(residues.shape, np.int32), descriptions=("query",), source="the query alone")


def unpaired_msa(chains: Sequence[str], msa_of_chain: Mapping[str, Msa]) -> Msa:
    """Rows found for each different chain over the columns of all its copies, gaps elsewhere; no row is paired between chains.

    Args:
        chains: in the target's order; copies of one chain share their rows' columns, as a repeated domain would.
        msa_of_chain: alignment of each different chain.
    """
    if len(chains) == 1:
        return msa_of_chain[chains[0]]
    starts = np.cumsum([0, *map(len, chains)])
    query = single_sequence_msa(chains)
    residues, deletions, descriptions = [query.residues], [query.deletions], list(query.descriptions)
    for chain, msa in msa_of_chain.items():
        rows = np.full((msa.depth - 1, len(query.residues[0])), GAP, dtype=np.int8)
        inserted = np.zeros(rows.shape, dtype=np.int32)
        for start, copy in zip(starts, chains, strict=False):
            if copy == chain:
                rows[:, start : start + len(chain)] = msa.residues[1:]
                inserted[:, start : start + len(chain)] = msa.deletions[1:]
        residues.append(rows)
        deletions.append(inserted)
        descriptions += msa.descriptions[1:]
    return Msa(
        residues=np.concatenate(residues),
        deletions=np.concatenate(deletions),
        descriptions=tuple(descriptions),
        source="; ".join(sorted({msa.source for msa in msa_of_chain.values()})),
    )

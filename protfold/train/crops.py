"""Pieces of chains: where they begin, and what is left of an alignment over one."""

import numpy as np

from protfold.constants.residues import GAP
from protfold.entities import Msa
from protfold.typing import Int


def crop_start(length: int, crop_size: int, generator: np.random.Generator, *, clamped: bool) -> int:
    """First residue of a contiguous crop: Jumper et al. (2021) Suppl. 1.2.8 "Residue cropping".

    Where the backbone error is clamped every start has the same chance. Where it is not, the last possible start is drawn first and
    the start evenly up to it, which favours the beginning of the chain.

    Args:
        length: residues of the chain.
        crop_size: residues of the crop; a shorter chain is taken whole.
        generator: of the draw.
        clamped: whether the example's backbone error is clamped.
    """
    last = max(0, length - crop_size)
    if not clamped:
        last -= int(generator.integers(last + 1))
    return int(generator.integers(last + 1))


def crop_residues(
    length: int, crop_size: int, generator: np.random.Generator, *, split_share: float = 0.0
) -> Int[np.ndarray, " N_crop"]:
    """Places of the residues of a contiguous crop, or of one in two pieces, which shows pairs that are farther apart.

    Args:
        length: residues of the chain.
        crop_size: residues of the crop; a shorter chain is taken whole.
        generator: of the draw.
        split_share: chance of two pieces of half the size, anywhere in the chain.
    """
    if length <= crop_size:
        return np.arange(length)
    first = int(generator.integers(length - crop_size + 1))
    if generator.random() >= split_share:
        return first + np.arange(crop_size)
    second = int(generator.integers(length - crop_size + 1))
    shifts = np.where(np.arange(crop_size) < crop_size // 2, min(first, second), max(first, second))
    return np.arange(crop_size) + shifts


def columns(msa: Msa, part: slice) -> Msa:
    """A piece of an alignment, without the rows that hold only gaps there."""
    residues = msa.residues[:, part]
    return take_rows(msa, np.flatnonzero((residues != GAP).any(axis=1)), part)


def take_rows(msa: Msa, rows: np.ndarray, part: slice = slice(None)) -> Msa:
    """The rows of an index array, over a range of columns."""
    return Msa(
        residues=msa.residues[rows, part],
        deletions=msa.deletions[rows, part],
        descriptions=tuple(msa.descriptions[row] for row in rows),
        source=msa.source,
    )


def thin_rows(msa: Msa, min_rows: int, generator: np.random.Generator) -> Msa:
    """A random part of the rows, in their order, the query among them.

    How many is drawn evenly on a logarithmic scale from `min_rows` to all, so that shallow alignments are met as often as deep ones.
    """
    fewest = min(max(1, min_rows), msa.depth)
    kept = round(float(np.exp(generator.uniform(np.log(fewest), np.log(msa.depth)))))
    rows = np.sort(1 + generator.permutation(msa.depth - 1)[: kept - 1])
    return take_rows(msa, np.concatenate([[0], rows]))

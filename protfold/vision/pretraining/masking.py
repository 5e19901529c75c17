"""Which patches of a map are removed for a network to fill in.

A symmetric map shows each pair twice, so what is removed on one side of the diagonal must be removed on the other: patches (a, b) and
(b, a) share one lot. And a structure follows from a few distances to each residue, so filling in single patches is close to linear
algebra; `residues` removes all there is of some residues. Patches without any pair are never removed.

Draws are of one map at its own size, by a generator of its own; so they do not depend on what a map is batched with.
"""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from protfold.errors import InputError
from protfold.typing import Bool, Float, Int
from protfold.vision.pair_mask import coarser, pair_mask

Pattern = Literal["random", "blocks", "residues"]

NUM_BLOCKS = 64
"""Rectangles drawn one after another; single patches follow where they do not cover enough."""
LEAST_BLOCK = 4
"""Patches of the smallest rectangle."""
SLIMMEST_BLOCK = 0.3
"""Least ratio of a rectangle's sides: Bao et al. (2022) "BEiT", arXiv 2106.08254, Alg. 1."""


def real_patches(mask: Bool[Tensor, " N"] | Float[Tensor, " N"], patch_size: int) -> Bool[np.ndarray, "h h"]:
    """Patches of one map that hold a pair.

    Args:
        mask: 1 for residues that are there.
        patch_size: pixels on the side of a patch.
    """
    coarse = coarser(pair_mask(mask[None].float()), patch_size)
    assert coarse is not None
    return coarse[0, 0].numpy() > 0


def draw_removed(
    real: Bool[np.ndarray, "h w"],
    ratio: float,
    generator: np.random.Generator,
    *,
    pattern: Pattern = "random",
    mirrored: bool = True,
) -> Bool[Tensor, "h w"]:
    """The patches to remove of one map.

    Of n patches (mirrored: of n lots, each a patch and its mirror image) n - floor(n (1 - ratio)) are removed, but one stays. Of
    `residues`, as many patch rows as leave about 1 - ratio of the map, and the columns of the same residues; one row stays.

    Args:
        real: patches that hold a pair.
        ratio: share to remove.
        generator: of the draw.
        pattern: `random` patches; `blocks`, rectangles of them; `residues`, whole rows and columns.
        mirrored: the same on both sides of the diagonal, as `residues` always are; without, for pictures.

    Raises:
        InputError: the ratio is not between 0 and 1, or rows and columns of a map that is not square are to be removed together.
    """
    check_ratio(ratio)
    if mirrored or pattern == "residues":
        check_square(real)
    if pattern == "residues":
        return torch.from_numpy(_residues(real, ratio, generator))
    order = _order_of_blocks(real.shape, generator) if pattern == "blocks" else generator.random(real.shape)
    if mirrored and pattern == "blocks":
        order = np.minimum(order, order.T)
    number = mirror_numbers(real.shape[0]) if mirrored else np.arange(real.size).reshape(real.shape)
    lots = np.unique(number[real])
    return torch.from_numpy(first_lots(order, number, real, _num_removed(len(lots), ratio)))


def check_ratio(ratio: float) -> None:
    """Refuses what is no share.

    Raises:
        InputError: the ratio is not between 0 and 1.
    """
    if not 0.0 < ratio < 1.0:
        raise InputError(f"ratio = {ratio}; give a share between 0 and 1 of the patches to remove, such as 0.75")


def check_square(real: Bool[np.ndarray, "h w"]) -> None:
    """Refuses what has no diagonal.

    Raises:
        InputError: the map is not square.
    """
    if real.shape[0] != real.shape[1]:
        raise InputError(
            f"a map of {real.shape[0]} x {real.shape[1]} patches is not square; give pattern random or blocks, mirrored=False"
        )


def mirror_numbers(side: int) -> Int[np.ndarray, "side side"]:
    """A number for each patch; patches (a, b) and (b, a) have the same."""
    row, column = np.indices((side, side))
    return np.minimum(row, column) * side + np.maximum(row, column)


def first_lots(
    order: Float[np.ndarray, "h w"], number: Int[np.ndarray, "h w"], real: Bool[np.ndarray, "h w"], count: int
) -> Bool[np.ndarray, "h w"]:
    """The patches of the `count` lots that come first.

    Args:
        order: of each patch; a lot has that of its first one, row by row.
        number: of the lot that each patch belongs to.
        real: patches that may be drawn.
        count: lots.
    """
    lots, first = np.unique(number[real], return_index=True)
    drawn = lots[np.argsort(order[real][first], kind="stable")[:count]]
    return np.isin(number, drawn) & real


def _num_removed(number: int, ratio: float) -> int:
    """Of so many; the small number is for products such as 10 * (1 - 0.9), which floating point makes a little less than 1."""
    return number - max(1, int(number * (1.0 - ratio) + 1e-9)) if number else 0


def _residues(real: Bool[np.ndarray, "h h"], ratio: float, generator: np.random.Generator) -> Bool[np.ndarray, "h h"]:
    there = np.flatnonzero(real.any(axis=1))
    kept = max(1, round(len(there) * (1.0 - ratio) ** 0.5))
    removed = np.zeros(len(real), dtype=bool)
    removed[generator.permutation(there)[kept:]] = True
    return (removed[:, None] | removed) & real


def _order_of_blocks(shape: tuple[int, ...], generator: np.random.Generator) -> Float[np.ndarray, "h w"]:
    """The number of the first rectangle over each patch, patches of one rectangle in any order."""
    number = np.full(shape, NUM_BLOCKS)
    largest = max(LEAST_BLOCK, shape[0] * shape[1] // 8)
    for block in range(NUM_BLOCKS):
        area, slimness = (
            generator.uniform(LEAST_BLOCK, largest),
            np.exp(generator.uniform(-1.0, 1.0) * np.log(1.0 / SLIMMEST_BLOCK)),
        )
        sides = np.clip(np.round(np.sqrt([area * slimness, area / slimness])).astype(int), 1, shape)
        top, left = generator.integers(np.array(shape) - sides + 1)
        covered = number[top : top + sides[0], left : left + sides[1]]
        covered[:] = np.minimum(covered, block)
    return number + generator.random(shape)

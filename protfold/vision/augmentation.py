"""Changes of a pair map that leave it a pair map: other pieces, fewer residues, noise, rows and columns exchanged.

A pixel is a pair of residues, so much that is done to pictures is not valid: one flip alone moves the diagonal, both reverse the chain
with its handedness, turns and zooms change which residues a pixel is of.

Each takes one map without padding; each that draws takes a generator of its own.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from protfold.errors import InputError
from protfold.typing import Bool, Float
from protfold.vision.symmetry import transposed


def exchanged(x: Float[Tensor, "C N M"], channels: Sequence[int]) -> Float[Tensor, "C M N"]:
    """The map with rows for columns.

    Args:
        x: the map.
        channels: where each channel of the result is found; directed ones change places, as `protfold.features.pair_images.TRANSPOSED`
            has it.
    """
    return transposed(x)[list(channels)]


def cropped(
    x: Float[Tensor, "C N N"], mask: Bool[Tensor, " N"], length: int, generator: np.random.Generator
) -> tuple[Float[Tensor, "C n n"], Bool[Tensor, " n"]]:
    """The map and mask of a run of `length` residues, the same on both axes; of all where there are no more."""
    start = int(generator.integers(max(1, len(mask) - length + 1)))
    part = slice(start, start + length)
    return x[:, part, part], mask[part]


def off_diagonal_crop(
    x: Float[Tensor, "C N N"], length: int, generator: np.random.Generator
) -> tuple[Float[Tensor, "C n n"], tuple[int, int]]:
    """A block of two runs of `length` residues each, and where they begin: a map that is not symmetric."""
    rows, columns = (int(start) for start in generator.integers(max(1, x.shape[-1] - length + 1), size=2))
    return x[:, rows : rows + length, columns : columns + length], (rows, columns)


def with_residues_erased(
    x: Float[Tensor, "C N N"], share: float, generator: np.random.Generator
) -> tuple[Float[Tensor, "C N N"], Bool[Tensor, " N"]]:
    """The map with zeros in the rows and columns of some residues, each erased with the chance `share`, and which these are.

    Raises:
        InputError: a share that is none.
    """
    if not 0.0 <= share < 1.0:
        raise InputError(f"share = {share}; give a number from 0 to below 1")
    erased = torch.from_numpy(generator.random(x.shape[-1]) < share)
    return torch.where(erased[:, None] | erased, 0.0, x), erased


def with_noise(
    x: Float[Tensor, "C N N"], deviation: float, generator: np.random.Generator, *, symmetric: bool = True
) -> Float[Tensor, "C N N"]:
    """The map with normal noise on every pixel.

    Args:
        x: the map.
        deviation: of the noise.
        generator: of the noise.
        symmetric: the same on both sides of the diagonal, as in symmetric maps, where other noise would tell two values of each pair.
    """
    noise = torch.from_numpy(generator.normal(size=tuple(x.shape))).to(x)
    if symmetric:
        upper = torch.triu(noise)
        noise = upper + transposed(torch.triu(noise, 1))
    return x + deviation * noise

"""Where one patch lies from another, as part of keys.

Wu et al. (2021) "Rethinking and Improving Relative Position Encoding for Vision Transformer", arXiv 2107.14222: contextual, on keys,
product method, shared by the heads.
"""

import math

import torch
from torch import Tensor, nn

from protfold.typing import Float, Int
from protfold.vision.symmetry import symmetric

ALPHA, BETA, GAMMA = 1.9, 3.8, 15.2
"""Offsets up to the first are told exactly, larger ones ever more coarsely, from the last on all alike."""
LARGEST = int(BETA)
NUM_BUCKETS = (2 * LARGEST + 1) ** 2 + 1
"""Of offsets of rows and columns, and one for every pair with the class token."""


def offset_class(offset: Int[Tensor, "*shape"]) -> Int[Tensor, "*shape"]:
    """The offset itself while it is small, then classes of growing width: Wu et al. (2021), Eq. 18."""
    size = offset.abs().double()
    far = (ALPHA + (size.clamp(min=1e-9) / ALPHA).log() / math.log(GAMMA / ALPHA) * (BETA - ALPHA)).round()
    return (torch.where(size <= ALPHA, size, far.clamp(max=LARGEST)) * offset.sign()).long()


def relative_buckets(height: int, width: int, *, class_token: bool) -> Int[Tensor, "T T"]:
    """The bucket of each pair of patches of a grid, with those of a class token in front."""
    row, column = (axis.flatten() for axis in torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"))
    rows, columns = (offset_class(axis - axis[:, None]) + LARGEST for axis in (row, column))
    buckets = rows * (2 * LARGEST + 1) + columns
    return nn.functional.pad(buckets, (1, 0, 1, 0), value=NUM_BUCKETS - 1) if class_token else buckets


class RelativeKeys(nn.Module):
    """Added to the key of each token as each other one sees it; zero at first.

    Args:
        channels: of the keys of one head.
        symmetric: an offset of (r, c) counts as one of (c, r); then transposition commutes.
    """

    def __init__(self, channels: int, *, symmetric: bool = False) -> None:
        super().__init__()
        self.symmetric = symmetric
        self.table = nn.Parameter(torch.zeros(1, channels, NUM_BUCKETS))

    @property
    def keys(self) -> Float[Tensor, "1 d buckets"]:
        """The table as it is used."""
        if not self.symmetric:
            return self.table
        offsets = symmetric(self.table[..., :-1].unflatten(-1, (2 * LARGEST + 1, -1)))
        return torch.cat([offsets.flatten(-2), self.table[..., -1:]], dim=-1)

    def forward(self, queries: Float[Tensor, "B heads T d"], buckets: Int[Tensor, "T T"]) -> Float[Tensor, "B heads T T"]:
        """What the keys add to the scores."""
        scores = queries @ (self.keys * queries.shape[-1] ** -0.5).to(queries.dtype)
        return scores.gather(-1, buckets.expand(*scores.shape[:2], -1, -1))

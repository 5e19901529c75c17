"""`RelativeViT`: patches as words that know how far they are from each other, and not where they are.

Dosovitskiy et al. (2021), arXiv 2010.11929, with the relative positions of Wu et al. (2021), arXiv 2107.14222, as Chen et al. (2022)
"Efficient Self-supervised Vision Pretraining with Local Masked Reconstruction", arXiv 2206.00790, combine them.
"""

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float, Shaped
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import PairConv2d
from protfold.vision.pair_mask import coarser
from protfold.vision.relative_keys import RelativeKeys, relative_buckets
from protfold.vision.symmetry import Symmetry
from protfold.vision.transformer import TransformerBlock


class RelativeViT(Backbone):
    """One resolution throughout, that of the patches. The work grows with the fourth power of the length.

    Args:
        in_channels: of the pair maps.
        hidden: channels of tokens.
        depth: blocks.
        num_heads: of attention.
        patch_size: pixels on the side of a patch.
        class_token: one more token, of no place.
        symmetry: see `Backbone`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: int = 96,
        depth: int = 6,
        num_heads: int = 4,
        patch_size: int = 4,
        class_token: bool = False,
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        self.channels, self.strides = (hidden,), (patch_size,)
        tied = self.symmetry == "kernel"
        self.patch_embedding = PairConv2d(in_channels, hidden, patch_size, stride=patch_size, symmetric=tied)
        self.class_token = nn.Parameter(0.02 * torch.randn(hidden)) if class_token else None
        self.blocks = nn.ModuleList(TransformerBlock(hidden, num_heads) for _ in range(depth))
        self.relative_keys = nn.ModuleList(RelativeKeys(hidden // num_heads, symmetric=tied) for _ in range(depth))
        self.norm = nn.LayerNorm(hidden, eps=1e-6)
        nn.init.xavier_uniform_(self.patch_embedding.weight.flatten(1))
        nn.init.zeros_(self.patch_embedding.bias)  # type: ignore[arg-type]

    def encode(
        self, tokens: Float[Tensor, "B T C"], mask: Shaped[Tensor, "B T"] | None, grid: tuple[int, int]
    ) -> Float[Tensor, "B S C"]:
        """The embedded patches of a whole grid through all blocks; the class token, if there is one, is put before them.

        Args:
            tokens: row by row.
            mask: 1 for those that are there; None for all.
            grid: its sides.
        """
        if self.class_token is not None:
            tokens = torch.cat([self.class_token.to(tokens).expand(len(tokens), 1, -1), tokens], dim=1)
            mask = None if mask is None else F.pad(mask, (1, 0), value=1)
        buckets = relative_buckets(*grid, class_token=self.class_token is not None).to(tokens.device)
        for block, keys in zip(self.blocks, self.relative_keys, strict=True):
            tokens = block(tokens, mask, partial(keys, buckets=buckets))
        return self.norm(tokens)

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map."""
        places = self.patch_embedding(x, mask)
        coarse, grid = coarser(mask, self.strides[0]), (places.shape[-2], places.shape[-1])
        tokens = self.encode(places.flatten(2).transpose(1, 2), None if coarse is None else coarse.flatten(1), grid)
        return [tokens[:, self.class_token is not None :].transpose(1, 2).unflatten(2, grid)]

"""`ViT`: patches as words; each reads all others.

Dosovitskiy et al. (2021) "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale", arXiv 2010.11929.
"""

from typing import Any

import torch
from torch import Tensor, nn

from protfold.typing import Float, Shaped
from protfold.vision.backbone import Backbone
from protfold.vision.pair_mask import coarser
from protfold.vision.patch_embedding import PatchEmbedding
from protfold.vision.symmetry import Symmetry
from protfold.vision.transformer import TransformerBlock


class ViT(Backbone):
    """One resolution throughout, that of the patches. The work grows with the fourth power of the length.

    Args:
        in_channels: of the pair maps.
        hidden: channels of tokens.
        depth: blocks.
        num_heads: of attention.
        patch_size: pixels on the side of a patch.
        mlp_ratio: see `TransformerBlock`.
        activation: of the blocks; the first code has `gelu_tanh`.
        grid: see `PatchEmbedding`; pictures have learned positions.
        class_token: one more token that stands for the whole picture.
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
        mlp_ratio: float = 4.0,
        activation: str = "gelu",
        grid: int | None = None,
        class_token: bool = False,
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        self.channels, self.strides = (hidden,), (patch_size,)
        self.patch_embedding = PatchEmbedding(in_channels, hidden, patch_size, grid=grid, symmetric=self.symmetry == "kernel")
        self.class_token = nn.Parameter(0.02 * torch.randn(hidden)) if class_token else None
        self.class_position = nn.Parameter(0.02 * torch.randn(hidden)) if class_token and grid is not None else None
        self.blocks = nn.ModuleList(
            TransformerBlock(hidden, num_heads, mlp_ratio=mlp_ratio, activation=activation) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(hidden, eps=1e-6)

    def encode(self, tokens: Float[Tensor, "B T C"], mask: Shaped[Tensor, "B T"] | None = None) -> Float[Tensor, "B S C"]:
        """Any tokens through all blocks; the class token, if there is one, is put before them.

        Args:
            tokens: embedded patches.
            mask: 1 for those that are there; None for all.
        """
        if self.class_token is not None:
            first = self.class_token if self.class_position is None else self.class_token + self.class_position
            tokens = torch.cat([first.to(tokens).expand(len(tokens), 1, -1), tokens], dim=1)
            mask = None if mask is None else torch.cat([mask.new_ones(len(mask), 1), mask], dim=1)
        for block in self.blocks:
            tokens = block(tokens, mask)
        return self.norm(tokens)

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map."""
        places = self.patch_embedding(x, mask)
        coarse = coarser(mask, self.strides[0])
        tokens = self.encode(places.flatten(2).transpose(1, 2), None if coarse is None else coarse.flatten(1))
        return [tokens[:, self.class_token is not None :].transpose(1, 2).unflatten(2, places.shape[-2:])]


def _published(hidden: int, depth: int, num_heads: int, patch_size: int) -> dict[str, Any]:
    return {
        "hidden": hidden,
        "depth": depth,
        "num_heads": num_heads,
        "patch_size": patch_size,
        "grid": 224 // patch_size,
        "class_token": True,
    }


VIT_TI_16 = _published(192, 12, 3, 16)
VIT_S_16 = _published(384, 12, 6, 16)
VIT_B_16 = _published(768, 12, 12, 16)
VIT_B_32 = _published(768, 12, 12, 32)
VIT_L_16 = _published(1024, 24, 16, 16)
VIT_H_14 = _published(1280, 32, 16, 14)
"""Published sizes for pictures of 224 x 224: paper, Table 1; Ti and S: Touvron et al. (2021), arXiv 2012.12877; settings of `ViT`."""

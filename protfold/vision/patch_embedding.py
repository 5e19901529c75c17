"""`PatchEmbedding`: square patches as tokens that know where they lie."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.convolution import PairConv2d
from protfold.vision.symmetry import symmetric
from protfold.vision.transformer import grid_positions


class PatchEmbedding(PairConv2d):
    """The same matrix for each patch, and a code of its place.

    Args:
        in_channels: of the maps.
        channels: of tokens.
        patch_size: pixels on the side of a patch.
        grid: patches on a side of pictures whose positions are learned; None for computed positions, which suit maps of any length.
        symmetric: transposition commutes; the code of (i, j) is that of (j, i).

    Raises:
        InputError: channels that are no multiple of four, where positions are computed.
    """

    def __init__(
        self, in_channels: int, channels: int, patch_size: int, *, grid: int | None = None, symmetric: bool = False
    ) -> None:
        super().__init__(in_channels, channels, patch_size, stride=patch_size, symmetric=symmetric)
        if grid is None and channels % 4:
            raise InputError(f"{channels} channels cannot hold computed positions; give a multiple of 4")
        nn.init.xavier_uniform_(self.weight.flatten(1))
        nn.init.zeros_(self.bias)  # type: ignore[arg-type]
        self.learned = None if grid is None else nn.Parameter(0.02 * torch.randn(channels, grid, grid))

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None = None) -> Float[Tensor, "B c h w"]:
        """Tokens in their places.

        Raises:
            InputError: padded maps of another size than that of the learned positions, which cannot tell them from shorter ones.
        """
        tokens = super().forward(x, mask)
        return tokens + self.positions(tokens.shape[-2], tokens.shape[-1], padded=mask is not None).to(tokens)

    def positions(self, height: int, width: int, *, padded: bool = False) -> Float[Tensor, "c h w"]:
        """The codes of a grid; learned ones are interpolated for another grid."""
        if self.learned is None:
            code = grid_positions(height, width, self.out_channels, symmetric=self.symmetric, device=self.weight.device)
            return code.movedim(-1, 0)
        learned = symmetric(self.learned) if self.symmetric else self.learned
        if learned.shape[1:] == (height, width):
            return learned
        if padded:
            side, patch = learned.shape[1], self.kernel_size[0]
            raise InputError(
                f"positions learned of {side} x {side} patches know no padding; give maps of length {side * patch}, or no grid"
            )
        return F.interpolate(learned[None], (height, width), mode="bicubic", antialias=True, align_corners=False)[0]

"""`PatchDecoder`: fills in what was removed, from the tokens of what was not. He et al. (2022), arXiv 2111.06377."""

from typing import Literal

import torch
from torch import Tensor, nn

from protfold.typing import Bool, Float
from protfold.vision.pretraining.visible_tokens import scattered
from protfold.vision.transformer import TransformerBlock, grid_positions, sinusoidal_positions

Positions = Literal["grid", "offset"]


def patch_positions(
    height: int, width: int, channels: int, positions: Positions, *, device: torch.device | None = None
) -> Float[Tensor, "H W C"]:
    """The code of each patch.

    Args:
        height, width: of the grid.
        channels: a multiple of four.
        positions: `grid`, of column and row, as published; or `offset`, of column - row and of their mean, which say the same and show
            plainly how far a patch of a pair map is from the diagonal. With them such maps are learned several times as fast.
        device: of the code.
    """
    if positions == "grid":
        return grid_positions(height, width, channels, device=device)
    row, column = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    return torch.cat([sinusoidal_positions(one, channels // 2) for one in (column - row, 0.5 * (column + row))], dim=-1)


class PatchDecoder(nn.Module):
    """A matrix, blocks over all patches, and a matrix to their values.

    Args:
        in_channels: of the encoder's tokens.
        out_channels: values of a patch.
        hidden: channels of tokens.
        depth: blocks.
        num_heads: of attention.
        positions: see `patch_positions`.
    """

    def __init__(
        self, in_channels: int, out_channels: int, *, hidden: int, depth: int, num_heads: int, positions: Positions = "grid"
    ) -> None:
        super().__init__()
        self.positions = positions
        self.embedding = nn.Linear(in_channels, hidden)
        self.removed_token = nn.Parameter(torch.empty(hidden).normal_(std=0.02))
        self.blocks = nn.ModuleList(TransformerBlock(hidden, num_heads) for _ in range(depth))
        self.norm = nn.LayerNorm(hidden, eps=1e-6)
        self.output = nn.Linear(hidden, out_channels)
        for linear in (self.embedding, self.output):
            nn.init.xavier_uniform_(linear.weight)
            nn.init.zeros_(linear.bias)

    def forward(
        self,
        tokens: Float[Tensor, "B T C"],
        visible: Bool[Tensor, "B h w"],
        real: Bool[Tensor, "B h w"],
        *,
        class_token: bool = False,
    ) -> Float[Tensor, "B L D"]:
        """Values of all patches.

        Args:
            tokens: of the visible patches, row by row.
            visible: which these are.
            real: patches that hold a pair; others are not looked at.
            class_token: whether `tokens` has one in front.
        """
        tokens, there = self.embedding(tokens), real.flatten(1)
        front, tokens = tokens[:, : int(class_token)], tokens[:, int(class_token) :]
        full = scattered(tokens, visible.flatten(1), self.removed_token.to(tokens.dtype))
        height, width = real.shape[1:]
        code = patch_positions(height, width, full.shape[-1], self.positions, device=full.device)
        full = full + code.to(full).flatten(0, 1)
        full = torch.cat([front, full], dim=1)
        there = nn.functional.pad(there, (int(class_token), 0), value=True)
        for block in self.blocks:
            full = block(full, there)
        return self.output(self.norm(full[:, int(class_token) :]))

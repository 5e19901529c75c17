"""`RelativePositions`: what a query adds to the scores of keys for their offset in rows and in columns.

Li et al. (2022) "MViTv2: Improved Multiscale Vision Transformers for Classification and Detection", arXiv 2112.01526, section 4.1.
"""

import torch
from torch import Tensor, nn

from protfold.typing import Float, Int
from protfold.vision.transformer import MoreChannels


class RelativePositions(nn.Module):
    """Scores q . R_row[i - i'] + q . R_column[j - j'], with tables that start at zero and are shared by the heads.

    Published networks interpolate their tables for larger maps. Here larger offsets have the last entry, so that a code means the same
    in a map of any length.

    Args:
        channels: of a head.
        span: offsets below it have entries of their own, on either side.
        symmetric: rows and columns share the mean of both tables; then transposition commutes.
    """

    def __init__(self, channels: int, span: int, *, symmetric: bool = False) -> None:
        super().__init__()
        self.span, self.symmetric = span, symmetric
        self.rows = nn.Parameter(torch.zeros(2 * span - 1, channels))
        self.columns = nn.Parameter(torch.zeros(2 * span - 1, channels))

    def forward(self, queries: Float[Tensor, "B heads T d"], height: int, width: int) -> MoreChannels:
        """Further channels of queries and keys of a map with these sides, one for each row and one for each column."""
        rows: Tensor = self.rows
        columns: Tensor = self.columns
        if self.symmetric:
            rows = columns = 0.5 * (rows + columns)
        places = queries.unflatten(2, (height, width))
        by_row = torch.einsum("bnijd,ikd->bnijk", places, rows[self._offsets(height)])
        by_column = torch.einsum("bnijd,jld->bnijl", places, columns[self._offsets(width)])
        in_row, in_column = (torch.eye(side, dtype=queries.dtype, device=queries.device) for side in (height, width))
        keys = torch.cat([in_row.repeat_interleave(width, dim=0), in_column.repeat(height, 1)], dim=-1)
        return torch.cat([by_row, by_column], dim=-1).flatten(2, 3), keys

    def _offsets(self, side: int) -> Int[Tensor, "side side"]:
        """Entries of the tables for each query and key on a line."""
        places = torch.arange(side, device=self.rows.device)
        return (places[:, None] - places).clamp(1 - self.span, self.span - 1) + self.span - 1

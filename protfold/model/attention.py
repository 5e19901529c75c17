"""Gated multi-head attention over the second-last axis."""

import torch
from einops import rearrange
from torch import Tensor, nn

from protfold.model.execution import attend
from protfold.model.initialize import final_linear, gating_linear, linear
from protfold.typing import Float


class GatedAttention(nn.Module):
    """Self-attention within rows, with a sigmoid gate on the heads' output.

    The common core of Jumper et al. (2021) Suppl. Alg. 7, 8, 13 and 14. Queries are scaled by 1 / sqrt(c_head).
    """

    def __init__(self, *, c_in: int, c_head: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.query = linear(c_in, num_heads * c_head, bias=False)
        self.key = linear(c_in, num_heads * c_head, bias=False)
        self.value = linear(c_in, num_heads * c_head, bias=False)
        self.gate = gating_linear(c_in, num_heads * c_head)
        self.output = final_linear(num_heads * c_head, c_in)

    def forward(self, rows: Float[Tensor, "*rows N C"], bias: Tensor | None) -> Float[Tensor, "*rows N C"]:
        """Attends along N; `bias` broadcasts to [*rows, num_heads, N, N]."""
        query, key, value = (
            rearrange(project(rows), "... n (h c) -> ... h n c", h=self.num_heads) for project in (self.query, self.key, self.value)
        )
        attended = rearrange(attend(query, key, value, bias), "... h n c -> ... n (h c)")
        return self.output(torch.sigmoid(self.gate(rows)) * attended)

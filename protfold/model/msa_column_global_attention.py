"""Column-wise global attention of the extra alignment rows."""

import torch
from einops import rearrange
from torch import Tensor, nn

from protfold.model.execution import MASKED, by_rows
from protfold.model.initialize import final_linear, gating_linear, linear
from protfold.typing import Float


class MsaColumnGlobalAttention(nn.Module):
    """Each column attends with one query, the mean over its rows, to keys and values shared by all heads.

    Jumper et al. (2021) Suppl. Alg. 19 "MSAColumnGlobalAttention"
    """

    def __init__(self, *, c_e: int, c_head: int, num_heads: int) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.scale = c_head**-0.5
        self.norm = nn.LayerNorm(c_e)
        self.query = linear(c_e, num_heads * c_head, bias=False)
        self.key = linear(c_e, c_head, bias=False)
        self.value = linear(c_e, c_head, bias=False)
        self.gate = gating_linear(c_e, num_heads * c_head)
        self.output = final_linear(num_heads * c_head, c_e)

    def forward(
        self, msa: Float[Tensor, "*batch N_extra N_res C_e"], msa_mask: Float[Tensor, "*batch N_extra N_res"] | None
    ) -> Float[Tensor, "*batch N_extra N_res C_e"]:
        """The update of the extra alignment representation."""
        num_rows, num_residues, channels = msa.shape[-3:]

        def columns(part: slice) -> Tensor:
            mask = None if msa_mask is None else msa_mask[..., part].transpose(-1, -2)
            return self._attend(self.norm(msa[..., part, :].transpose(-2, -3)), mask).transpose(-2, -3)

        return by_rows(columns, num_rows=num_residues, row_elements=4 * num_rows * channels, dim=-2)

    def _attend(
        self, columns: Float[Tensor, "*batch N_res N_extra C_e"], mask: Float[Tensor, "*batch N_res N_extra"] | None
    ) -> Float[Tensor, "*batch N_res N_extra C_e"]:
        if mask is None:
            mean = columns.mean(-2)
        else:
            mean = (columns * mask[..., None]).sum(-2) / (mask.sum(-1, keepdim=True) + 1e-10)
        query = rearrange(self.query(mean) * self.scale, "... (h c) -> ... h c", h=self.num_heads)
        logits = query @ self.key(columns).transpose(-1, -2)
        if mask is not None:
            logits = logits.masked_fill(mask[..., None, :] == 0, MASKED)
        attended = rearrange(torch.softmax(logits, dim=-1) @ self.value(columns), "... h c -> ... 1 (h c)")
        return self.output(torch.sigmoid(self.gate(columns)) * attended)

"""Output heads: logits from the final representations."""

import torch
from torch import Tensor, nn

from protfold.model.initialize import final_linear, relu_linear
from protfold.typing import Float


class PerResidueLddtHead(nn.Module):
    """Logits over bins of lDDT-CA.

    Jumper et al. (2021) Suppl. Alg. 29 "predictPerResidueLDDT_Ca"
    """

    def __init__(self, *, c_s: int, c_hidden: int, num_bins: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(c_s)
        self.first = relu_linear(c_s, c_hidden)
        self.second = relu_linear(c_hidden, c_hidden)
        self.logits = final_linear(c_hidden, num_bins)

    def forward(self, single: Float[Tensor, "*batch N_res C_s"]) -> Float[Tensor, "*batch N_res bins"]:
        """Takes the single representation of the structure module."""
        hidden = torch.relu(self.first(self.norm(single)))
        return self.logits(torch.relu(self.second(hidden)))


class DistogramHead(nn.Module):
    """Symmetric logits over bins of pseudo-beta distance.

    Jumper et al. (2021) Suppl. Sec. 1.9.8 "Distogram prediction"
    """

    def __init__(self, *, c_z: int, num_bins: int) -> None:
        super().__init__()
        self.half_logits = final_linear(c_z, num_bins)

    def forward(self, pair: Float[Tensor, "*batch N_res N_res C_z"]) -> Float[Tensor, "*batch N_res N_res bins"]:
        """Takes the pair representation."""
        half = self.half_logits(pair)
        return half + half.transpose(-2, -3)

"""Torsion angles from the single representation."""

import torch
from torch import Tensor, nn

from protfold.geometry.precision import at_least_float32
from protfold.model.initialize import final_linear, linear, relu_linear
from protfold.typing import Float


class TorsionBlock(nn.Module):
    """A residual block of two layers."""

    def __init__(self, *, c_hidden: int) -> None:
        super().__init__()
        self.first = relu_linear(c_hidden, c_hidden)
        self.second = final_linear(c_hidden, c_hidden)

    def forward(self, activation: Float[Tensor, "*batch C"]) -> Float[Tensor, "*batch C"]:
        """The updated activation."""
        return activation + self.second(torch.relu(self.first(torch.relu(activation))))


class TorsionHead(nn.Module):
    """Seven (sin, cos) pairs a residue from the current and the initial single representation.

    Jumper et al. (2021) Suppl. Alg. 20 "StructureModule", lines 11-14. The published code applies ReLU to both inputs; so do we.
    """

    def __init__(self, *, c_s: int, c_hidden: int, num_blocks: int) -> None:
        super().__init__()
        self.current = linear(c_s, c_hidden)
        self.initial = linear(c_s, c_hidden)
        self.blocks = nn.ModuleList(TorsionBlock(c_hidden=c_hidden) for _ in range(num_blocks))
        self.output = linear(c_hidden, 14)

    def forward(
        self, single: Float[Tensor, "*batch N_res C_s"], initial_single: Float[Tensor, "*batch N_res C_s"]
    ) -> tuple[Float[Tensor, "*batch N_res 7 2"], Float[Tensor, "*batch N_res 7 2"]]:
        """Pairs before and after normalisation to unit length, float32."""
        activation = self.current(torch.relu(single)) + self.initial(torch.relu(initial_single))
        for block in self.blocks:
            activation = block(activation)
        raw = at_least_float32(self.output(torch.relu(activation))).unflatten(-1, (7, 2))
        return raw, raw / raw.square().sum(-1, keepdim=True).clamp(min=1e-12).sqrt()

"""Triangle multiplicative updates of the pair representation."""

from typing import Literal

import torch
from torch import Tensor, nn

from protfold.model.execution import by_rows
from protfold.model.initialize import final_linear, gating_linear, linear
from protfold.typing import Float


class TriangleMultiplication(nn.Module):
    """Updates edge ij from the edges to (outgoing: ik, jk; incoming: ki, kj) every third residue k.

    Jumper et al. (2021) Suppl. Alg. 11 "TriangleMultiplicationOutgoing"
    Jumper et al. (2021) Suppl. Alg. 12 "TriangleMultiplicationIncoming"

    `left` multiplies edges of i in the outgoing form (a of the paper) and of j in the incoming form (b of the paper), as in the published
    parameter files.
    """

    def __init__(self, *, c_z: int, c_hidden: int, direction: Literal["outgoing", "incoming"]) -> None:
        super().__init__()
        self.direction = direction
        self.norm = nn.LayerNorm(c_z)
        self.left = linear(c_z, c_hidden)
        self.right = linear(c_z, c_hidden)
        self.left_gate = gating_linear(c_z, c_hidden)
        self.right_gate = gating_linear(c_z, c_hidden)
        self.center_norm = nn.LayerNorm(c_hidden)
        self.output = final_linear(c_hidden, c_z)
        self.gate = gating_linear(c_z, c_z)

    def forward(
        self, pair: Float[Tensor, "*batch N_res N_res C_z"], pair_mask: Float[Tensor, "*batch N_res N_res"] | None
    ) -> Float[Tensor, "*batch N_res N_res C_z"]:
        """The update of the pair representation."""
        num_residues, c_z = pair.shape[-2:]
        c_hidden = self.left.out_features
        left = self._edges(self.left, self.left_gate, pair, pair_mask)
        right = self._edges(self.right, self.right_gate, pair, pair_mask)
        if self.direction == "outgoing":
            product_left, product_right = left, right.transpose(-1, -2)
        else:
            product_left, product_right = right.transpose(-1, -2), left

        def rows(part: slice) -> Tensor:
            product = product_left[..., part, :] @ product_right  # [*batch, C_hidden, rows, N_res]
            gate = torch.sigmoid(self.gate(self.norm(pair[..., part, :, :])))
            return self.output(self.center_norm(product.movedim(-3, -1))) * gate

        return by_rows(rows, num_rows=num_residues, row_elements=num_residues * (3 * c_hidden + 2 * c_z))

    def _edges(self, project: nn.Linear, gate: nn.Linear, pair: Tensor, pair_mask: Tensor | None) -> Tensor:
        """Gated projections as matrices: [*batch, C_hidden, N_res, N_res]."""

        def rows(part: slice) -> Tensor:
            normed = self.norm(pair[..., part, :, :])
            edges = project(normed) * torch.sigmoid(gate(normed))
            if pair_mask is not None:
                edges = edges * pair_mask[..., part, :, None]
            return edges.movedim(-1, -3)

        num_residues, c_z = pair.shape[-2:]
        return by_rows(rows, num_rows=num_residues, row_elements=4 * num_residues * c_z, dim=-2)

"""From the alignment to the pair representation."""

import torch
from torch import Tensor, nn

from protfold.model.execution import by_rows
from protfold.model.initialize import final_linear, linear
from protfold.typing import Float


class OuterProductMean(nn.Module):
    """Outer products of two projections of each row, averaged over the rows.

    Jumper et al. (2021) Suppl. Alg. 10 "OuterProductMean". The published code divides by the number of valid rows (+ 1e-3) after the
    output projection, bias included; so do we.
    """

    def __init__(self, *, c_m: int, c_z: int, c_hidden: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(c_m)
        self.left = linear(c_m, c_hidden)
        self.right = linear(c_m, c_hidden)
        self.output = final_linear(c_hidden * c_hidden, c_z)

    def forward(
        self, msa: Float[Tensor, "*batch N_seq N_res C_m"], msa_mask: Float[Tensor, "*batch N_seq N_res"] | None
    ) -> Float[Tensor, "*batch N_res N_res C_z"]:
        """The update of the pair representation."""
        num_rows, num_residues = msa.shape[-3:-1]
        left, right = self._factors(msa, msa_mask)
        c_hidden = self.left.out_features
        flat_right = right.transpose(-1, -2).flatten(-2)  # [*batch, N_seq, C_hidden * N_res]

        def rows(part: slice) -> Tensor:
            flat_left = left[..., part, :].flatten(-2).transpose(-1, -2)  # [*batch, rows * C_hidden, N_seq]
            outer = (flat_left @ flat_right).unflatten(-1, (c_hidden, num_residues)).unflatten(-3, (-1, c_hidden))
            projected = self.output(outer.movedim(-1, -3).flatten(-2))
            if msa_mask is None:
                return projected / (1e-3 + num_rows)
            valid = msa_mask[..., part].transpose(-1, -2) @ msa_mask
            return projected / (1e-3 + valid[..., None])

        return by_rows(rows, num_rows=num_residues, row_elements=2 * num_residues * c_hidden * c_hidden)

    def _factors(self, msa: Tensor, msa_mask: Tensor | None) -> tuple[Tensor, Tensor]:
        def rows(part: slice) -> Tensor:
            normed = self.norm(msa[..., part, :, :])
            both = torch.cat([self.left(normed), self.right(normed)], dim=-1)
            return both if msa_mask is None else both * msa_mask[..., part, :, None]

        num_rows, num_residues, channels = msa.shape[-3:]
        both = by_rows(rows, num_rows=num_rows, row_elements=2 * num_residues * channels)
        left, right = both.chunk(2, dim=-1)
        return left, right

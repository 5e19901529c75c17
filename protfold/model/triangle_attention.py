"""Triangle attention of the pair representation."""

from typing import Literal

from torch import Tensor, nn

from protfold.model.attention import GatedAttention
from protfold.model.execution import by_rows, mask_bias
from protfold.model.initialize import linear
from protfold.typing import Float


class TriangleAttention(nn.Module):
    """Edges that share their starting (or ending) node attend to one another, biased by the third edge of the triangle.

    Jumper et al. (2021) Suppl. Alg. 13 "TriangleAttentionStartingNode"
    Jumper et al. (2021) Suppl. Alg. 14 "TriangleAttentionEndingNode"
    """

    def __init__(self, *, c_z: int, c_head: int, num_heads: int, node: Literal["starting", "ending"]) -> None:
        super().__init__()
        self.node = node
        self.norm = nn.LayerNorm(c_z)
        self.pair_bias = linear(c_z, num_heads, bias=False)
        self.attention = GatedAttention(c_in=c_z, c_head=c_head, num_heads=num_heads)

    def forward(
        self, pair: Float[Tensor, "*batch N_res N_res C_z"], pair_mask: Float[Tensor, "*batch N_res N_res"] | None
    ) -> Float[Tensor, "*batch N_res N_res C_z"]:
        """The update of the pair representation."""
        if self.node == "ending":
            pair = pair.transpose(-2, -3)
            pair_mask = None if pair_mask is None else pair_mask.transpose(-1, -2)
        num_residues, c_z = pair.shape[-2:]
        pair_bias = self._bias(pair)

        def rows(part: slice) -> Tensor:
            bias = pair_bias
            if pair_mask is not None:
                bias = bias + mask_bias(pair_mask[..., part, :], bias)
            return self.attention(self.norm(pair[..., part, :, :]), bias)

        update = by_rows(rows, num_rows=num_residues, row_elements=6 * num_residues * c_z)
        return update.transpose(-2, -3) if self.node == "ending" else update

    def _bias(self, pair: Tensor) -> Tensor:
        """[*batch, 1, num_heads, N_res, N_res]."""

        def rows(part: slice) -> Tensor:
            return self.pair_bias(self.norm(pair[..., part, :, :])).movedim(-1, -3)

        num_residues, c_z = pair.shape[-2:]
        return by_rows(rows, num_rows=num_residues, row_elements=2 * num_residues * c_z, dim=-2)[..., None, :, :, :]

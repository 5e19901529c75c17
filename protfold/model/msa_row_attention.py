"""Row-wise attention of the alignment."""

from torch import Tensor, nn

from protfold.model.attention import GatedAttention
from protfold.model.execution import by_rows, mask_bias
from protfold.model.initialize import linear
from protfold.typing import Float


class MsaRowAttentionWithPairBias(nn.Module):
    """Each alignment row attends along its residues, biased by the pair representation.

    Jumper et al. (2021) Suppl. Alg. 7 "MSARowAttentionWithPairBias"
    """

    def __init__(self, *, c_m: int, c_z: int, c_head: int, num_heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(c_m)
        self.pair_norm = nn.LayerNorm(c_z)
        self.pair_bias = linear(c_z, num_heads, bias=False)
        self.attention = GatedAttention(c_in=c_m, c_head=c_head, num_heads=num_heads)

    def forward(
        self,
        msa: Float[Tensor, "*batch N_seq N_res C_m"],
        msa_mask: Float[Tensor, "*batch N_seq N_res"] | None,
        pair: Float[Tensor, "*batch N_res N_res C_z"],
    ) -> Float[Tensor, "*batch N_seq N_res C_m"]:
        """The update of the alignment representation."""
        num_rows, num_residues, channels = msa.shape[-3:]
        pair_bias = self.pair_bias(self.pair_norm(pair)).movedim(-1, -3).contiguous()[..., None, :, :, :]

        def rows(part: slice) -> Tensor:
            bias = pair_bias
            if msa_mask is not None:
                bias = bias + mask_bias(msa_mask[..., part, :], bias)
            return self.attention(self.norm(msa[..., part, :, :]), bias)

        return by_rows(rows, num_rows=num_rows, row_elements=6 * num_residues * channels)

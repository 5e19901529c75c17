"""Column-wise attention of the alignment."""

from torch import Tensor, nn

from protfold.model.attention import GatedAttention
from protfold.model.execution import by_rows, mask_bias
from protfold.typing import Float


class MsaColumnAttention(nn.Module):
    """Each residue attends along the alignment's rows.

    Jumper et al. (2021) Suppl. Alg. 8 "MSAColumnAttention"
    """

    def __init__(self, *, c_m: int, c_head: int, num_heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(c_m)
        self.attention = GatedAttention(c_in=c_m, c_head=c_head, num_heads=num_heads)

    def forward(
        self, msa: Float[Tensor, "*batch N_seq N_res C_m"], msa_mask: Float[Tensor, "*batch N_seq N_res"] | None
    ) -> Float[Tensor, "*batch N_seq N_res C_m"]:
        """The update of the alignment representation."""
        num_rows, num_residues, channels = msa.shape[-3:]

        def columns(part: slice) -> Tensor:
            inputs = self.norm(msa[..., part, :].transpose(-2, -3))
            bias = None if msa_mask is None else mask_bias(msa_mask[..., part].transpose(-1, -2), inputs)
            return self.attention(inputs, bias).transpose(-2, -3)

        return by_rows(columns, num_rows=num_residues, row_elements=6 * num_rows * channels, dim=-2)

"""Evoformer blocks and stacks, of the clustered and of the extra alignment."""

from typing import Literal

from torch import Tensor, nn

from protfold.model.config import AttentionStackConfig
from protfold.model.dropout import SharedDropout
from protfold.model.execution import add_update, run_block
from protfold.model.msa_column_attention import MsaColumnAttention
from protfold.model.msa_column_global_attention import MsaColumnGlobalAttention
from protfold.model.msa_row_attention import MsaRowAttentionWithPairBias
from protfold.model.outer_product_mean import OuterProductMean
from protfold.model.transition import Transition
from protfold.model.triangle_attention import TriangleAttention
from protfold.model.triangle_multiplication import TriangleMultiplication
from protfold.typing import Float

MSA_DROPOUT = 0.15
PAIR_DROPOUT = 0.25


class PairStack(nn.Module):
    """The pair half of an Evoformer block.

    Jumper et al. (2021) Suppl. Alg. 6 "EvoformerStack", lines 6-10; with `num_heads = 0` without lines 8 and 9.
    """

    def __init__(self, *, c_z: int, c_triangle: int, c_head: int, num_heads: int, transition_factor: int) -> None:
        super().__init__()
        self.multiply_outgoing = TriangleMultiplication(c_z=c_z, c_hidden=c_triangle, direction="outgoing")
        self.multiply_incoming = TriangleMultiplication(c_z=c_z, c_hidden=c_triangle, direction="incoming")
        self.attend_starting: TriangleAttention | None = None
        self.attend_ending: TriangleAttention | None = None
        if num_heads:
            self.attend_starting = TriangleAttention(c_z=c_z, c_head=c_head, num_heads=num_heads, node="starting")
            self.attend_ending = TriangleAttention(c_z=c_z, c_head=c_head, num_heads=num_heads, node="ending")
        self.transition = Transition(channels=c_z, factor=transition_factor)
        self.row_dropout = SharedDropout(PAIR_DROPOUT, shared_dim=-3)
        self.column_dropout = SharedDropout(PAIR_DROPOUT, shared_dim=-2)

    def forward(
        self, pair: Float[Tensor, "*batch N_res N_res C_z"], pair_mask: Float[Tensor, "*batch N_res N_res"] | None
    ) -> Float[Tensor, "*batch N_res N_res C_z"]:
        """The updated pair representation."""
        pair = add_update(pair, self.row_dropout(self.multiply_outgoing(pair, pair_mask)))
        pair = add_update(pair, self.row_dropout(self.multiply_incoming(pair, pair_mask)))
        if self.attend_starting is not None and self.attend_ending is not None:
            pair = add_update(pair, self.row_dropout(self.attend_starting(pair, pair_mask)))
            pair = add_update(pair, self.column_dropout(self.attend_ending(pair, pair_mask)))
        return add_update(pair, self.transition(pair))


class EvoformerBlock(nn.Module):
    """One block over an alignment and the pair representation.

    Jumper et al. (2021) Suppl. Alg. 6 "EvoformerStack", lines 2-10, and, with global column attention, Alg. 18 "ExtraMsaStack".
    """

    def __init__(self, *, c_m: int, c_z: int, config: AttentionStackConfig, column_attention: Literal["full", "global"]) -> None:
        super().__init__()
        heads = {"c_head": config.c_msa_head, "num_heads": config.num_msa_heads}
        self.row_attention = MsaRowAttentionWithPairBias(c_m=c_m, c_z=c_z, **heads)
        self.column_attention: MsaColumnAttention | MsaColumnGlobalAttention
        if column_attention == "full":
            self.column_attention = MsaColumnAttention(c_m=c_m, **heads)
        else:
            self.column_attention = MsaColumnGlobalAttention(c_e=c_m, **heads)
        self.msa_transition = Transition(channels=c_m, factor=config.transition_factor)
        self.outer_product_mean = OuterProductMean(c_m=c_m, c_z=c_z, c_hidden=config.c_outer_product)
        self.pair_stack = PairStack(
            c_z=c_z,
            c_triangle=config.c_triangle,
            c_head=config.c_pair_head,
            num_heads=config.num_pair_heads,
            transition_factor=config.transition_factor,
        )
        self.row_dropout = SharedDropout(MSA_DROPOUT, shared_dim=-3)

    def forward(
        self,
        msa: Float[Tensor, "*batch N_seq N_res C_m"],
        pair: Float[Tensor, "*batch N_res N_res C_z"],
        msa_mask: Float[Tensor, "*batch N_seq N_res"] | None,
        pair_mask: Float[Tensor, "*batch N_res N_res"] | None,
    ) -> tuple[Float[Tensor, "*batch N_seq N_res C_m"], Float[Tensor, "*batch N_res N_res C_z"]]:
        """The updated alignment and pair representations."""
        msa = add_update(msa, self.row_dropout(self.row_attention(msa, msa_mask, pair)))
        msa = add_update(msa, self.column_attention(msa, msa_mask))
        msa = add_update(msa, self.msa_transition(msa))
        pair = add_update(pair, self.outer_product_mean(msa, msa_mask))
        return msa, self.pair_stack(pair, pair_mask)


class EvoformerStack(nn.Module):
    """A stack of blocks.

    Jumper et al. (2021) Suppl. Alg. 6 "EvoformerStack"
    Jumper et al. (2021) Suppl. Alg. 18 "ExtraMsaStack"
    """

    def __init__(self, *, c_m: int, c_z: int, config: AttentionStackConfig, column_attention: Literal["full", "global"]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(
            EvoformerBlock(c_m=c_m, c_z=c_z, config=config, column_attention=column_attention) for _ in range(config.num_blocks)
        )

    def forward(
        self,
        msa: Float[Tensor, "*batch N_seq N_res C_m"],
        pair: Float[Tensor, "*batch N_res N_res C_z"],
        msa_mask: Float[Tensor, "*batch N_seq N_res"] | None,
        pair_mask: Float[Tensor, "*batch N_res N_res"] | None,
    ) -> tuple[Float[Tensor, "*batch N_seq N_res C_m"], Float[Tensor, "*batch N_res N_res C_z"]]:
        """Both representations after the last block; without gradients the arguments are overwritten."""
        for block in self.blocks:
            msa, pair = run_block(block, msa, pair, msa_mask, pair_mask)
        return msa, pair

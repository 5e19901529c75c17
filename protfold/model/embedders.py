"""From features and the previous pass to the first representations."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.model.initialize import final_linear, linear
from protfold.typing import Float, Int

MSA_FEATURES = 49
EXTRA_MSA_FEATURES = 25
NUM_RECYCLED_BINS = 15


class RelativePosition(nn.Module):
    """Embedding of the clipped difference of residue numbers.

    Jumper et al. (2021) Suppl. Alg. 4 "relpos"
    """

    def __init__(self, *, c_z: int, max_relative_position: int) -> None:
        super().__init__()
        self.max_relative_position = max_relative_position
        self.embed = linear(2 * max_relative_position + 1, c_z)

    def forward(self, residue_index: Int[Tensor, "*batch N_res"]) -> Float[Tensor, "*batch N_res N_res C_z"]:
        """The additive term of the pair representation."""
        offset = residue_index[..., :, None] - residue_index[..., None, :]
        limit = self.max_relative_position
        return F.embedding(offset.clamp(-limit, limit) + limit, self.embed.weight.T) + self.embed.bias


class InputEmbedder(nn.Module):
    """First alignment and pair representations.

    Jumper et al. (2021) Suppl. Alg. 3 "InputEmbedder"
    """

    def __init__(self, *, c_target: int, c_m: int, c_z: int, max_relative_position: int) -> None:
        super().__init__()
        self.target_to_msa = linear(c_target, c_m)
        self.msa = linear(MSA_FEATURES, c_m)
        self.target_to_row = linear(c_target, c_z)
        self.target_to_column = linear(c_target, c_z)
        self.relative_position = RelativePosition(c_z=c_z, max_relative_position=max_relative_position)

    def forward(
        self,
        target_feat: Float[Tensor, "*batch N_res C_target"],
        residue_index: Int[Tensor, "*batch N_res"],
        msa_feat: Float[Tensor, "*batch N_seq N_res 49"],
    ) -> tuple[Float[Tensor, "*batch N_seq N_res C_m"], Float[Tensor, "*batch N_res N_res C_z"]]:
        """Alignment and pair representations."""
        msa = self.msa(msa_feat) + self.target_to_msa(target_feat)[..., None, :, :]
        pair = self.target_to_row(target_feat)[..., :, None, :] + self.target_to_column(target_feat)[..., None, :, :]
        return msa, pair + self.relative_position(residue_index)


class CouplingEmbedder(nn.Module):
    """Co-evolution scores of residue pairs, spread over soft bins one standard deviation apart, as a term of the pair representation.

    It starts at zero, so that it can be added to a trained network.
    """

    centres: Tensor

    def __init__(self, *, c_z: int, num_bins: int) -> None:
        super().__init__()
        self.embed = final_linear(num_bins, c_z)
        self.register_buffer("centres", torch.arange(float(num_bins)), persistent=False)

    def forward(self, scores: Float[Tensor, "*batch N_res N_res"]) -> Float[Tensor, "*batch N_res N_res C_z"]:
        """The additive term; scores beyond the last bin count as in it."""
        limited = scores.clamp(max=float(len(self.centres) - 1))
        return self.embed(torch.exp(-(limited[..., None] - self.centres).square()).to(self.embed.weight.dtype))


class RecyclingEmbedder(nn.Module):
    """Feeds the previous pass back: first alignment row, pair representation and pseudo-beta distances.

    Jumper et al. (2021) Suppl. Alg. 32 "RecyclingEmbedder". In the first pass all three are zero, but offsets and biases still act, as
    in the published code; its 15 bins run from 3.25 to 20.75 Å (the supplement states others).
    """

    bins: Tensor

    def __init__(self, *, c_m: int, c_z: int) -> None:
        super().__init__()
        self.msa_norm = nn.LayerNorm(c_m)
        self.pair_norm = nn.LayerNorm(c_z)
        self.distance = linear(NUM_RECYCLED_BINS, c_z)
        self.register_buffer("bins", torch.linspace(3.25, 20.75, NUM_RECYCLED_BINS), persistent=False)

    def forward(
        self,
        first_row: Float[Tensor, "*batch N_res C_m"],
        pair: Float[Tensor, "*batch N_res N_res C_z"],
        pseudo_beta: Float[Tensor, "*batch N_res 3"],
    ) -> tuple[Float[Tensor, "*batch N_res C_m"], Float[Tensor, "*batch N_res N_res C_z"]]:
        """Additive terms of the first alignment row and of the pair representation."""
        distogram = distance_one_hot(pseudo_beta, self.bins).to(pair.dtype)
        return self.msa_norm(first_row), self.pair_norm(pair).add_(self.distance(distogram))


def distance_one_hot(
    positions: Float[Tensor, "*batch N_res 3"], bins: Float[Tensor, " B"]
) -> Float[Tensor, "*batch N_res N_res B"]:
    """One-hot of distances over bins given by lower edges (Å); all zero below the first edge, the last bin is open.

    Jumper et al. (2021) Suppl. Alg. 5 "one_hot" as used for distances in the published code (squared comparison).
    """
    squared = (positions[..., :, None, :] - positions[..., None, :, :]).square().sum(-1, keepdim=True)
    lower = bins.to(positions.dtype).square()
    upper = torch.cat([lower[1:], lower.new_tensor([1e8])])
    return ((squared > lower) & (squared < upper)).to(positions.dtype)


class ExtraMsaEmbedder(nn.Module):
    """First representation of the extra alignment rows.

    Jumper et al. (2021) Suppl. Alg. 2 "Inference", line 16.
    """

    def __init__(self, *, c_e: int) -> None:
        super().__init__()
        self.embed = linear(EXTRA_MSA_FEATURES, c_e)

    def forward(
        self,
        extra_msa: Int[Tensor, "*batch N_extra N_res"],
        has_deletion: Float[Tensor, "*batch N_extra N_res"],
        deletion_value: Float[Tensor, "*batch N_extra N_res"],
    ) -> Float[Tensor, "*batch N_extra N_res C_e"]:
        """Equal to a linear layer on one-hot of 23 types, has_deletion, deletion_value; the one-hot is never formed."""
        weight = self.embed.weight
        embedded = F.embedding(extra_msa.long(), weight[:, :-2].T)
        embedded = embedded + has_deletion[..., None] * weight[:, -2] + deletion_value[..., None] * weight[:, -1]
        return embedded + self.embed.bias

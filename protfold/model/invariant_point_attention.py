"""Attention of residues through points in their frames."""

import math

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor, nn

from protfold.geometry.rigid import Rigid
from protfold.model.initialize import final_linear, linear
from protfold.typing import Float

IPA_MASKED = -1e5


class InvariantPointAttention(nn.Module):
    """Attention over scalars, points in residue frames, and the pair representation; invariant to global rigid motions.

    Jumper et al. (2021) Suppl. Alg. 22 "InvariantPointAttention". As in the published code the projections have a bias. Columns of the
    point projections are coordinate-major (all x, all y, all z), heads before points.
    """

    def __init__(self, *, c_s: int, c_z: int, c_hidden: int, num_heads: int, num_query_points: int, num_value_points: int) -> None:
        super().__init__()
        self.num_heads, self.c_hidden = num_heads, c_hidden
        self.num_query_points, self.num_value_points = num_query_points, num_value_points
        self.query = linear(c_s, num_heads * c_hidden)
        self.key_value = linear(c_s, 2 * num_heads * c_hidden)
        self.query_points = linear(c_s, 3 * num_heads * num_query_points)
        self.key_value_points = linear(c_s, 3 * num_heads * (num_query_points + num_value_points))
        self.pair_bias = linear(c_z, num_heads)
        self.point_weights = nn.Parameter(torch.full((num_heads,), math.log(math.e - 1)))
        self.output = final_linear(num_heads * (c_hidden + 4 * num_value_points + c_z), c_s)

    def forward(
        self,
        single: Float[Tensor, "*batch N_res C_s"],
        pair: Float[Tensor, "*batch N_res N_res C_z"],
        frames: Rigid,
        mask: Float[Tensor, "*batch N_res"],
    ) -> Float[Tensor, "*batch N_res C_s"]:
        """The update of the single representation. Frames are in network units."""
        heads = {"h": self.num_heads}
        query = rearrange(self.query(single), "... n (h c) -> ... h n c", **heads)
        key_value = rearrange(self.key_value(single), "... n (h c) -> ... h n c", **heads)
        key, value = key_value.split(self.c_hidden, dim=-1)
        query_points = self._global_points(self.query_points(single), frames)
        points = self._global_points(self.key_value_points(single), frames)
        key_points, value_points = points.split([self.num_query_points, self.num_value_points], dim=-2)

        logits = (query * math.sqrt(1 / (3 * self.c_hidden))) @ key.transpose(-1, -2)
        logits = logits + self._point_logits(query_points, key_points)
        logits = logits + math.sqrt(1 / 3) * self.pair_bias(pair).movedim(-1, -3)
        pair_mask = mask[..., :, None] * mask[..., None, :]
        weights = torch.softmax(logits + IPA_MASKED * (1 - pair_mask[..., None, :, :]), dim=-1)

        scalars = rearrange(weights @ value, "... h n c -> ... n (h c)")
        attended = rearrange(weights @ value_points.flatten(-2), "... h n (p x) -> ... n (h p) x", x=3)
        local = frames[..., None].invert_apply(attended)
        norms = (local.square().sum(-1) + 1e-8).sqrt()
        from_pair = rearrange(weights.transpose(-2, -3) @ pair, "... n h c -> ... n (h c)")
        return self.output(torch.cat([scalars, *local.unbind(-1), norms, from_pair], dim=-1))

    def _global_points(self, projected: Float[Tensor, "*batch N_res C"], frames: Rigid) -> Float[Tensor, "*batch H N_res points 3"]:
        points = rearrange(projected, "... n (x h p) -> ... n (h p) x", x=3, h=self.num_heads)
        return rearrange(frames[..., None].apply(points), "... n (h p) x -> ... h n p x", h=self.num_heads)

    def _point_logits(self, query_points: Tensor, key_points: Tensor) -> Float[Tensor, "*batch H N_res N_res"]:
        weight = F.softplus(self.point_weights) * math.sqrt(1 / (3 * self.num_query_points * 9 / 2))
        squared = query_points.new_zeros(())
        for point in range(self.num_query_points):
            offset = query_points[..., :, None, point, :] - key_points[..., None, :, point, :]
            squared = squared + offset.square().sum(-1)
        return -0.5 * weight[:, None, None] * squared

"""`Flowformer`: attention at linear cost, in which what flows into each token and out of each is conserved.

Wu et al. (2022) "Flowformer: Linearizing Transformers with Conservation Flows", arXiv 2202.06258.

Keys and queries are made positive; each key is a source and each query a sink. Cost and memory grow with the number of tokens, not
its square, so that all pairs of a map can read all others.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.geometry.precision import at_least_float32
from protfold.typing import Float, Shaped
from protfold.vision.backbone import Backbone
from protfold.vision.convolution import PairConv2d
from protfold.vision.pair_mask import coarser
from protfold.vision.symmetry import Symmetry
from protfold.vision.transformer import FeedForward, check_heads

EPSILON = 1e-6
"""Added to both factors of every sum of products."""


class Flows(NamedTuple):
    """What flows into each query and out of each key, and the same after each of the others is given one unit to give or take.

    Conserved, flows into all queries sum to the number of keys, and those out of all keys to the number of queries.
    """

    incoming: Float[Tensor, "*heads L 1"]
    outgoing: Float[Tensor, "*heads S 1"]
    conserved_incoming: Float[Tensor, "*heads L 1"]
    conserved_outgoing: Float[Tensor, "*heads S 1"]


def conserved_flows(queries: Float[Tensor, "*heads L d"], keys: Float[Tensor, "*heads S d"], *, eps: float = EPSILON) -> Flows:
    """Wu et al. (2022) Eq. 4 to 7.

    Args:
        queries, keys: positive; zero for tokens that are not there, whose own flows have no meaning.
        eps: see `EPSILON`.
    """
    incoming = _flow(queries, keys.sum(-2, keepdim=True), eps)
    outgoing = _flow(keys, queries.sum(-2, keepdim=True), eps)
    conserved_incoming = _flow(queries, (keys / outgoing).sum(-2, keepdim=True), eps)
    conserved_outgoing = _flow(keys, (queries / incoming).sum(-2, keepdim=True), eps)
    return Flows(incoming, outgoing, conserved_incoming, conserved_outgoing)


def flow_attention(
    queries: Float[Tensor, "*heads L d"],
    keys: Float[Tensor, "*heads S d"],
    values: Float[Tensor, "*heads S c"],
    mask: Shaped[Tensor, "*#heads S"] | None = None,
    query_mask: Shaped[Tensor, "*#heads L"] | None = None,
    *,
    eps: float = EPSILON,
) -> Float[Tensor, "*heads L c"]:
    """What each query takes of the values; Wu et al. (2022) Eq. 4 to 9.

    Sums, the softmax and the numbers of tokens are of those that are there.

    Args:
        queries, keys: of any sign; they are made positive here.
        values: of the keys.
        mask: 1 for keys that are there; None for all.
        query_mask: of the queries likewise. The result at others has no meaning.
        eps: see `EPSILON`.
    """
    queries, keys, values = (at_least_float32(one) for one in (queries, keys, values))
    sinks = queries.new_ones(queries.shape[-2]) if query_mask is None else query_mask.to(queries.dtype)
    sources = keys.new_ones(keys.shape[-2]) if mask is None else mask.to(keys.dtype)
    queries, keys = queries.sigmoid() * sinks[..., None], keys.sigmoid() * sources[..., None]
    flow = conserved_flows(queries, keys, eps=eps)
    num_sinks, num_sources = (count.sum(-1)[..., None, None].clamp(min=1.0) for count in (sinks, sources))
    strength = flow.conserved_outgoing.clamp(-1.0, 1.0).exp() * sources[..., None]
    competition = num_sources * strength / strength.sum(-2, keepdim=True).clamp(min=torch.finfo(strength.dtype).tiny)
    allocation = (flow.conserved_incoming * num_sinks / num_sources).sigmoid()
    return allocation * ((queries / flow.incoming) @ (keys.transpose(-1, -2) @ (values * competition)))


def causal_flow_attention(
    queries: Float[Tensor, "*heads L d"],
    keys: Float[Tensor, "*heads L d"],
    values: Float[Tensor, "*heads L c"],
    *,
    eps: float = EPSILON,
) -> Float[Tensor, "*heads L c"]:
    """The same where no query knows a later token: every sum runs to the token's own place, and its number of terms divides it.

    Arguments as of `flow_attention`. Memory L d c, for the running sums of keys and values.
    """
    queries, keys, values = (at_least_float32(one) for one in (queries, keys, values))
    queries, keys = queries.sigmoid(), keys.sigmoid()
    number = torch.arange(1, keys.shape[-2] + 1, device=keys.device, dtype=keys.dtype)[:, None]
    incoming = _flow(queries, keys.cumsum(-2), eps) / number
    outgoing = _flow(keys, queries.cumsum(-2), eps) / number
    conserved_incoming = _flow(queries, (keys / outgoing).cumsum(-2), eps) / number
    conserved_outgoing = _flow(keys, (queries / incoming).cumsum(-2), eps) / number
    strength = conserved_outgoing.clamp(-1.0, 1.0).exp()
    competition = number * strength / strength.cumsum(-2)
    running = (keys[..., None] * (values * competition)[..., None, :]).cumsum(-3)
    return conserved_incoming.sigmoid() * ((queries / (incoming * number))[..., None, :] @ running)[..., 0, :]


def _flow(of: Float[Tensor, "*heads L d"], others: Float[Tensor, "*heads M d"], eps: float) -> Float[Tensor, "*heads L 1"]:
    """Products with a sum, or running sums, of others."""
    return ((of + eps) * (others + eps)).sum(-1, keepdim=True)


class FlowAttention(nn.Module):
    """Every token reads all tokens by `flow_attention`.

    Args:
        channels: of tokens.
        num_heads: which divides them.

    Raises:
        InputError: the heads do not divide the channels.
    """

    def __init__(self, channels: int, num_heads: int) -> None:
        super().__init__()
        check_heads(channels, num_heads)
        self.num_heads = num_heads
        self.query, self.key, self.value, self.output = (nn.Linear(channels, channels) for _ in range(4))

    def forward(self, tokens: Float[Tensor, "B T C"], mask: Shaped[Tensor, "B T"] | None = None) -> Float[Tensor, "B T C"]:
        """What each token read.

        Args:
            tokens: finite also where the mask is 0.
            mask: 1 for tokens that are there; None for all.
        """
        queries, keys, values = (
            layer(tokens).unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value)
        )
        present = None if mask is None else mask[:, None]
        read = flow_attention(queries, keys, values, present, present).to(tokens.dtype)
        return self.output(read.transpose(1, 2).flatten(2))


class FlowBlock(nn.Module):
    """Flow attention, then a feed-forward layer, each of normalised tokens and beside a shortcut; the second is scaled by channel."""

    def __init__(self, channels: int, num_heads: int, *, layer_scale: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(channels, eps=1e-6)
        self.attention = FlowAttention(channels, num_heads)
        self.feed_forward_norm = nn.LayerNorm(channels, eps=1e-6)
        self.feed_forward = FeedForward(channels, 4 * channels)
        self.scale = nn.Parameter(torch.full((channels,), layer_scale))

    def forward(self, tokens: Float[Tensor, "B T C"], mask: Shaped[Tensor, "B T"] | None) -> Float[Tensor, "B T C"]:
        """Tokens after the block."""
        tokens = tokens + self.attention(self.attention_norm(tokens), mask)
        return tokens + self.scale * self.feed_forward(self.feed_forward_norm(tokens))


class Flowformer(Backbone):
    """Stages of flow attention over all pixels, each with half the resolution of that before.

    Flow attention knows no places, and no relative position can be added to scores that are never computed; the separation of
    residues has to be among the channels of the pair maps. With one stage and a patch of one pixel the network commutes with
    transposition, as with every other permutation of pairs, whatever its weights are.

    Args:
        in_channels: of the pair maps.
        hidden: channels of the stages.
        depths: blocks of the stages.
        num_heads: of every stage.
        patch_size: pixels on the side of a token of the first stage.
        layer_scale: of the feed-forward layers at the start.
        length: of maps, for learned absolute positions as in the published network; then no other number of tokens is taken. None
            for none.
        symmetry: see `Backbone`.

    Raises:
        InputError: absolute positions with `symmetry="kernel"`.
    """

    def __init__(
        self,
        in_channels: int,
        *,
        hidden: tuple[int, ...] = (64, 128),
        depths: tuple[int, ...] = (2, 2),
        num_heads: int = 4,
        patch_size: int = 2,
        layer_scale: float = 0.1,
        length: int | None = None,
        symmetry: Symmetry = "kernel",
    ) -> None:
        super().__init__(symmetry=symmetry)
        symmetric = self.symmetry == "kernel"
        if symmetric and length is not None:
            raise InputError(f'length = {length}: absolute positions are not symmetric; give symmetry="average" or no length')
        self.channels, self.strides = hidden, tuple(patch_size * 2**stage for stage in range(len(hidden)))
        self.length, self.positions = length, None
        if length is not None:
            side = (length + -length % self.strides[-1]) // patch_size
            self.positions = nn.Parameter(nn.init.trunc_normal_(torch.empty(hidden[0], side, side), std=0.02))
        self.embedding = PairConv2d(in_channels, hidden[0], patch_size, stride=patch_size, symmetric=symmetric)
        self.halve = nn.ModuleList(PairConv2d(one, two, 2, stride=2, symmetric=symmetric) for one, two in pairwise(hidden))
        self.stages = nn.ModuleList(
            nn.ModuleList(FlowBlock(channels, num_heads, layer_scale=layer_scale) for _ in range(depth))
            for channels, depth in zip(hidden, depths, strict=True)
        )

    def feature_maps(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> list[Float[Tensor, "B _ _ _"]]:
        """One map a stage."""
        maps: list[Tensor] = []
        x, mask = self.embedding(x, mask), coarser(mask, self.strides[0])
        if self.positions is not None:
            if x.shape[-2:] != self.positions.shape[-2:]:
                raise InputError(
                    f"a map of {x.shape[-1]} tokens a side, but positions for length {self.length}; crop the maps or give no length"
                )
            x = x + self.positions
        for stage, blocks in enumerate(self.stages):
            if stage:
                x, mask = self.halve[stage - 1](x, mask), coarser(mask, 2)
            tokens, present = x.flatten(2).transpose(1, 2), None if mask is None else mask.flatten(1)
            for block in blocks:  # type: ignore[attr-defined]
                tokens = block(tokens, present)
            x = tokens.transpose(1, 2).unflatten(2, x.shape[-2:])
            maps.append(x)
        return maps


FLOWFORMER = {
    "hidden": (96, 192, 384, 768),
    "depths": (3, 3, 10, 3),
    "num_heads": 12,
    "patch_size": 4,
    "layer_scale": 1e-3,
    "length": 224,
    "symmetry": "none",
}
"""The published network for pictures; settings of `Flowformer`."""

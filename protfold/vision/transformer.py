"""The parts of transformers: positions, attention with several heads, feed-forward layers and both as blocks.

Vaswani et al. (2017) "Attention Is All You Need", arXiv 1706.03762. Blocks that normalise first are those of Dosovitskiy et al. (2021)
"An Image is Worth 16x16 Words", arXiv 2010.11929.
"""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float, Shaped

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
    "relu": F.relu,
}
"""`gelu` is exact; `gelu_tanh` is the approximation of the first ViT and Mixer code, which differs by up to 5e-4."""

MoreChannels = tuple[Float[Tensor, "B heads T e"], Float[Tensor, "T e"]]
AttentionBias = Float[Tensor, "..."] | Callable[[Float[Tensor, "B heads T d"]], Float[Tensor, "..."] | MoreChannels]
"""What is added to the scores: a tensor of any shape that broadcasts to [B, heads, T, T]; or a function of the queries that gives such a
tensor, or further channels of queries and of keys, whose products are added, so that T x T numbers need not be held."""


def sinusoidal_positions(positions: Shaped[Tensor, "*axes"], channels: int) -> Float[Tensor, "*axes C"]:
    """Sines in even channels and cosines of the same frequencies in odd ones: Vaswani et al. (2017), section 3.5.

    Args:
        positions: numbers, not necessarily whole.
        channels: an even number.
    """
    angles = _angles(positions, channels // 2)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2).to(torch.get_default_dtype())


def grid_positions(
    height: int, width: int, channels: int, *, symmetric: bool = False, device: torch.device | None = None
) -> Float[Tensor, "H W C"]:
    """Positions of the pixels of any grid, a half of the channels for each of two coordinates, sines before cosines in each half.

    Args:
        height, width: of the grid.
        channels: a multiple of four.
        symmetric: the coordinates are the separation |i - j| and the middle (i + j) / 2, so that (i, j) and (j, i) have one code;
            otherwise column and row: He et al. (2022) "Masked Autoencoders Are Scalable Vision Learners", arXiv 2111.06377.
    """
    row, column = torch.meshgrid(torch.arange(height, device=device), torch.arange(width, device=device), indexing="ij")
    coordinates = ((row - column).abs(), (row + column) / 2) if symmetric else (column, row)
    angles = [_angles(coordinate, channels // 4) for coordinate in coordinates]
    waves = [wave for one in angles for wave in (one.sin(), one.cos())]
    return torch.cat(waves, dim=-1).to(torch.get_default_dtype())


def _angles(positions: Shaped[Tensor, "*axes"], frequencies: int) -> Float[Tensor, "*axes F"]:
    """Positions times 10000^(-k / F), in float64."""
    exponents = torch.arange(frequencies, dtype=torch.float64, device=positions.device) / frequencies
    return positions.double()[..., None] * 10000.0**-exponents


def _linear(in_features: int, out_features: int) -> nn.Linear:
    layer = nn.Linear(in_features, out_features)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


def check_heads(channels: int, num_heads: int) -> None:
    """Heads must have equal shares of the channels.

    Raises:
        InputError: they cannot.
    """
    if channels % num_heads:
        raise InputError(f"{channels} channels cannot be divided among {num_heads} heads; give a multiple of the heads")


class MultiHeadAttention(nn.Module):
    """Every token reads all tokens that are there.

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
        self.qkv = _linear(channels, 3 * channels)
        self.output = _linear(channels, channels)

    def forward(
        self, tokens: Float[Tensor, "B T C"], mask: Shaped[Tensor, "B T"] | None = None, bias: AttentionBias | None = None
    ) -> Float[Tensor, "B T C"]:
        """What each token read; zeros where a chain has no token to read.

        Args:
            tokens: finite also where the mask is 0.
            mask: 1 for tokens that are there; None for all.
            bias: see `AttentionBias`; a function is given the queries as they are before division by the root of their size.
        """
        queries, keys, values = self.qkv(tokens).unflatten(-1, (3, self.num_heads, -1)).permute(2, 0, 3, 1, 4)
        size = queries.shape[-1]
        scores = bias(queries) if callable(bias) else bias
        if isinstance(scores, tuple):
            (more_queries, more_keys), scores = scores, None
            queries = torch.cat([queries, more_queries * size**0.5], dim=-1)
            keys = torch.cat([keys, more_keys.to(keys).expand(*keys.shape[:3], -1)], dim=-1)
            values = F.pad(values, (0, more_keys.shape[-1]))  # without one size for all, torch would hold all scores
        if scores is not None:
            scores = scores.to(queries)
        some = None
        if mask is not None:
            some = (mask > 0).any(dim=1)
            seen = ((mask > 0) | ~some[:, None])[:, None, None, :]
            scores = seen if scores is None else scores.masked_fill(~seen, -torch.inf)
        read = F.scaled_dot_product_attention(queries, keys, values, attn_mask=scores, scale=size**-0.5)[..., :size]
        result = self.output(read.transpose(1, 2).flatten(2))
        return result if some is None else result * some[:, None, None]


class FeedForward(nn.Module):
    """Two matrices with an activation between them, the same for each token.

    Args:
        channels: of tokens.
        hidden: channels between the matrices.
        activation: one of `ACTIVATIONS`.

    Raises:
        InputError: there is no such activation.
    """

    def __init__(self, channels: int, hidden: int, *, activation: str = "gelu") -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            raise InputError(f"there is no activation {activation!r}; give one of {', '.join(ACTIVATIONS)}")
        self.widen, self.narrow = _linear(channels, hidden), _linear(hidden, channels)
        self.activation = ACTIVATIONS[activation]

    def forward(self, tokens: Float[Tensor, "*batch C"]) -> Float[Tensor, "*batch C"]:
        """Tokens after the layer, without a shortcut."""
        return self.narrow(self.activation(self.widen(tokens)))


class TransformerBlock(nn.Module):
    """Attention, then a feed-forward layer, each of normalised tokens and beside a shortcut.

    Args:
        channels: of tokens.
        num_heads: of attention.
        mlp_ratio: channels within the feed-forward layer, in units of `channels`.
        activation: see `FeedForward`.
    """

    def __init__(self, channels: int, num_heads: int, *, mlp_ratio: float = 4.0, activation: str = "gelu") -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(channels, eps=1e-6)
        self.attention = MultiHeadAttention(channels, num_heads)
        self.feed_forward_norm = nn.LayerNorm(channels, eps=1e-6)
        self.feed_forward = FeedForward(channels, int(mlp_ratio * channels), activation=activation)

    def forward(
        self, tokens: Float[Tensor, "B T C"], mask: Shaped[Tensor, "B T"] | None = None, bias: AttentionBias | None = None
    ) -> Float[Tensor, "B T C"]:
        """Tokens after the block; arguments as of `MultiHeadAttention`."""
        tokens = tokens + self.attention(self.attention_norm(tokens), mask, bias)
        return tokens + self.feed_forward(self.feed_forward_norm(tokens))


class PostNormEncoderLayer(nn.Module):
    """The encoder layer of Vaswani et al. (2017), section 3.1: each part is normalised together with its shortcut.

    Args:
        channels: of tokens.
        num_heads: of attention.
        hidden: channels within the feed-forward layer.
        dropout: of what each part adds.
    """

    def __init__(self, channels: int = 512, num_heads: int = 8, *, hidden: int = 2048, dropout: float = 0.1) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(channels, num_heads)
        self.attention_norm = nn.LayerNorm(channels, eps=1e-6)
        self.feed_forward = FeedForward(channels, hidden, activation="relu")
        self.feed_forward_norm = nn.LayerNorm(channels, eps=1e-6)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Float[Tensor, "B T C"], mask: Shaped[Tensor, "B T"] | None = None) -> Float[Tensor, "B T C"]:
        """Tokens after the layer."""
        tokens = self.attention_norm(tokens + self.dropout(self.attention(tokens, mask)))
        return self.feed_forward_norm(tokens + self.dropout(self.feed_forward(tokens)))

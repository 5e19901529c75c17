"""Attention, feed-forward layers and positions against torch's own and against their formulas."""

import math

import pytest
import torch
from torch import nn

from protfold.errors import InputError
from protfold.vision.transformer import (
    FeedForward,
    MultiHeadAttention,
    PostNormEncoderLayer,
    TransformerBlock,
    grid_positions,
    sinusoidal_positions,
)

CHANNELS, HEADS, TOKENS = 12, 3, 7


def tokens(batch: int = 2) -> torch.Tensor:
    return torch.randn(batch, TOKENS, CHANNELS, dtype=torch.float64, generator=torch.Generator().manual_seed(3))


def randomised(module: nn.Module) -> nn.Module:
    """In float64 and evaluation mode, no parameter at its starting value."""
    torch.manual_seed(4)
    module.double().eval()
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.5)
    return module


def attention() -> MultiHeadAttention:
    module = randomised(MultiHeadAttention(CHANNELS, HEADS))
    assert isinstance(module, MultiHeadAttention)
    return module


def copy_attention(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> None:
    ours.qkv.weight.data, ours.qkv.bias.data = theirs.in_proj_weight.data, theirs.in_proj_bias.data
    ours.output.load_state_dict(theirs.out_proj.state_dict())


def mask() -> torch.Tensor:
    there = torch.ones(2, TOKENS)
    there[1, 4:] = 0.0
    return there


def test_attention_is_that_of_torch() -> None:
    ours, theirs = attention(), randomised(nn.MultiheadAttention(CHANNELS, HEADS, batch_first=True))
    assert isinstance(theirs, nn.MultiheadAttention)
    copy_attention(ours, theirs)
    bias = torch.randn(TOKENS, TOKENS, dtype=torch.float64)
    for there, scores in ((None, None), (mask(), None), (mask(), bias), (None, bias)):
        absent = None if there is None else torch.zeros_like(there).double().masked_fill(there == 0, -torch.inf)
        expected = theirs(tokens(), tokens(), tokens(), key_padding_mask=absent, attn_mask=scores, need_weights=False)[0]
        torch.testing.assert_close(ours(tokens(), there, scores), expected, rtol=1e-12, atol=1e-12)


def test_attention_by_its_formula() -> None:
    module, x = attention(), tokens()
    size = CHANNELS // HEADS
    expected = torch.zeros_like(x)
    for b in range(2):
        q, k, v = (x[b] @ module.qkv.weight.T + module.qkv.bias).split(CHANNELS, dim=-1)
        for h in range(HEADS):
            own = slice(h * size, (h + 1) * size)
            scores = torch.stack([torch.stack([q[i, own] @ k[j, own] for j in range(TOKENS)]) for i in range(TOKENS)])
            weights = (scores / math.sqrt(size)).exp()
            expected[b, :, own] = weights @ v[:, own] / weights.sum(-1, keepdim=True)
    torch.testing.assert_close(module(x), module.output(expected), rtol=1e-12, atol=1e-12)


def test_weights_sum_to_one() -> None:
    """Values that are all equal are read as they are, whatever is masked or added."""
    module = attention()
    module.qkv.weight.data[2 * CHANNELS :] = 0.0
    bias = torch.randn(2, HEADS, TOKENS, TOKENS, dtype=torch.float64)
    expected = module.output(module.qkv.bias[2 * CHANNELS :]).expand(2, TOKENS, -1)
    torch.testing.assert_close(module(tokens(), mask(), bias), expected)


def test_masked_tokens_are_as_absent() -> None:
    module, x = attention(), tokens().requires_grad_()
    found = module(x, mask())
    torch.testing.assert_close(found[1:, :4], module(x[1:, :4]))
    found[1, :4].sum().backward()
    assert x.grad is not None
    assert not x.grad[1, 4:].any()
    assert x.grad[1, :4].all()


def test_large_negative_bias_as_mask() -> None:
    module = attention()
    bias = torch.zeros(2, 1, 1, TOKENS, dtype=torch.float64).masked_fill(mask()[:, None, None] == 0, -1e9)
    torch.testing.assert_close(module(tokens(), None, bias), module(tokens(), mask()), rtol=0, atol=0)


@pytest.mark.parametrize("with_bias", [False, True])
def test_without_a_key_the_result_is_zero(with_bias: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no kernel of torch is asked for a mean over nothing, to which they have given different answers."""
    original = torch.nn.functional.scaled_dot_product_attention

    def watched(*arguments: torch.Tensor, attn_mask: torch.Tensor | None, **settings: float) -> torch.Tensor:
        assert attn_mask is None or ((attn_mask > 0) | (attn_mask.isfinite() & with_bias)).any(-1).all()
        return original(*arguments, attn_mask=attn_mask, **settings)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", watched)
    module, x = attention(), tokens().requires_grad_()
    bias = torch.randn(HEADS, TOKENS, TOKENS, dtype=torch.float64).requires_grad_() if with_bias else None
    there = mask()
    there[1] = 0.0
    found = module(x, there, bias)
    assert not found[1].any()
    torch.testing.assert_close(found[0], module(x[:1], None, bias)[0])
    found.square().sum().backward()
    assert all(value.grad is not None and value.grad.isfinite().all() for value in module.parameters())
    assert x.grad is not None
    assert x.grad.isfinite().all()
    assert not x.grad[1].any()


def test_bias_of_queries() -> None:
    """A function sees the queries as the matrix made them, before they are scaled; it gives scores, or channels of which they are made."""
    module, x = attention(), tokens()
    expected = (x @ module.qkv.weight[:CHANNELS].T + module.qkv.bias[:CHANNELS]).unflatten(-1, (HEADS, -1)).transpose(1, 2)
    more_keys, seen = torch.randn(TOKENS, CHANNELS // HEADS, dtype=torch.float64), []

    def channels(queries: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        seen.append(queries)
        return queries, more_keys

    for there in (None, mask()):
        scores = module(x, there, expected @ more_keys.T)
        torch.testing.assert_close(module(x, there, channels), scores)
        torch.testing.assert_close(module(x, there, lambda queries: queries @ more_keys.T), scores)
    torch.testing.assert_close(seen[0], expected)


@pytest.mark.parametrize("block", [TransformerBlock(CHANNELS, HEADS), PostNormEncoderLayer(CHANNELS, HEADS, hidden=24)])
def test_order_of_tokens_means_nothing(block: nn.Module) -> None:
    block, order = randomised(block), torch.randperm(TOKENS)
    torch.testing.assert_close(block(tokens()[:, order], mask()[:, order]), block(tokens(), mask())[:, order])


@pytest.mark.parametrize("norm_first", [False, True])
def test_blocks_are_the_encoder_layers_of_torch(norm_first: bool) -> None:
    theirs = nn.TransformerEncoderLayer(
        CHANNELS,
        HEADS,
        4 * CHANNELS,
        activation="gelu" if norm_first else "relu",
        layer_norm_eps=1e-6,
        batch_first=True,
        norm_first=norm_first,
    )
    assert isinstance(randomised(theirs), nn.TransformerEncoderLayer)
    ours = TransformerBlock(CHANNELS, HEADS) if norm_first else PostNormEncoderLayer(CHANNELS, HEADS, hidden=4 * CHANNELS)
    ours.double().eval()
    copy_attention(ours.attention, theirs.self_attn)
    ours.feed_forward.widen.load_state_dict(theirs.linear1.state_dict())
    ours.feed_forward.narrow.load_state_dict(theirs.linear2.state_dict())
    ours.attention_norm.load_state_dict(theirs.norm1.state_dict())
    ours.feed_forward_norm.load_state_dict(theirs.norm2.state_dict())
    theirs.train()
    for module in theirs.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    theirs.self_attn.dropout = 0.0
    expected = theirs(tokens(), src_key_padding_mask=mask() == 0)
    torch.testing.assert_close(ours(tokens(), mask())[mask() > 0], expected[mask() > 0], rtol=1e-11, atol=1e-11)


def test_dropout_is_of_what_is_added() -> None:
    layer = randomised(PostNormEncoderLayer(CHANNELS, HEADS, hidden=24, dropout=1.0)).train()
    assert isinstance(layer, PostNormEncoderLayer)
    torch.testing.assert_close(layer(tokens()), layer.feed_forward_norm(layer.attention_norm(tokens())))


def test_size_of_the_base_encoder() -> None:
    """Six layers of `nn.Transformer(512, 8, 6, 6, 2048)`; a layer has 12 C^2 + 13 C where the hidden channels are 4 C."""
    with torch.device("meta"):
        ours = PostNormEncoderLayer()
        theirs = nn.Transformer(512, 8, 6, 6, 2048, batch_first=True).encoder.layers
    count = sum(p.numel() for p in ours.parameters())
    assert count == 12 * 512**2 + 13 * 512
    assert 6 * count == sum(p.numel() for p in theirs.parameters())


def test_feed_forward_is_two_convolutions_of_one_pixel() -> None:
    layer = randomised(FeedForward(CHANNELS, 20, activation="relu"))
    assert isinstance(layer, FeedForward)
    x = tokens().transpose(1, 2)[..., None]
    hidden = torch.nn.functional.conv2d(x, layer.widen.weight[..., None, None], layer.widen.bias).relu()
    expected = torch.nn.functional.conv2d(hidden, layer.narrow.weight[..., None, None], layer.narrow.bias)
    torch.testing.assert_close(layer(tokens()), expected[..., 0].transpose(1, 2))


def test_the_two_gelus_differ_a_little() -> None:
    exact, rough = (FeedForward(1, 1, activation=name) for name in ("gelu", "gelu_tanh"))
    x = torch.linspace(-6, 6, 2001, dtype=torch.float64)
    torch.testing.assert_close(exact.activation(x), x * (1 + torch.erf(x / math.sqrt(2))) / 2)
    assert 4e-4 < (exact.activation(x) - rough.activation(x)).abs().max() < 5e-4


def test_sinusoidal_positions_by_their_formula() -> None:
    found = sinusoidal_positions(torch.arange(50), 16)
    for position in range(50):
        for i in range(8):
            angle = position / 10000 ** (2 * i / 16)
            assert found[position, 2 * i].item() == pytest.approx(math.sin(angle), abs=1e-6)
            assert found[position, 2 * i + 1].item() == pytest.approx(math.cos(angle), abs=1e-6)


def test_a_step_along_the_sequence_is_a_rotation() -> None:
    """One for each frequency, the same at every position."""
    here, there = (sinusoidal_positions(torch.arange(40) + k, 16).double().unflatten(-1, (8, 2)) for k in (0, 7))
    angles = 7 / 10000 ** (torch.arange(8, dtype=torch.float64) / 8)
    rotations = torch.stack([torch.stack([angles.cos(), angles.sin()], -1), torch.stack([-angles.sin(), angles.cos()], -1)], -2)
    torch.testing.assert_close(torch.einsum("fij,pfj->pfi", rotations, here), there, rtol=0, atol=1e-6)


def test_grid_positions_code_columns_then_rows() -> None:
    code = grid_positions(5, 9, 16)
    for row, column in ((0, 0), (4, 8), (2, 5)):
        halves = [sinusoidal_positions(torch.tensor(place), 8).unflatten(-1, (4, 2)).T.flatten() for place in (column, row)]
        torch.testing.assert_close(code[row, column], torch.cat(halves))


def test_transposed_grid_exchanges_the_halves() -> None:
    code = grid_positions(5, 9, 16)
    torch.testing.assert_close(grid_positions(9, 5, 16).transpose(0, 1), torch.cat([code[..., 8:], code[..., :8]], -1))


def test_symmetric_grid_positions() -> None:
    """The same for (i, j) and (j, i) and for no other pair; a larger grid only adds to it."""
    code = grid_positions(9, 9, 16, symmetric=True)
    torch.testing.assert_close(code, code.transpose(0, 1), rtol=0, atol=0)
    upper = code[tuple(torch.triu_indices(9, 9))]
    distances = torch.cdist(upper, upper) + torch.eye(len(upper))
    assert distances.min() > 0.1
    torch.testing.assert_close(grid_positions(12, 15, 16, symmetric=True)[:9, :9], code, rtol=0, atol=0)


def test_refusals() -> None:
    with pytest.raises(InputError, match="12 channels"):
        MultiHeadAttention(12, 5)
    with pytest.raises(InputError, match="swish"):
        FeedForward(4, 4, activation="swish")

"""MLP-Mixer: published sizes, what mixing of places is, and its one length."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from protfold.errors import InputError
from protfold.vision.mlp_mixer import (
    MIXER_B_16,
    MIXER_B_32,
    MIXER_H_14,
    MIXER_L_16,
    MIXER_L_32,
    MIXER_S_16,
    MIXER_S_32,
    MLPMixer,
    TokenMixing,
)
from protfold.vision.picture_classifier import PictureClassifier
from tests.support.backbones import pair_maps, randomize, small_backbone


@pytest.mark.parametrize(
    ("settings", "published"),
    [
        (MIXER_S_32, 19_104_624),
        (MIXER_S_16, 18_528_264),
        (MIXER_B_32, 60_293_428),
        (MIXER_B_16, 59_880_472),
        (MIXER_L_32, 206_939_264),
        (MIXER_L_16, 208_196_168),
        (MIXER_H_14, 432_350_952),
    ],
)
def test_published_sizes(settings: dict, published: int) -> None:
    """The paper rounds to millions; the digits are timm's, of H/14 (431 in the paper) those of the formula."""
    with torch.device("meta"):
        network = PictureClassifier(MLPMixer(3, **settings, symmetry="none"))
    places, width, units = (224 // settings["patch_size"]) ** 2, settings["hidden"], settings["tokens_hidden"]
    block = 4 * width + (2 * places * units + units + places) + (8 * width**2 + 5 * width)
    stem = 3 * settings["patch_size"] ** 2 * width + width
    formula = settings["depth"] * block + stem + 2 * width + 1000 * width + 1000
    assert sum(parameter.numel() for parameter in network.parameters()) == published == formula


@pytest.mark.parametrize(
    ("settings", "published"),
    [(MIXER_S_32, 1.00), (MIXER_S_16, 3.78), (MIXER_B_32, 3.24), (MIXER_B_16, 12.60), (MIXER_L_16, 44.55)],
)
def test_published_cost(settings: dict, published: float) -> None:
    """10^9 products and sums of a picture."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        PictureClassifier(MLPMixer(3, **settings, symmetry="none"))(torch.empty(1, 3, 224, 224))
    assert counter.get_total_flops() / 2e9 == pytest.approx(published, abs=0.01)


def test_mixing_of_places_is_convolution_with_kernels_as_large_as_the_map() -> None:
    """Depthwise, and the same for each channel."""
    layer = randomize(TokenMixing(5, 7).double())
    x = torch.randn(2, 3, 5, 5, dtype=torch.float64)
    kernels = layer.widen.weight.view(7, 1, 5, 5).repeat(3, 1, 1, 1)
    hidden = F.gelu(F.conv2d(x, kernels, layer.widen.bias.repeat(3), groups=3)).view(2, 3, 7)
    expected = torch.einsum("sh,bch->bcs", layer.narrow.weight, hidden) + layer.narrow.bias
    torch.testing.assert_close(layer(x.flatten(2)), expected)


@pytest.mark.parametrize("hidden", [6, 7])
def test_tied_mixing_of_places(hidden: int) -> None:
    """As with weights that have been averaged over the transposed grid and the reverse order of units; those units then answer so."""
    tied, plain = (randomize(TokenMixing(4, hidden, symmetric=symmetric).double()) for symmetric in (True, False))
    transposition = torch.eye(16, dtype=torch.float64).view(4, 4, 16).transpose(0, 1).flatten(0, 1)
    reversal = torch.eye(hidden, dtype=torch.float64).flip(0)
    widen, narrow = tied.widen, tied.narrow
    plain.widen.weight.data = (widen.weight + reversal @ widen.weight @ transposition) / 2
    plain.widen.bias.data = (widen.bias + reversal @ widen.bias) / 2
    plain.narrow.weight.data = (narrow.weight + transposition @ narrow.weight @ reversal) / 2
    plain.narrow.bias.data = (narrow.bias + transposition @ narrow.bias) / 2
    x = torch.randn(3, 16, dtype=torch.float64)
    torch.testing.assert_close(tied(x), plain(x))
    torch.testing.assert_close(tied(x @ transposition), tied(x) @ transposition)
    torch.testing.assert_close(plain.widen(x @ transposition), plain.widen(x) @ reversal)


def test_order_of_patches_means_something() -> None:
    network, x = small_backbone("mlp_mixer", symmetry="none"), pair_maps(16)
    order = torch.randperm(64, generator=torch.Generator().manual_seed(0))
    moved = F.fold(F.unfold(x, 2, stride=2)[..., order], 16, 2, stride=2)
    (found, _), (expected, _) = network(moved)[0], network(x)[0]
    assert (found.flatten(2) - expected.flatten(2)[..., order]).abs().max() > 1e-2


@pytest.mark.parametrize("length", [12, 18])
def test_another_length_is_refused(length: int) -> None:
    with pytest.raises(InputError, match="crop or pad it to 16"):
        small_backbone("mlp_mixer")(pair_maps(length))


def test_a_length_that_patches_do_not_divide() -> None:
    network = randomize(MLPMixer(3, length=15, hidden=8, depth=1, patch_size=4, tokens_hidden=6).double())
    features, stride = network(pair_maps(15))[0]
    assert features.shape == (2, 8, 4, 4)
    assert stride == 4


def test_two_parts_of_a_block() -> None:
    """Of normalised tokens, each beside a shortcut, from the definition."""
    network = small_backbone("mlp_mixer", symmetry="none", depth=1)
    assert isinstance(network, MLPMixer)
    x = pair_maps(16)
    (block,) = network.blocks
    tokens = network.patch_embedding(x).flatten(2)

    def layer(values: torch.Tensor, part: nn.Module) -> torch.Tensor:
        return F.gelu(values @ part.widen.weight.T + part.widen.bias) @ part.narrow.weight.T + part.narrow.bias  # type: ignore[operator, union-attr]

    def norm(values: torch.Tensor, part: nn.Module) -> torch.Tensor:
        mean, variance = values.mean(1, keepdim=True), values.var(1, keepdim=True, unbiased=False)
        return (values - mean) / (variance + 1e-6).sqrt() * part.weight[:, None] + part.bias[:, None]  # type: ignore[index]

    tokens = tokens + layer(norm(tokens, block.token_norm), block.token_mixing)  # type: ignore[arg-type]
    tokens = tokens + layer(norm(tokens, block.channel_norm).transpose(1, 2), block.channel_mixing).transpose(1, 2)  # type: ignore[arg-type]
    torch.testing.assert_close(network(x)[0][0].flatten(2), norm(tokens, network.norm))

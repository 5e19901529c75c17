"""ACmix against its formulas, computed pixel by pixel, and its published sizes."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from protfold.errors import InputError
from protfold.vision.acmix import ACMIX_RESNET_26, ACMIX_RESNET_38, ACMIX_RESNET_50, TAPS, ACmix, ACmixResNet, LocalAttention
from protfold.vision.pair_mask import pair_mask
from protfold.vision.picture_classifier import PictureClassifier
from tests.support.backbones import Module, randomize


def ready(module: Module) -> Module:
    """With random weights in float64."""
    torch.manual_seed(0)
    return randomize(module.double())


def gaps(length: int = 9) -> torch.Tensor:
    """Of pairs of a chain with a residue missing in the middle and an end."""
    residues = torch.ones(1, length, dtype=torch.float64)
    residues[0, 4], residues[0, -2:] = 0.0, 0.0
    return pair_mask(residues)


def by_hand(block: ACmix, x: torch.Tensor, mask: torch.Tensor, window: int, stride: int) -> torch.Tensor:
    """Attention and shifted convolution of a map [C, H, W], each pixel, head and place in turn, from the paper's equations."""
    heads, (channels, height, width) = block.num_heads, x.shape
    d, radius = channels // heads, window // 2
    q, k, v = (
        (part.weight[..., 0, 0] @ x.flatten(1) + part.bias[:, None]).reshape(heads, d, height, width)
        for part in (block.query, block.key, block.value)
    )
    tapped = torch.einsum("tm,mdhw->dthw", block.convolution.taps.weight, torch.cat([q, k, v])) * mask
    out = torch.zeros(heads, d, -(-height // stride), -(-width // stride), dtype=x.dtype)
    code = block.attention.position.weight
    for row in range(0, height, stride):
        for column in range(0, width, stride):
            places = [
                (i, j)
                for i in range(row - radius, row + radius + 1)
                for j in range(column - radius, column + radius + 1)
                if 0 <= i < height and 0 <= j < width and mask[i, j] > 0
            ]
            for head in range(heads):
                query, result = q[head, :, row, column], torch.zeros(d, dtype=x.dtype)
                if places:
                    towards = [code @ torch.tensor([row - i, column - j], dtype=x.dtype) / radius for i, j in places]
                    logits = [query @ (k[head, :, i, j] + p) / d**0.5 for (i, j), p in zip(places, towards, strict=True)]
                    for weight, (i, j) in zip(torch.stack(logits).softmax(0), places, strict=True):
                        result = result + weight * v[head, :, i, j]
                convolved = torch.zeros(d, dtype=x.dtype)
                for group in range(d):
                    for i in (-1, 0, 1):
                        for j in (-1, 0, 1):
                            if 0 <= row + i < height and 0 <= column + j < width:
                                kernel = block.convolution.shifts.weight[group * heads + head, :, i + 1, j + 1]
                                convolved[group] += kernel @ tapped[group, :, row + i, column + j]
                out[head, :, row // stride, column // stride] = block.rates[0] * result + block.rates[1] * convolved
    return out.flatten(0, 1)


@pytest.mark.parametrize(("window", "stride"), [(3, 1), (5, 2), (7, 1)])
def test_each_pixel_by_hand(window: int, stride: int) -> None:
    block = ready(ACmix(4, num_heads=2, window=window, stride=stride))
    x, mask = torch.randn(1, 4, 6, 6, dtype=torch.float64), gaps(6)
    with torch.no_grad():
        torch.testing.assert_close(block(x, mask)[0], by_hand(block, (x * mask)[0], mask[0, 0], window, stride))


def test_shifting_starts_as_one_convolution() -> None:
    """At its start the second path is a plain convolution, and all outputs of a group are the same."""
    torch.manual_seed(0)
    block = ACmix(8, num_heads=2).double()
    heads, d = 2, 4
    tapped = torch.randn(1, TAPS * d, 7, 7, dtype=torch.float64)
    convolved = block.convolution.shifts(tapped).reshape(1, d, heads, 7, 7)
    wider = F.pad(tapped.reshape(1, d, TAPS, 7, 7), (1, 1, 1, 1))
    added = sum(wider[:, :, tap, tap // 3 : tap // 3 + 7, tap % 3 : tap % 3 + 7] for tap in range(TAPS))
    for head in range(heads):
        assert torch.allclose(convolved[:, :, head], added, rtol=0.0, atol=1e-14)
    nn.init.zeros_(block.rates[:1])
    for part in (block.query, block.key, block.value):
        nn.init.zeros_(part.bias)
    kernel = torch.zeros(8, 8, 3, 3, dtype=torch.float64)
    projections = [part.weight[..., 0, 0].reshape(heads, d, 8) for part in (block.query, block.key, block.value)]
    for tap in range(TAPS):
        mixed = torch.einsum("m,mdc->dc", block.convolution.taps.weight[tap], torch.cat(projections))
        kernel[:, :, tap // 3, tap % 3] = mixed.repeat(heads, 1)
    x = torch.randn(2, 8, 9, 9, dtype=torch.float64)
    torch.testing.assert_close(block(x), 0.5 * torch.conv2d(x, kernel, padding=1))


def test_attention_weights_sum_to_one_where_there_is_a_key() -> None:
    attention = ready(LocalAttention(3, window=3))
    mask = torch.zeros(1, 1, 9, 9, dtype=torch.float64)
    mask[..., :5, :5] = 1.0
    query, key = torch.randn(2, 1, 2, 3, 9, 9, dtype=torch.float64)
    totals = attention.weights(query, key, mask).sum(2)
    expected = torch.zeros_like(totals)
    expected[..., :6, :6] = 1.0
    torch.testing.assert_close(totals, expected)
    assert attention(query, key, key, mask).isfinite().all()


def test_rates_leave_one_path_alone() -> None:
    block = ready(ACmix(8))
    x = torch.randn(1, 8, 9, 9, dtype=torch.float64)
    both = block(x)
    with torch.no_grad():
        rates = block.rates.clone()
        alone = []
        for path in range(2):
            block.rates.copy_(rates * torch.eye(2, dtype=rates.dtype)[path])
            alone.append(block(x))
    torch.testing.assert_close(alone[0] + alone[1], both)
    heads = [part(x).unflatten(1, (4, -1)) for part in (block.query, block.key, block.value)]
    torch.testing.assert_close(alone[0], rates[0] * block.attention(*heads, None).flatten(1, 2))


def test_place_in_the_map_does_not_matter() -> None:
    """Positions are offsets: a map moved along gives the moved result where the window is inside."""
    block = ready(ACmix(4, window=3))
    x = torch.randn(1, 4, 12, 12, dtype=torch.float64)
    moved = block(x.roll((2, 1), (-2, -1)))
    torch.testing.assert_close(moved[..., 4:10, 4:10], block(x)[..., 2:8, 3:9])


@pytest.mark.parametrize(
    ("preset", "published", "multiplications"),
    [
        (ACMIX_RESNET_26, 10_487_816, 2.155),
        (ACMIX_RESNET_38, 14_410_896, 2.761),
        (ACMIX_RESNET_50, 18_333_976, 3.367),
    ],
    ids=["26", "38", "50"],
)
def test_published_sizes(preset: dict, published: int, multiplications: float) -> None:
    """Besides a bias for each channel of a head, which the published form has and which cancels."""
    with torch.device("meta"):
        network = PictureClassifier(ACmixResNet(3, **preset, symmetry="none")).eval()
        cancelling = sum(part.position.out_features for part in network.modules() if isinstance(part, LocalAttention))
        assert sum(parameter.numel() for parameter in network.parameters()) + cancelling == published
        with FlopCounterMode(display=False) as counter:
            network(torch.empty(1, 3, 224, 224))
    assert counter.get_total_flops() / 2e9 == pytest.approx(multiplications, rel=0.01)


def test_published_size_of_the_layer() -> None:
    assert sum(parameter.numel() for parameter in ACmix(64).parameters()) + 16 == 17_822


def test_what_cannot_be_built_is_refused() -> None:
    with pytest.raises(InputError, match="num_heads = 3"):
        ACmix(8, num_heads=3)
    with pytest.raises(InputError, match="window = 4"):
        ACmix(8, window=4)

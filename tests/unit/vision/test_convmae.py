"""ConvMAE: what is removed is not felt, masks of all resolutions agree, published sizes."""

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from protfold.vision.convmae import CONVMAE_BASE, CellEmbedding, ConvBlock, ConvMAE, StageFusion
from protfold.vision.picture_classifier import PictureClassifier
from tests.support.backbones import pair_maps, randomize, small_backbone

CELLS = 4
"""On a side of maps of `LENGTH`; those of the small backbone have a side of 4 residues."""
LENGTH = 16

each_symmetry = pytest.mark.parametrize("symmetry", ["none", "kernel"])


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def small(symmetry: str = "none") -> ConvMAE:
    net = small_backbone("convmae", symmetry=symmetry)
    assert isinstance(net, ConvMAE)
    return net


def visible_cells(counts: tuple[int, ...] = (6, 4)) -> Tensor:
    """As many cells of each map, drawn at random."""
    cells = torch.zeros(len(counts), CELLS**2)
    for row, count in zip(cells, counts, strict=True):
        row[torch.randperm(CELLS**2)[:count]] = 1.0
    return cells.view(-1, 1, CELLS, CELLS)


def by_pixels(cells: Tensor, size: int) -> Tensor:
    """Each cell as often as it has pixels."""
    return cells.repeat_interleave(size, -1).repeat_interleave(size, -2).to(torch.float64)


@each_symmetry
def test_removed_cells_have_no_influence_at_all(symmetry: str) -> None:
    net, visible, x = small(symmetry), visible_cells(), pair_maps(LENGTH)
    seen = by_pixels(visible, 4)
    other = torch.where(seen > 0, x, torch.full_like(x, float("nan")))
    for one, two in zip(net.encode_visible(x, None, visible), net.encode_visible(other, None, visible), strict=True):
        assert torch.equal(one, two)
    x.requires_grad_()
    sum(features.square().sum() for features in net.encode_visible(x, None, visible)).backward()
    assert x.grad is not None
    assert not x.grad[(seen == 0).expand_as(x)].any()
    assert x.grad[(seen > 0).expand_as(x)].all()


def test_without_masks_removed_cells_would_be_felt() -> None:
    """Else the law above would say nothing."""
    net, visible, x = small(), visible_cells(), pair_maps(LENGTH)
    seen = by_pixels(visible, 4)
    maps, blanked = net.encode_visible(x, None, None), net.encode_visible(x * seen, None, None)
    for features, other, stride in zip(maps, blanked, net.strides, strict=True):
        assert ((features - other) * by_pixels(visible, 4 // stride)).abs().max() > 1e-2


def test_removed_cells_are_zero_and_all_others_are_not() -> None:
    net, visible = small(), visible_cells()
    for features, stride in zip(net.encode_visible(pair_maps(LENGTH), None, visible), net.strides, strict=True):
        assert torch.equal((features != 0).all(1, keepdim=True), by_pixels(visible, 4 // stride) > 0)


@each_symmetry
def test_nothing_removed_as_without_a_mask(symmetry: str) -> None:
    net, x = small(symmetry), pair_maps(LENGTH)
    for one, two in zip(net.encode_visible(x, None, torch.ones(2, 1, 4, 4)), net.feature_maps(x, None), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-12, atol=1e-12)


def test_gathered_tokens_as_masked_keys() -> None:
    """The transformer sees the visible tokens of each map alone, or all with the others masked."""
    net, mask = small(), by_pixels(visible_cells(), 1)
    x = torch.randn(2, 12, CELLS, CELLS, dtype=torch.float64)
    short, long = net._transformed(x, mask, gather=True), net._transformed(x, mask, gather=False)
    torch.testing.assert_close(short * mask, long * mask, rtol=1e-12, atol=1e-12)


def test_padding_and_removal_together() -> None:
    """What stands beyond a chain is felt no more than what is removed of it."""
    net, visible = small(), visible_cells()
    visible[1, 0, 0, 0] = 1.0
    mask = torch.ones(2, 1, LENGTH, LENGTH, dtype=torch.float64)
    mask[1, :, 11:], mask[1, :, :, 11:] = 0.0, 0.0
    x = pair_maps(LENGTH)
    polluted = x.clone()
    polluted[1, :, 11:], polluted[1, :, :, 11:] = float("nan"), 1e3
    maps = net.encode_visible(x * mask, mask, visible)
    for one, two in zip(maps, net.encode_visible(polluted, mask, visible), strict=True):
        assert torch.equal(one, two)
        assert one[1].any()


def test_map_with_nothing_visible_gives_zeros() -> None:
    for features in small().encode_visible(pair_maps(LENGTH), None, visible_cells((6, 0))):
        assert features[0].any()
        assert not features[1].any()


def test_transposed_visibility_of_a_transposed_map() -> None:
    net, visible, x = small("kernel"), visible_cells(), pair_maps(LENGTH)
    for one, two in zip(net.encode_visible(x, None, visible), net.encode_visible(x.mT, None, visible.mT), strict=True):
        torch.testing.assert_close(two.mT, one, rtol=1e-11, atol=1e-11)


def test_block_by_hand() -> None:
    """Pixel by pixel from its formula, with pixels removed."""
    block = randomize(ConvBlock(4, kernel_size=5, symmetric=False).double())
    x, seen = torch.randn(4, 6, 6, dtype=torch.float64), torch.rand(6, 6) > 0.4

    def normalised(pixel: Tensor, norm: nn.LayerNorm) -> Tensor:
        return (pixel - pixel.mean()) / (pixel.var(unbiased=False) + 1e-6).sqrt() * norm.weight + norm.bias

    def product(layer: nn.Conv2d, pixel: Tensor) -> Tensor:
        return layer.weight[:, :, 0, 0] @ pixel + layer.bias

    inner = [[product(block.proj_in, normalised(x[:, i, j], block.norm)) for j in range(6)] for i in range(6)]
    expected = torch.empty_like(x)
    for i in range(6):
        for j in range(6):
            around = block.depthwise.bias.clone()
            for k in range(max(i - 2, 0), min(i + 3, 6)):
                for m in range(max(j - 2, 0), min(j + 3, 6)):
                    around = around + seen[k, m] * block.depthwise.weight[:, 0, k - i + 2, m - j + 2] * inner[k][m]
            pixel = x[:, i, j] + product(block.proj_out, around)
            wide = product(block.expand, normalised(pixel, block.transition_norm))
            wide = 0.5 * wide * (1.0 + torch.erf(wide / 2.0**0.5))
            expected[:, i, j] = pixel + product(block.contract, wide)
    torch.testing.assert_close(block(x[None], seen[None, None].double())[0], expected, rtol=1e-11, atol=1e-11)


def test_embedding_is_convolution_then_norm_then_activation() -> None:
    embedding = randomize(CellEmbedding(3, 8, 2, symmetric=False).double())
    patch = torch.randn(3, 2, 2, dtype=torch.float64)
    y = torch.einsum("ocij,cij->o", embedding.projection.weight, patch) + embedding.projection.bias
    y = (y - y.mean()) / (y.var(unbiased=False) + 1e-6).sqrt() * embedding.norm.weight + embedding.norm.bias
    y = 0.5 * y * (1.0 + torch.erf(y / 2.0**0.5))
    torch.testing.assert_close(embedding(patch[None], None)[0, :, 0, 0], y)


def test_fusion_keeps_cells_apart() -> None:
    net, visible, x = small(), visible_cells(), pair_maps(LENGTH)
    fusion = randomize(StageFusion(net.channels, net.strides).double())
    x.requires_grad_()
    (fusion(net.encode_visible(x, None, visible)) * visible).square().sum().backward()
    assert x.grad is not None
    assert not x.grad[(by_pixels(visible, 4) == 0).expand_as(x)].any()


def test_published_sizes_and_cost() -> None:
    """The published numbers count the computed positions, too."""
    with torch.device("meta"):
        net = ConvMAE(3, **CONVMAE_BASE, symmetry="none")
        classifier = PictureClassifier(net, final_norm=nn.LayerNorm(768))
        fusion = StageFusion(net.channels, net.strides)
        with FlopCounterMode(display=False) as counter:
            classifier(torch.empty(1, 3, 224, 224))
    positions = (224 // 16) ** 2 * 768
    sizes = [sum(parameter.numel() for parameter in module.parameters()) for module in (net, classifier, fusion)]
    assert sizes[1] - classifier.head.weight.numel() - classifier.head.bias.numel() + positions == 84_605_824
    assert sizes[1] + positions == 85_374_824
    assert sizes[0] + sizes[2] + positions == 88_932_736
    assert counter.get_total_flops() / 2e9 == pytest.approx(23.1, abs=0.05)

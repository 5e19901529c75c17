"""ViTDet: published sizes, windows, ways out of them, relative positions and the pyramid."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from protfold.errors import InputError
from protfold.vision.feature_pyramid import Doubling, SimpleFeaturePyramid
from protfold.vision.relative_positions import RelativePositions
from protfold.vision.vitdet import VITDET_B, VITDET_H, VITDET_L, ConvolutionalPropagation, ViTDet, WindowBlock
from protfold.vision.windows import from_windows, to_windows
from tests.support.backbones import pair_maps, randomize, small_backbone


def count(module: nn.Module) -> int:
    """Parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


def maps(channels: int, height: int, width: int) -> Tensor:
    """Two random ones."""
    return torch.randn(2, channels, height, width, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def block(*, window: int | None, span: int = 5) -> WindowBlock:
    """A small one in float64, no parameter at its starting value."""
    torch.manual_seed(2)
    return randomize(WindowBlock(8, 2, window=window, span=span).double())


@pytest.mark.parametrize(
    ("settings", "trunk", "pyramid", "relative", "everywhere"),
    [
        (VITDET_B, 85_889_024, 5_560_000, 92_672, [2, 5, 8, 11]),
        (VITDET_L, 303_432_704, 7_805_184, 134_144, [5, 11, 17, 23]),
        (VITDET_H, 631_116_800, 10_640_192, 202_240, [7, 15, 23, 31]),
    ],
)
def test_published_sizes(settings: dict, trunk: int, pyramid: int, relative: int, everywhere: list[int]) -> None:
    """The released trunk holds one more learned position, that of a class token which it does not have."""
    with torch.device("meta"):
        network = ViTDet(3, **settings, symmetry="none")
    assert count(network.pyramid) == pyramid
    assert count(network) - pyramid + settings["hidden"] == trunk
    assert sum(count(module) for module in network.modules() if isinstance(module, RelativePositions)) == relative
    assert [index for index, one in enumerate(network.blocks) if one.window is None] == everywhere
    assert {one.positions.span for one in network.blocks if one.window == 14} == {14}


def test_published_cost() -> None:
    """10^9 products and sums for a picture of 1024 x 1024, those of the further channels of relative positions left out."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        ViTDet(3, **(VITDET_B | {"coarsest_level": False}), symmetry="none")(torch.empty(1, 3, 1024, 1024))
    further = 2 * 12 * (4 * 4096**2 * (64 + 64) + 8 * 25 * 196**2 * (14 + 14))
    assert (counter.get_total_flops() / 2 - further) / 1e9 == pytest.approx(554, abs=1)


def test_published_convolutions() -> None:
    """Four take the place of global blocks."""
    with torch.device("meta"):
        network = ViTDet(3, **(VITDET_B | {"propagation": "convolution"}), symmetry="none")
    convolutions = [one for one in network.blocks if isinstance(one, ConvolutionalPropagation)]
    assert sum(map(count, convolutions)) == 7_680_000
    assert [index for index, one in enumerate(network.blocks) if one in convolutions] == [3, 7, 11, 15]
    assert all(one.window == 14 for one in network.blocks if one not in convolutions)


@pytest.mark.parametrize(("height", "width", "window"), [(37, 29, 14), (28, 14, 14), (5, 9, 14), (6, 6, 1)])
def test_windows_and_back(height: int, width: int, window: int) -> None:
    x = maps(3, height, width)
    windows = to_windows(x, window)
    assert windows.shape == (2 * -(-height // window) * -(-width // window), 3, window, window)
    torch.testing.assert_close(from_windows(windows, height, width), x, rtol=0, atol=0)
    assert windows.sum() == pytest.approx(x.sum().item())


def test_windows_are_squares_of_the_map() -> None:
    x = maps(3, 8, 12)
    windows = to_windows(x, 4)
    for index in range(12):
        picture, row, column = index // 6, index % 6 // 3, index % 3
        torch.testing.assert_close(windows[index], x[picture, :, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4])


def test_blocks_of_windows_are_global_blocks_of_each() -> None:
    """Also where the last windows reach beyond the map, which the published code feels."""
    windows, everywhere, x = block(window=4), block(window=None), maps(8, 10, 7)
    everywhere.load_state_dict(windows.state_dict())
    expected = torch.cat(
        [
            torch.cat([everywhere(x[:, :, row : row + 4, column : column + 4], None) for column in (0, 4)], dim=3)
            for row in (0, 4, 8)
        ],
        dim=2,
    )
    torch.testing.assert_close(windows(x, None), expected)


@pytest.mark.parametrize("side", [5, 4, 3])
def test_windows_as_large_as_the_map_are_the_map(side: int) -> None:
    x = maps(8, side, side)
    torch.testing.assert_close(block(window=5)(x, None), block(window=None)(x, None))


def test_windows_without_a_pair() -> None:
    windows, x = block(window=4), maps(8, 12, 12).requires_grad_()
    mask = torch.ones(2, 1, 12, 12)
    mask[..., 4:, :] = mask[..., :, 4:] = 0.0
    found = windows(x, mask)
    torch.testing.assert_close(found[..., :4, :4], windows(x[..., :4, :4], None))
    found.sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()


def felt(network: nn.ModuleList, *, side: int = 12) -> Tensor:
    """Pixels of a map that change with the first one."""
    x = maps(8, side, side)
    changed = x.clone()
    changed[..., 0, 0] += torch.randn(8)
    for one in network:
        x, changed = one(x, None), one(changed, None)
    return ((x - changed).abs() > 1e-9).any(1)[0]


def test_windows_keep_what_they_know() -> None:
    """However many blocks there are; one global block tells all, one convolution the neighbours."""
    windows = [block(window=4), block(window=4)]
    within = torch.zeros(12, 12, dtype=torch.bool)
    within[:4, :4] = True
    assert felt(nn.ModuleList(windows)).equal(within)
    assert felt(nn.ModuleList([*windows, block(window=None)])).all()
    beyond = torch.zeros(12, 12, dtype=torch.bool)
    beyond[:5, :5] = True
    assert felt(nn.ModuleList([*windows, randomize(ConvolutionalPropagation(8).double())])).equal(beyond)
    beyond[:8, :8] = True
    assert felt(nn.ModuleList([*windows, randomize(ConvolutionalPropagation(8).double()), *windows])).equal(beyond)


def test_convolutions_start_as_the_identity() -> None:
    """And learn from the first step on."""
    convolution, x = ConvolutionalPropagation(8).double(), maps(8, 6, 6)
    torch.testing.assert_close(convolution(x, None), x, rtol=0, atol=0)
    (convolution(x, None) * maps(8, 6, 6).flip(0)).sum().backward()
    assert convolution.widen_norm.weight.grad is not None
    assert convolution.widen_norm.weight.grad.all()


def test_convolution_by_its_definition() -> None:
    part, x = randomize(ConvolutionalPropagation(8).double()), maps(8, 6, 5)

    def norm(values: Tensor, layer: nn.Module) -> Tensor:
        mean, variance = values.mean(1, keepdim=True), values.var(1, keepdim=True, unbiased=False)
        return (values - mean) / (variance + 1e-6).sqrt() * layer.weight[:, None, None] + layer.bias[:, None, None]  # type: ignore[index]

    hidden = F.gelu(norm(torch.einsum("oc,bchw->bohw", part.narrow.weight[..., 0, 0], x), part.narrow_norm))
    padded = F.pad(hidden, (1, 1, 1, 1))
    hidden = sum(
        torch.einsum("oc,bchw->bohw", part.convolution.weight[..., i, j], padded[..., i : i + 6, j : j + 5])
        for i in range(3)
        for j in range(3)
    )
    hidden = F.gelu(norm(hidden, part.norm))
    expected = x + norm(torch.einsum("oc,bchw->bohw", part.widen.weight[..., 0, 0], hidden), part.widen_norm)
    torch.testing.assert_close(part(x, None), expected)


def test_laws_with_convolutions() -> None:
    """Padding is not felt, not even next to a chain whose last patches are full, and transposition commutes."""
    network, x = small_backbone("vitdet", propagation="convolution"), pair_maps(16)
    mask = torch.ones(2, 16)
    mask[1, 8:] = 0.0
    for (padded, stride), (alone, _) in zip(network(x, mask), network(x[1:, :, :8, :8], mask[1:, :8]), strict=True):
        side = 8 // stride
        torch.testing.assert_close(padded[1:, :, :side, :side], alone)
    for (flipped, _), (features, _) in zip(network(x.transpose(-1, -2), mask), network(x, mask), strict=True):
        torch.testing.assert_close(flipped, features.transpose(-1, -2))


@pytest.mark.parametrize("symmetric", [False, True])
def test_relative_positions_by_their_formula(symmetric: bool) -> None:
    """Offsets beyond the span count as the largest within it."""
    positions = randomize(RelativePositions(3, 4, symmetric=symmetric).double())
    queries = torch.randn(2, 2, 6 * 7, 3, dtype=torch.float64)
    more_queries, more_keys = positions(queries, 6, 7)
    found = (more_queries @ more_keys.T).view(2, 2, 6, 7, 6, 7)
    rows, columns = positions.rows, positions.columns
    tables = [(rows + columns) / 2] * 2 if symmetric else [rows, columns]
    for i, j, k, m in torch.cartesian_prod(*map(torch.arange, (6, 7, 6, 7))).tolist():
        entry = tables[0][3 + max(-3, min(3, i - k))] + tables[1][3 + max(-3, min(3, j - m))]
        torch.testing.assert_close(found[:, :, i, j, k, m], queries[:, :, 7 * i + j] @ entry)


def test_relative_positions_start_at_nothing() -> None:
    assert not RelativePositions(3, 4)(torch.randn(1, 2, 30, 3), 5, 6)[0].any()


def test_global_blocks_know_offsets_and_no_places() -> None:
    """A map moved within a larger one, whose other pixels are no pairs."""
    everywhere, x = block(window=None, span=3), maps(8, 5, 5)
    expected = everywhere(x, None)
    for row, column in ((0, 0), (2, 3)):
        place = (column, 4 - column, row, 4 - row)
        mask = F.pad(torch.ones(2, 1, 5, 5), place)
        found = everywhere(F.pad(x, place, value=5.0), mask)
        torch.testing.assert_close(found[..., row : row + 5, column : column + 5], expected)


def test_pyramid_of_a_picture() -> None:
    network = ViTDet(3, hidden=8, depth=2, num_heads=2, patch_size=16, num_propagations=1, coarsest_level=True, symmetry="none")
    found = network(torch.randn(1, 3, 256, 256))
    assert [(stride, features.shape[-1]) for features, stride in found] == [(4, 64), (8, 32), (16, 16), (32, 8), (64, 4)]
    torch.testing.assert_close(found[4][0], found[3][0][..., ::2, ::2])


def test_patches_of_four_give_the_resolution_of_the_map() -> None:
    network, x = small_backbone("vitdet"), pair_maps(13)
    assert network.strides == (1, 2, 4, 8)
    assert [features.shape[-1] for features, _ in network(x)] == [13, 7, 4, 2]


def test_levels_by_their_definition() -> None:
    """Each finer pixel has a matrix of its own; coarser ones take the largest value."""
    pyramid, x = randomize(SimpleFeaturePyramid(8, 4, out_channels=6).double()), maps(8, 4, 6)

    def norm(values: Tensor, layer: nn.Module) -> Tensor:
        return F.layer_norm(values.movedim(1, -1), values.shape[1:2], layer.weight, layer.bias, 1e-6).movedim(-1, 1)  # type: ignore[arg-type]

    def finer(values: Tensor, layer: Doubling) -> Tensor:
        pixels = torch.einsum("bchw,coij->bohiwj", values, layer.weight) + layer.bias[:, None, None, None, None]  # type: ignore[index]
        return pixels.flatten(4, 5).flatten(2, 3)

    first, _, _, second = pyramid.levels[0].resample  # type: ignore[misc]
    norms = pyramid.levels[0].resample[1]  # type: ignore[index]
    starts = [
        finer(F.gelu(norm(finer(x, first), norms)), second),
        finer(x, pyramid.levels[1].resample),  # type: ignore[arg-type]
        x,
        torch.stack([x[..., i::2, j::2] for i in (0, 1) for j in (0, 1)]).amax(0),
    ]
    for level, start, found in zip(pyramid.levels, starts, pyramid(x, None), strict=True):
        hidden = norm(F.conv2d(start, level.narrow.weight), level.narrow_norm)  # type: ignore[arg-type, union-attr]
        expected = norm(F.conv2d(hidden, level.convolution.weight, padding=1), level.norm)  # type: ignore[arg-type, union-attr]
        torch.testing.assert_close(found, expected)


def test_refusals() -> None:
    with pytest.raises(InputError, match="give a patch_size that is a multiple of 4"):
        ViTDet(3, patch_size=2)
    with pytest.raises(InputError, match="a number that divides the blocks"):
        ViTDet(3, depth=6, num_propagations=4)
    with pytest.raises(InputError, match="give global or convolution"):
        ViTDet(3, propagation="shifted")

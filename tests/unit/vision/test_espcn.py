"""Sub-pixel convolution against its definition, and ESPCN against its published sizes."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.vision.espcn import ESPCN, SuperResolution
from protfold.vision.sub_pixel import SubPixelUpsample
from tests.support.backbones import pair_maps, randomize

FACTORS = pytest.mark.parametrize("factor", [2, 3, 4])


def coarse_map(channels: int = 3, side: int = 5) -> Tensor:
    """Random."""
    return torch.randn(2, channels, side, side, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def upsample(factor: int, **settings: object) -> SubPixelUpsample:
    """With random weights."""
    torch.manual_seed(0)
    return randomize(SubPixelUpsample(3, 2, factor, **settings).double())


@FACTORS
def test_places_of_sub_pixels(factor: int) -> None:
    """Channel c r^2 + i r + j at (h, w) is channel c at (h r + i, w r + j)."""
    part, x = upsample(factor), coarse_map()
    values = part.projection(x)
    fine = part(x)
    assert fine.shape == (2, 2, 5 * factor, 5 * factor)
    for i in range(factor):
        for j in range(factor):
            assert torch.equal(fine[..., i::factor, j::factor], values[:, i * factor + j :: factor**2])
    again = values.unflatten(1, (2, factor, factor)).permute(0, 1, 4, 2, 5, 3).flatten(4, 5).flatten(2, 3)
    assert torch.equal(fine, again)
    assert torch.equal(F.pixel_unshuffle(fine, factor), values)


@FACTORS
def test_equals_transposed_convolution(factor: int) -> None:
    part, x = upsample(factor), coarse_map()
    kernel = part.projection.weight[..., 0, 0].unflatten(0, (2, factor, factor)).permute(3, 0, 1, 2)
    assert part.projection.bias is not None
    nn.init.zeros_(part.projection.bias)
    torch.testing.assert_close(part(x), F.conv_transpose2d(x, kernel, stride=factor), rtol=1e-12, atol=1e-12)


@FACTORS
@pytest.mark.parametrize("kernel_size", [1, 3])
@pytest.mark.parametrize("symmetric", [False, True])
def test_starts_as_nearest_neighbour(factor: int, kernel_size: int, symmetric: bool) -> None:
    """Of one convolution; with the tie also."""
    torch.manual_seed(0)
    part = SubPixelUpsample(3, 2, factor, kernel_size=kernel_size, symmetric=symmetric).double()
    fine = part(coarse_map())
    torch.testing.assert_close(fine, F.interpolate(fine[..., ::factor, ::factor], scale_factor=factor, mode="nearest"))
    assert fine.std() > 0.1


@FACTORS
@pytest.mark.parametrize("kernel_size", [1, 3])
def test_tie_makes_it_commute_with_transposition(factor: int, kernel_size: int) -> None:
    x = coarse_map()
    tied, free = (upsample(factor, kernel_size=kernel_size, symmetric=symmetric) for symmetric in (True, False))
    torch.testing.assert_close(tied(x.mT), tied(x).mT, rtol=1e-12, atol=1e-12)
    assert (free(x.mT) - free(x).mT).abs().max() > 0.1
    if kernel_size > 1:
        assert (tied(x) - upsample(factor, kernel_size=3)(x)).abs().max() > 0.1


@pytest.mark.parametrize(("factor", "published"), [(2, 21_284), (3, 22_729), (4, 24_752), (8, 38_624)])
def test_published_sizes(factor: int, published: int) -> None:
    network = SuperResolution(factor=factor)
    assert sum(parameter.numel() for parameter in network.parameters()) == published


def test_published_network_by_hand() -> None:
    torch.manual_seed(0)
    network = randomize(SuperResolution(factor=3).double())
    x = coarse_map(1, 8)
    first, second = network.convolutions
    last = network.upsample.projection
    hidden = torch.tanh(F.conv2d(x, first.weight, first.bias, padding=2))
    hidden = torch.tanh(F.conv2d(hidden, second.weight, second.bias, padding=1))
    expected = F.pixel_shuffle(F.conv2d(hidden, last.weight, last.bias, padding=1), 3)
    torch.testing.assert_close(network(x), expected)


@pytest.mark.parametrize("length", [13, 16])
def test_any_length_comes_back(length: int) -> None:
    torch.manual_seed(0)
    (fine, _), (coarse, stride) = ESPCN(3, factor=3, hidden=4, widths=(8, 6)).double()(pair_maps(length))
    assert fine.shape == (2, 4, length, length)
    assert (coarse.shape, stride) == ((2, 6, -(-length // 3), -(-length // 3)), 3)


def test_coarse_pixels_hear_of_all_their_residues() -> None:
    torch.manual_seed(0)
    x = pair_maps(8).requires_grad_()
    ESPCN(3, widths=(8, 6)).double()(x)[1][0][..., 2, 1].sum().backward()
    assert x.grad[..., 4:6, 2:4].all()


def test_factor_of_one_is_refused() -> None:
    with pytest.raises(InputError, match="factor = 1"):
        ESPCN(3, factor=1)

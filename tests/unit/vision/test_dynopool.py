"""Learned pooling: its size, its limits, its gradients, and what is read where a chain ends."""

import pytest
import torch
import torch.nn.functional as F

from protfold.errors import InputError
from protfold.vision.dynopool import DynamicPool2d, DynOPool, round_half_down, sampled
from protfold.vision.pair_mask import pair_mask
from tests.support.backbones import pair_maps, randomize


def pool(alpha: float | tuple[float, float], **settings: object) -> DynamicPool2d:
    """With cells of one size."""
    part = DynamicPool2d(tied=not isinstance(alpha, tuple), **settings).double()
    part.growth.detach().copy_(torch.tensor(alpha, dtype=torch.float64) - part.start)
    return part


@pytest.mark.parametrize("stretched", [False, True])
@pytest.mark.parametrize("side", [12, 16])
def test_cell_of_two_is_pooling_of_two(side: int, stretched: bool) -> None:
    x = pair_maps(side)
    torch.testing.assert_close(pool(2.0, stretched=stretched)(x)[0], F.max_pool2d(x, 2), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("alpha", [1.0, 1.3, 2.0, 2.7, 4.0])
@pytest.mark.parametrize("stretched", [False, True])
def test_size_is_the_rounded_quotient(alpha: float, stretched: bool) -> None:
    for side in (7, 16, 23):
        pooled, real = pool((alpha, 1.0), stretched=stretched)(pair_maps(side))
        assert pooled.shape[-2:] == real.shape[-2:] == (round_half_down(side / alpha), side)
        assert abs(pooled.shape[-2] - side / alpha) <= 0.5
        assert real.all()


def test_rounding() -> None:
    assert [round_half_down(value) for value in (2.4, 2.5, 2.6, 3.0, 3.5)] == [2, 2, 3, 3, 3]


def test_each_cell_by_hand() -> None:
    """The greatest of four bilinear values, with torch's own sampling."""
    height, width = 2.6, 1.7
    x = pair_maps(13)
    pooled, _ = pool((height, width))(x)
    for i in range(pooled.shape[-2]):
        for j in range(pooled.shape[-1]):
            centre = (i + 0.5) * height, (j + 0.5) * width
            grid = torch.tensor(
                [[centre[1] + b * width / 4, centre[0] + a * height / 4] for a in (-1, 1) for b in (-1, 1)], dtype=x.dtype
            )
            grid = (2.0 * grid / 13 - 1.0).expand(2, 1, 4, 2)
            expected = F.grid_sample(x, grid, align_corners=False, padding_mode="border").amax((-2, -1))
            torch.testing.assert_close(pooled[..., i, j], expected, rtol=1e-6, atol=1e-6)


def test_stretched_cells_fill_the_map() -> None:
    """As published: 16 / 3 is 5 cells of 3.2."""
    x = torch.arange(16.0, dtype=torch.float64).expand(1, 1, 16, 16)
    stretched = pool(3.0, stretched=True)(x)[0][0, 0, 0]
    torch.testing.assert_close(stretched, (torch.arange(5, dtype=torch.float64) + 0.75) * 3.2 - 0.5)


@pytest.mark.parametrize("alpha", [1.0, 1.37, 2.2, 3.9])
def test_padding_is_not_felt(alpha: float) -> None:
    mask = torch.ones(2, 11, dtype=torch.float64)
    mask[0, 5] = 0.0
    x = pair_maps(11)
    alone, alone_real = pool(alpha)(x, pair_mask(mask))
    wider = F.pad(torch.where(pair_mask(mask) > 0, x, torch.full_like(x, 9e9)), (0, 6, 0, 6), value=9e9)
    padded, padded_real = pool(alpha)(wider, F.pad(pair_mask(mask), (0, 6, 0, 6)))
    side = alone.shape[-1]
    torch.testing.assert_close(padded[..., :side, :side], alone)
    assert torch.equal(padded_real[..., :side, :side], alone_real)
    assert not padded_real[..., side:].any()
    assert alone_real[1].all()


def test_transposition_commutes_when_sides_are_tied() -> None:
    x = pair_maps(14)
    torch.testing.assert_close(pool(1.8)(x.mT)[0], pool(1.8)(x)[0].mT)


def test_gradient_of_the_side_is_that_of_finite_differences() -> None:
    """Of cells of the learned side itself; the published form has a surrogate."""
    x = pair_maps(13)
    weights = torch.randn(pool(1.83)(x)[0].shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    part = pool(1.83)
    (part(x)[0] * weights).sum().backward()
    step = 1e-7
    up, down = ((pool(1.83 + sign * step)(x)[0] * weights).sum() for sign in (1, -1))
    assert part.growth.grad is not None
    assert part.growth.grad.item() == pytest.approx(((up - down) / (2.0 * step)).item(), rel=1e-5)


@pytest.mark.parametrize("stretched", [False, True])
def test_gradient_of_the_side_is_finite(stretched: bool) -> None:
    part = pool((1.5, 2.5), stretched=stretched)
    part(pair_maps(13))[0].square().sum().backward()
    assert part.growth.grad is not None
    assert part.growth.grad.isfinite().all()
    assert part.growth.grad.all()


def test_side_stays_in_bounds_but_gradients_pass() -> None:
    part = pool(7.0)
    assert part.cell().tolist() == [4.0, 4.0]
    part.cell().sum().backward()
    assert part.growth.grad is not None
    assert part.growth.grad.item() == 2.0
    with pytest.raises(InputError, match=r"side 0\.5"):
        DynamicPool2d(start=0.5)


def test_back_to_the_finer_map() -> None:
    """Bilinear: a linear map comes back as it was, away from its ends."""
    part = pool(1.6)
    x = torch.arange(20.0, dtype=torch.float64).expand(1, 1, 20, 20)
    pooled, real = part(x)
    back = part.unpooled(pooled, real, (20, 20))
    torch.testing.assert_close(back[..., 2:18], x[..., 2:18] + 0.4, rtol=0.0, atol=1e-6)  # the greatest lies a quarter of a cell on
    assert back.shape == x.shape


def test_every_real_pixel_gets_a_value_back() -> None:
    for alpha in (1.0, 1.49, 1.51, 2.3, 3.99):
        for side in range(1, 24):
            x = torch.ones(1, 1, side, side, dtype=torch.float64)
            pooled, real = pool(alpha)(x)
            torch.testing.assert_close(pool(alpha).unpooled(pooled, real, (side, side)), x)


def test_cost_in_closed_form() -> None:
    network = DynOPool(3, widths=(4, 6, 8), depth=1, start=2.0)
    stages = [3 * 4 + 2 * 9 * 16, 4 * 6 + 2 * 9 * 36, 6 * 8 + 2 * 9 * 64]
    assert network.cost(100).item() == pytest.approx(1e-5 * (stages[0] + stages[1] / 4 + stages[2] / 16))
    network.pools[0].growth.detach().fill_(0.5)
    assert network.cost(100).item() == pytest.approx(1e-5 * (stages[0] + (stages[1] + stages[2] / 4) / 6.25))


def test_cost_alone_makes_maps_shrink() -> None:
    torch.manual_seed(0)
    network = DynOPool(3, widths=(4, 6, 8), depth=1, start=1.5)
    before = [network.pools[0](pair_maps(24, dtype=torch.float32))[0].shape[-1], network.cost(24).item()]
    optimizer = torch.optim.SGD(network.parameters(), lr=100.0)
    for _ in range(10):
        optimizer.zero_grad()
        network.cost(24).backward()
        assert all(part.growth.grad is not None and part.growth.grad < 0 for part in network.pools)
        optimizer.step()
    assert network.pools[0](pair_maps(24, dtype=torch.float32))[0].shape[-1] < before[0]
    assert network.cost(24).item() < before[1]


def test_cells_change_what_the_network_gives() -> None:
    torch.manual_seed(0)
    network = randomize(DynOPool(3, widths=(4, 6), depth=1).double())
    network.pools[0].growth.detach().fill_(0.0)
    first = network(pair_maps(12))[0][0]
    network.pools[0].growth.detach().fill_(0.4)
    assert (network(pair_maps(12))[0][0] - first).abs().max() > 1e-3


def test_sampling_beyond_the_map_is_zero() -> None:
    x = torch.ones(1, 1, 3, 3)
    places = torch.tensor([-2.0, -0.5, 0.0, 0.5, 2.9, 3.5, 9.0])
    torch.testing.assert_close(sampled(x, places, torch.tensor([1.5]))[0, 0, :, 0], torch.tensor([0, 0, 0.5, 1, 0.6, 0, 0]))

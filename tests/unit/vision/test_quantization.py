"""Training with rounding: it starts as the network was, stays on its grid, and learns."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from protfold.errors import InputError
from protfold.vision.convolution import PairConv2d
from protfold.vision.pair_mask import masked, pair_mask
from protfold.vision.quantization import (
    QuantizedConv,
    RoundedConvNorm,
    RoundedMap,
    freeze,
    prepared,
    rounded_weights,
    weight_steps,
    with_norms,
)
from protfold.vision.reparameterization import ConvNorm, deployed
from protfold.vision.repvgg import RepVGG
from tests.support.backbones import randomize


def fused_network(**settings: object) -> nn.Module:
    """A small one in its form for use."""
    torch.manual_seed(0)
    network = RepVGG(3, **({"widths": (8,), "depths": (3,), "strides": (1,), "dilations": (1, 2), "groups": 2} | settings))
    return deployed(randomize(network.double()))


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Maps, with values where there is no pair; and which residues are there."""
    generator = torch.Generator().manual_seed(seed)
    mask = torch.ones(2, 12, dtype=torch.float64)
    mask[1, 9:] = 0.0
    x = torch.randn(2, 3, 12, 12, dtype=torch.float64, generator=generator)
    return torch.where(pair_mask(mask) > 0, x, torch.full_like(x, 50.0)), mask


def calibrated() -> nn.Module:
    """Prepared for training, with ranges of one batch."""
    network = prepared(with_norms(fused_network(), [batch()]))
    network.train()(*batch())
    return network


@pytest.mark.parametrize("stride", [1, 2])
def test_putting_normalisations_back_changes_nothing(stride: int) -> None:
    network = fused_network(widths=(8, 8), depths=(1, 2), strides=(1, stride))
    restored = with_norms(network, [batch(), batch(1)])
    assert sum(isinstance(part, ConvNorm) for part in restored.modules()) == 3
    for (one, _), (other, _) in zip(restored(*batch(2)), network(*batch(2)), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


def test_statistics_put_back_are_those_of_real_pairs_before_the_bias() -> None:
    network = fused_network()
    restored = with_norms(network, [batch(), batch(1)])
    first, mask = network.blocks[0].convolution, pair_mask(batch()[1])
    values = torch.cat([F.conv2d(masked(batch(seed)[0], mask), first.kernel, padding=1) for seed in (0, 1)])
    real = values.movedim(1, 0)[:, torch.cat([mask, mask])[:, 0] > 0]
    norm = restored.blocks[0].convolution.norm
    torch.testing.assert_close(norm.running_mean, real.mean(1))
    torch.testing.assert_close(norm.running_var, real.var(1, unbiased=False))


def test_no_batch_is_refused() -> None:
    with pytest.raises(InputError, match="at least one batch"):
        with_norms(fused_network(), [])


def test_weights_lie_on_the_grid_of_their_channel() -> None:
    weights = torch.randn(4, 3, 3, 3, generator=torch.Generator().manual_seed(0))
    steps, rounded = weight_steps(weights), rounded_weights(weights)
    levels = rounded / steps[:, None, None, None]
    torch.testing.assert_close(levels, levels.round(), rtol=0.0, atol=1e-4)
    assert torch.equal(levels.round().flatten(1).abs().amax(1), torch.full((4,), 127.0))
    assert ((rounded - weights).abs() <= 0.5001 * steps[:, None, None, None]).all()


def test_maps_lie_on_a_grid_of_256_values_with_zero_among_them() -> None:
    x = 3.0 * torch.randn(2, 3, 20, 20, generator=torch.Generator().manual_seed(0)) + 1.0
    x[0, 0, 0, 0] = 0.0
    rounding = RoundedMap().train()
    rounded = rounding(x)
    step, zero = rounding.grid()
    levels = rounded / step + zero
    torch.testing.assert_close(levels, levels.round(), rtol=0.0, atol=1e-3)
    assert levels.min().round() >= 0
    assert levels.max().round() <= 255
    assert rounded[0, 0, 0, 0] == 0.0
    assert (rounded - x).abs().max() <= 1.001 * step
    assert rounded.unique().numel() > 150


def test_gradients_pass_inside_the_range_and_stop_outside() -> None:
    rounding = RoundedMap().train()
    rounding(torch.linspace(-1.0, 3.0, 16).reshape(1, 1, 4, 4))
    x = torch.tensor([-2.0, -0.9, 0.3, 2.9, 3.5]).reshape(1, 1, 1, 5).requires_grad_()
    rounding.eval()(x).sum().backward()
    assert x.grad.flatten().tolist() == [0.0, 1.0, 1.0, 1.0, 0.0]


def test_range_follows_until_it_is_frozen() -> None:
    rounding = RoundedMap(rate=0.1).train()
    rounding(torch.full((1, 1, 2, 2), 2.0))
    rounding(torch.full((1, 1, 2, 2), 4.0))
    assert (rounding.low.item(), rounding.high.item()) == (0.0, pytest.approx(2.2))
    rounding.frozen = True
    rounding(torch.full((1, 1, 2, 2), 9.0))
    assert rounding.high.item() == pytest.approx(2.2)
    with pytest.raises(InputError, match="has seen no map yet"):
        RoundedMap().eval()(torch.zeros(1, 1, 2, 2))


def test_rounding_is_a_small_change() -> None:
    network, rounded = fused_network(), calibrated().eval()
    exact, near = (one(*batch())[0][0] for one in (network, rounded))
    assert 1e-5 < (near - exact).norm() / exact.norm() < 0.05


def test_range_of_maps_does_not_feel_the_padding() -> None:
    assert all(part.high < 40.0 for part in calibrated().modules() if isinstance(part, RoundedMap) and part.low < 0.0)


def test_form_for_use_equals_that_of_training() -> None:
    network = calibrated().eval()
    fast = deployed(network)
    convolutions = [part for part in fast.modules() if isinstance(part, QuantizedConv)]
    assert len(convolutions) == 3
    assert all(part.weight.dtype == torch.int8 for part in convolutions)
    torch.testing.assert_close(fast(*batch(3))[0][0], network(*batch(3))[0][0], rtol=1e-6, atol=1e-6)


def test_form_for_use_is_integer_arithmetic() -> None:
    """The products of levels, as integers, times both steps."""
    part = next(part for part in deployed(calibrated().eval()).modules() if isinstance(part, QuantizedConv))
    x = batch(4)[0].clamp(-3.0, 3.0)
    step, zero = part.rounding.grid()
    levels = (x / step + zero).round().clamp(0, 255).long() - zero.long()
    product = F.conv2d(F.pad(levels, (1, 1, 1, 1)), part.weight.long())
    expected = product.double() * part.steps.double()[:, None, None] * step.double() + part.bias[:, None, None]
    torch.testing.assert_close(part(x), expected, rtol=1e-5, atol=1e-5)


def test_frozen_norms_use_and_keep_their_statistics() -> None:
    network = calibrated()
    freeze(network, norms=True, ranges=True)
    before = {key: value.clone() for key, value in network.named_buffers()}
    trained = network.train()(*batch(5))[0][0]
    torch.testing.assert_close(trained, network.eval()(*batch(5))[0][0], rtol=0.0, atol=0.0)
    assert all(torch.equal(value, before[key]) for key, value in network.named_buffers())


def test_statistics_of_training_are_of_the_map_without_the_scale() -> None:
    """To what rounding changes in it."""
    torch.manual_seed(0)
    pair = randomize(ConvNorm(3, 4, 3).double())
    rounded, mask = prepared(pair), pair_mask(batch()[1])
    before = pair.norm.running_var.clone()
    x = masked(batch(6)[0], mask)
    rounded.train()(x, mask)
    real = pair.convolution(x).movedim(1, 0)[:, mask[:, 0] > 0]
    expected = 0.9 * before + 0.1 * real.var(1)
    torch.testing.assert_close(rounded.pair.norm.running_var, expected, rtol=0.005, atol=0.0)


def test_symmetric_network_stays_symmetric() -> None:
    network = calibrated().eval()
    x, mask = batch()
    one, other = network(x, mask)[0][0], network(x.mT, mask)[0][0]
    torch.testing.assert_close(one.mT, other, rtol=1e-9, atol=1e-9)


def test_a_lone_convolution() -> None:
    torch.manual_seed(0)
    network = prepared(with_norms(PairConv2d(3, 4, 3).double(), [(batch()[0],)]))
    assert isinstance(network, RoundedConvNorm)


def test_a_converted_network_learns() -> None:
    """What a network trained with rounding loses on the way to a task is more than what it starts with."""
    network = calibrated().float()
    x, mask = batch()[0].float(), batch()[1].float()
    pairs = pair_mask(mask)
    target = torch.tanh(masked(x, pairs)[:, :1] - masked(x, pairs)[:, 1:2])
    head = nn.Conv2d(8, 1, 1)
    optimizer = torch.optim.Adam([*network.parameters(), *head.parameters()], lr=1e-2)
    losses = []
    for step in itertools.count():
        if step == 20:
            freeze(network, norms=True)
        if step == 30:
            freeze(network, ranges=True)
        if step == 80:
            break
        loss = (masked(head(network.train()(x, mask)[0][0]) - target, pairs)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    with torch.no_grad():
        final = masked(head(deployed(network.eval())(x, mask)[0][0]) - target, pairs).square().mean().item()
    assert losses[-1] < 0.3 * losses[0]
    assert final < 0.35 * losses[0]

"""Both forms of a re-parameterised network give the same at real pairs, whatever is masked."""

import copy
import itertools

import pytest
import torch
from torch import nn

from protfold.errors import InputError
from protfold.vision.convolution import PairConv2d
from protfold.vision.normalization import PairBatchNorm2d
from protfold.vision.pair_mask import coarser, masked, pair_mask
from protfold.vision.reparameterization import ConvNorm, RepConv, convolution_and_norm, deployed, with_kernel
from tests.support.backbones import Module, randomize

CASES = [
    {"groups": groups, "stride": stride, "dilation": dilation, "symmetric": symmetric, "identity": identity}
    for groups, stride, dilation, symmetric, identity in itertools.product((1, 2, 4), (1, 2), (1, 3), (False, True), (None, False))
]


def ready(module: Module) -> Module:
    """With random weights and statistics in float64, to be evaluated."""
    torch.manual_seed(sum(parameter.numel() for parameter in module.parameters()))
    return randomize(module.double())


def gaps() -> torch.Tensor:
    """Of pairs of two chains, one with a residue missing in the middle and an end, one whole."""
    residues = torch.ones(2, 10, dtype=torch.float64)
    residues[0, 4], residues[0, 8:] = 0.0, 0.0
    return pair_mask(residues)


def polluted(channels: int) -> torch.Tensor:
    """A map with large values where there is no pair, as normalisation leaves them."""
    x = torch.randn(2, channels, 10, 10, dtype=torch.float64)
    return torch.where(gaps() > 0, x, torch.full_like(x, 100.0))


@pytest.mark.parametrize("settings", CASES, ids=str)
def test_one_convolution_equals_the_branches(settings: dict) -> None:
    block = ready(RepConv(8, 8, **settings))
    fused = deployed(block)
    assert type(fused) is PairConv2d
    x, mask = polluted(8), gaps()
    for one in (None, mask):
        torch.testing.assert_close(fused(x, one), block(x, one), rtol=1e-10, atol=1e-10)
    assert block(x, mask).shape[-1] == 10 // settings["stride"]


@pytest.mark.parametrize("stride", [1, 2])
def test_two_in_turn_do_not_feel_what_the_first_leaves_in_the_padding(stride: int) -> None:
    """Neither form lets its shift leak over the end of a chain into what the next one reads."""
    first, second = ready(RepConv(4, 8, stride=stride)), ready(RepConv(8, 8))
    x, mask = polluted(4), gaps()
    later = coarser(mask, stride)
    clean = second(masked(first(masked(x, mask), mask), later), later)
    fast = deployed(second)(deployed(first)(x, mask), later)
    torch.testing.assert_close(masked(fast, later), masked(clean, later), rtol=1e-10, atol=1e-10)


def test_branches_are_as_published() -> None:
    """Equation by equation, with the convolutions of torch and the normalisation written out."""
    block = ready(RepConv(6, 6, groups=3))

    def normalised(x: torch.Tensor, norm: PairBatchNorm2d) -> torch.Tensor:
        mean, variance = norm.running_mean[:, None, None], norm.running_var[:, None, None]
        return (x - mean) / (variance + 1e-5).sqrt() * norm.weight[:, None, None] + norm.bias[:, None, None]

    x = torch.randn(1, 6, 7, 7, dtype=torch.float64)
    dense = torch.conv2d(x, block.dense.convolution.weight, padding=1, groups=3)
    point = torch.conv2d(x, block.point.convolution.weight, groups=3)
    expected = normalised(dense, block.dense.norm) + normalised(point, block.point.norm) + normalised(x, block.identity)
    torch.testing.assert_close(block(x), expected, rtol=1e-12, atol=1e-12)


def test_in_single_precision() -> None:
    block = ready(RepConv(16, 16)).float()
    x = torch.randn(2, 16, 12, 12)
    torch.testing.assert_close(deployed(block)(x), block(x), rtol=1e-5, atol=1e-5 * block(x).abs().max().item())


@pytest.mark.parametrize("kernel_size", [1, 3, 4])
def test_convolution_and_norm_alone(kernel_size: int) -> None:
    stride = 4 if kernel_size == 4 else 1
    pair = ready(ConvNorm(3, 5, kernel_size, stride=stride, eps=1e-3))
    x = torch.randn(2, 3, 12, 12, dtype=torch.float64)
    torch.testing.assert_close(deployed(pair)(x), pair(x), rtol=1e-10, atol=1e-10)


def test_convolution_with_bias_and_less_padding() -> None:
    convolution, norm = ready(PairConv2d(3, 5, 3, padding=0)), ready(PairBatchNorm2d(5))
    fused = with_kernel(convolution, convolution_and_norm(convolution, norm))
    x = torch.randn(2, 3, 12, 12, dtype=torch.float64)
    torch.testing.assert_close(fused(x), norm(convolution(x)), rtol=1e-10, atol=1e-10)


def test_deployment_is_idempotent_leaves_the_original_and_reloads() -> None:
    network = ready(nn.Sequential(RepConv(4, 4), nn.Sequential(nn.ReLU(), ConvNorm(4, 6, 3), RepConv(6, 6, stride=2))))
    before = {key: value.clone() for key, value in network.state_dict().items()}
    fast = deployed(network)
    x = torch.randn(1, 4, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(fast(x), network(x), rtol=1e-10, atol=1e-10)
    assert not any(isinstance(module, PairBatchNorm2d) for module in fast.modules())
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    torch.testing.assert_close(deployed(fast)(x), fast(x), rtol=0.0, atol=0.0)
    other = deployed(randomize(copy.deepcopy(network)))
    assert not torch.equal(other(x), fast(x))
    other.load_state_dict(fast.state_dict())
    assert torch.equal(other(x), fast(x))


def test_gradients_flow_through_the_equal_kernel() -> None:
    block = ready(RepConv(4, 4, groups=2, symmetric=True))
    kernel, bias = block.kernel_and_bias()
    (kernel.square().sum() + bias.square().sum()).backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in block.parameters())


def test_statistics_of_training_are_of_real_pairs() -> None:
    block = RepConv(4, 4, stride=2).double().train()
    x, mask = polluted(4), gaps()
    block(x, mask)
    values = torch.conv2d(masked(x, mask), block.dense.convolution.weight, stride=2, padding=1)
    real = values.movedim(1, 0)[:, coarser(mask, 2)[:, 0] > 0]
    torch.testing.assert_close(block.dense.norm.running_mean, 0.1 * real.mean(1))
    torch.testing.assert_close(block.dense.norm.running_var, 0.9 + 0.1 * real.var(1))


def test_symmetric_stays_symmetric_in_use_and_in_later_training() -> None:
    fast = deployed(ready(RepConv(4, 4, symmetric=True)))
    assert fast.symmetric
    torch.testing.assert_close(fast.weight, fast.weight.mT, rtol=0.0, atol=1e-12)


def test_planned_out_identity() -> None:
    assert RepConv(4, 4).identity is not None
    assert RepConv(4, 4, identity=False).identity is None
    assert RepConv(4, 8).identity is None
    with pytest.raises(InputError, match="identity=True with 4 -> 8 channels"):
        RepConv(4, 8, identity=True)

"""Training with the rounding of 8-bit numbers, so that a network keeps its accuracy when its weights and maps have 256 values.

Jacob et al. (2018) "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", arXiv 1712.05877;
Krishnamoorthi (2018), arXiv 1806.08342, for the convolution with normalisation; Ding et al. (2021), arXiv 2101.03697, for normalisations
put back after the fusion, without which networks of `RepVGG` train badly.

`deployed` gives one convolution each -> `with_norms` puts a normalisation that changes nothing after it -> `prepared` rounds weights and
maps -> train, `freeze` late -> `deployed` gives `QuantizedConv`s with weights of one byte.
"""

import copy
from collections.abc import Iterable
from typing import Any, TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.geometry.precision import at_least_float32
from protfold.typing import Float
from protfold.vision.convolution import PairConv2d
from protfold.vision.pair_mask import coarser, masked
from protfold.vision.reparameterization import ConvNorm, Reparameterizable, norm_as_factors

Module = TypeVar("Module", bound=nn.Module)

SMALLEST_STEP = 1e-8
WEIGHT_LEVELS = (-127, 127)
MAP_LEVELS = (0, 255)


def rounded_weights(weights: Float[Tensor, "out *rest"]) -> Float[Tensor, "out *rest"]:
    """Weights on a grid of 255 values around 0, one grid for each output channel; gradients pass as if nothing had been done."""
    steps = weight_steps(weights)
    zeros = torch.zeros_like(steps, dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weights, steps, zeros, 0, *WEIGHT_LEVELS)


def weight_steps(weights: Float[Tensor, "out *rest"]) -> Float[Tensor, " out"]:
    """Between neighbours on the grid of each output channel, in float32; the largest weight is on it."""
    largest = weights.detach().flatten(1).abs().amax(1)
    return (largest / WEIGHT_LEVELS[1]).clamp(min=SMALLEST_STEP).float()


class RoundedMap(nn.Module):
    """Puts a map on a grid of 256 values between the least and the greatest that it saw, 0 among them.

    Inside that range gradients pass as if nothing had been done, outside they are 0. Where there is no pair the map has to be 0.

    Args:
        rate: at which the range follows the maps of training.

    Attributes:
        frozen: the range follows no more.
    """

    low: Tensor
    high: Tensor
    started: Tensor

    def __init__(self, *, rate: float = 0.01) -> None:
        super().__init__()
        self.rate, self.frozen = rate, False
        self.register_buffer("low", torch.zeros(()))
        self.register_buffer("high", torch.zeros(()))
        self.register_buffer("started", torch.zeros((), dtype=torch.bool))

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """The map on the grid."""
        if self.training and not self.frozen:
            self._follow(x.detach())
        step, zero = self.grid()
        return torch.fake_quantize_per_tensor_affine(x, step, zero, *MAP_LEVELS)

    def grid(self) -> tuple[Float[Tensor, ""], Tensor]:
        """Between neighbours, in float32; and the place of 0."""
        if not self.started:
            raise InputError("a rounded map has seen no map yet; run the prepared network in training mode first")
        step = ((self.high - self.low) / MAP_LEVELS[1]).clamp(min=SMALLEST_STEP).float()
        return step, (-self.low / step).round().clamp(*MAP_LEVELS).int()

    def _follow(self, x: Float[Tensor, "B C H W"]) -> None:
        rate = self.rate if self.started else 1.0
        self.low.lerp_(x.min().clamp(max=0.0).to(self.low), rate)
        self.high.lerp_(x.max().clamp(min=0.0).to(self.high), rate)
        self.started.fill_(True)


class QuantizedConv(nn.Module):
    """A convolution whose weights are bytes, and whose map is put on a grid; it computes in floating point.

    Args:
        convolution: gives the shape.
        kernel: as it is before rounding.
        bias: of each channel.
        rounding: of the map.
    """

    weight: Tensor
    steps: Tensor
    bias: Tensor

    def __init__(self, convolution: PairConv2d, kernel: Tensor, bias: Tensor, rounding: RoundedMap) -> None:
        super().__init__()
        self.settings: dict[str, Any] = {
            "stride": convolution.stride,
            "padding": convolution.padding,
            "dilation": convolution.dilation,
            "groups": convolution.groups,
        }
        self.rounding = copy.deepcopy(rounding)
        self.rounding.frozen = True
        steps = weight_steps(kernel)
        levels = (kernel / steps.to(kernel)[:, None, None, None]).round().clamp(*WEIGHT_LEVELS)
        self.register_buffer("weight", levels.detach().to(torch.int8))
        self.register_buffer("steps", steps)
        self.register_buffer("bias", bias.detach().to(convolution.weight.dtype))

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None = None) -> Float[Tensor, "B c h w"]:
        """The convolved map; see `PairConv2d`."""
        kernel = (self.weight * self.steps[:, None, None, None]).to(self.bias)
        return F.conv2d(self.rounding(at_least_float32(masked(x, mask))), kernel, self.bias, **self.settings)


class RoundedConvNorm(Reparameterizable):
    """A convolution and its normalisation, trained as they will run: weights are rounded after the scale of the normalisation.

    That scale is of the running statistics, so that the grid does not shake with the batch; what is normalised is divided by it again.

    Args:
        pair: to be trained; this takes over its weights.

    Attributes:
        frozen: the normalisation uses its running statistics, which follow no more.
    """

    def __init__(self, pair: ConvNorm) -> None:
        super().__init__()
        self.pair, self.rounding = pair, RoundedMap()
        self.frozen = False

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None = None) -> Float[Tensor, "B c h w"]:
        """The normalised map; see `ConvNorm`."""
        convolution, norm = self.pair.convolution, self.pair.norm
        x = self.rounding(at_least_float32(masked(x, mask)))
        scale, shift = (values.to(x.dtype)[:, None, None] for values in norm_as_factors(norm))
        kernel = rounded_weights(convolution.kernel.to(x.dtype) * scale[..., None])
        product = F.conv2d(
            x,
            kernel,
            stride=convolution.stride,
            padding=convolution.padding,
            dilation=convolution.dilation,
            groups=convolution.groups,
        )
        if self.frozen or not self.training:
            return product + shift
        return norm(product / scale, coarser(mask, convolution.stride[0]))

    def fused(self) -> QuantizedConv:
        """One convolution with weights of a byte."""
        kernel, bias = self.pair.kernel_and_bias()
        return QuantizedConv(self.pair.convolution, kernel.to(self.pair.convolution.weight.dtype), bias, self.rounding)


def with_norms(network: Module, batches: Iterable[tuple[Any, ...]]) -> Module:
    """A copy of a deployed network with normalisations after all its convolutions that have a bias; it gives the same.

    Args:
        network: see `deployed`.
        batches: arguments for it, from whose maps mean and variance are taken. They start and train what the normalisations do.
    """
    network = copy.deepcopy(network).eval()
    convolutions = {name: part for name, part in network.named_modules() if _is_fused(part)}
    records = {name: _Record() for name in convolutions}
    hooks = [part.register_forward_hook(records[name].add) for name, part in convolutions.items()]
    with torch.no_grad():
        for batch in batches:
            network(*batch)
    for hook in hooks:
        hook.remove()
    for name, part in convolutions.items():
        network = _with_part(network, name, _normalised(cast(PairConv2d, part), *records[name].mean_and_variance()))
    return network


def prepared(network: Module) -> Module:
    """A copy whose `ConvNorm`s round weights and maps; run it once in training mode before it is evaluated."""
    network = copy.deepcopy(network)
    pairs = [(name, part) for name, part in network.named_modules() if isinstance(part, ConvNorm)]
    for name, pair in pairs:
        network = _with_part(network, name, RoundedConvNorm(pair))
    return network


def freeze(network: nn.Module, *, norms: bool = False, ranges: bool = False) -> None:
    """Stop what follows the batches: statistics of normalisations (Ding et al.: after 1/4 of training) and ranges (after 3/8)."""
    for part in network.modules():
        if isinstance(part, RoundedConvNorm):
            part.frozen = part.frozen or norms
            part.rounding.frozen = part.rounding.frozen or ranges


class _Record:
    """Mean and variance of what a convolution gives, over all real pixels."""

    def __init__(self) -> None:
        self.count: float = 0.0
        self.sums: Tensor = torch.zeros((), dtype=torch.float64)
        self.squares: Tensor = torch.zeros((), dtype=torch.float64)

    def add(self, part: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        assert isinstance(part, PairConv2d)
        assert part.bias is not None
        mask = coarser(inputs[1], part.stride[0]) if len(inputs) > 1 else None
        values = masked(output.double() - part.bias.double()[:, None, None], mask)
        self.count += values[:, 0].numel() if mask is None else mask.sum().item()
        self.sums, self.squares = self.sums + values.sum((0, 2, 3)), self.squares + values.square().sum((0, 2, 3))

    def mean_and_variance(self) -> tuple[Tensor, Tensor]:
        if not self.count:
            raise InputError("no batch reached the convolutions; give at least one batch with real pairs")
        mean = self.sums / self.count
        return mean, (self.squares / self.count - mean.square()).clamp(min=0.0)


def _is_fused(part: nn.Module) -> bool:
    return isinstance(part, PairConv2d) and part.bias is not None


def _normalised(convolution: PairConv2d, mean: Float[Tensor, " C"], variance: Float[Tensor, " C"]) -> ConvNorm:
    """The convolution, and a normalisation that does no more than add its bias."""
    pair = ConvNorm(
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size[0],
        stride=convolution.stride[0],
        dilation=convolution.dilation[0],
        groups=convolution.groups,
        symmetric=convolution.symmetric,
    ).to(convolution.weight)
    norm = pair.norm
    with torch.no_grad():
        pair.convolution.weight.copy_(convolution.weight)
        cast(Tensor, norm.running_mean).copy_(mean)
        cast(Tensor, norm.running_var).copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.copy_(cast(Tensor, convolution.bias) + mean)
    return pair.train(convolution.training)


def _with_part(network: Module, name: str, part: nn.Module) -> Module:
    """The network with another part at a place; the part itself where the place is the network."""
    if not name:
        return cast(Module, part)
    above, _, last = name.rpartition(".")
    setattr(network.get_submodule(above), last, part)
    return network

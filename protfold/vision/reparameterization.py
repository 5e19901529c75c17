"""Networks that are trained in one form and run in another: what is linear together becomes one convolution.

Ding et al. (2021) "RepVGG: Making VGG-style ConvNets Great Again", arXiv 2101.03697, for convolutions of two sizes and a shortcut; Wang et
al. (2022) "YOLOv7", arXiv 2207.02696, Section 4.1, for where the shortcut has to be left out.

Both forms give the same at real pairs, whatever is masked: each branch takes zeros where there is no pair, and the shift that
normalisation puts there is never read, because the next convolution masks again.
"""

import copy
from abc import ABC, abstractmethod
from typing import TypeVar, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from protfold.errors import InputError
from protfold.typing import Float
from protfold.vision.convolution import PairConv2d
from protfold.vision.normalization import PairBatchNorm2d
from protfold.vision.pair_mask import coarser, masked

KernelAndBias = tuple[Float[Tensor, "out in k k"], Float[Tensor, " out"]]

Module = TypeVar("Module", bound=nn.Module)


class Reparameterizable(nn.Module, ABC):
    """A part of a network that has a form for use, simpler than that in which it is trained and equal to it in evaluation mode."""

    @abstractmethod
    def fused(self) -> nn.Module:
        """The form for use, with weights of its own; it is called as this one is."""


def deployed(module: Module) -> Module:
    """A copy of a network in which every `Reparameterizable` is replaced by its form for use; the network itself stays as it is."""
    return cast(Module, _replaced(copy.deepcopy(module)))


def _replaced(module: nn.Module) -> nn.Module:
    if isinstance(module, Reparameterizable):
        return module.fused().train(module.training)
    for name, child in module.named_children():
        setattr(module, name, _replaced(child))
    return module


def norm_as_factors(norm: nn.BatchNorm2d) -> tuple[Float[Tensor, " C"], Float[Tensor, " C"]]:
    """Scale and shift of each channel that a normalisation applies in evaluation mode, in float64."""
    if norm.running_mean is None or norm.running_var is None:
        raise InputError("a normalisation without running statistics cannot be fused; build it with track_running_stats=True")
    scale = (norm.running_var.double() + norm.eps).rsqrt()
    if norm.affine:
        scale = norm.weight.double() * scale
    shift = -norm.running_mean.double() * scale
    return scale, shift + norm.bias.double() if norm.affine else shift


def convolution_and_norm(convolution: PairConv2d, norm: nn.BatchNorm2d) -> KernelAndBias:
    """Kernel and bias, in float64, of the convolution that equals one followed by a normalisation; gradients flow through."""
    scale, shift = norm_as_factors(norm)
    if convolution.bias is not None:
        shift = shift + convolution.bias.double() * scale
    return convolution.kernel.double() * scale[:, None, None, None], shift


def with_kernel(convolution: PairConv2d, kernel_and_bias: KernelAndBias) -> PairConv2d:
    """A convolution as the given one, with another kernel and bias."""
    fused = PairConv2d(
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size[0],
        stride=convolution.stride[0],
        dilation=convolution.dilation[0],
        groups=convolution.groups,
        padding=cast(tuple[int, int], convolution.padding)[0],
        symmetric=convolution.symmetric,
        device=convolution.weight.device,
        dtype=convolution.weight.dtype,
    )
    kernel, bias = kernel_and_bias
    with torch.no_grad():
        fused.weight.copy_(kernel)
        cast(Tensor, fused.bias).copy_(bias)
    return fused


class ConvNorm(Reparameterizable):
    """A convolution without bias, normalised.

    Args:
        in_channels, out_channels, kernel_size, stride, dilation, groups, symmetric: as of `PairConv2d`.
        eps, momentum: of the normalisation.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        symmetric: bool = False,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        self.convolution = PairConv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            dilation=dilation,
            groups=groups,
            bias=False,
            symmetric=symmetric,
        )
        self.norm = PairBatchNorm2d(out_channels, eps=eps, momentum=momentum)

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None = None) -> Float[Tensor, "B c h w"]:
        """The normalised map.

        Args:
            x: the map.
            mask: of it, at its own resolution; None for all.
        """
        return self.norm(self.convolution(x, mask), coarser(mask, self.convolution.stride[0]))

    def kernel_and_bias(self) -> KernelAndBias:
        """Of the equal convolution, in float64."""
        return convolution_and_norm(self.convolution, self.norm)

    def fused(self) -> PairConv2d:
        """One convolution with bias."""
        return with_kernel(self.convolution, self.kernel_and_bias())


class RepConv(Reparameterizable):
    """The sum of a convolution of 3 x 3, one of 1 x 1 and the map itself, each normalised; for use, one convolution of 3 x 3.

    Args:
        in_channels, out_channels: before and after.
        stride, dilation, groups: of the convolution of 3 x 3; the others follow it.
        symmetric: its kernels are symmetrised.
        identity: whether the map itself is added; None for wherever it can be, that is, where channels and side stay. False is the planned
            form, for places whose output is added to another path or concatenated with one.
        eps, momentum: of the normalisations.

    Raises:
        InputError: the map cannot be added.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        stride: int = 1,
        dilation: int = 1,
        groups: int = 1,
        symmetric: bool = False,
        identity: bool | None = None,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        possible = in_channels == out_channels and stride == 1
        if identity and not possible:
            raise InputError(f"identity=True with {in_channels} -> {out_channels} channels and stride {stride}; give identity=None")
        self.dense = ConvNorm(
            in_channels,
            out_channels,
            3,
            stride=stride,
            dilation=dilation,
            groups=groups,
            symmetric=symmetric,
            eps=eps,
            momentum=momentum,
        )
        self.point = ConvNorm(in_channels, out_channels, 1, stride=stride, groups=groups, eps=eps, momentum=momentum)
        self.identity = PairBatchNorm2d(out_channels, eps=eps, momentum=momentum) if possible and identity in (None, True) else None

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None = None) -> Float[Tensor, "B c h w"]:
        """The sum.

        Args:
            x: the map.
            mask: of it, at its own resolution; None for all.
        """
        x = masked(x, mask)
        total = self.dense(x, mask) + self.point(x, mask)
        return total if self.identity is None else total + self.identity(x, mask)

    def kernel_and_bias(self) -> KernelAndBias:
        """Of the equal convolution, in float64; gradients flow through."""
        kernel, bias = self.dense.kernel_and_bias()
        point_kernel, point_bias = self.point.kernel_and_bias()
        kernel, bias = kernel + F.pad(point_kernel, (1, 1, 1, 1)), bias + point_bias
        if self.identity is None:
            return kernel, bias
        scale, shift = norm_as_factors(self.identity)
        return kernel + F.pad(self._unit_kernel(scale), (1, 1, 1, 1)), bias + shift

    def fused(self) -> PairConv2d:
        """One convolution with bias."""
        return with_kernel(self.dense.convolution, self.kernel_and_bias())

    def _unit_kernel(self, scale: Float[Tensor, " C"]) -> Float[Tensor, "C c 1 1"]:
        """Kernel of 1 x 1 that scales each channel."""
        channels, per_group = self.dense.convolution.weight.shape[:2]
        places = torch.arange(channels, device=scale.device) % per_group
        return (F.one_hot(places, per_group) * scale[:, None])[..., None, None]

"""The convolution of every backbone."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.typing import Float
from protfold.vision.pair_mask import masked
from protfold.vision.symmetry import symmetric


class PairConv2d(nn.Conv2d):
    """A convolution with square kernels that takes zeros where there is no pair.

    Args:
        in_channels, out_channels, kernel_size, stride, dilation, groups, bias: as of `torch.nn.Conv2d`.
        padding: pixels on each side; None for as many as keep the side of the map (kernels of odd size), or, where the kernel is as
            large as the stride, none.
        symmetric: kernels are the mean of themselves and their transposed twins; then transposition and convolution commute.
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
        bias: bool = True,
        padding: int | None = None,
        symmetric: bool = False,
        **kwargs: Any,
    ) -> None:
        if padding is None:
            padding = 0 if kernel_size == stride else dilation * (kernel_size - 1) // 2
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=groups,
            bias=bias,
            **kwargs,
        )
        self.symmetric = symmetric

    @property
    def kernel(self) -> Float[Tensor, "out in k k"]:
        """The weights as they are used."""
        return symmetric(self.weight) if self.symmetric and self.kernel_size[0] > 1 else self.weight

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None = None) -> Float[Tensor, "B c h w"]:
        """The convolved map.

        Args:
            x: the map.
            mask: 1 at real pairs; None for all.
        """
        if self.kernel_size[0] > 1 or self.stride[0] > 1:
            x = masked(x, mask)
        return F.conv2d(x, self.kernel, self.bias, self.stride, self.padding, self.dilation, self.groups)


class ChannelLinear(nn.Conv2d):
    """The same matrix at each pixel: a convolution of one pixel, which needs no mask."""

    def __init__(self, in_channels: int, out_channels: int, *, bias: bool = True) -> None:
        super().__init__(in_channels, out_channels, 1, bias=bias)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B c H W"]:
        """The product."""
        return super().forward(x)

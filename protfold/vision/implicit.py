"""`ImplicitLinear`: a matrix at each pixel with knowledge that no input carries, a vector added before and one multiplied after.

Wang, Yeh and Liao (2021) "You Only Learn One Representation: Unified Network for Multiple Tasks", arXiv 2105.04206; as used by Wang et
al. (2022) "YOLOv7", arXiv 2207.02696, before its predictions.
"""

import torch
from torch import Tensor, nn

from protfold.typing import Float
from protfold.vision.convolution import ChannelLinear
from protfold.vision.reparameterization import Reparameterizable

SPREAD = 0.02
"""Standard deviation of both vectors at the start, around 0 and around 1."""


class ImplicitLinear(Reparameterizable):
    """The matrix m * (W (x + a) + b); for use, one matrix with bias.

    Args:
        in_channels, out_channels: before and after.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.added = nn.Parameter(SPREAD * torch.randn(in_channels, 1, 1))
        self.linear = ChannelLinear(in_channels, out_channels)
        self.multiplied = nn.Parameter(1.0 + SPREAD * torch.randn(out_channels, 1, 1))

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B c H W"]:
        """The product."""
        return self.multiplied * self.linear(x + self.added)

    @torch.no_grad()
    def fused(self) -> ChannelLinear:
        """The equal matrix: weights m W, bias m (b + W a)."""
        weight, bias = self.linear.weight.double(), self.linear.bias.double()  # type: ignore[union-attr]
        added, multiplied = self.added.double().flatten(), self.multiplied.double().flatten()
        fused = ChannelLinear(self.linear.in_channels, self.linear.out_channels).to(self.linear.weight)
        fused.weight.copy_(multiplied[:, None, None, None] * weight)
        fused.bias.copy_(multiplied * (bias + weight[:, :, 0, 0] @ added))  # type: ignore[union-attr]
        return fused

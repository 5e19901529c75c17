"""Normalisations of maps."""

import torch.nn.functional as F
from torch import Tensor, nn

from protfold.geometry.precision import at_least_float32
from protfold.typing import Float
from protfold.vision.pair_mask import masked


class PairBatchNorm2d(nn.BatchNorm2d):
    """Batch normalisation whose mean and variance are of real pairs alone.

    Ioffe and Szegedy (2015), arXiv 1502.03167. As `torch.nn.BatchNorm2d` where nothing is masked.
    """

    def forward(self, x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None = None) -> Float[Tensor, "B C H W"]:
        """The normalised map; pixels without a pair get a value, too."""
        if mask is None or not self.training:
            return super().forward(x)
        count = mask.sum().clamp(min=1.0)
        real = at_least_float32(masked(x, mask))
        mean = real.sum((0, 2, 3)) / count
        variance = ((real - mean[:, None, None]).square() * mask).sum((0, 2, 3)) / count
        self._remember(mean.detach(), (variance * count / (count - 1.0).clamp(min=1.0)).detach())
        scale = (variance + self.eps).rsqrt()
        if self.affine:
            scale = scale * self.weight
        shift = -mean * scale + (self.bias if self.affine else 0.0)
        return x * scale[:, None, None].to(x.dtype) + shift[:, None, None].to(x.dtype)

    def _remember(self, mean: Float[Tensor, " C"], variance: Float[Tensor, " C"]) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        rate = 1.0 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), rate)
        self.running_var.lerp_(variance.to(self.running_var.dtype), rate)


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation of the channels of each pixel.

    Args:
        channels: how many.
        eps: added to the variance.
    """

    def __init__(self, channels: int, *, eps: float = 1e-6) -> None:
        super().__init__(channels, eps=eps)

    def forward(self, x: Float[Tensor, "B C H W"]) -> Float[Tensor, "B C H W"]:
        """The normalised map."""
        return F.layer_norm(x.movedim(1, -1), self.normalized_shape, self.weight, self.bias, self.eps).movedim(-1, 1)

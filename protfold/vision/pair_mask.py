"""Which pixels of a pair map are pairs of residues, and what follows from it. None means all, as in a picture.

What stands at the other pixels must not be felt: a convolution over more than one pixel and every pooling take zeros there, as beyond
the end of the map; a mean is over the real ones; attention has no key there.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from protfold.typing import Float, Shaped


def pair_mask(mask: Shaped[Tensor, "B N"]) -> Float[Tensor, "B 1 N N"]:
    """Ones where both residues are there."""
    mask = mask.to(torch.get_default_dtype() if not mask.is_floating_point() else mask.dtype)
    return (mask[:, :, None] * mask[:, None, :])[:, None]


def masked(x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B C H W"]:
    """Zeros where there is no pair, whatever stood there, be it NaN."""
    return x if mask is None else torch.where(mask > 0, x, torch.zeros((), dtype=x.dtype, device=x.device))


def coarser(mask: Float[Tensor, "B 1 H W"] | None, stride: int) -> Float[Tensor, "B 1 h w"] | None:
    """Of a map with `stride` times larger pixels: one that holds any pair is one; sides are rounded up."""
    return mask if mask is None or stride == 1 else F.max_pool2d(mask, stride, ceil_mode=True)


def masked_mean(x: Float[Tensor, "B C H W"], mask: Float[Tensor, "B 1 H W"] | None) -> Float[Tensor, "B C"]:
    """Over the pairs of each map; zero where there are none."""
    if mask is None:
        return x.mean((-2, -1))
    return masked(x, mask).sum((-2, -1)) / mask.sum((-2, -1)).clamp(min=1.0)

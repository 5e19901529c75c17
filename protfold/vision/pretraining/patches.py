"""Square patches of maps, and the pixels of them that are pairs."""

import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from protfold.typing import Float


def patchify(x: Float[Tensor, "B C H W"], size: int) -> Float[Tensor, "B L D"]:
    """Patches row by row; the values of each are row, column and channel, the last fastest: He et al. (2022), arXiv 2111.06377.

    Args:
        x: sides are multiples of `size`.
        size: pixels on the side of a patch.
    """
    return rearrange(x, "b c (h p) (w q) -> b (h w) (p q c)", p=size, q=size)


def unpatchify(patches: Float[Tensor, "B L D"], size: int, height: int) -> Float[Tensor, "B C H W"]:
    """The map of these patches, `height` of them in a column."""
    return rearrange(patches, "b (h w) (p q c) -> b c (h p) (w q)", p=size, q=size, h=height)


def whole_patches(x: Float[Tensor, "B C H W"], size: int) -> Float[Tensor, "B C h w"]:
    """The map with zeros up to the next multiple of `size`."""
    return F.pad(x, (0, -x.shape[-1] % size, 0, -x.shape[-2] % size))

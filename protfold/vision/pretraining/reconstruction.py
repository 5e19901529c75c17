"""What was filled in beside what was there, and the loss between them."""

from dataclasses import dataclass

import torch
from torch import Tensor

from protfold.typing import Bool, Float, Shaped
from protfold.vision.pair_mask import masked, pair_mask
from protfold.vision.pretraining.patches import patchify, whole_patches


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Reconstruction:
    """Patches of maps, or of windows of maps.

    Attributes:
        predicted: values of each patch, channels last and fastest.
        target: those that were there.
        counted: which pixels of a patch are to be filled in: pairs of removed patches.
    """

    predicted: Float[Tensor, "B L D"]
    target: Float[Tensor, "B L D"]
    counted: Bool[Tensor, "B L P"]

    @property
    def counted_values(self) -> Bool[Tensor, "B L D"]:
        """Which values are to be filled in."""
        return self.counted.repeat_interleave(self.target.shape[-1] // self.counted.shape[-1], dim=-1)

    def loss(self, *, least_variance: float | None = None) -> Float[Tensor, " B"]:
        """Mean squared error of each removed patch, its mean over those of each map; zero where nothing was removed.

        He et al. (2022), arXiv 2111.06377.

        Args:
            least_variance: each target patch is taken less its mean and divided by its deviation, of a variance not below this; None
                leaves targets as they are. Near the diagonal and far from contacts a patch of distances hardly varies, and with 0, as
                published, what is learned there is noise.
        """
        counted = self.counted_values
        target = self.target if least_variance is None else standardized(self.target, self.counted_values, least_variance)
        errors = torch.where(counted, self.predicted - target, 0.0).float().square().sum(-1) / counted.sum(-1).clamp(min=1)
        removed = self.counted.any(-1)
        return (errors * removed).sum(-1) / removed.sum(-1).clamp(min=1)


def standardized(patches: Float[Tensor, "B L D"], counted: Bool[Tensor, "B L D"], least_variance: float) -> Float[Tensor, "B L D"]:
    """Patches less their mean, over their deviation; both are of the counted values, the variance without bias."""
    number = counted.sum(-1, keepdim=True)
    mean = torch.where(counted, patches, 0.0).sum(-1, keepdim=True) / number.clamp(min=1)
    variance = torch.where(counted, patches - mean, 0.0).square().sum(-1, keepdim=True) / (number - 1).clamp(min=1)
    return (patches - mean) / (variance.clamp(min=least_variance) + 1e-6).sqrt()


def cut_to_patches(
    x: Float[Tensor, "B C H W"], mask: Shaped[Tensor, "B N"] | None, size: int
) -> tuple[Float[Tensor, "B C H2 W2"], Float[Tensor, "B 1 H2 W2"], Bool[Tensor, "B L P"]]:
    """The map in whole patches, zero where there is no pair; where there is one; and the same by patches.

    Args:
        x: the maps.
        mask: 1 for residues that are there; None for all, and for pictures.
        size: pixels on the side of a patch.
    """
    pairs = x.new_ones(x.shape[0], 1, *x.shape[-2:]) if mask is None else pair_mask(mask).to(x.dtype)
    x, pairs = whole_patches(x, size), whole_patches(pairs, size)
    return masked(x, pairs), pairs, patchify(pairs, size) > 0
